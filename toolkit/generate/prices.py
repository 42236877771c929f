"""What tokens and servers cost, from a table that the user can edit: `configs/prices.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.resources import find

PER = 1_000_000                                 # prices are for a million tokens
FIELDS = ("input", "output", "cached_input", "usd_per_hour")


@dataclass(frozen=True, slots=True)
class Price:
    """In US dollars; `usd_per_hour` is for a server of one's own."""

    name: str
    input: float = 0.0
    output: float = 0.0
    cached_input: float | None = None           # None: as other input
    usd_per_hour: float = 0.0

    def of(self, prompt_tokens: float, completion_tokens: float, cached_tokens: float = 0.0, hours: float = 0.0) -> float:
        cached = self.input if self.cached_input is None else self.cached_input
        return (((prompt_tokens - cached_tokens) * self.input + cached_tokens * cached
                 + completion_tokens * self.output) / PER + hours * self.usd_per_hour)


def price_of(engine: str, model: str, path: Path | None = None) -> Price | None:
    """The first entry whose pattern fits `engine/model`; None when there is none. A batch costs half of Bedrock's price.

    Raises:
        InputError: when the table is not as its first lines say.
    """
    import yaml

    place = find("configs/prices.yaml") if path is None else path
    if not place.is_file():
        raise InputError(f"--prices {place} does not exist.")
    try:
        table = yaml.safe_load(place.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise InputError(f"{place} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(table, Mapping):
        raise InputError(f"{place} is not a table of patterns and prices.")
    chosen = None
    for pattern, entry in table.items():
        price = _price(place, str(pattern), entry)
        if chosen is None and fnmatch(f"{engine}/{model}".casefold(), str(pattern).casefold()):
            chosen = price
    if chosen is None and engine == "bedrock-batch" and (whole := price_of("bedrock", model, path)):
        cached = None if whole.cached_input is None else whole.cached_input / 2
        return Price(f"half of {whole.name}", whole.input / 2, whole.output / 2, cached, whole.usd_per_hour)
    return chosen


def _price(path: Path, pattern: str, entry: Any) -> Price:
    if not isinstance(entry, Mapping):
        raise InputError(f'{path} entry "{pattern}" is not a table with {", ".join(FIELDS)}.')
    for name, value in entry.items():
        if name not in FIELDS:
            raise InputError(f'{path} entry "{pattern}" has "{name}", expected {", ".join(FIELDS)}.')
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise InputError(f'{path} entry "{pattern}" field "{name}" is {value!r}, expected a number from 0.')
    return Price(pattern, **{name: float(value) for name, value in entry.items()})
