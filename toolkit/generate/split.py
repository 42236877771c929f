"""Split by role: every sample of a role is in one split, so a validation role is never seen in training."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from toolkit.profiles import Profile


def validation_roles(profiles: Sequence[Profile], train_ratio: float, seed: int) -> frozenset[str]:
    """Ids of the roles held out: the share `1 - train_ratio` of every language's roles, chosen by a seeded hash.

    With two or more roles and a `train_ratio` between 0 and 1, at least one role is held out and at least one is not.
    """
    if train_ratio >= 1 or len(profiles) < 2:
        return frozenset()
    by_language: dict[str, list[Profile]] = defaultdict(list)
    for profile in profiles:
        by_language[profile.language].append(profile)
    held: list[str] = []
    for group in by_language.values():
        ranked = sorted(group, key=lambda p: _rank(p.id, seed))
        held += [p.id for p in ranked[:round((1 - train_ratio) * len(group))]]
    if not held:
        held = [min(profiles, key=lambda p: _rank(p.id, seed)).id]
    if len(held) == len(profiles) and train_ratio > 0:
        held.remove(max(held, key=lambda role_id: _rank(role_id, seed)))
    return frozenset(held)


def _rank(role_id: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{role_id}".encode()).hexdigest()
