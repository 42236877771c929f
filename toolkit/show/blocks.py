"""Parts of a report whose fields are not known here, as tables and lists of facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.show.cards import cut

MOST_ROWS = 60
LONGEST = 2000                                  # characters of a value: a judge's words may be quoted in it


@dataclass(frozen=True, slots=True)
class Block:
    """A table; without a head, (name, text) facts."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def blocks(value: Any, title: str = "") -> list[Block]:
    """What can be said in a line each becomes facts, objects with the same fields a table, the rest blocks of its own."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _table(title, {str(n): row if isinstance(row, Mapping) else {"value": row} for n, row in enumerate(value, 1)}, numbered=True)
    said = {name: text for name, inner in value.items() if (text := line(inner)) is not None}
    nested = {name: inner for name, inner in value.items() if name not in said}
    rows = {name: inner for name, inner in nested.items() if isinstance(inner, Mapping) and all(line(v) is not None for v in inner.values())}
    found = [Block(title, (), tuple((name, text) for name, text in said.items() if text))] if any(said.values()) else []
    if len(rows) > 1 and len({tuple(inner) for inner in rows.values()}) == 1:
        found += _table(title if not found else "", rows)
        nested = {name: inner for name, inner in nested.items() if name not in rows}
    for name, inner in nested.items():
        found += blocks(inner, " · ".join(filter(None, (title, name))))
    return found


def line(value: Any) -> str | None:
    """A value in one line; None for what needs more than one."""
    if value is None or value == {} or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str | int):
        return cut(str(value), LONGEST)
    if isinstance(value, Mapping):
        if (rate := value.keys() & {"accuracy", "share"}) and value.keys() >= {"low", "high", "n"}:
            share = value[rate.pop()]
            return ("—" if share is None else f"{share:.1%} ({value['low']:.1%} to {value['high']:.1%})") + f", n = {value['n']}"
        if value.keys() >= {"value", "low", "high"}:
            return f"{value['value']:+.3g} ({value['low']:+.3g} to {value['high']:+.3g})"
        return None
    texts = [line(inner) for inner in value] if all(not isinstance(inner, Mapping | list) for inner in value) else [None]
    return None if None in texts else ", ".join(filter(None, texts))


def _table(title: str, rows: Mapping[str, Mapping[str, Any]], numbered: bool = False) -> list[Block]:
    """Columns of what can be said in a line in every row; the rest is left out."""
    columns = [name for name in dict.fromkeys(name for row in rows.values() for name in row)
               if all(line(row.get(name)) is not None for row in rows.values())]
    cells = [(*(() if numbered else (name,)), *(line(row.get(column)) or "" for column in columns)) for name, row in rows.items()]
    return [Block(title, (*(() if numbered else ("",)), *columns), tuple(cells[:MOST_ROWS]))]
