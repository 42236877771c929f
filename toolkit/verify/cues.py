"""The words by which a language denies, doubts, asks, imagines, attributes or takes back; one table a language.

`*_before` is searched in the text before a mention, `*_after` in the text after it; which stretch (clause or sentence)
is decided in assertion.py. A pattern that is not given never matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import lru_cache

from .normalise import fold_pattern

_NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class Cues:
    breaks: re.Pattern[str]  # ends a clause inside a sentence
    blank: re.Pattern[str]  # holds a cue but is none: 非常, "no doubt"; removed before anything else is searched
    negated_before: re.Pattern[str]  # in the clause; an even number cancels
    negated_after: re.Pattern[str]  # in the clause after the mention; an even number cancels
    topic_denied: re.Pattern[str]  # directly after a mention that opens its clause: "… is not my trade"
    echo_denied: re.Pattern[str]  # the next clause or sentence answers the mention: "Not me."
    echo_affirmed: re.Pattern[str]
    disliked: re.Pattern[str]  # negates only what somebody likes, when that is asked
    hedged_before: re.Pattern[str]
    hedged_after: re.Pattern[str]
    imagined_before: re.Pattern[str]  # anywhere before in the sentence
    imagined_after: re.Pattern[str]
    said_before: re.Pattern[str]  # others say it
    said_after: re.Pattern[str]
    past_before: re.Pattern[str]
    past_after: re.Pattern[str]
    future_before: re.Pattern[str]
    future_after: re.Pattern[str]
    first: re.Pattern[str]  # subjects; the nearest one counts
    second: re.Pattern[str]
    third: re.Pattern[str]
    first_after: re.Pattern[str]  # the subject follows the mention: "… is my trade"
    second_after: re.Pattern[str]
    third_after: re.Pattern[str]
    kin: re.Pattern[str]  # persons a question can be about
    strong_before: re.Pattern[str]  # directly before the mention: "I'm a"
    copula: re.Pattern[str]  # directly before the mention: … is
    strong_after: re.Pattern[str]
    ended: re.Pattern[str]  # in the next clause: what was said is over
    now: re.Pattern[str]  # "now", "these days": outweighs a past in the same sentence
    taken_back: re.Pattern[str]  # in what follows
    confirmed: re.Pattern[str]  # soon after what others say: "and for once they are right"
    who_would: re.Pattern[str]  # a question that denies: who would be a …?
    only_this: re.Pattern[str]  # a question that asserts, before the mention: who else but …?
    only_this_after: re.Pattern[str]
    or_before: re.Pattern[str]
    or_after: re.Pattern[str]
    about_before: re.Pattern[str]  # approximation of a number
    about_after: re.Pattern[str]
    beside_before: re.Pattern[str]  # a place that is only near: opposite, two streets from
    beside_after: re.Pattern[str]
    left_after: re.Pattern[str]  # from there, away
    changed_before: re.Pattern[str]  # directly before: moved to, changed to
    compound_after: re.Pattern[str]  # makes the mention part of another noun
    compound_before: re.Pattern[str]
    met_before: re.Pattern[str]  # the role only meets, sees, asks or envies it; the verb is group 1
    met_after: re.Pattern[str]
    aside_before: re.Pattern[str]  # changes the subject
    aside_after: re.Pattern[str]
    acts_after: re.Pattern[str]  # the mention is somebody who does something: "the smith sent me a card"
    yes: re.Pattern[str]  # the reply's first words
    no: re.Pattern[str]
    polar: re.Pattern[str]  # a question that is answered by yes or no
    polar_negative: re.Pattern[str]
    asks_past: re.Pattern[str]
    asks_future: re.Pattern[str]
    asks_liking: re.Pattern[str]
    then: re.Pattern[str]  # the consequence of a condition
    asks_user: re.Pattern[str]  # about the one who asks
    asks_imagined: re.Pattern[str]


_LANGUAGES = ("en", "zh", "ja", "ko")


@lru_cache(maxsize=4)
def cues(language: str) -> Cues:
    """The table of a language, compiled on first use; an unknown language reads as English."""
    from . import cues_en, cues_ja, cues_ko, cues_zh

    table = {"en": cues_en, "zh": cues_zh, "ja": cues_ja, "ko": cues_ko}.get(language, cues_en).CUES
    names = {f.name for f in fields(Cues)}
    unknown = set(table) - names
    if unknown:
        raise KeyError(f"cue names nobody reads: {sorted(unknown)}")
    return Cues(**{name: re.compile(fold_pattern(table.get(name, _NEVER))) for name in names})
