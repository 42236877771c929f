"""The words by which a language denies, doubts, asks, imagines, attributes or takes back; one table a language.

`*_before` is searched in the text before a mention, `*_after` in the text after it; which stretch (clause or sentence)
is decided in assertion.py. A pattern that is not given never matches.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

from .lazy import Lazy

_NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class Cues:
    breaks: Lazy  # ends a clause inside a sentence
    blank: Lazy  # holds a cue but is none: 非常, "no doubt"; removed before anything else is searched
    negated_before: Lazy  # in the clause; an even number cancels
    negated_after: Lazy  # in the clause after the mention; an even number cancels
    sure_before: Lazy  # denies only to show that it cannot be denied: "if I weren't a", "who says I'm not a"
    sure_after: Lazy
    absurd_after: Lazy  # after a denied mention, what shows the denial absurd: "… and fish don't swim"
    topic_denied: Lazy  # directly after a mention that opens its clause: "… is not my trade"
    echo_denied: Lazy  # the next clause or sentence answers the mention: "Not me."
    echo_affirmed: Lazy
    disliked: Lazy  # negates only what somebody likes, when that is asked
    hedged_before: Lazy
    hedged_after: Lazy
    imagined_before: Lazy  # anywhere before in the sentence
    imagined_after: Lazy
    said_before: Lazy  # others say it
    said_after: Lazy
    past_before: Lazy
    past_after: Lazy
    future_before: Lazy
    future_after: Lazy
    first: Lazy  # subjects; the nearest one counts
    second: Lazy
    third: Lazy
    first_after: Lazy  # the subject follows the mention: "… is my trade"
    second_after: Lazy
    third_after: Lazy
    kin: Lazy  # persons a question can be about
    strong_before: Lazy  # directly before the mention: "I'm a"
    copula: Lazy  # directly before the mention: … is
    strong_after: Lazy
    ended: Lazy  # in the next clause: what was said is over
    now: Lazy  # "now", "these days": outweighs a past in the same sentence
    taken_back: Lazy  # in what follows
    confirmed: Lazy  # soon after what others say: "and for once they are right"
    who_would: Lazy  # a question that denies: who would be a …?
    only_this: Lazy  # a question that asserts, before the mention: who else but …?
    only_this_after: Lazy
    or_before: Lazy
    or_after: Lazy
    about_before: Lazy  # approximation of a number
    about_after: Lazy
    beside_before: Lazy  # a place that is only near: opposite, two streets from
    beside_after: Lazy
    left_after: Lazy  # from there, away
    arrived_before: Lazy  # a change whose result holds, whenever it was: moved to, became
    arrived_after: Lazy
    never_was: Lazy  # denies the identity itself, with words between: "I've never worked as a …"
    never_was_after: Lazy
    denied_again: Lazy  # an elliptic denial in what follows: "… and I'm not one"
    denied_kind: Lazy  # denies, in what follows, all of a kind; the kind is the last group
    topic_after: Lazy  # the mention opens its clause and something is said of it
    claims_after: Lazy  # … and what is said makes it the role's own
    weak_after: Lazy  # the mention is a topic of which only something lesser is said: "the harp I only listen to"
    framed_said: Lazy  # opens a sentence whose rest is so only in the words or eyes of others
    framed_imagined: Lazy  # … only in a world that is not this one
    framed_hedged: Lazy  # … only if the role remembers rightly
    evades: Lazy  # the reply says that it will not tell
    changed_before: Lazy  # directly before: moved to, changed to
    compound_after: Lazy  # makes the mention part of another noun
    compound_before: Lazy
    met_before: Lazy  # the role only meets, sees, asks or envies it; the verb is group 1
    met_after: Lazy
    aside_before: Lazy  # changes the subject
    aside_after: Lazy
    acts_after: Lazy  # the mention is somebody who does something: "the smith sent me a card"
    yes: Lazy  # the reply's first words
    no: Lazy
    polar: Lazy  # a question that is answered by yes or no
    polar_negative: Lazy
    asks_past: Lazy
    asks_future: Lazy
    asks_liking: Lazy
    then: Lazy  # the consequence of a condition
    asks_user: Lazy  # about the one who asks
    asks_imagined: Lazy


_LANGUAGES = ("en", "zh", "ja", "ko")


@lru_cache(maxsize=4)
def cues(language: str) -> Cues:
    """The table of a language, loaded on first use; an unknown language reads as English."""
    from . import cues_en, cues_ja, cues_ko, cues_zh

    table = {"en": cues_en, "zh": cues_zh, "ja": cues_ja, "ko": cues_ko}.get(language, cues_en).CUES
    names = {f.name for f in fields(Cues)}
    unknown = set(table) - names
    if unknown:
        raise KeyError(f"cue names nobody reads: {sorted(unknown)}")
    return Cues(**{name: Lazy(table.get(name, _NEVER)) for name in names})
