"""JSON rows in files: `.jsonl`, `.json` lists (one row a line or not), and either of them gzipped.

Readers yield `(line number, row)` so that every error can name its line; writers appear by atomic rename.
"""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import jsonlines
import orjson

from toolkit.errors import InputError

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
    raw: Any = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
    return io.TextIOWrapper(raw, encoding="utf-8-sig", newline=None)


def read_rows(path: str | Path, what: str = "file") -> Iterator[tuple[int, Any]]:
    """Rows of a JSONL file or a JSON list as `(line, row)`.

    A JSON list written one row a line (as this package writes it) is streamed; any other is read whole, and its rows
    are numbered by position from 1.

    Raises:
        InputError: at the first line that is not JSON, or not UTF-8, with its number.
    """
    path = existing(path, what)
    try:
        with open_text(path) as lines:
            first = next((line for line in lines if line.strip()), "")
            lines.seek(0)
            if first.strip() == "[":
                yield from _streamed_list(path, lines)
            elif first.lstrip().startswith("["):
                yield from enumerate(_whole(path, lines), start=1)
            elif first.strip() == "{" or path.name.removesuffix(".gz").endswith(".json"):
                yield 1, _whole(path, lines)
            else:
                yield from _streamed_lines(path, lines)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}). Convert it: "
                         f"iconv -f GB18030 -t UTF-8 {path.name} > utf8-{path.name}") from error
    except (gzip.BadGzipFile, EOFError) as error:
        raise InputError(f"{path} is not a complete gzip file: {error}.") from error


def _streamed_lines(path: Path, lines: IO[str]) -> Iterator[tuple[int, Any]]:
    numbered = _Numbered(lines)
    reader = jsonlines.Reader(numbered, loads=orjson.loads)
    try:
        for row in reader.iter(allow_none=True, skip_empty=True):
            yield numbered.line, row
    except jsonlines.InvalidLineError as error:
        raise InputError(f"{path}:{numbered.line} is not JSON: {_reason(error)}. Each line must be one JSON object."
                         ) from error


class _Numbered:
    """Lines of a file, remembering the number of the last one: jsonlines counts only what it parses."""

    def __init__(self, lines: Iterable[str]):
        self.lines, self.line = lines, 0

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.line += 1
            yield line


def _reason(error: jsonlines.InvalidLineError) -> str:
    return str(error.__cause__ or error).split(" (line")[0].split(": line")[0]


def _streamed_list(path: Path, lines: IO[str]) -> Iterator[tuple[int, Any]]:
    opened = False
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        if not opened:
            opened = True
            continue
        if text == "]":
            return
        try:
            row = orjson.loads(text.removesuffix(","))
        except orjson.JSONDecodeError:
            # a list pretty-printed over several lines: its rows have no line of their own
            lines.seek(0)
            if number > 2:
                raise InputError(f"{path}:{number} is not JSON: {text[:60]!r}. "
                                 "Write one object a line, or a valid JSON list.") from None
            yield from enumerate(_whole(path, lines), start=1)
            return
        yield number, row
    raise InputError(f"{path} ends before the list is closed: the file is truncated. Add a line with ']' to keep "
                     "the rows that are there.")


def _whole(path: Path, lines: IO[str]) -> Any:
    import json

    try:
        return json.loads(lines.read())
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno} column {error.colno} is not JSON: {error.msg}.") from error


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
