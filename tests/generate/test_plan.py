"""The plan is balanced over every twenty items and keeps a profile's items together."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from toolkit.generate.plan import plan
from toolkit.profiles import Profile

ROLES = [Profile(id=str(n), name="甲", language="zh") for n in range(7)]


def test_every_twenty_items_are_balanced_by_kind_and_difficulty():
    items = list(plan(ROLES, samples=100))
    for start in range(0, 100, 20):
        counts = Counter((item.kind, item.difficulty) for item in items[start:start + 20])
        assert counts == {(kind, difficulty): n for kind in ("SBK", "CM")
                          for difficulty, n in (("easy", 3), ("medium", 5), ("hard", 2))}


def test_items_are_spread_evenly_and_a_profiles_items_stand_together():
    items = list(plan(ROLES, samples=24))
    assert [item.index for item in items] == list(range(24))
    assert [(role, len(list(group))) for role, group in groupby(items, lambda item: item.profile.id)] == [
        ("0", 4), ("1", 4), ("2", 4), ("3", 3), ("4", 3), ("5", 3), ("6", 3)]


def test_counts_are_as_asked_and_two_by_default():
    assert len(list(plan(ROLES, samples_per_profile=3))) == 21 and len(list(plan(ROLES))) == 14
    assert list(plan(ROLES, samples_per_profile=0)) == list(plan(ROLES, samples=0)) == list(plan([], samples=5)) == []
