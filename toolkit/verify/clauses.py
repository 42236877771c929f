"""Sentences and clauses around a mention, and the language each sentence is written in."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

_END = re.compile(  # opens with a set of characters, which `re` looks for fastest
    r"[。!?.\n;](?:(?<=[。!?])[。!?]*|(?<![\d.]\.)(?<=\.)(?=\s|$|[\"')*])|(?<=\d\.)(?=\s|$)|(?<=\n)\n*|(?<=;))[\"')*~\s]*"
)
_TITLE = re.compile(r"(?<!')\b(?:mr|mrs|ms|dr|st|prof|capt|col|sgt|lt|jr|sr|vs|etc|e\.g|i\.e|a\.m|p\.m|[a-z])$")
_NUMBER = re.compile(r"\bno\. ?\d$")  # of a house, a file
_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[a-z]")

WINDOW = 240  # characters of one sentence that are read on each side of a mention


class Sentence(NamedTuple):
    start: int
    end: int  # after the terminator
    mark: str  # "?", "!", "." or ""


def split_sentences(text: str) -> list[Sentence]:
    """Sentences in order. A question mark anywhere in the terminator makes a question."""
    found: list[Sentence] = []
    start = 0
    for match in _END.finditer(text):
        first, end = match.span()
        sign = match.group()
        if sign[0] == "." and (
            _TITLE.search(text, max(start, first - 5), first) or _NUMBER.search(text, max(start, first - 3), end + 1)
        ):
            continue
        mark = "?" if "?" in sign else "!" if "!" in sign else "."
        if text[start:first].strip():
            found.append(Sentence(start, end, mark))
        elif found and mark == "?":
            found[-1] = Sentence(found[-1].start, end, "?")
        start = end
    if text[start:].strip():
        found.append(Sentence(start, len(text), ""))
    return found


def sentence_at(sentences: list[Sentence], starts: list[int], offset: int) -> int:
    return max(0, bisect_right(starts, offset) - 1)


def sentence_language(sentence: str, default: str) -> str:
    """The language whose cues apply to one sentence."""
    if _HANGUL.search(sentence):
        return "ko"
    if _KANA.search(sentence):
        return "ja"
    if _HAN.search(sentence):
        return "ja" if default == "ja" else "zh"
    if _LATIN.search(sentence):
        return "en"
    return default
