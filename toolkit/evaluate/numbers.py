"""How numbers of a report are written: shares as per cent, differences in points with their sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"


def points(share: float) -> str:
    """A difference in percentage points, with its sign."""
    rounded = round(100 * share, 1)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded):.1f}"


def p_text(p: float) -> str:
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"


def span(found: Mapping[str, Any]) -> str:
    """The interval of a rate."""
    return f"{100 * found['low']:.1f} to {100 * found['high']:.1f}"


def change(found: Mapping[str, Any]) -> str:
    """A difference with its interval."""
    return f"{points(found['value'])} points ({points(found['low'])} to {points(found['high'])})"
