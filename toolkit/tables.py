"""Rows of a task's data in the layouts of the wild: JSONL, JSON, TSV, CSV and parquet, from any source of `toolkit.sources`.

A row is a dict of the file's own columns. Readers yield `(line, row)`; in a parquet file and in a list on one line the line is the
row's number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from toolkit.errors import InputError, did_you_mean
from toolkit.jsonl import existing, not_utf8, open_text, read_rows
from toolkit.sources import data_files

Row = TypeVar("Row")
# fields under which a JSON object holds its rows: GAOKAO-Bench writes "example"
WRAPPED = ("example", "examples", "data", "rows", "questions")
# (value, "file:line", default id, problems) → row, or None after telling a problem
Make = Callable[[Mapping[str, Any], str, str, list[str]], Row | None]


@dataclass
class Sifted:
    """Rows that can be used, and why the others cannot."""

    rows: list[tuple[int, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)     # the rows as they stand, with "line" and "problems"


def read_as(path: str | Path, make: Make[Row], columns: Mapping[str, str] | None = None, drop: str = "") -> Iterator[tuple[int, Row]]:
    """Rows of a task; a file with any bad row is refused with every one of them.

    Args:
        make: makes a row of the task from a row of the file.
        columns: our name → the file's name, where they differ.
        drop: the command that leaves bad rows out, told with the problems.

    Raises:
        InputError: every bad row, by line.
    """
    found = sift(path, make, columns)
    if found.problems:
        hint = f" {drop.format(path=path)}" if drop else ""
        raise InputError([found.problems[0] + hint, *found.problems[1:]])
    yield from found.rows


def row_as(value: Mapping[str, Any], make: Make[Row]) -> Row:
    """One row of a task from an object; raises InputError with all that is wrong with it."""
    problems: list[str] = []
    row = make(value, f"row {value.get('id', '?')}", str(value.get("id", "?")), problems)
    if row is None:
        raise InputError(problems)
    return row


def sift(path: str | Path, make: Make[Row], columns: Mapping[str, str] | None = None) -> Sifted:
    """Every row of a data set, sorted into usable and not."""
    found = Sifted()
    for file in data_files(path):
        unreadable: list[str] = []
        for line, value in read_table(file, unreadable):
            told: list[str] = []
            row = None
            where = f"{file}:{line}"
            if isinstance(value, Mapping):
                row = make(_renamed(value, columns or {}, where), where, f"{file.stem}:{line}", told)
            else:
                told.append(f"{where} is {type(value).__name__}, expected an object with named fields.")
            if row is not None and not told:
                found.rows.append((line, row))
            else:
                found.dropped.append({"line": line, "problems": [t.removeprefix(f"{where} ") for t in told], "row": value})
                found.problems += told
        found.problems += unreadable
        found.dropped += [{"line": _line(problem), "problems": [re.sub(r"^.*?:\d+ ", "", problem)], "row": None} for problem in unreadable]
    return found


def _line(problem: str) -> int | None:
    found = re.search(r":(\d+) ", problem)
    return int(found[1]) if found else None


def read_table(path: str | Path, problems: list[str] | None = None) -> Iterator[tuple[int, Any]]:
    """Rows of one file by its suffix: .jsonl, .ndjson, .json, .tsv, .csv (each also .gz), .parquet.

    Raises:
        InputError: for other files, and for the first line that cannot be read unless `problems` collects them.
    """
    path = existing(path, "data file")
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix in (".jsonl", ".ndjson", ".json"):
        for line, row in read_rows(path, "data file", problems):
            yield from _unwrapped(line, row)
    elif suffix in (".tsv", ".csv"):
        yield from _delimited(path, "\t" if suffix == ".tsv" else ",", problems)
    elif suffix == ".parquet":
        yield from _parquet(path)
    else:
        raise InputError(f"{path} has an unknown format. Known: .jsonl, .json, .tsv, .csv, .parquet.")


def _unwrapped(line: int, row: Any) -> Iterator[tuple[int, Any]]:
    inside = next((row[name] for name in WRAPPED if isinstance(row, dict) and isinstance(row.get(name), list)
                   and row[name] and all(isinstance(r, dict) and "role" not in r for r in row[name])), None)
    if inside is None:
        yield line, row
    else:
        yield from enumerate(inside, start=1)


def _renamed(row: Mapping[str, Any], columns: Mapping[str, str], where: str) -> Mapping[str, Any]:
    missing = [theirs for theirs in columns.values() if theirs not in row]
    if missing:
        raise InputError(f'{where} has no column "{missing[0]}", which "columns" names.{did_you_mean(missing[0], list(map(str, row)))} '
                         f"It has: {', '.join(map(str, row))}.")
    taken = set(columns.values())
    return {**{name: value for name, value in row.items() if name not in taken}, **{ours: row[theirs] for ours, theirs in columns.items()}}


def _delimited(path: Path, delimiter: str, problems: list[str] | None) -> Iterator[tuple[int, dict[str, str]]]:
    def tell(message: str) -> None:
        if problems is None:
            raise InputError(message)
        problems.append(message)

    try:
        with open_text(path) as lines:
            # a TSV in the wild has no quoting: a cell may begin with a quotation mark and not end with one
            quoting = csv.QUOTE_NONE if delimiter == "\t" and not _quoted(path) else csv.QUOTE_MINIMAL
            reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
            header = [name.strip() for name in next(reader, [])]
            if len(header) < 2 or len(set(header)) < len(header):
                raise InputError(f"{path}:1 is no header: {header!r}. The first line names the columns, each once, separated by "
                                 f"{'tabs' if delimiter == chr(9) else 'commas'}.")
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(header):
                    tell(f"{path}:{reader.line_num} has {len(cells)} cells, expected {len(header)} ({', '.join(header)}).")
                    continue
                yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))
    except UnicodeDecodeError as error:
        raise InputError(not_utf8(path)) from error
    except csv.Error as error:
        raise InputError(f"{path} cannot be read: {error}. Is a quotation mark left open?") from error


def _quoted(path: Path) -> bool:
    """Whether a TSV was written with quoting: it has cells that begin and end with a quotation mark."""
    with open_text(path) as lines:
        return any(len(cell) > 1 and cell.startswith('"') and cell.endswith('"')
                   for line in lines for cell in line.rstrip("\n").split("\t"))


def _parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(f"{path} needs pyarrow. Run: pip install pyarrow, or convert the file to JSON lines.") from error
    line = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    line += 1
                    yield line, row
    except pyarrow.ArrowException as error:
        raise InputError(f"{path} is no parquet file: {' '.join(str(error).split())[:200]}") from error
