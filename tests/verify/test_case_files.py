"""The case files themselves: every row is complete and ids are unique."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"
FIELDS = {"id", "lang", "kind", "level", "profile", "history", "question", "keys", "match", "completion", "expected"}
TYPES = {"text", "name", "place", "number", "date", "time", "quantity"}


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("path", sorted(CASES.glob("*.jsonl")), ids=lambda path: path.name)
def test_every_row_is_complete(path):
    for row in rows(path):
        assert row.keys() >= FIELDS | {"why"}, row["id"]
        assert row.keys() <= FIELDS | {"why", "aliases", "distractors"}, row["id"]
        assert row["lang"] == path.name[:2] and row["id"].startswith(f"{row['lang']}-{row['kind']}-"), row["id"]
        assert row["level"] in {"basic", "careful", "hard"} and row["expected"] in {0, 1}, row["id"]
        assert row["match"] in {"all", "any"} and row["question"] and row["keys"] and row["why"], row["id"]
        assert all(key["canonical"] and key["type"] in TYPES for key in row["keys"]), row["id"]
        assert all(turn["role"] in {"user", "assistant"} and turn["content"] for turn in row["history"]), row["id"]


def test_no_id_is_used_twice():
    ids = [row["id"] for path in CASES.glob("*.jsonl") for row in rows(path)]
    assert len(ids) == len(set(ids))
