"""The text around a mention, with other mentions masked and idioms that hold a false cue blanked."""

from __future__ import annotations

import re
from typing import NamedTuple

from .clauses import WINDOW, sentence_at, sentence_language, split_sentences
from .cues import Cues, cues

MASK = "\ue000"  # stands for a masked mention of a key
RIVAL = "\ue002"  # stands for a masked mention of a distractor
BLANK = "\ue001"  # stands for an idiom that holds a cue but is none


class Around(NamedTuple):
    """The text around a mention, masked and blanked."""

    clause_before: str
    clause_after: str
    sentence_before: str
    sentence_after: str
    following: str  # what comes after the sentence
    preceding: str  # the sentence before
    mark: str
    language: str


class Context:
    """One folded answer; sentences are split and prepared once."""

    def __init__(self, text: str, masks: list[tuple[int, int, str]], language: str) -> None:
        self.text = text
        self.language = language
        self.sentences = split_sentences(text)
        self._starts = [s.start for s in self.sentences]
        self._masks = masks
        self._prepared: dict[int, tuple[str, str]] = {}

    def sentence_index(self, offset: int) -> int:
        return sentence_at(self.sentences, self._starts, offset)

    def prepared(self, index: int) -> tuple[str, str]:
        """One sentence, masked and blanked at its full length, and its language."""
        if index in self._prepared:
            return self._prepared[index]
        sentence = self.sentences[index]
        text = self.text[sentence.start : sentence.end]
        pieces, at = [], 0
        for start, end, mask in self._masks:
            if end <= sentence.start or start >= sentence.end:
                continue
            start, end = max(start - sentence.start, at), min(end - sentence.start, len(text))
            pieces += [text[at:start], mask * (end - start)]
            at = max(at, end)
        masked = "".join(pieces) + text[at:]
        masked = _STAGE.sub(_silence, masked) if len(masked) <= 4000 else masked
        language = sentence_language(text[:400], self.language)
        if language == "ja":
            masked = _CASUAL.sub(_formal, masked)
        result = cues(language).blank.sub(_blank, masked) if len(masked) <= 4000 else masked
        self._prepared[index] = result, language
        return self._prepared[index]

    def around(self, start: int, end: int) -> tuple[Around, Cues]:
        index = self.sentence_index(start)
        sentence = self.sentences[index]
        text, language = self.prepared(index)
        if (
            language != "en"
            and not _CJK.search(text[max(0, start - sentence.start - 24) : end - sentence.start + 4])
            and _LATIN.search(text[max(0, start - sentence.start - 24) : start - sentence.start])
        ):
            language = "en"  # an English stretch inside another language
        elif language != "en" and (
            _ENGLISH.match(text, end - sentence.start) or _AFTER_ENGLISH.search(text[max(0, start - sentence.start - 24) : start - sentence.start])
        ):
            language = "en"
        table = cues(language)
        before = text[max(0, start - sentence.start - WINDOW) : start - sentence.start]
        after = text[end - sentence.start : end - sentence.start + WINDOW]
        honorific = _HONORIFIC.match(after)
        if honorific and language in ("ja", "ko"):
            after = after[honorific.end() :]
        if before.endswith('"'):
            before = before[:-1]  # a quoted mention stays in the clause that it is quoted in
            after = after.removeprefix('"')
        clause_start = 0
        for brk in table.breaks.finditer(before):
            clause_start = brk.end()
        brk = table.breaks.search(after)
        clause_end = brk.start() if brk else len(after)
        return (
            Around(
                before[clause_start:],
                after[:clause_end],
                before,
                after,
                self.following(index),
                self.prepared(index - 1)[0][-WINDOW:] if index else "",
                "?" if language == "ja" and sentence.mark in (".", "…") and _ASKS.search(after) else sentence.mark,
                language,
            ),
            table,
        )

    def clause(self, start: int, end: int) -> str:
        """What the clause of a mention says around it."""
        a, _ = self.around(start, end)
        return f"{a.clause_before} {a.clause_after}"

    def following(self, index: int, count: int = 3) -> str:
        pieces: list[str] = []
        for later in range(index + 1, min(index + 1 + count, len(self.sentences))):
            pieces.append(self.prepared(later)[0][:WINDOW])
        return "".join(pieces)[:WINDOW]


def _blank(match: re.Match) -> str:
    return BLANK * len(match.group())


# What the role does while it speaks is no part of what it says: *wipes her nose*, (放下锤子) before a sentence.
_STAGE = re.compile(r"(?<!\*)\*(?!\*)[^*\n]{6,120}(?<!\*)\*(?!\*)|^\W{0,3}\((?!系统|system|システム|시스템)[^()\n]{2,120}\)")


def _silence(match: re.Match) -> str:
    said = match.group()
    return said if MASK in said or RIVAL in said else " " * len(said)


# Casual Japanese in as many letters: 知らねえ is 知らない, but ですねえ is none.
_CASUAL = re.compile(
    "(?:(?<=[かがばまらきぎじちにびみりくけげせてでべめえれはじゃも出見来寝着得経似煮])(?<![すうるのいなた]か)|(?<=[たわ]な)(?<!だな)|(?<=[立勝持待打保]た)|(?<=[話許渡出消離放貸返残直隠殺指刺押倒回写移起落流]さ)"
    "|(?<=[言思買会使払笑吸習違迷救追歌]わ)|(?<=[てがもはにで]い)|(?<=しら)|(?<=じゃ)|(?<=すま))ね[えぇ]|(?<=さえあ)りゃ|(?<=さえい)りゃ|(?<=なけ)りゃ|(?<=[^そこあ]す)りゃ"
)
_FORMAL = {"ねえ": "ない", "ねぇ": "ない", "りゃ": "れば"}


def _formal(match: re.Match) -> str:
    return _FORMAL[match.group()]


_ASKS = re.compile("(?:です|ます|でした|ました|ません)か[。.…]+$")  # a polite question needs no question mark
_HONORIFIC = re.compile("さん|さま|ちゃん|くん|씨(?=[가-힣 ])|님(?=[가-힣 ])")
_CJK = re.compile("[\u3041-\u9fff\uac00-\ud7a3]")
_LATIN = re.compile("[a-z]{3}")
_ENGLISH = re.compile(r"\s+[a-z']{2,} [a-z]{2,}")  # after a mention: an English predicate
_AFTER_ENGLISH = re.compile(r"[a-z']+ [a-z']+ (?:an? |the )?$")  # before it: "I'm not a 理发师"
WORDS = re.compile(r"[^\W_]")  # a mask is none


def words(text: str) -> int:
    return sum(1 for _ in WORDS.finditer(text[:40]))


def clauses(a: Around, c: Cues) -> list[str]:
    """The clauses of the sentence up to the mention, the nearest first."""
    clauses, at = [], 0
    for brk in c.breaks.finditer(a.sentence_before):
        clauses.append(a.sentence_before[at : brk.start()])
        at = brk.end()
    clauses.append(a.sentence_before[at:])
    return clauses[::-1]
