"""The verifier against cases in four languages, both ways: accuracy by level, language and kind, and wrong replies paid.

Every row whose file does not end in HELD_OUT was read while the verifier was written. A held-out file is written by authors who
never saw the code, and only its totals are looked at; once its rows are read, it is renamed, and its tests are skipped.
Readers who saw neither the code nor the labels have labelled the held-out rows and the files up to *_6 again: they differ in 6 of
2,571 (key piles and lists with a wrong member too many; the two of them among the held-out rows are left out).
"""

import json
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

import pytest

from toolkit.verify import as_key, verify

CASES = Path(__file__).parent / "cases"
HELD_OUT = "_held_out"  # how the names of the held-out files end: zh_held_out.jsonl
held_out = pytest.mark.skipif(not any(CASES.glob(f"*{HELD_OUT}.jsonl")), reason=f"no file *{HELD_OUT}.jsonl")
HALVES = ["developed", pytest.param("held out", marks=held_out)]
TARGET = {"basic": 0.99, "careful": 0.92, "hard": 0.75}
TARGET_WRONG_PAID = 0.04
# Just under what is reached, development and held-out rows apart.
FLOOR = {
    "developed": {"basic": 0.99, "careful": 0.97, "hard": 0.90},
    "held out": {"basic": 0.975, "careful": 0.91, "hard": 0.63},
}
FLOOR_LANGUAGE = {"zh": 0.95, "en": 0.95, "ja": 0.95, "ko": 0.95}
FLOOR_KIND = 0.75
CEILING_WRONG_PAID = {"developed": 0.035, "held out": 0.10}


@lru_cache(maxsize=1)
def judged() -> list[tuple[dict, str, bool]]:
    """Each row with its half and whether the verdict is the expected one."""
    results = []
    for path in sorted(CASES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            verdict = verify(
                row["completion"],
                question=row["question"],
                keys=[as_key(key) for key in row["keys"]],
                match=row.get("match", "all"),
                language=row["lang"],
                profile=row["profile"],
                history=row["history"],
                aliases=row.get("aliases") or (),
                distractors=row.get("distractors") or (),
            )
            half = "held out" if path.stem.endswith(HELD_OUT) else "developed"
            results.append((row, half, verdict.score == row["expected"]))
    return results


@held_out
@pytest.mark.parametrize("language", ["zh", "en", "ja", "ko"])
def test_developed_and_held_out_halves_hold_the_same_kinds(language):
    kinds = defaultdict(set)
    for row, half, _ in judged():
        if row["lang"] == language:
            kinds[half].add(row["kind"])
    assert kinds["developed"] == kinds["held out"]


def accuracy(**wanted: str) -> float:
    outcomes = [ok for row, half, ok in judged() if all({**row, "half": half}[k] == v for k, v in wanted.items())]
    return sum(outcomes) / len(outcomes) if outcomes else 1.0


def wrong_paid(half: str) -> float:
    outcomes = [not ok for row, its, ok in judged() if its == half and row["expected"] == 0]
    return sum(outcomes) / len(outcomes) if outcomes else 0.0


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("level", TARGET)
def test_accuracy_does_not_fall_below_what_was_reached(half, level):
    assert accuracy(half=half, level=level) >= FLOOR[half][level]


@pytest.mark.parametrize("language", FLOOR_LANGUAGE)
def test_no_language_falls_behind(language):
    assert accuracy(half="developed", lang=language) >= FLOOR_LANGUAGE[language]


def test_no_kind_of_trap_is_lost():
    kinds = defaultdict(list)
    for row, half, ok in judged():
        if half == "developed":
            kinds[row["kind"]].append(ok)
    low = {kind: sum(oks) / len(oks) for kind, oks in kinds.items() if sum(oks) / len(oks) < FLOOR_KIND}
    assert not low


@pytest.mark.parametrize("half", HALVES)
def test_wrong_replies_are_rarely_paid(half):
    assert wrong_paid(half) <= CEILING_WRONG_PAID[half]


@pytest.mark.parametrize("level", TARGET)
def test_developed_rows_reach_the_target(level):
    assert accuracy(half="developed", level=level) >= TARGET[level]


def test_developed_wrong_replies_are_paid_less_than_the_target():
    assert wrong_paid("developed") < TARGET_WRONG_PAID


missed = pytest.mark.xfail(reason="the target on held-out rows is not reached yet", strict=False)


@held_out
@pytest.mark.parametrize("level", [pytest.param("basic", marks=missed), "careful", pytest.param("hard", marks=missed)])
def test_held_out_rows_reach_the_target(level):
    assert accuracy(half="held out", level=level) >= TARGET[level]


@held_out
@missed
def test_held_out_wrong_replies_are_paid_less_than_the_target():
    assert wrong_paid("held out") < TARGET_WRONG_PAID
