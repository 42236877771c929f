"""The run folder: what a run was, what it measured, and how far it got.

    manifest.json   resolved configuration, versions, data hashes, git, seed, host, command, finished stages
    metrics.jsonl   one line a logged step, with its stage
    samples/        completions with their verdicts, every few steps
    training.log    the log, plots/ the curves, final_model/ the result
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.jsonl import dumps, write_json
from toolkit.terminal import say

MANIFEST, METRICS, LOCK = "manifest.json", "metrics.jsonl", ".lock"
_SECRET = re.compile(r"api[-_]key|token(?!s)|secret|password", re.IGNORECASE)      # --max-new-tokens is none
PACKAGES = ("toolkit", "torch", "transformers", "trl", "accelerate", "peft", "datasets", "tokenizers")


class Run:
    """A run folder; opening an existing one continues it when configuration and data are the same.

    Raises:
        InputError: when the folder holds another run (the differences are named), or something that is no run.
    """

    def __init__(self, folder: Path, config: Mapping[str, Any], data: Mapping[str, Path], write: bool = True):
        self.folder, self.write = folder, write
        self.waiting: dict[str, bytes] = {}     # file → what the disk has not taken
        fresh = {"config": dict(config), "data": {name: fingerprint(path) for name, path in data.items()}}
        there = folder / MANIFEST
        if there.is_file():
            self.manifest = read_manifest(folder)
            self.continued = True
            self._same(fresh)
            return
        if folder.exists() and any(folder.iterdir()) and write:
            names = ", ".join(sorted(p.name for p in folder.iterdir())[:5])
            raise InputError(f"{folder} is not empty and holds no {MANIFEST} (it has {names}). "
                             "Name another output_dir, or move those files away.")
        self.continued = False
        self.manifest = {**fresh, "stages": {}, "versions": versions(), "seed": config.get("seed"),
                         "python": platform.python_version(), "host": socket.gethostname(),
                         "command": command(), "git": git_commit(), "started": now()}
        self.save()

    def _same(self, fresh: Mapping[str, Any]) -> None:
        was = self.manifest
        differences = [f'"{k}" was {was["config"].get(k)!r}, now {fresh["config"].get(k)!r}'
                       for k in sorted({*was["config"], *fresh["config"]})
                       if _plain(was["config"].get(k)) != _plain(fresh["config"].get(k))]
        differences += [f"{name} ({fresh['data'][name]['path']}) has other content than when the run began"
                        for name in fresh["data"]
                        if fresh["data"][name]["sha256"] != was["data"].get(name, {}).get("sha256")]
        if differences:
            raise InputError(f"{self.folder} holds a run with other settings: {'; '.join(differences)}. "
                             "Set them back to continue it, or name another output_dir.")

    def done(self, stage: str) -> bool:
        return stage in self.manifest["stages"]

    def finish(self, stage: str, **facts: Any) -> None:
        self.manifest["stages"][stage] = {"finished": now(), **facts}
        self.save()

    def save(self) -> None:
        if self.write:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json(self.folder / MANIFEST, self.manifest, overwrite=True)

    def metric(self, stage: str, step: int, values: Mapping[str, Any]) -> None:
        self.append(METRICS, {"stage": stage, "step": step, **values})

    def append(self, name: str, row: Mapping[str, Any]) -> None:
        """One more line of a file of the folder."""
        self.write_on(name, dumps(row).encode() + b"\n")

    def write_on(self, name: str, data: bytes) -> None:
        """Add to a file of the folder. A full disk delays what is added, and a folder that vanished is made again: neither ends the
        run."""
        if not self.write:
            return
        late = bool(self.waiting.get(name))
        self.waiting[name] = self.waiting.get(name, b"") + data
        file = self.folder / name
        try:
            if not self.folder.is_dir():
                self.save()
                say(f"  {self.folder} has vanished: made again, without what it held")
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("ab", buffering=0) as out:
                while self.waiting[name]:
                    self.waiting[name] = self.waiting[name][out.write(self.waiting[name]):]
        except OSError as error:
            if not late:
                say(f"  {file} cannot be written ({error.strerror or error}): what belongs there is kept in memory. Free some space")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Within it, no other process goes on with a run; a process that is killed lets go of it.

    Raises:
        InputError: another one does.
    """
    try:
        import fcntl
    except ImportError:                         # Windows
        yield
        return
    with (folder / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise InputError(f"{folder} is at work in another process ({file.read().strip()}). Wait for it or end it, or name another "
                             "output_dir.") from error
        except OSError:                         # a file system without locks
            pass
        file.truncate(0)
        file.write(f"{os.getpid()} on {socket.gethostname()}")
        file.flush()
        yield


def read_manifest(folder: Path) -> dict[str, Any]:
    import json

    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest["config"], manifest["data"], manifest["stages"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / MANIFEST} cannot be read: {error}. Name another output_dir.") from error
    return manifest


def run_of(path: Path) -> Path | None:
    """The run folder that a checkpoint belongs to, if any."""
    return next((p for p in (path, *path.resolve().parents) if (p / MANIFEST).is_file()), None)


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The logged steps; a line that is cut off, by a kill or because it is being written, is left out."""
    from toolkit.jsonl import read_rows

    path = folder / METRICS
    return [row for _, row in read_rows(path, problems=[]) if isinstance(row, dict)] if path.is_file() else []


def fingerprint(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as data:
        while block := data.read(2**20):
            digest.update(block)
    return {"path": str(path), "sha256": digest.hexdigest(), "size_bytes": path.stat().st_size}


def versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def command() -> str:
    """The command line as a shell takes it, without the values of anything that looks like a secret."""
    program = Path(sys.argv[0])
    shown, hide = [], False
    for word in ["toolkit" if program.name == "__main__.py" else program.name, *sys.argv[1:]]:
        secret = _SECRET.search(word) is not None
        shown.append("***" if hide else word.split("=")[0] + "=***" if secret and "=" in word else word)
        hide = secret and word.startswith("-") and "=" not in word
    return shlex.join(shown)


def git_commit() -> str | None:
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5,
                               cwd=Path(__file__).parent, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def is_main_process() -> bool:
    """Whether this is the process that writes, before torch is imported (torchrun, accelerate, SLURM)."""
    return os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0")) == "0"


def _plain(value: Any) -> Any:
    import json

    return json.loads(json.dumps(value, default=str))
