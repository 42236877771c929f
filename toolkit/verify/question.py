"""What a question asks: yes or no, past or future, liking, and about whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .cues import cues
from .normalise import fold_text
from .reasons import language_of


@dataclass(frozen=True, slots=True)
class Question:
    text: str  # folded
    language: str
    polar: bool  # answered by yes or no
    negative: bool  # "you are not a smith, are you?"
    past: bool
    future: bool
    liking: bool
    imagined: bool
    about_user: bool
    kin: frozenset[str]  # persons other than the role that it names


@lru_cache(maxsize=4096)
def read_question(question: str, language: str) -> Question:
    text = fold_text(question)[-600:]
    spoken = language_of(text, language or "en")
    if spoken == "zh" and language == "ja":
        spoken = "ja"
    table = cues(spoken)
    return Question(
        text,
        spoken,
        polar=bool(table.polar.search(text)),
        negative=bool(table.polar_negative.search(text)),
        past=bool(table.asks_past.search(text)),
        future=bool(table.asks_future.search(text)),
        liking=bool(table.asks_liking.search(text)),
        imagined=bool(table.asks_imagined.search(text)),
        about_user=bool(table.asks_user.search(text)),
        kin=frozenset(m.group() for m in table.kin.finditer(text)),
    )
