"""JSON values in text of any layout: a whole value, the elements of a list with their lines, what no row may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from toolkit.errors import InputError

_SPACE = re.compile(r"[ \t\r\n]*")


def elements(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """The elements of a JSON list in any layout, each with the line on which it begins."""
    scan = json.JSONDecoder(parse_int=float)   # int() refuses very long digits with another error
    one_line = "\n" not in text.strip()
    at, line, counted, number = text.index("[") + 1, 1, 0, 0
    try:
        while True:
            at = _SPACE.match(text, at).end()
            if text[at:at + 1] == "]" and not number:
                at += 1
                break
            _, end = scan.raw_decode(text, at)
            row = orjson.loads(text[at:end])    # the same limits on numbers and text as in a streamed file
            number += 1
            line += text.count("\n", counted, at)
            counted = at
            yield (number if one_line else line), row
            at = _SPACE.match(text, end).end()
            closing, at = text[at:at + 1], at + 1
            if closing == "]":
                break
            if closing != ",":
                raise json.JSONDecodeError("Expecting ',' or ']'", text, at - 1)
        at = _SPACE.match(text, at).end()
        if at < len(text):
            raise json.JSONDecodeError("Extra data after the list", text, at)
    except RecursionError as error:
        raise InputError(f"{path} nests too deep to be read.") from error
    except json.JSONDecodeError as error:
        base = at if isinstance(error, orjson.JSONDecodeError) else 0
        raise InputError(_not_json(path, text, base + error.pos, error)) from error


def whole(path: Path, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InputError(_not_json(path, text, error.pos, error)) from error


def _not_json(path: Path, text: str, position: int, error: json.JSONDecodeError) -> str:
    line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
    cut = " The file seems to be truncated." if position >= len(text.rstrip()) else ""
    return (f"{path}:{line} column {column} is not JSON: {error.msg}.{cut} "
            "Write one object a line, or one valid JSON list.")


def unusable(value: Any, deepest: int = 50) -> str | None:
    """Why a parsed value cannot be kept, written and hashed as a row; None when it can.

    Files of strangers hold what their format allows and little else survives: nesting that exhausts the stack, numbers
    beyond 64 bits, halves of surrogate pairs, YAML aliases that unfold without end.
    """
    waiting, seen = [(value, 0)], 0
    while waiting:
        item, depth = waiting.pop()
        seen += 1
        if depth > deepest:
            return f"is nested more than {deepest} levels deep. Flatten it."
        if seen > 100_000:
            return "holds more than 100,000 values in one row. Write one row for each role or sample."
        if isinstance(item, str):
            try:
                item.isascii() or item.encode()
            except UnicodeEncodeError:
                return f"holds half of a surrogate pair in {item[:40]!r}. Save the file as UTF-8 again."
        elif isinstance(item, int):
            if not -2**63 <= item < 2**64:
                return "holds a number beyond 64 bits. Quote it."
        elif isinstance(item, Mapping):
            waiting += [(inner, depth + 1) for pair in item.items() for inner in pair]
        elif isinstance(item, list | tuple):
            waiting += [(inner, depth + 1) for inner in item]
    return None
