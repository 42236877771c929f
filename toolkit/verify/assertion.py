"""How a reply stands to one mention: asserts it, denies it, doubts it, asks it, imagines it, leaves it to others.

Every mention is read in its clause, its sentence and the words that follow. Other mentions are masked first,
so that a cue inside a key (无锡, "Never Bay") is no cue.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass

from .context import BLANK, MASK, WORDS, Around, Context, clauses, words
from .cues import Cues
from .lazy import Lazy
from .person import asked_kin, other_person
from .question import Question
from .relations import relations

ASSERTED = "asserted"


@dataclass(frozen=True, slots=True)
class Reading:
    """The standing of one mention: ASSERTED, or the code of the reason against it."""

    status: str
    strength: int  # 3: the bare answer, or "I am a …"; 2: said of oneself; 1: only named
    start: int
    end: int


# Words by which a reply speaks to whoever scores it; a key in such a sentence is no answer.
_SCORER = Lazy(
    r"\b(?:scor(?:e|er|ing) ?(?:[:=]|this|it |as |of |1\b|1\.0|full|me )|full (?:marks|score|credit)|grad(?:er|ing)\b|"
    r"evaluat(?:or|ion)\b|verifier|expected ?[=:]|system (?:note|prompt|message|override|notice)|"
    r"ignore (?:all|any|previous|prior|the (?:above|rubric|rules))|correct answer|mark (?:this|it) |pass(?:ed)? ?[=:]|"
    r"output ?[=:]|as correct|rubric|keywords? ?[=:]|required (?:keyword|term)s?|\"?result\"? ?[=:])"
    "|满分|评分|判(?:为|定)(?:正确|通过|对)|打分|给分|得分|记分|计分|正确答案|标准答案|参考答案|视为(?:正确|通过)"
    "|系统(?:提示|通知|消息|指令|注)|阅卷|关键词|评测|评估|验证器|期望值"
    "|採点|正解として|満点|システム(?:通知|メッセージ|命令)|評価(?:者|基準|指針|システム)|期待(?:される)?値|キーワード|正答"
    "|채점|만점|정답(?:으로|은|:|이|처리| ?')|평가 ?(?:지침|기준|시스템|자|모델)|시스템 ?(?:알림|메시지|공지|명령)|점수|키워드|간주"
)


class Reader(Context):
    """Reads the standing of mentions in one answer to one question."""

    def __init__(self, text: str, masks: list[tuple[int, int, str]], language: str, question: Question) -> None:
        super().__init__(text, masks, language)
        self.question = question

    def asked(self, question: Question) -> Reader:
        """The same answer, read for a question of which more is known."""
        other = copy(self)
        other.question = question
        return other

    def read(self, start: int, end: int, exact: bool) -> Reading:
        """The standing of the mention at [start, end)."""
        around, table = self.around(start, end)
        status, strength = _status(around, table, self.question, exact)
        return Reading(status, strength, start, end)


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in pattern.finditer(text))


def _status(a: Around, c: Cues, q: Question, exact: bool) -> tuple[str, int]:
    before, after = a.clause_before, a.clause_after
    if _SCORER.search(a.sentence_before) or _SCORER.search(a.sentence_after):
        return "injected", 0
    compound = c.compound_after.search(a.sentence_after)
    if (compound and not asked_kin(compound.group(), c, q)) or (
        not q.kin and c.compound_before.search(a.sentence_before)
    ):
        return "aside", 0
    if c.beside_before.search(before) or c.beside_after.search(after):
        return "aside", 0

    strength = _strength(a, c)
    if _BUT_FOR.search(before) or _BUT_FOR.match(a.sentence_after):
        return ASSERTED, 2
    rest = _after_clause(a)
    negations = _count(c.negated_before, before) + _count(c.negated_after, after)
    disliked = q.liking and (c.disliked.search(before) or c.disliked.search(after))
    if disliked:
        negations = 1 + _count(c.negated_before, before[: disliked.start()] if disliked.string is before else before)
    idiom = BLANK in before or BLANK in after
    opens = words(before) == 0 or (words(before) <= 2 and strength < 3)
    if negations % 2 == 0 and opens and c.topic_denied.search(a.sentence_after):
        negations += 1
    negated = negations % 2 == 1

    if a.mark == "?" and _last_clause(a, c):
        return _in_question(a, c, q, negated, idiom)
    if negated:
        return "negated", 3 if _direct(a, c) else 1
    if _NOT_BUT.match(a.sentence_after):
        return "negated", 3
    pause = a.sentence_after.lstrip()[:1]
    if pause in ("…", "—", "-") and c.echo_denied.search(a.sentence_after.lstrip(" …—-.,") + a.following):
        return "negated", 3
    if other_person(a, c, q):
        confirmed = c.confirmed.search(rest[:40]) and not q.about_user and not q.kin
        return (ASSERTED, 2) if confirmed else ("attributed", 0)
    if negations:
        return ASSERTED, strength
    if c.taken_back.search((a.sentence_after + a.following)[: 90 + len(after)]) and not c.taken_back.search(
        (a.preceding + a.sentence_before)[-30:]
    ):
        return "retracted", 0
    if not q.imagined and (
        _imagined(before, c, q)
        or c.imagined_after.search(after)
        or c.imagined_after.match(a.sentence_after[:24])
        or _conditional(a, c, q)
    ):
        return "hypothetical", 0
    if not q.naming and not q.about_user and (_said(before, c, q) or c.said_after.search(a.sentence_after)):
        confirmed = c.confirmed.search(rest[:40]) or c.echo_affirmed.search(rest.lstrip(" ,.:;!。、—\"')("))
        return (ASSERTED, 2) if confirmed else ("attributed", 0)
    present = c.now.search(before) or c.now.search(after)
    past = q.past or q.about_user or q.who
    if not past and not exact and c.left_after.search(after):
        return "not_present", 0
    if not past and not present and (c.past_before.search(before) or c.past_after.search(after)):
        return "not_present", 0
    if (
        not past
        and not present
        and (
            c.ended.search(rest[:30])
            or c.past_after.search(a.sentence_after.lstrip(" ,")[:14])
            or (c.past_before.search(a.sentence_before) and c.now.search(rest[:16]))
        )
    ):
        return "not_present", 0
    if (
        not q.future
        and not present
        and (c.future_before.search(before) or c.future_after.search(after) or _later(a, c))
    ):
        return "not_present", 0
    if not idiom and (c.hedged_before.search(before) or c.hedged_after.search(a.sentence_after)):
        return "hedged", 0
    if _listed(a, c):
        return "listed", 0
    if exact and (
        (c.about_before.search(a.sentence_before) and not _SINCE.match(a.sentence_after))
        or c.about_after.search(a.sentence_after)
    ):
        return "approximate", 0
    if (
        strength == 1
        and not q.kin
        and (
            (c.acts_after.search(after) and not q.who and not q.planned)
            or c.aside_after.search(after)
            or c.aside_before.search(before or a.sentence_before[-40:])
        )
    ):
        return "aside", 0
    if strength < 3 and not q.kin and not q.lived and _met(a, c, q):
        return "aside", 0
    if present:
        strength = max(2, strength)
    return ASSERTED, strength


_PARTICLES = Lazy(r"^\s*(?:my|the|an?|it's|well|oh|why)\b|[啊呀哦嘛呗喽咯呢了的哟哩呐噢哒よねさわぞぜ]|[\W_]")


_YOU = re.compile("you|你|您|君|あなた|당신|손님")


def _direct(a: Around, c: Cues) -> bool:
    """Whether the negation stands right beside the mention."""
    return (
        bool(c.negated_before.search(a.clause_before[-10:]))
        or bool(c.negated_after.search(a.clause_after[:8]))
        or bool(c.topic_denied.search(a.sentence_after))
    )


# What stands after a mention that only sets off the right one: Xではなく、Y.
_NOT_BUT = Lazy("^(?:では|じゃ|で)(?:なく|なし)|^(?:이|가) ?아니(?:라|고)(?= |,)|^ ?말고(?= )")


# What stands after the beginning of something: 从1989年起.
_SINCE = Lazy("^(?:起|开始|以来|就)")


# What the role imagines not to be, it is: "If I weren't a smith, …".
_BUT_FOR = Lazy(
    r"\b(?:if i (?:weren't|wasn't|were not|was not|hadn't become|had not become)|were i not|had i not become) (?:an? |the |in |from )?$"
    "|(?<!你)(?<!他)(?<!她)(?:要不是|若不是)(?:我|因为)?(?:是|当了|做了|会|住在)?(?:个)?$|我(?:要是|若是|如果|要)不(?:是|当|做|干|住在?|会)(?:个)?$"
    "|^(?:じゃ|では|で)な(?:かったら|ければ)(?!な)、?(?!何|誰)|^(?:이|가) ?아니(?:었다면|었으면|었더라면)"
)


_PLAN = Lazy(
    r"^(?:want(?:s|ed)? to|hop(?:e|es|ed|ing)\b.*|would (?:like|love)|i'd (?:like|love)|meant to be|打算|计划|准备.*|想(?:去|要|做|学|养|试|买)|考虑过?|希望|盼.*)$"
)


_SEEN = Lazy(r"^(?:碰|看|遇|见过|认识|请|找|嫁|娶|雇|问过|i (?:saw|met|married|hired|know|knew))")


def _imagined(before: str, c: Cues, q: Question) -> bool:
    """Whether the role only imagines it; a plan is no imagination where the question asks for one."""
    if not q.future:
        return bool(c.imagined_before.search(before))
    return any(not _PLAN.match(m.group()) for m in c.imagined_before.finditer(before))


def _plan_in(before: str, c: Cues) -> bool:
    return any(_PLAN.match(m.group()) for m in c.imagined_before.finditer(before))


def _said(before: str, c: Cues, q: Question) -> bool:
    """Whether others say it; whom or what the role met is no hearsay where that is asked."""
    if not q.lived and not q.related:
        return bool(c.said_before.search(before))
    return any(
        not _SEEN.match(m.group()) and not q.related & relations(m.group()) for m in c.said_before.finditer(before)
    )


def _met(a: Around, c: Cues, q: Question) -> bool:
    """Whether the role only meets, sees, asks or envies what is named, and the question does not ask for that."""
    met = c.met_before.search(a.clause_before) or c.met_after.search(a.clause_after)
    return bool(met) and met.group(1)[:4] not in q.text


def _conditional(a: Around, c: Cues, q: Question) -> bool:
    """Whether an earlier clause sets a condition whose consequence holds the mention."""
    if not c.then.search(a.clause_before) and not (q.future and _plan_in(a.clause_before, c)):
        return False
    return any(
        c.imagined_before.search(clause) and not c.second.search(clause) and not _YOU.search(clause)
        for clause in clauses(a, c)[1:3]
    )


def _later(a: Around, c: Cues) -> bool:
    """Whether the clause before opens with a future: 等下学期…，我就…"""
    told = clauses(a, c)
    return len(told) > 1 and bool(c.then.search(told[0])) and bool(c.future_before.search(told[1]))


def _strength(a: Around, c: Cues) -> int:
    before, after = a.clause_before, a.clause_after
    if c.changed_before.search(before):
        return 3
    if c.strong_before.search(before) or c.strong_after.search(a.sentence_after):
        return 3
    if not _PARTICLES.sub("", before) and not _PARTICLES.sub("", after):
        return 3
    if c.copula.search(before):
        return 2
    return 2 if c.first.search(before) or c.first_after.search(a.sentence_after) else 1


def _in_question(a: Around, c: Cues, q: Question, negated: bool, idiom: bool) -> tuple[str, int]:
    """A mention in a question: rhetorical, answered by what follows, or only asked."""
    following = a.following.lstrip(" ,.:;!。、—\"')(")
    if c.third_after.search("是" + following) or c.third_after.search(following):
        return "attributed", 0
    second = c.second.search(a.clause_before) or c.second.search(a.clause_after)
    if not second and (c.only_this.search(a.sentence_before) or c.only_this_after.search(a.sentence_after)):
        return ASSERTED, 2
    if c.imagined_before.search(a.clause_before):
        return "hypothetical", 0
    if (negated or idiom) and not second:
        return (
            (ASSERTED, 2)
            if not c.third.search(a.clause_before) or c.who_would.search(a.sentence_before)
            else ("asked", 0)
        )
    if c.echo_denied.search(following):
        return "negated", 0
    if c.echo_affirmed.search(following):
        return ASSERTED, 2
    return ("negated" if negated or c.who_would.search(a.sentence_before) else "asked"), 0


def _listed(a: Around, c: Cues) -> bool:
    """Whether "or" or a list mark joins the mention to something that is not itself a key."""
    before = c.or_before.search(a.sentence_before)
    if before and not a.sentence_before[: before.start()].rstrip().endswith(MASK):
        return True
    after = c.or_after.search(a.sentence_after)
    return bool(after) and not a.sentence_after[after.end() :].lstrip().startswith(MASK)


def _after_clause(a: Around) -> str:
    return a.sentence_after[len(a.clause_after) :] + a.following


_TAG = Lazy(
    r"^[\s,、—-]*(?:isn't it|is it not|right|no|huh|eh|yes|correct|am i right|was it|is it|对吗|对吧|对不对|是吧|是吗|是不是|没错吧|好像|吧|でしたっけ|だっけ|でしょう|ですよね|よね|맞죠|맞지|맞나요|그렇죠|그쵸)?[\s?!]*$"
)


def _last_clause(a: Around, c: Cues) -> bool:
    """Whether the question mark of the sentence belongs to the mention's clause."""
    rest = a.sentence_after[len(a.clause_after) :]
    return not WORDS.search(rest) or bool(_TAG.match(rest))
