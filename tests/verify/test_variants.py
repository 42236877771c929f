"""Many wordings of few facts, written together with the verifier: what it was taught must not be forgotten.

A row is one reply to one question; each kind of trap stands beside honest replies that look like it. What these rows do
not tell is how well the verifier does on wordings it was not taught: that is what the cases are for.
"""

import json
from functools import lru_cache
from pathlib import Path

import pytest

from toolkit.verify import Key, verify

LANGUAGES = ("en", "ja", "ko", "zh")
FLOOR_HONEST, CEILING_WRONG_PAID = 0.92, 0.04


@lru_cache(maxsize=4)
def outcomes(language: str) -> tuple[tuple[int, bool], ...]:
    """(expected score, whether the verifier gives it) of each row."""
    text = (Path(__file__).parent / "variants" / f"{language}.jsonl").read_text(encoding="utf-8")
    found = []
    for row in map(json.loads, text.splitlines()):
        keys = [Key(key, (), row.get("type", "text")) for key in row["keys"]]
        verdict = verify(
            row["completion"],
            question=row["question"],
            keys=keys,
            language=language,
            distractors=row["distractors"],
            aliases=row.get("aliases", ()),
            history=row.get("history", ()),
        )
        found.append((row["expected"], verdict.score == row["expected"]))
    return tuple(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_honest_wordings_pass(language):
    honest = [right for expected, right in outcomes(language) if expected == 1]
    assert len(honest) > 100 and sum(honest) / len(honest) >= FLOOR_HONEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_wrong_wordings_are_rarely_paid(language):
    wrong = [not right for expected, right in outcomes(language) if expected == 0]
    assert len(wrong) > 100 and sum(wrong) / len(wrong) <= CEILING_WRONG_PAID
