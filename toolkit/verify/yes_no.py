"""What is left of a yes by the words that follow it: "Yes, I used to be", "Yes? What do you mean?", 对，我哥哥是."""

from __future__ import annotations

import re

from .cues import Cues
from .lazy import Lazy
from .question import Question

_ASKED_BACK = Lazy(r"^\W*(?:yes|yeah|aye|sorry|oh|是|嗯|啊|对|はい|ええ|え|네|예|응)(?:吗|么)?\s*\?")


_BOTH = Lazy(
    r"\byes[,. ]{1,2}(?:and|but also|or) no\b|是,?(?:又|也)不是|(?:算|也)是也不是|はい[^。]{0,4}いいえ|そう(?:でも|とも)あり|(?:네|예)[^.]{0,4}아니(?:요|오)"
)


_CONDITION = Lazy(
    r"\bif (?:you (?:count|call|mean|say|want|like|insist|think|consider|wish)|only|i (?:had|were|could)|that|it )|\b(?:depends|in a (?:way|sense|manner))\b|(?:如果|要是|假如)(?:你|您)?(?:愿意|非|硬|算|觉得|认为|这么|能|真)|(?:如果|要是)[^,。]{0,12}也?算|看你怎么|某种(?:意义|程度)|だったら|(?:た|な)ら(?:いい|よかった|良かった|嬉し)|ある意味|라면|다면|어떤 ?의미"
)


_OVER = Lazy(
    r"\b(?:used to|once was|was once|formerly|in the past|not any ?more|no longer|until (?:last|recently))\b|以前|从前|曾经|当年|过去是|昔|かつて|예전|옛날|한때"
)


_HEARSAY = Lazy(
    r"\b(?:so (?:they|people|folks?) say|(?<!whatever )(?<!what )(?:people|they|folks?|some) (?:say|tell|think|call)|so i(?:'m| am|'ve been| hear) ?(?:told)?)\b|(?:别人|有人|大家|他们|人家|旁人)(?:都|也|总)?(?:是)?(?:这么|这样|那么)?(?:说|讲|传|认为)|(?:みんな|人|皆)(?:は|が)?[^。]{0,6}(?:言い|言う|言って)|(?:다들|사람들이|남들이) ?(?:그렇게 ?)?(?:말|부르|그러)"
)


_PREDICATE = Lazy(
    r"^ ?(?:is|was|does|did|has|lives|one)\b[^,.!?]{0,12}[.!]?$|^(?:才|倒|就|确实)?(?:是|会|住|有|养)(?:啊|呀|的|呢)?[。!,]?$|^(?:が|は)(?:そう)?(?:です|だ)?[^、。]{0,4}[。!]?$|^(?:은|는|이|가|도)? ?(?:그래|그렇|맞)[^.]{0,5}[.!]?$"
)


def undone(opening: str, c: Cues, asked: Question) -> str | None:
    """The code of what takes a yes back, or None."""
    said = c.blank.sub(" ", opening)
    first = re.split(r"(?<=[.!?。])", said, maxsplit=1)[0]
    if _ASKED_BACK.match(said):
        return "asked"
    if _BOTH.search(said[:40]):
        return "hedged"
    if c.taken_back.search(said):
        return "retracted"
    if _CONDITION.search(first):
        return "hypothetical"
    if not asked.past and _OVER.search(first) and not c.now.search(said):
        return "not_present"
    if _HEARSAY.search(first):
        return "attributed"
    if c.hedged_before.search(first) or c.hedged_after.search(first):
        return "hedged"
    if not asked.kin and not asked.about_user:
        for person in c.third.finditer(first):
            if _PREDICATE.match(first, person.end()) or _PREDICATE.match(first[person.end() :]):
                return "attributed"
    return None


_INSISTS = Lazy(
    r"\bi (?:\w+ly )?(?:am|do|have|can)\b(?! not|n't)|我(?:就|当然|确实)?(?:是|会|有|住|能)(?!不)|(?:私|俺|僕)(?:は|が)?(?:そう|です)|맞(?:아|습|죠)"
)


def insists(opening: str) -> bool:
    """Whether a reply to a negative question holds against it: 不，我是."""
    return bool(_INSISTS.search(opening[:40]))
