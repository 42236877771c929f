"""Every checkpoint of a run to S3, in the background.

    s3://bucket/prefix/checkpoint-100/…             the checkpoint, and under run/ the manifest and the metrics at that step
    s3://bucket/prefix/best-80/…, cold_start/…      models, once each, and checkpoints of a cold start
    s3://bucket/prefix/checkpoint-100/backup.json   written last: every file with its size and SHA-256
    s3://bucket/prefix/cold_start-500/backup.json   the same of a checkpoint before GRPO, and final/ of the finished run

What is to be sent is first hard-linked under `.backup/` of the run: it costs no space and no time, it stays when the trainer
removes old checkpoints, and what a kill left unsent is sent by the next start. `toolkit.train.restore` brings a run back.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from toolkit.jsonl import dumps
from toolkit.run import Run
from toolkit.terminal import say
from toolkit.train.checkpoints import checkpoint_step, free_bytes
from toolkit.train.disk import size_of
from toolkit.train.held_out import BEST, read_best
from toolkit.train.restore import FINAL, INDEX, identity, progress, short
from toolkit.train.s3 import Place, sha256_of

logger = logging.getLogger(__name__)
FOLDER = ".backup"
MODELS = ("new_model", "cold_start", "final_model")     # written once
WAIT_S, LONGEST_WAIT_S = 5.0, 300.0                     # between attempts, twice as long after each
LAST_ATTEMPTS = 3                                       # when training is over


class Backup(TrainerCallback):
    """Sends what is saved, in a thread of its own; nothing that goes wrong there reaches the training."""

    def __init__(self, run: Run, place: Place):
        self.run, self.place = run, place
        self.folder = run.folder / FOLDER
        self.known: dict[tuple[int, int, int], str] = {}        # inode, size, mtime → SHA-256
        self.sent: set[tuple[str, str]] = set()                 # name, SHA-256
        self.more, self.over = threading.Event(), threading.Event()
        self.failures = 0
        shutil.rmtree(self.folder / ".new", ignore_errors=True)
        self.thread = threading.Thread(target=self._work, name="backup", daemon=True)
        self.thread.start()

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        made = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if made.is_dir():                       # a full disk may have refused it
            self.keep(made.name if made.parent == self.run.folder else f"{made.parent.name}-{state.global_step}")

    def keep(self, name: str) -> None:
        """Set the run as it is aside, with one checkpoint, to be sent."""
        new = self.folder / ".new"
        try:
            for file in self._files(name):
                target = new / file.relative_to(self.run.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                _set_aside(file, target)
            shutil.rmtree(self.folder / name, ignore_errors=True)
            new.rename(self.folder / name)
            self._make_room(name)
        except OSError as error:
            shutil.rmtree(new, ignore_errors=True)
            say(f"  {name} is not backed up: {error.strerror or error}")
        self.more.set()

    def _make_room(self, name: str) -> None:
        """What waits holds the space of checkpoints that are removed: on a disk that is nearly full the oldest are left out."""
        for old in self._waiting()[1:-1]:       # the first is on its way
            if free_bytes(self.run.folder) >= 2 * size_of(self.folder / name):
                return
            say(f"  backup: {self.place.address} is slower than checkpoints are made, and the disk nearly full: {old.name} is left out")
            shutil.rmtree(old, ignore_errors=True)

    def finish(self) -> None:
        """The finished run, too; returns when all is sent, or cannot be."""
        self.keep(FINAL)
        self.close()
        if left := self._waiting():
            say(f"  not backed up to {self.place.address}: {', '.join(p.name for p in left)}. The same command tries again.")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Wait for what is being sent; training is over."""
        if self._waiting():
            say(f"  backup: sending what is saved to {self.place.address}")
        self.failures = 0
        self.over.set()
        self.more.set()
        self.thread.join()

    def _files(self, name: str) -> Iterator[Path]:
        for top in self.run.folder.iterdir():
            if top.name.startswith(".") or top.name.endswith(".new"):
                continue
            other = checkpoint_step(top) is not None and top.name != name
            if other or (top.name == "final_model" and name != FINAL):
                continue
            yield from (p for p in sorted(top.rglob("*")) if p.is_file()) if top.is_dir() else (top,)

    def _waiting(self) -> list[Path]:
        found = [p for p in self.folder.glob("*") if not p.name.startswith(".")] if self.folder.is_dir() else []
        return sorted(found, key=lambda p: progress(p.name))

    def _work(self) -> None:
        while True:
            waiting = self._waiting()
            if not waiting:
                if self.over.is_set():
                    return
                self.more.wait()
                self.more.clear()
                continue
            try:
                self._send(waiting[0])
                if self.failures:
                    say(f"  backup: {self.place.address} takes files again")
                self.failures = 0
            except Exception as error:      # the boundary of this thread: training does not depend on it
                self.failures += 1
                logger.warning("backup of %s failed: %s: %s", waiting[0].name, type(error).__name__, error)
                if self.failures == 1:
                    say(f"  backup: {waiting[0].name} did not reach {self.place.address} ({short(error)}); tried again, training goes on")
                if self.over.is_set() and self.failures >= LAST_ATTEMPTS:
                    return
                self.over.wait(min(WAIT_S * 2 ** (self.failures - 1), LONGEST_WAIT_S))

    def _send(self, kept: Path) -> None:
        name, index = kept.name, {}
        _, best = read_best(kept)
        for file in sorted(p for p in kept.rglob("*") if not p.is_dir()):
            relative = file.relative_to(kept)
            if not file.is_file():          # a link to what was rotated away
                raise FileNotFoundError(f"{relative} was removed before it was sent")
            digest = self._digest(file)
            to = _name(relative, name, best)
            if (to, digest) not in self.sent:
                self.place.upload(file, to, digest)
                self.sent.add((to, digest))
            index[relative.as_posix()] = {"name": to, "size_bytes": file.stat().st_size, "sha256": digest}
        self.place.put(f"{name}/{INDEX}", dumps({"run": identity(self.run.manifest), "files": index}, indent=True).encode())
        logger.info("backed up %s to %s", name, self.place.address)
        shutil.rmtree(kept, ignore_errors=True)

    def _digest(self, file: Path) -> str:
        stat = file.stat()
        key = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if key not in self.known:
            self.known[key] = sha256_of(file)
        return self.known[key]


@contextmanager
def backed_up(run: Run, place: Place | None) -> Iterator[list[Backup]]:
    """Within it, the callback that keeps `run` safe, if there is a place for it; at the end all is sent."""
    if place is None:
        yield []
        return
    backup = Backup(run, place)
    try:
        yield [backup]
    except BaseException:
        backup.close()
        raise
    backup.finish()


def _set_aside(file: Path, target: Path) -> None:
    """A second name for a file; a copy of one that grows, and a link by path where the file system knows no second names."""
    if file.suffix in (".jsonl", ".log") or "tfevents" in file.name:
        shutil.copy2(file, target)
        return
    try:
        os.link(file, target)
    except OSError:
        target.symlink_to(file.resolve())


def _name(relative: Path, name: str, best: int) -> str:
    top = relative.parts[0]
    if top == BEST:
        return f"{BEST}-{best}/{Path(*relative.parts[1:]).as_posix()}"
    return relative.as_posix() if top in (name, *MODELS) else f"{name}/run/{relative.as_posix()}"
