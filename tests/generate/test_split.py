"""Splits are by role, seeded, and leave both sides something."""

from __future__ import annotations

import pytest

from toolkit.generate.split import validation_roles
from toolkit.profiles import Profile


def roles(count: int, language: str = "zh") -> list[Profile]:
    return [Profile(id=f"{language}{n}", name="甲", language=language) for n in range(count)]


def test_the_stated_share_of_each_language_is_held_out():
    held = validation_roles(roles(20, "zh") + roles(10, "en"), 0.9, seed=1)
    assert sorted(role[:2] for role in held) == ["en", "zh", "zh"]


def test_the_choice_depends_on_the_seed_and_not_on_the_order():
    profiles = roles(40)
    held = validation_roles(profiles, 0.8, seed=1)
    assert held == validation_roles(profiles[::-1], 0.8, seed=1) != validation_roles(profiles, 0.8, seed=2)


@pytest.mark.parametrize("ratio", [0.01, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("profiles", [roles(2), roles(1, "zh") + roles(1, "en"), roles(7)], ids=len)
def test_neither_side_of_a_split_is_empty(profiles, ratio):
    assert 0 < len(validation_roles(profiles, ratio, 0)) < len(profiles)


def test_nothing_is_held_out_of_one_role_or_when_all_is_for_training():
    assert validation_roles(roles(1), 0.5, 0) == validation_roles(roles(9), 1.0, 0) == frozenset()
