"""How a reply stands to one mention: asserts it, denies it, doubts it, asks it, imagines it, leaves it to others.

Every mention is read in its clause, its sentence and the words that follow. Other mentions are masked first,
so that a cue inside a key (无锡, "Never Bay") is no cue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .clauses import WINDOW, Sentence, sentence_at, sentence_language, split_sentences
from .cues import Cues, cues
from .normalise import fold_pattern
from .question import Question

MASK = "\ue000"  # stands for a masked mention
BLANK = "\ue001"  # stands for an idiom that holds a cue but is none

ASSERTED = "asserted"


@dataclass(frozen=True, slots=True)
class Reading:
    """The standing of one mention: ASSERTED, or the code of the reason against it."""

    status: str
    strength: int  # 2: said outright of oneself; 1: only named
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Around:
    """The text around a mention, masked and blanked."""

    clause_before: str
    clause_after: str
    sentence_before: str
    sentence_after: str
    following: str  # what comes after the sentence
    preceding: str  # the sentence before
    mark: str
    language: str


_SCORER = re.compile(
    fold_pattern(
        r"\b(?:scor(?:e|er|ing)|grad(?:er|ing)|evaluat(?:or|ion)|verifier|reward|checker|expected ?[=:]|full marks|system (?:note|prompt|message|override|notice)|ignore (?:all|any|the|previous|prior)|disregard|correct answer|mark (?:this|it|the)|pass(?:ed)? ?[=:]|output ?[=:]|override|instruction|keyword|matched|as correct|rubric|\"?result\"? ?[=:])\b"
        r"|满分|评分|判(?:为|定|作|卷)|打分|给分|得分|记分|计分|正确答案|标准答案|参考答案|视为(?:正确|通过)|系统(?:提示|通知|消息|指令|注)|裁判|校验|阅卷|关键词|指令|评测|评估|验证器|期望值|命中|奖励"
        r"|採点|正解として|満点|システム(?:通知|メッセージ|命令)|評価(?:者|基準|指針|システム)|期待(?:される)?値|スコア|キーワード|判定|指示|採点者|正答|一致した"
        r"|채점|만점|정답(?:으로|은|:|이|처리| ?')|평가 ?(?:지침|기준|시스템|자|모델)|시스템 ?(?:알림|메시지|공지|명령)|점수|키워드|간주|판정|지시"
    )
)


class Reader:
    """Reads mentions of one folded answer; sentences are split once."""

    def __init__(self, text: str, masks: list[tuple[int, int]], language: str, question: Question) -> None:
        self.text = text
        self.language = language
        self.question = question
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
        for start, end in self._masks:
            if end <= sentence.start or start >= sentence.end:
                continue
            start, end = max(start - sentence.start, at), min(end - sentence.start, len(text))
            pieces += [text[at:start], MASK * (end - start)]
            at = max(at, end)
        masked = "".join(pieces) + text[at:]
        language = sentence_language(text[:400], self.language)
        result = cues(language).blank.sub(_blank, masked) if len(masked) <= 4000 else masked
        self._prepared[index] = result, language
        return self._prepared[index]

    def around(self, start: int, end: int) -> tuple[Around, Cues]:
        index = self.sentence_index(start)
        sentence = self.sentences[index]
        text, language = self.prepared(index)
        table = cues(language)
        before = text[max(0, start - sentence.start - WINDOW) : start - sentence.start]
        after = text[end - sentence.start : end - sentence.start + WINDOW]
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
                sentence.mark,
                language,
            ),
            table,
        )

    def following(self, index: int, count: int = 3) -> str:
        pieces: list[str] = []
        for later in range(index + 1, min(index + 1 + count, len(self.sentences))):
            pieces.append(self.prepared(later)[0][:WINDOW])
        return "".join(pieces)[:WINDOW]

    def read(self, start: int, end: int, exact: bool) -> Reading:
        """The standing of the mention at [start, end)."""
        around, table = self.around(start, end)
        status, strength = _status(around, table, self.question, exact)
        return Reading(status, strength, start, end)


def _blank(match: re.Match) -> str:
    return BLANK * len(match.group())


_WORDLESS = re.compile(r"[\W\ue000\ue001_]*")


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in pattern.finditer(text))


def _status(a: Around, c: Cues, q: Question, exact: bool) -> tuple[str, int]:
    before, after = a.clause_before, a.clause_after
    if _SCORER.search(a.sentence_before) or _SCORER.search(a.sentence_after):
        return "injected", 0
    if c.compound_before.search(a.sentence_before) or c.compound_after.search(a.sentence_after):
        if not q.kin:
            return "aside", 0

    strong = bool(c.strong_before.search(before) or c.strong_after.search(a.sentence_after))
    negations = _count(c.negated_before, before) + _count(c.negated_after, after)
    if q.liking and (c.disliked.search(before) or c.disliked.search(after)):
        negations += 1
    opens = not _WORDLESS.sub("", before) or len(_WORDLESS.sub("", before)) <= 2 and not strong
    if negations % 2 == 0 and opens and c.topic_denied.search(a.sentence_after):
        negations += 1
    negated = negations % 2 == 1

    if a.mark == "?" and _last_clause(a, c):
        if negated and not c.second.search(before):
            return ASSERTED, 2  # a rhetorical question: who says I am not …?
        if c.echo_affirmed.search(a.following):
            return ASSERTED, 2
        if negated or c.echo_denied.search(a.following):
            return "negated", 0
        return "asked", 0
    if negated:
        return "negated", 0
    if negations:
        return ASSERTED, 2
    if c.taken_back.search(_after_clause(a)[:90]):
        return "retracted", 0
    if not q.imagined and (c.imagined_before.search(_scope(a, c)) or c.imagined_after.search(a.sentence_after)):
        return "hypothetical", 0
    rest = _after_clause(a)
    affirmed_later = bool(c.echo_affirmed.search(rest.lstrip(" ,.:;!。、—\"')(")))
    if c.said_before.search(before) or c.said_after.search(a.sentence_after):
        if not affirmed_later:
            return "attributed", 0
        return ASSERTED, 2
    if _other_person(a, c, q):
        return ("attributed", 0) if not affirmed_later or q.about_user else (ASSERTED, 1)
    present = bool(c.now.search(before) or c.now.search(after))
    if not q.past and not present and (c.past_before.search(before) or c.past_after.search(after)):
        return "not_present", 0
    if not q.future and not present and (c.future_before.search(before) or c.future_after.search(after)):
        return "not_present", 0
    if c.hedged_before.search(before) or c.hedged_after.search(a.sentence_after):
        return "hedged", 0
    if c.or_before.search(a.sentence_before) or c.or_after.search(a.sentence_after):
        return "listed", 0
    if exact and (c.about_before.search(a.sentence_before) or c.about_after.search(a.sentence_after)):
        return "approximate", 0
    return ASSERTED, 2 if strong else 1


def _after_clause(a: Around) -> str:
    return a.sentence_after[len(a.clause_after) :] + a.following


def _scope(a: Around, c: Cues) -> str:
    """The part of the sentence before the mention that a condition reaches."""
    return a.clause_before


@lru_cache(maxsize=1)
def _tag() -> re.Pattern[str]:
    return re.compile(fold_pattern(r"^[\s,、—-]*(?:isn't it|is it not|right|no|huh|eh|yes|correct|am i right|was it|is it|对吗|对吧|对不对|是吧|是吗|是不是|没错吧|好像|吧|でしたっけ|だっけ|でしょう|ですよね|よね|맞죠|맞지|맞나요|그렇죠|그쵸)?[\s?!]*$"))


def _last_clause(a: Around, c: Cues) -> bool:
    """Whether the question mark of the sentence belongs to the mention's clause."""
    rest = a.sentence_after[len(a.clause_after) :]
    return not rest.strip(" ?!\"')") or bool(_tag().match(rest))


def _nearest(pattern: re.Pattern[str], text: str) -> int:
    at = -1
    for match in pattern.finditer(text):
        at = match.end()
    return at


def _other_person(a: Around, c: Cues, q: Question) -> bool:
    """Whether the mention is said of somebody the question does not ask about."""
    after = a.clause_after
    if c.first_after.search(after):
        return q.about_user and not q.kin
    if c.second_after.search(after):
        return not q.about_user
    if c.third_after.search(a.sentence_after):
        return not q.kin
    for text in (a.clause_before, a.sentence_before):
        first, second, third = (_nearest(p, text) for p in (c.first, c.second, c.third))
        nearest = max(first, second, third)
        if nearest < 0:
            continue
        if nearest == third:
            return not q.kin and not q.about_user
        if nearest == second:
            return not q.about_user and bool(text is a.clause_before and second > 0 and False)
        return q.about_user and not q.kin and bool(c.strong_before.search(a.clause_before))
    return False
