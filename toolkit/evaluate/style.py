"""How the replies read, beside being right: "as an AI", refusals, repetition, variety, language, length.

All of it is counted on what the user would see (the answer, without the thinking), by rules that can be read here; none of
it enters the headline.

    distinct-n      different n-grams over all n-grams of the first 1,000 replies (Li et al. 2016, NAACL, "A Diversity-Promoting …");
                    it falls with the amount of text, so that evaluations of different sizes could not be compared over all
    repetition      1 − different 4-grams over 4-grams within a reply, the mean (Welleck et al. 2020, ICLR, rep-n)
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from toolkit.samples import detect_language
from toolkit.verify.reply import split_reply

VARIETY_OF = 1000                               # replies whose n-grams are counted
LOOPS = 0.5                                     # a reply most of whose 4-grams stood in it before repeats itself
MARK_UNITS, MARK_LETTERS = 4, 8                 # characters of Chinese or words, and letters: from here on a fact is a mark
JUDGED_CHARACTERS = 4                           # a shorter answer (a number, a name) has no language of its own

_AI = re.compile(
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b|\bi(?: am|'m|’m) (?:just |only |actually )?an? "
    r"(?:ai|artificial intelligence|(?:large )?language model|chatbot|virtual assistant)\b|\b(?:trained|developed|created) by "
    r"(?:openai|anthropic|google|alibaba|meta)\b|作为一[个名]?(?:AI|人工智能|大?语言模型)|我[只仅]?是(?:一[个名款])?(?:由[^，。]{1,20})?"
    r"(?:AI|人工智能|大?语言模型|智能助手|聊天机器人)|(?:AI|人工知能|言語モデル)(?:アシスタント)?(?:として|です|なので)|"
    r"(?:AI|인공지능|언어 ?모델)(?: ?어시스턴트)?(?:로서|입니다|이기 때문|이라서)", re.IGNORECASE)
_DECLINES = re.compile(
    r"\bi(?: am|'m|’m) (?:sorry|afraid),? (?:but )?i (?:can(?:not|'t|’t)|am (?:unable|not able))\b|\bi (?:can(?:not|'t|’t)|am unable to|won't) "
    r"(?:assist|help|comply|fulfil|provide|engage|participate|roleplay|role-play|pretend)\b|(?:抱歉|对不起|很遗憾)[，,]?我(?:不能|无法|没办法)|"
    r"我(?:不能|无法)(?:提供|协助|满足|扮演|回答(?:这|该)(?:个|类)?问题)|(?:申し訳(?:ありません|ございません)|すみません)[^。]{0,20}"
    r"(?:できません|できかねます|お答えできません)|죄송(?:합니다|하지만)[^.]{0,25}(?:수 없|못합)", re.IGNORECASE)


class Reply(Protocol):
    completion: str
    language: str
    prefilled: bool
    n_tokens: int
    other_roles: Sequence[str]                  # that it speaks of unasked


def declines(text: str) -> bool:
    """Whether a reply declines as an assistant does. A role that will not tell a secret is another thing."""
    answer = split_reply(text[:20_000]).answer
    return bool(_DECLINES.search(answer) or (_AI.search(answer) and re.search(r"can(?:not|'t|’t)|unable|不能|无法|できま|없", answer)))


def speaks_as_ai(text: str) -> bool:
    """Whether a text falls out of the role and calls itself a machine."""
    return _AI.search(text) is not None


def role_names(names: Iterable[str]) -> re.Pattern[str] | None:
    """What finds the names of a data set's roles in a text; None when there are no two."""
    several = sorted({name for name in names if len(name) > 1}, key=lambda name: (-len(name), name))
    return re.compile("|".join(rf"\b{re.escape(n)}\b" if n.isascii() else re.escape(n) for n in several)) if len(several) > 1 else None


def role_marks(samples: Iterable[Any]) -> re.Pattern[str] | None:
    """What finds the roles of a data set in a text: their names, and facts of one profile alone; None when there are no two.

    Short facts (an age, a colour) are no mark: two roles may well share them.
    """
    names: set[str] = set()
    holders: dict[str, set[str]] = {}
    for sample in samples:
        names.add(name := str(getattr(sample, "character_name", "")))
        for key in sample.keys if getattr(sample, "kind", "") == "SBK" else ():
            if len(units(key.canonical)) >= MARK_UNITS or (key.canonical.isascii() and len(key.canonical) >= MARK_LETTERS):
                holders.setdefault(key.canonical, set()).add(name)
    return role_names((*names, *(fact for fact, by in holders.items() if len(by) == 1))) if len(names - {""}) > 1 else None


def other_roles(names: re.Pattern[str] | None, text: str, given: str) -> list[str]:
    """Names and facts of other roles in an answer, of which nothing that the model was given speaks.

    Args:
        given: name, profile, dialogue and question.
    """
    if names is None:
        return []
    return sorted({name for name in names.findall(split_reply(text).answer) if name not in given})


class Style:
    """Counts over the replies of a model, one at a time."""

    def __init__(self) -> None:
        self.replies = self.leaks = self.strays = self.kept = self.judged = self.loops = self.repeated_of = 0
        self.repetition, self.characters, self.tokens = 0.0, 0, 0
        self.grams = {n: array("q") for n in (1, 2, 3)}        # hashes

    def add(self, reply: Reply) -> None:
        answer = split_reply(reply.completion, prefilled=reply.prefilled).answer.strip()
        self.replies += 1
        self.tokens += reply.n_tokens
        self.characters += len(answer)
        self.leaks += speaks_as_ai(answer)
        self.strays += bool(reply.other_roles)
        words = units(answer)
        if self.replies <= VARIETY_OF:
            for n, grams in self.grams.items():
                grams.extend(hash(tuple(words[at:at + n])) for at in range(len(words) - n + 1))
        if (share := repeats(words)) is not None:
            self.repeated_of += 1
            self.repetition += share
            self.loops += share > LOOPS
        if reply.language and len(words) >= JUDGED_CHARACTERS:
            self.judged += 1
            self.kept += detect_language(answer) == reply.language

    def to_json(self) -> dict[str, Any]:
        """Counts and shares; a share is None where there is nothing to count."""
        return {"replies": self.replies, "ai_leaks": self.leaks, "ai_leak_rate": _share(self.leaks, self.replies),
                "other_roles": self.strays, "other_role_rate": _share(self.strays, self.replies),
                "language_kept": _share(self.kept, self.judged), "repetition": _share(self.repetition, self.repeated_of),
                "loops": self.loops, **{f"distinct_{n}": _share(len(set(grams)), len(grams)) for n, grams in self.grams.items()},
                "mean_answer_characters": _share(self.characters, self.replies), "mean_tokens": _share(self.tokens, self.replies)}


_UNIT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")


def units(text: str) -> list[str]:
    """Words; of Chinese and Japanese, which do not separate them, characters."""
    return [unit.lower() for unit in _UNIT.findall(text)]


def repeats(words: Sequence[str], n: int = 4) -> float | None:
    """The share of n-grams that stood in the text before; None for a text without any."""
    count = len(words) - n + 1
    if count < 1:
        return None
    return 1 - len({tuple(words[at:at + n]) for at in range(count)}) / count


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
