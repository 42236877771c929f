"""Whether a claim that no rule objects to stands only in passing: what speaks against an answer, added up.

An honest reply ends on its answer, or says little of it but what was asked; a reply that names the fact and answers otherwise tells
foreign matter of it ("Thirteen frets. Strings, fewer.") and goes on. No sign decides alone: honest replies show each of them.

The points were set on one half of 2,119 replies that were written against the verifier and that it paid, and checked on the other:
at these thresholds they reach one wrong reply in nine, and one honest reply in a hundred and thirty. Lower ones deny more than they find.
"""

from __future__ import annotations

from .assertion import Reader, Reading
from .content import foreign
from .context import MASK, WORDS
from .lazy import Lazy
from .question import Question

_ENOUGH = {"zh": 5, "en": 6, "ja": 7, "ko": 7}  # points at which a claim is only made in passing
_TAIL = 12  # words of Chinese, Japanese or Korean, or 2.6 letters of a Latin word for each, that follow the claim
_LATIN = 2.6


def in_passing(said: Reading, reader: Reader, q: Question) -> bool:
    """Whether the points against the claim at `said` suffice."""
    a, c = reader.around(said.start, said.end)
    if a.mark == "?":
        return False  # a question that asserts has been found to be one
    earlier = a.preceding + a.sentence_before[: len(a.sentence_before) - len(a.clause_before)]
    before = foreign(a.clause_before, a.language, q.text)
    after = foreign(a.clause_after, a.language, q.text)
    points = 2 - said.strength - 2 * bool(WORDS.search(earlier)) + min(3, min(4, before) + min(4, after))
    if not q.who and not WORDS.search(_OPENS.sub("", a.clause_before.replace(MASK, ""))):
        points += min(2, after)
    if _IN_CASE.match(a.clause_after) and _WHERE_OR_WHEN.search(q.text):
        points -= 2
    if points < _ENOUGH[a.language] - 5:
        return False
    rest = a.sentence_after[len(a.clause_after) :]
    letters = len(_NO_LETTER.sub("", rest + a.following)) / (_LATIN if a.language == "en" else 1)
    points += (letters > _TAIL) + (letters > 2 * _TAIL)
    points += bool(c.third.search(rest)) + bool(c.third.search(a.clause_before + MASK + a.clause_after)) + bool(c.first.search(a.following))
    points -= 2 * bool(c.confirmed.search(rest))
    return points >= _ENOUGH[a.language]


# The case of what a place or a time is asked for.
_IN_CASE = Lazy("^(?:に|で|から|へ|より|まで)(?!つ|は)|^(?:에서|에|로|으로|부터) ")
_WHERE_OR_WHEN = Lazy("どこ|どちら|いつ|何時|何日|何年|どの|어디|언제|몇 ?시|며칠|어느")
_NO_LETTER = Lazy(r"\W")
_OPENS = Lazy(r"^\W*(?:the|an?|my|well|oh|and)\b")
