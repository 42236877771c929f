"""What the verifier is asked for (`Key`) and what it answers (`Verdict`, `Span`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TYPES = ("text", "name", "place", "number", "quantity", "date", "time")
POLARITIES = ("affirm", "deny")


@dataclass(frozen=True, slots=True)
class Key:
    """One fact: the reply must assert it (or, with polarity "deny", deny it) in one of these forms."""

    canonical: str
    alternatives: tuple[str, ...] = ()
    type: str = "text"
    polarity: str = "affirm"

    @property
    def forms(self) -> tuple[str, ...]:
        return (self.canonical, *self.alternatives)


@dataclass(frozen=True, slots=True)
class Span:
    """Where a key stood, in offsets into the completion as it was given."""

    start: int
    end: int
    key: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """1.0, 0.0, or None when it could not be scored, with a stable code and one sentence for the user."""

    score: float | None
    code: str
    reason: str
    matched: tuple[Span, ...] = ()


def as_key(value: str | Mapping | Key) -> Key:
    """A key from a string or a mapping; ValueError names the field that is wrong."""
    if isinstance(value, Key):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        if not value.strip():
            raise ValueError('key field "canonical" is empty, expected the fact as text.')
        return Key(value.strip())
    if not isinstance(value, Mapping):
        raise ValueError(f'key is {value!r} ({type(value).__name__}), expected text or a mapping with "canonical".')
    canonical = value.get("canonical")
    if isinstance(canonical, (int, float)) and not isinstance(canonical, bool):
        canonical = str(canonical)
    if not isinstance(canonical, str) or not canonical.strip():
        raise ValueError(f'key field "canonical" is {canonical!r}, expected the fact as text.')
    alternatives = value.get("alternatives") or ()
    if isinstance(alternatives, str):
        alternatives = (alternatives,)
    if not isinstance(alternatives, (list, tuple)) or not all(isinstance(a, (str, int, float)) for a in alternatives):
        raise ValueError(f'key field "alternatives" is {alternatives!r}, expected a list of texts.')
    kind = value.get("type")
    polarity = value.get("polarity") or "affirm"
    if polarity not in POLARITIES:
        raise ValueError(f'key field "polarity" is {polarity!r}, expected affirm or deny.')
    # An unknown type is not an error: the type is inferred from the forms.
    return Key(
        canonical.strip(),
        tuple(str(a).strip() for a in alternatives if str(a).strip()),
        kind if kind in TYPES else "text",
        polarity,
    )
