"""Whether a mention is only imagined, planned or told by others: conditions, wishes, hearsay."""

from __future__ import annotations

from .context import Around, clauses
from .cues import Cues
from .lazy import Lazy
from .question import Question
from .relations import relations

# What the role only supposes not to hold, or not to be believed, holds.
_BUT_FOR = Lazy(
    r"\b(?:(?:if|unless) i (?:weren't|wasn't|were not|was not|hadn't become|had not become|am not)|if i'm not|were i not|had i not become) (?:an? |the |in |from )?$"
    r"|\b(?:if|should) you (?:doubt|don't believe|won't believe|disbelieve)(?: that)? i(?:'m| am) (?:an? |the |in |from )?$"
    r"|\blying if i said anything (?:but|else than|other than) (?:an? |the )?$"
    "|(?<![你他她])(?:要不是|若不是)(?:我|因为)?(?:是|当了|做了|会|住在)(?:个)?$|我(?:要是|若是|如果|要)不(?:是|当|做|干|住在?|会)(?:个)?$"
    "|(?:要说|敢说|非说|硬说|谁说|若说|说|\ue001{2})(?:我|俺)?(?:自己)?(?:不是|不会|没)$|不信(?:我|俺)(?:就|真的?)?(?:是|叫|住|会)(?:个)?$"
    "|^(?:じゃ|では|で)な(?:かったら|ければ)(?!な)、?(?!何|誰)|^(?:じゃ|では|で)な(?:くて?|かったら|ければ|きゃ)、?[^。]{0,12}(?:何|なん|誰|どう|どこ)|^(?:이|가)? ?아니(?:었다면|었으면|었더라면|면 ?[^.!?]{0,12}(?:뭐|뭘|누구|무엇|어떻게|어디))"
)


_PLAN = Lazy(
    r"^(?:want(?:s|ed)? to|hop(?:e|es|ed|ing)\b.*|would (?:like|love)|i'd (?:like|love)|meant to be|打算|计划|准备.*|想(?:去|要|做|学|养|试|买)|考虑过?|希望|盼.*)$"
)


_SEEN = Lazy(r"^(?:碰|看|遇|见过|认识|请|找|嫁|娶|雇|问过|i (?:saw|met|married|hired|know|knew))")


def imagined(before: str, c: Cues, q: Question) -> bool:
    """Whether the role only imagines it; a plan is no imagination where the question asks for one."""
    if not q.future:
        return bool(c.imagined_before.search(before))
    return any(not _PLAN.match(m.group()) for m in c.imagined_before.finditer(before))


def _plan_in(before: str, c: Cues) -> bool:
    return any(_PLAN.match(m.group()) for m in c.imagined_before.finditer(before))


def said(before: str, c: Cues, q: Question) -> bool:
    """Whether others say it; whom or what the role met is no hearsay where that is asked."""
    told = c.said_before.finditer(before)
    if q.who or q.kin:
        told = (m for m in told if not m.group().startswith("there"))
    if not q.lived and not q.related:
        return any(True for _ in told)
    return any(not _SEEN.match(m.group()) and not q.related & relations(m.group()) for m in told)


def conditional(a: Around, c: Cues, q: Question, present: bool) -> bool:
    """Whether an earlier clause sets a condition whose consequence holds the mention; "now" frees from a mere wish."""
    if not c.then.search(a.clause_before) and not (q.future and _plan_in(a.clause_before, c)):
        return False
    return any(
        c.imagined_before.search(clause)
        and (_CONTRARY.search(clause) or not (present or c.second.search(clause) or _YOU.search(clause)))
        for clause in clauses(a, c)[1:3]
    )


def told_later(a: Around, c: Cues) -> bool:
    """Whether the clause before opens with a future: 等下学期…，我就…"""
    told = clauses(a, c)
    return len(told) > 1 and bool(c.then.search(told[0])) and bool(c.future_before.search(told[1]))


def absurd_to_deny(a: Around) -> bool:
    """Whether the reply only supposes the mention not to hold: "If I weren't a smith, …"."""
    if _WITHOUT.search(a.clause_before) and _UNABLE.search(a.sentence_after[:40]):
        return True
    return bool(_BUT_FOR.search(a.clause_before) or _BUT_FOR.match(a.sentence_after))


# What one cannot be without, one has: 没有桂花酿我可活不下去.
_WITHOUT = Lazy(
    r"\b(?:without|no|take away) (?:my |the |an? |being an? |my being an? )?$|(?:没有?|没了|离了|少了|不喝|不吃|不碰)$"
)
_UNABLE = Lazy(
    r"\b(?:can't|couldn't|cannot|wouldn't|nothing|lost|dead|die)\b|(?:不|没)(?:下去|了|成|着|惯|法|得)|[活睡吃过干]不"
)


_CONTRARY = Lazy("要不是|若不是|若非|当初|早知|没有?[^,。]{1,10}的话")  # conditions that did not come true
_YOU = Lazy("you|你|您|君|あなた|당신|손님")
