"""From tallies to `report.json`: the same for a fresh evaluation and for old replies with a new verifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.evaluate import compare
from toolkit.evaluate.generation import ENGINE_FAILED
from toolkit.evaluate.raiden import table
from toolkit.evaluate.records import BASE, NO_KEY, TRAINED, VERIFIER_FAILED
from toolkit.evaluate.stats import CANNOT_TELL
from toolkit.evaluate.tally import Mark, Tally
from toolkit.jsonl import write_json

# A result from which more than this share of verdicts is missing is not a result
FAILED_SHARE = 0.01
CAUSES = {VERIFIER_FAILED: "the verifier reached no verdict", ENGINE_FAILED: "the engine gave no reply"}


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the two kinds in the weighted score."""

    sbk: float = 0.5
    cm: float = 0.5


def write_results(out: Path, tallies: Mapping[str, Tally], weights: Weights, seed: int, overwrite: bool,
                  seconds: Mapping[str, float], notes: Sequence[str], about: Mapping[str, Any]) -> dict[str, Any]:
    """Write `report.json`; returns it.

    Args:
        tallies: by side, of the same samples in the same order.
        seconds: by side.
        about: what was evaluated: model, against, data, task, sampling, seconds, versions, command, written.
    """
    report = {**build(tallies, weights, seed, seconds, notes), **about}
    write_json(out / "report.json", report, overwrite)
    return report


def build(tallies: Mapping[str, Tally], weights: Weights, seed: int, seconds: Mapping[str, float],
          notes: Sequence[str]) -> dict[str, Any]:
    """The part of the report that follows from the records."""
    sides = {side: {**compare.summary(tally), "seconds": seconds.get(side)} for side, tally in tallies.items()}
    marks = {side: tally.marks for side, tally in tallies.items()}
    paired = BASE in marks
    found = compare.difference(marks[BASE], marks[TRAINED], seed) if paired else None
    missing = failures(marks)
    return {
        "n": len({mark.index for mark in marks[TRAINED]}), "difference": found, "blocked": missing.blocked,
        "verdict": None if found is None else CANNOT_TELL if missing.blocked else found["verdict"],
        "base": sides.get(BASE), "trained": sides[TRAINED],
        "weighted": {
            "sbk_weight": weights.sbk, "cm_weight": weights.cm,
            **{side: compare.weighted(sides.get(side), weights.sbk, weights.cm) for side in (BASE, TRAINED)},
            "difference": compare.weighted_difference(marks[BASE], marks[TRAINED], weights.sbk, weights.cm, seed)
            if paired else None},
        "differences": compare.differences(marks[BASE], marks[TRAINED], seed) if paired else None,
        "dimensions": table(sides.get(BASE), sides[TRAINED]),
        "notes": [*notes, *missing.lines, *_notes(found)],
    }


@dataclass(frozen=True, slots=True)
class Failures:
    """Replies without a verdict: whether they are too many, and what is said of them."""

    blocked: bool
    lines: tuple[str, ...]


def failures(marks: Mapping[str, Sequence[Mark]]) -> Failures:
    total = len(marks[TRAINED])
    worst = {cause: max(sum(r.state == cause for r in found) for found in marks.values()) for cause in CAUSES}
    all_of_a_side = max(sum(r.state in CAUSES for r in found) for found in marks.values())
    blocked = all_of_a_side > FAILED_SHARE * total
    end = f": more than {FAILED_SHARE:.0%}, so nothing is concluded." if blocked else "."
    return Failures(blocked, tuple(
        f"{count} of {total} samples have no verdict ({CAUSES[cause]}) and are left out{end}"
        for cause, count in worst.items() if count) + _without_keys(marks))


def _without_keys(marks: Mapping[str, Sequence[Mark]]) -> tuple[str, ...]:
    count = sum(r.state == NO_KEY for r in marks[TRAINED])
    return (f"{count} of {len(marks[TRAINED])} samples name no key facts: their replies are written, and judged with --judge, "
            "but not verified.",) if count else ()


def _notes(found: Mapping[str, Any] | None) -> list[str]:
    if found and found["resampled"] == "samples" and found["roles"]:
        return [f"Only {found['roles']} role(s): the interval speaks of these roles, not of roles in general."]
    return []
