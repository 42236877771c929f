"""Where a key comes from: under which label the profile gives it, and whether the dialogue told it.

A question may be worded in any way ("Whom are you closest to?"); the label ("best friend") says what the right answer is about,
so that "my best friend is …" is no statement about somebody else, and "I dream of …" no mere wish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from .lazy import Lazy
from .normalise import fold_text
from .question import Question, read_question
from .relations import relations
from .verdict import Key

_LINE = re.compile(r"^[\s*•#-]{0,6}([^:：\n]{1,40}?)[\s*]{0,4}[:：][\s*]{0,4}(\S[^\n]{0,120})$", re.MULTILINE)
_LONGER = 12  # characters by which a profile's value may be longer than the key
_LINES = 200


def informed(
    asked: Question, key: Key, profile: Mapping | str | None, history: Sequence[Mapping[str, str]]
) -> Question:
    """The question, with what the key's source tells about it."""
    forms = [f for f in (fold_text(form).strip() for form in key.forms) if f]
    for label in _labels(profile, forms):
        about = read_question(label, asked.language)
        asked = replace(
            asked,
            past=asked.past or about.past,
            future=asked.future or about.future,
            imagined=asked.imagined or about.imagined,
            naming=asked.naming or about.naming,
            liking=asked.liking and not _SHUNNED.search(about.text),
            lived=asked.lived or bool(_LIVED.search(about.text)),
            related=asked.related | relations(about.text),
        )
        break
    told = "\n".join(fold_text(str(turn.get("content") or "")[:2000]) for turn in history)
    if any(form in told for form in forms):
        asked = replace(asked, past=True, future=True, lived=True, planned=True)
    return asked


# Labels of what a role meets with, rather than is.
_LIVED = Lazy(
    r"fear|afraid|phobi|collect|hobb|pastime|colou?r|spouse|wife|husband|partner|drink|beverage|allerg|food|dish"
    "|怕|恐|收藏|爱好|嗜好|颜色|配偶|爱人|伴侣|妻|夫|饮|食|过敏|苦手|怖|コレクション|趣味|色|アレルギー"
    "|두려|무서|공포|수집|취미|색|배우자|음료|음식|알레르기"
)


# Labels of what a role keeps away from: disliking it is the answer, not its denial.
_SHUNNED = Lazy(
    r"allerg|fear|phobi|dislike|hate|avoid|怕|恐|惧|过敏|忌|嫌|厌|讨厌|苦手|アレルギー|怖|싫|기피|알레르기|두려|무서|공포"
)


def _labels(profile: Mapping | str | None, forms: list[str]) -> Iterator[str]:
    for label, value in _facts(profile):
        said = fold_text(value)
        if any(form in said and len(said) <= len(form) + _LONGER for form in forms):
            yield label


def _facts(profile: Mapping | str | None) -> Iterator[tuple[str, str]]:
    if isinstance(profile, str):
        yield from _lines(profile[:20000])
    elif isinstance(profile, Mapping):
        for label, value in list(profile.items())[:_LINES]:
            for one in value[:20] if isinstance(value, (list, tuple)) else (value,):
                if isinstance(one, (str, int, float)):
                    yield str(label).replace("_", " "), str(one)[:200]


@lru_cache(maxsize=64)
def _lines(profile: str) -> tuple[tuple[str, str], ...]:
    return tuple(match.groups() for _, match in zip(range(_LINES), _LINE.finditer(profile), strict=False))
