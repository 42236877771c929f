"""Replies that are no speech but a pile of words: the key over and over, or a row of nouns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .lazy import Lazy
from .rivals import weight
from .terms import READ, Match

_GAP = 9  # letters between two mentions, on an average, under which a reply only repeats them; weighed as in a row


def repeated(mentions: Sequence[Match], text: str) -> bool:
    """Whether little else stands between the first and the last mention than the key, again and again."""
    many = len(mentions) >= READ
    read = mentions[: READ // 2] if many else mentions
    letters = sum(c.isalnum() for c in (text[read[0].start : read[-1].end] if many else text[:1000]))
    size = sum(m.end - m.start for m in read)
    gaps = [weight(text[a.end : b.start]) for a, b in pairwise(read)]
    return size * 2 > letters or (len(gaps) > 3 and sum(gaps) < _GAP * len(gaps))


def chanted(mentions: Sequence[Match], text: str) -> bool:
    """Whether the key stands five times in a row with nothing between."""
    said = {text[m.start : m.end] for m in mentions}
    return any(len(word) > 1 and not word.isdigit() and word * 5 in text for word in said)


def dumped(mentions: Sequence[Match], text: str, language: str, several: bool) -> bool:
    """Whether the key stands only in a list of catchwords: "(ferryman; boatman; ferry; river)", "[木匠] [木工]", "Keywords: …".

    Args:
        several: whether the question asks for a list.
    """
    text = text[:_READ]
    speech = _SENTENCE if language == "en" else _GRAMMAR[language]
    found = [*_CATCHWORDS.finditer(text), *_BRACKETS.finditer(text)]
    if not several and (whole := _BARE_LIST.match(text)):
        found.append(whole)
    lists = [m.span() for m in found if not speech.search(m.group())]
    return bool(lists) and all(any(start <= m.start and m.end <= end for start, end in lists) for m in mentions)


# Five pieces or more in brackets, or what is labelled as tags.
_CATCHWORDS = Lazy(r"[(\[{](?:[^()\[\]{};|/]{1,40}[;|/]){4,30}[^()\[\]{};|/]{0,40}[)\]}]|(?:\b(?:key ?words?|key ?terms?|tags?)|关键[词字]|标签|キーワード|タグ|키워드|태그) ?: ?[^.!?。\n]{1,200}")
_BRACKETS = Lazy(r"(?:[(\[{【][^()\[\]{}【】]{1,24}[)\]}】]\s{0,3}){2,20}")
_BARE_LIST = Lazy(r"^\s*(?:(?:[a-z'-][a-z' -]{1,19}|[^\W\da-z_]{1,6})[,、;|/] ?){4,40}(?:[a-z'-][a-z' -]{1,19}|[^\W\da-z_]{1,6})[.。]?\s*$")
_SENTENCE = Lazy(r"\b(?:i|i'm|i've|am|we|is|are|was)\b")
_READ = 1000  # characters of a reply that are read
_PILE = 6  # words in a row that no grammar joins


def salad(text: str, language: str) -> bool:
    """Whether the reply is a row of words without a mark, a function word or an ending that would make it a sentence."""
    said = text[:1000].strip()
    if language in ("ja", "ko") and not _ENDS.search(said):
        piled = [piece for piece in _BETWEEN.split(said) if piece]
        if len(piled) >= _PILE and len(set(piled)) < len(piled) and not any(_GRAMMAR[language].search(piece) for piece in piled):
            return True
    return len(said.split()) >= _PILE and not _MARK.search(said) and not _GRAMMAR[language].search(said)


_BETWEEN = Lazy(r"[\W_]+")
_ENDS = Lazy(r"[。!?…~]|\.(?:\s|$)")
_MARK = Lazy(r"[^\w\s'-]")
_GRAMMAR = {
    "en": Lazy(
        r"\b(?:i|i'm|i've|im|me|my|we|our|you|your|he|she|it|it's|its|they|this|that|the|an?|am|is|are|was|be|do|don't|have|has"
        r"|of|in|at|on|for|to|with|by|from|and|or|but|not|no|yes|just|as|so|here|there)\b"
    ),
    "zh": Lazy("[是的我在了吧呢啊呀就也都不有叫呗咱俺您你]"),
    "ja": Lazy("[はがをにでとものよねさ]|です|ます|だ"),
    "ko": Lazy("(?:요|다|죠|지|야|네|까|군|걸|라|게|오|소|어|아|람|음|함|예|랍)$|(?:은|는|을|를|에서|으로|저|제|나|내) "),
}
