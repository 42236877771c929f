"""How often the verifier is right on labelled replies: by level and language, with the wrong replies it pays.

    python benchmarks/verifier_cases.py [FILE…]      # rows of `toolkit reward score` with `expected` (0 or 1) and `level`

Without files: the held-out rows in tests/verify/cases, written by authors who never saw the code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from toolkit.evaluate.stats import wilson
from toolkit.jsonl import read_rows
from toolkit.rewards.cases import read_cases, score_cases

HELD_OUT = "tests/verify/cases/*_held_out.jsonl"
LEVELS = ("basic", "careful", "hard")


def main(files: Iterable[Path]) -> None:
    found: list[tuple[str, str, int, bool]] = []    # language, level, expected, paid
    plain: list[bool] = []                          # whether looking for the keys alone would be right
    for file in files:
        rows = [row for _, row in read_rows(file)]
        for row, scored in zip(rows, score_cases(read_cases(file)), strict=True):
            found.append((row["lang"], row["level"], row["expected"], scored.verdict.score == 1.0))
            there = [any(form in row["completion"] for form in key.forms) for key in scored.case.keys]
            plain.append((all if scored.case.match == "all" else any)(there) == bool(row["expected"]))
    if not found:
        sys.exit(f"no rows: name files, or run this where {HELD_OUT} is")
    for name, one in [("all", found), *((language, [f for f in found if f[0] == language]) for language in sorted({f[0] for f in found}))]:
        print(f"{name:4}", *(_told(level, [paid == bool(expected) for _, its, expected, paid in one if its == level]) for level in LEVELS),
              _told("wrong paid", [paid for _, _, expected, paid in one if not expected]),
              _told("honest denied", [not paid for _, _, expected, paid in one if expected]), sep="  ")
    print(_told("substring", plain))


def _told(name: str, outcomes: list[bool]) -> str:
    found = wilson(sum(outcomes), len(outcomes))
    return f"{name} {found.value:6.1%} ({found.low:.1%} to {found.high:.1%}, n={len(outcomes)})"


if __name__ == "__main__":
    main(map(Path, sys.argv[1:]) if len(sys.argv) > 1 else sorted(Path(__file__).parents[1].glob(HELD_OUT)))
