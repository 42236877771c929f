"""The option letters that a reply to a multiple-choice question chooses: B, (B), Ｂ, 答案：B, 选 B 和 D, BD, \\boxed{B}.

Where they stand, in this order: `\\boxed{…}`, an answer of letters alone, an announcement (答案, 选, "the answer is"), the letter
that opens the answer, the only letter in it. A reply makes one choice: "A or B", a denied letter or a question is none. Several
letters are one choice of all of them, which only a question with several right answers pays.

    >>> read_letters("<think>…</think><answer>答案：B</answer>").letters
    'B'
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_letters

from .normalise import fold
from .reply import split_reply

READ = 1500                                     # characters of an answer, from its beginning: reasons come after the letter
MANY = 6                                        # the same letter so often, and little else, is no answer


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen letters in alphabetical order, or the code of why there are none."""

    letters: str
    start: int = 0                              # offsets into the completion
    end: int = 0
    code: str = ""
    quote: str = ""


_Found = Callable[[int, int], Choice]
_Test = Callable[[re.Match[str]], bool]
_RUN = re.compile(r"(?<![a-z0-9])[a-h]{1,8}(?![a-z0-9])")
_JOINED = r"(?:[ ,、;&+/]|and|和|与|及|と|以及){1,6}"
_SET = re.compile(rf"(?<![a-z0-9])[a-h]{{1,8}}(?:[)\]]?{_JOINED}[(\[]?[a-h]{{1,8}}(?![a-z0-9]))*(?![a-z0-9])")
_CUE = re.compile(r"(?:答案|answer|选项|选择|应选|选|答え|正解|정답|답)[ *\"']{0,3}(?:is|are|应该是|应为|为|是|は|은|는)?"
                  r"(?: option| choice| letter)?[ :*\"'(\[]{0,6}")
_DENIED_BEFORE = re.compile(r"(?:\bnot|n't|never|\bexcept|不|非|排除|wrong)(?: the| option| choice| answer|是|选|为|:| ){0,3}[(\[\"']?$")
_DENIED_AFTER = re.compile(r"[)\].\"' ]{0,3}(?:is (?:not|wrong|incorrect|false)|isn't|不|是错|错|ではな|이 아니)")
_OR = re.compile(r"\bor\b|或|还是|または|또는|\bmaybe\b|\bperhaps\b|可能|/")
_OR_NEXT = re.compile(r"[)\]]?[ ,、]{0,3}(?:or|或者?|还是|または|또는|/)[ (\[]{0,3}(?:option )?([a-h])(?![a-z0-9])")
_OR_LETTER = re.compile(r"(?:\bor|或者?|还是|または|또는) ?(?:option )?[(\[\"']?[a-h](?![a-z0-9 ])")
_BOXED = re.compile(r"\\boxed ?\{ ?(?:\\text ?\{ ?)?\(?([a-h ,]{1,20})\)?[ }]")
_OPENING = re.compile(r"\s*[(\[*\"']{0,3}([a-h])[)\].:、,*\"']{1,3}(?! ?[a-h](?![a-z0-9]))")


def read_letters(completion: str, *, prefilled: bool = False) -> Choice:
    """The letters that a completion chooses. prefilled: the prompt ended in "<think>"."""
    reply = split_reply(completion, prefilled=prefilled)
    if not reply.answer.strip():
        return Choice("", code="no_answer")
    if "repeated_answer" in reply.problems:
        return Choice("", code="repeated")
    region = reply.answer
    if len(region) > READ:
        region = region[:READ].rstrip(ascii_letters)        # a word that is cut may end in a letter of its own
    folded = fold(region)
    text = folded.text

    def choice(start: int, end: int) -> Choice:
        letters = _letters(text[start:end])
        quote = " ".join(text[max(0, start - 20):end + 20].split())[:80]
        if letters is None:
            return Choice("", code="listed", quote=quote)
        left, right = folded.span(start, end)
        return Choice(letters, reply.answer_start + left, reply.answer_start + right)

    if boxed := list(_BOXED.finditer(text)):
        return choice(*boxed[-1].span(1))
    bare = text.strip(" \n\t.。:;!*\"'()[]")
    if bare and _SET.fullmatch(bare) and not _OR.search(bare):
        start = text.index(bare)
        return choice(start, start + len(bare))
    if text.strip().split("\n", 1)[0].endswith("?"):
        return Choice("", code="asked", quote=text.strip()[:60])

    def article(found: re.Match[str]) -> bool:
        """The English article: "a" before a word, written small or at the beginning."""
        if found[0] != "a" or not re.match(r" [a-z]{2,}", text[found.end():found.end() + 4]):
            return False
        at = folded.span(*found.span())[0]
        return region[at] != "A" or at == 0 or region[at - 2:at - 1] in (".", "")

    return _announced(text, choice, article) or _only(text, choice, article)


def _letters(text: str) -> str | None:
    """BD from "b, d" and "bd"; None for a letter that is named again and for a word such as "bad"."""
    runs = _RUN.findall(text)
    joined = "".join(runs).upper()
    if not joined or len(set(joined)) < len(joined) or any(list(run) != sorted(run) for run in runs):
        return None
    return "".join(sorted(joined))


def _announced(text: str, choice: _Found, article: _Test) -> Choice | None:
    """The letters that an announcement names; announcements that contradict each other name none."""
    found: Choice | None = None
    times = 0
    for cue in _CUE.finditer(text):
        letters = _SET.match(text, cue.end())
        if letters is None or article(letters):
            continue
        if _DENIED_BEFORE.search(text[max(0, cue.start() - 12):cue.start()]) or _DENIED_AFTER.match(text, letters.end()):
            continue
        another = _OR_NEXT.match(text, letters.end())
        if another and another[1] not in letters[0]:
            return Choice("", code="listed", quote=text[cue.start():another.end()])
        chosen = choice(letters.start(), letters.end())
        if found is not None and chosen.letters != found.letters:
            return Choice("", code="repeated")
        found, times = chosen, times + 1
        if times >= MANY:
            return Choice("", code="stuffed", quote=" ".join(text[:80].split()))
    return found


def _only(text: str, choice: _Found, article: _Test) -> Choice:
    """The letter that opens the answer, or the one letter that it names and does not deny."""
    found = [m for m in _RUN.finditer(text) if len(m[0]) == 1 and not article(m)]
    if not found:
        return Choice("", code="absent")
    denied = {m[0] for m in found if _DENIED_BEFORE.search(text[max(0, m.start() - 14):m.start()])
              or _DENIED_AFTER.match(text, m.end())}
    claimed = [m for m in found if m[0] not in denied]
    quote = " ".join(text[:80].split())
    if not claimed:
        return Choice("", code="denied", quote=quote)
    opening = _OPENING.match(text)
    if opening and opening[1] not in denied and not _OR_LETTER.search(text.strip().split("\n", 1)[0]):
        return choice(*opening.span(1))
    if len(found) >= MANY and len(found) * 4 > len(text.split()):
        return Choice("", code="stuffed", quote=quote)
    last = claimed[-1]
    if len({m[0] for m in claimed}) > 1 or _OR.search(text[max(0, last.start() - 8):last.end() + 8]):
        return Choice("", code="listed", quote=quote)
    return choice(*last.span())

