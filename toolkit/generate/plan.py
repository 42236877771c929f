"""The plan: which samples to make, in a fixed order.

Kinds alternate SBK, CM (1 : 1) and the difficulties of each kind follow 3 : 5 : 2 (easy : medium : hard), both exactly over
every 20 items, so that a run cut short is balanced too. Items of one profile stand together: servers can then reuse its prefix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from toolkit.profiles import Profile

# 3 easy, 5 medium, 2 hard in ten, spread out
_DIFFICULTIES = ("medium", "easy", "medium", "hard", "easy", "medium", "medium", "easy", "hard", "medium")


@dataclass(frozen=True, slots=True)
class WorkItem:
    index: int
    profile: Profile
    kind: str
    difficulty: str


def plan(profiles: Sequence[Profile], samples_per_profile: int | None = None, samples: int | None = None,
         kinds: Sequence[str] = ("SBK", "CM"), at_a_time: int | None = None, endless: bool = False) -> Iterator[WorkItem]:
    """Work items, profile by profile.

    Args:
        samples_per_profile: items for each profile (2 when neither is given); or
        samples: items in all, spread evenly (the first profiles get one more).
        kinds: a sequence that repeats; a kind that stands in it twice gets twice as many items.
        at_a_time: so many items of a profile stand together, then the other profiles have theirs, until all have their
            share: a run that is stopped early has seen every role. None: all of a profile's items together.
        endless: go on with such rounds for ever.
    """
    if not profiles:
        return
    each = 2 if samples_per_profile is None else samples_per_profile
    total = samples if samples is not None else each * len(profiles)
    base, extra = divmod(total, len(profiles))
    together = at_a_time or base + 1
    index, of_kind = 0, dict.fromkeys(kinds, 0)
    begun = 0                                   # items that each profile had before this round
    while endless or begun < base + (extra > 0):
        for position, profile in enumerate(profiles):
            share = base + (position < extra) - begun
            for _ in range(min(together, share) if share > 0 or not endless else together):
                kind = kinds[index % len(kinds)]
                yield WorkItem(index, profile, kind, _DIFFICULTIES[of_kind[kind] % len(_DIFFICULTIES)])
                of_kind[kind] += 1
                index += 1
        begun += together
