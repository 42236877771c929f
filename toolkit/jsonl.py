"""JSON rows in files: `.jsonl`, `.json` lists (one row a line or not), and either of them gzipped.

Readers yield `(line number, row)` so that every error can name its line; writers appear by atomic rename.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import jsonlines
import orjson

from toolkit.errors import InputError
from toolkit.json_values import elements, whole

Row = dict[str, Any]


def dumps(row: Any, indent: bool = False) -> str:
    """JSON text in UTF-8 with the characters as they are (no \\u escapes)."""
    return orjson.dumps(row, option=orjson.OPT_INDENT_2 if indent else 0).decode()


def existing(path: str | Path, what: str = "file") -> Path:
    """The path, if a file is there.

    Raises:
        InputError: naming what *is* there instead.
    """
    path = Path(path)
    if path.is_file():
        return path
    folder = path if path.is_dir() else path.parent
    near = sorted(p.name for p in folder.iterdir() if p.is_file())[:8] if folder.is_dir() else []
    there = f" In {folder}/ there is: {', '.join(near)}." if near else ""
    raise InputError(f"{what} {path} does not exist.{there}" if not path.is_dir() else
                     f"{what} {path} is a folder, expected a file.{there}")


def open_text(path: Path) -> IO[str]:
    return io.TextIOWrapper(_opened(path), encoding="utf-8-sig", newline=None)


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def read_rows(path: str | Path, what: str = "file", problems: list[str] | None = None) -> Iterator[tuple[int, Any]]:
    """Rows of a JSONL file or a JSON list as `(line, row)`.

    A JSON list written one row a line (as this package writes it) is streamed; any other is read whole. The line is the
    one on which a row begins; rows of a list that is all on one line are numbered by position.

    Args:
        problems: collects lines that are not JSON, and reading goes on where it can. Without it the first is raised.

    Raises:
        InputError: at the first line that is not JSON, or not UTF-8, with its number.
    """
    path = existing(path, what)
    try:
        yield from _rows(path, _Tell(problems))
    except InputError as error:
        if problems is None:
            raise
        problems.extend(error.problems)


def _rows(path: Path, tell: _Tell) -> Iterator[tuple[int, Any]]:
    try:
        with open_text(path) as lines:
            first = next((line for line in lines if line.strip()), "")
            lines.seek(0)
            if first.strip() == "[":
                yield from _streamed_list(path, lines, tell)
            elif first.lstrip().startswith("["):
                yield from elements(path, lines.read())
            elif first.strip() == "{" or (path.name.removesuffix(".gz").endswith(".json") and not _is_row(first)):
                yield 1, whole(path, lines.read())
            else:                               # in the wild, JSON lines are called .json too
                yield from _streamed_lines(path, lines, tell)
    except UnicodeDecodeError as error:
        raise InputError(not_utf8(path)) from error
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path} is not a complete gzip file: {error}. Copy it again.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


class _Tell:
    """What happens to a bad line: collected when there is a list for it, raised when not."""

    def __init__(self, problems: list[str] | None):
        self.problems = problems

    def __call__(self, message: str, cause: BaseException | None = None) -> None:
        if self.problems is None:
            raise InputError(message) from cause
        self.problems.append(message)


def not_utf8(path: Path) -> str:
    """The problem of a file that does not decode: which line, and how to convert it."""
    to = f"-t UTF-8 {path.name} > utf8-{path.name}"
    with _opened(path) as data:
        for number, line in enumerate(data, start=1):
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                return f"{path} is UTF-16, expected UTF-8. Convert it: iconv -f UTF-16 {to}"
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return (f"{path}:{number} is not UTF-8 text (byte {error.start + 1} of the line). Convert the file: "
                        f"iconv -f GB18030 {to}")
    return f"{path} is not UTF-8 text."


def _is_row(line: str) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _streamed_lines(path: Path, lines: IO[str], tell: _Tell) -> Iterator[tuple[int, Any]]:
    numbered = _Numbered(lines)
    reader = jsonlines.Reader(numbered, loads=orjson.loads)
    while True:
        try:
            row = reader.read(allow_none=True, skip_empty=True)
        except EOFError:
            return
        except jsonlines.InvalidLineError as error:
            tell(f"{path}:{numbered.line} is not JSON: {_reason(error.__cause__ or error)}. "
                 "Each line must be one JSON object.", error)
            continue
        yield numbered.line, row


class _Numbered:
    """Lines of a file, remembering the number of the last one: jsonlines counts only what it parses."""

    def __init__(self, lines: Iterable[str]):
        self.lines, self.line = lines, 0

    def __iter__(self) -> Iterator[str]:
        try:
            for line in self.lines:
                self.line += 1
                yield line
        except EOFError as error:               # for jsonlines the end of all rows: a cut gzip file would look complete
            raise gzip.BadGzipFile(str(error)) from error


def _reason(error: BaseException) -> str:
    where = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
    return " ".join(str(error).split(": line")[0].split(" (line")[0].split()) + where


def _streamed_list(path: Path, lines: IO[str], tell: _Tell) -> Iterator[tuple[int, Any]]:
    opened, read = False, 0
    numbered = enumerate(lines, start=1)
    for number, line in numbered:
        text = line.strip()
        if not text:
            continue
        if not opened:
            opened = True
            continue
        if text == "]":
            after = next(((n, rest) for n, rest in numbered if rest.strip()), None)
            if after:
                tell(f"{path}:{after[0]} stands after the end of the list: {after[1].strip()[:60]!r}. "
                     "Keep one list in a file.")
            return
        try:
            row = orjson.loads(text.removesuffix(","))
        except orjson.JSONDecodeError as error:
            # one row a line with a bad row in it, or a list laid out in another way
            if not (text.startswith("{") and text.endswith(("}", "},"))):
                lines.seek(0)
                yield from islice(elements(path, lines.read()), read, None)
                return
            tell(f"{path}:{number} is not JSON: {_reason(error)}. Each line must be one JSON object.", error)
            continue
        read += 1
        yield number, row
    tell(f"{path} ends before the list is closed: the file is truncated. Add a line with ']' to keep "
         "the rows that are there.")


@contextmanager
def atomic_write(path: str | Path, overwrite: bool = False) -> Iterator[IO[str]]:
    """A text file that appears complete or not at all.

    Raises:
        InputError: when the file is there and `overwrite` is false.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise InputError(f"{path} already exists. Name another output, or pass --overwrite to replace it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            yield out
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class ListWriter:
    """Writes a JSON list with one row a line, without holding the rows."""

    def __init__(self, out: IO[str]):
        self.out, self.count = out, 0
        out.write("[\n")

    def add(self, row: Mapping[str, Any]) -> None:
        self.out.write((",\n" if self.count else "") + dumps(row))
        self.count += 1

    def close(self) -> None:
        self.out.write("\n]\n" if self.count else "]\n")


def write_list(path: str | Path, rows: Iterable[Mapping[str, Any]], overwrite: bool = False) -> int:
    """Write rows as a JSON list, one a line; returns how many."""
    with atomic_write(path, overwrite) as out:
        writer = ListWriter(out)
        for row in rows:
            writer.add(row)
        writer.close()
    return writer.count


def write_json(path: str | Path, value: Any, overwrite: bool = False) -> None:
    with atomic_write(path, overwrite) as out:
        out.write(dumps(value, indent=True) + "\n")
