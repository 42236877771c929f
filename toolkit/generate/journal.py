"""The append-only file of what is done: one row an item, each written at once, so that nothing is paid for twice.

Beside `replies.jsonl` stand `replies.plan.json` (what the rows were made from: a run that would mix another plan into them
is refused) and `replies.failed.jsonl` (what failed in the last run, and why; the next run tries again). One process at a
time writes. A row cut off by a crash is removed at the next start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from toolkit.errors import InputError, Refused
from toolkit.jsonl import atomic_write, dumps

_ID = re.compile(rb'\{"id": ?"((?:[^"\\]|\\.)*)"')
BLOCK = 1 << 20


class Done:
    """The ids of finished items, as 16-byte digests: a million take 130 MB, however long the ids are."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def add(self, id: str) -> None:
        self._digests.add(blake2b(id.encode(), digest_size=16).digest())

    def __contains__(self, id: str) -> bool:
        return blake2b(id.encode(), digest_size=16).digest() in self._digests

    def __len__(self) -> int:
        return len(self._digests)


class Journal:
    """Args:
    path: of the rows, `….jsonl`.
    plan: what the rows depend on, by name (model, prompts, seed, …); values are JSON.
    extend: go on although the plan has changed; what is done stays.
    overwrite: start over.

    Raises:
        InputError: another process writes here, or the file is not a journal.
        Refused: the plan has changed; the message says in what.
    """

    def __init__(self, path: str | Path, plan: Mapping[str, Any], extend: bool = False, overwrite: bool = False):
        self.path = Path(path)
        self.plan_path = self.path.with_suffix(".plan.json")
        self.failed_path = self.failed_path_of(self.path)
        self.done = Done()
        self.repaired_bytes = 0
        self._failed: int | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {error.strerror}.") from error
        try:
            self._lock()
            if overwrite:
                os.ftruncate(self._file, 0)
                self.plan_path.unlink(missing_ok=True)
            self._check_plan(dict(plan), extend)
            self._size = self._read()
            self.failed_path.unlink(missing_ok=True)
        except BaseException:
            os.close(self._file)
            raise

    @staticmethod
    def failed_path_of(path: Path) -> Path:
        return path.with_suffix(".failed.jsonl")

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, id: str, outcome: Mapping[str, Any]) -> None:
        """Append an item's row.

        Raises:
            InputError: the disk is full, or fails; the file then ends with the last whole row.
        """
        line = orjson.dumps({"id": id, **outcome}, option=orjson.OPT_APPEND_NEWLINE)
        try:
            written = os.write(self._file, line)
            if written < len(line):              # the rest says why: no space, a quota, a limit
                os.write(self._file, line[written:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise InputError(f"{self.path} cannot be written: {error.strerror}. Make room; the same command "
                             f"continues after the {len(self.done)} rows that are there.") from error
        self._size += len(line)
        self.done.add(id)

    def fail(self, id: str, reason: str) -> None:
        """Note why an item failed in this run."""
        line = orjson.dumps({"id": id, "error": reason}, option=orjson.OPT_APPEND_NEWLINE)
        try:
            if self._failed is None:
                self._failed = os.open(self.failed_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.write(self._failed, line)
        except OSError as error:
            raise InputError(f"{self.failed_path} cannot be written: {error.strerror}.") from error

    def sync(self) -> None:
        """Onto the disk: what was written survives a power cut, too."""
        os.fsync(self._file)

    def close(self) -> None:
        for file in (self._file, self._failed):
            if file is not None:
                os.close(file)

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:                       # Windows locks byte ranges; this one is past any row
            import msvcrt
            os.lseek(self._file, 1 << 62, os.SEEK_SET)
            take = lambda: msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # noqa: E731
        else:
            take = lambda: fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # noqa: E731
        try:
            take()
        except OSError as error:
            raise InputError(f"{self.path} is being written by another process. Wait for it, or name another "
                             "output.") from error

    def _check_plan(self, plan: dict[str, Any], extend: bool) -> None:
        if not self.plan_path.exists():
            if os.fstat(self._file).st_size:
                raise InputError(f"{self.path} exists, and {self.plan_path.name} that would say what it was made from "
                                 "does not. Name another output, or pass --overwrite to start over.")
            self._write_plan(plan)
            return
        try:
            before = orjson.loads(self.plan_path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise InputError(f"{self.plan_path} is not JSON: {error}. Restore it, or pass --overwrite to start "
                             "over.") from error
        different = differences(before, orjson.loads(orjson.dumps(plan)))
        if not different:
            return
        if not extend:
            raise Refused([f"{self.path} was made from another plan: {line}." for line in different]
                          + ["--extend goes on with the new plan and keeps what is done; --overwrite starts over."])
        self._write_plan(plan)

    def _write_plan(self, plan: dict[str, Any]) -> None:
        with atomic_write(self.plan_path, overwrite=True) as out:
            out.write(dumps(plan, indent=True) + "\n")

    def _read(self) -> int:
        """Learn the ids that are done; cut off a row without its end. Returns the size in bytes."""
        size, number, rest = 0, 0, b""
        os.lseek(self._file, 0, os.SEEK_SET)
        while block := os.read(self._file, BLOCK):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            for line in lines:
                number += 1
                size += len(line) + 1
                if line.strip():
                    self._add(line, number)
        if rest:
            self.repaired_bytes = len(rest)
            os.ftruncate(self._file, size)
        return size

    def _add(self, line: bytes, number: int) -> None:
        found = _ID.match(line)
        if found and line.endswith(b"}") and b"\\" not in found[1]:
            self.done.add(found[1].decode())
            return
        try:
            self.done.add(orjson.loads(line)["id"])
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{self.path}:{number} is not a row with an id. Delete this line; its item is made "
                             "again.") from error


def differences(before: Mapping[str, Any], now: Mapping[str, Any], within: str = "") -> list[str]:
    """What differs between two plans, a line each: `model was "a", is "b"`."""
    lines = []
    for name in dict.fromkeys([*before, *now]):
        was, is_ = before.get(name), now.get(name)
        if was == is_:
            continue
        if isinstance(was, dict) and isinstance(is_, dict):
            lines += differences(was, is_, f"{within}{name} ")
        else:
            lines.append(f"{within}{name} was {_shown(was)}, is {_shown(is_)}")
    return lines


def _shown(value: Any) -> str:
    text = "not set" if value is None else dumps(value)
    return text if len(text) <= 80 else text[:77] + "…"
