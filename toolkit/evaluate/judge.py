"""A model as judge (optional): a rubric with quotes, and pairs of replies in both orders. No verdict of the verifier hangs on it.

    toolkit eval MODEL --against BASE --judge sglang://gpu2#judge --calibrate labels.jsonl

A judge is asked about what the role says, not about its thinking, and copies the passage that decides each point: a quote that does
not stand in the reply voids the point. Of a pair the judge is asked twice, with the seats changed: who does not win both times has
not won. What it said is kept in `judge/replies.jsonl`, so that nothing is asked twice.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import InputError
from toolkit.evaluate.generation import ENGINE_FAILED
from toolkit.evaluate.replies import Loading, Sampling, ask, replies
from toolkit.evaluate.style import units
from toolkit.generate.parse import NotJson, parse_object
from toolkit.generate.prompt_files import fill
from toolkit.resources import find, text
from toolkit.samples import Sample
from toolkit.tasks.base import Message
from toolkit.terminal import say

RUBRIC = "prompts/judge/rubric.yaml"
LANGUAGES = ("zh", "en", "ja", "ko")
MAX_NEW_TOKENS = 2048                           # with the thinking of a model that thinks
LEAST_UNITS = 2                                 # words (characters of CJK) of a quote that can be told from chance
FAILED, UNREADABLE, VOID = "failed", "unreadable", "void"
FIRST, SECOND, TIE = "first", "second", "tie"


@dataclass(frozen=True, slots=True)
class Point:
    """One dimension of one reply: whether the statement holds, or `void` where the quote does not stand in the reply."""

    holds: bool | None
    quote: str


@dataclass(frozen=True, slots=True)
class Vote:
    """Of one order of a pair: `winner` is first, second, tie (by seat), or void, unreadable, failed."""

    winner: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Duel:
    """A pair judged in both orders; `votes` name the replies, not the seats."""

    votes: tuple[Vote, Vote]

    @property
    def winner(self) -> str:
        """first or second where both votes name it, void and the like where one vote is missing, else tie."""
        winners = [vote.winner for vote in self.votes]
        missing = [winner for winner in winners if winner not in (FIRST, SECOND, TIE)]
        return missing[0] if missing else winners[0] if winners[0] == winners[1] else TIE


class Judge:
    """A judge, by its name as any model of an evaluation has it.

    Args:
        folder: where what it says is kept.
        rubric: dimension → {language: statement}; default: the shipped one.

    Raises:
        InputError: a rubric that cannot be read.
    """

    def __init__(self, name: str, folder: Path, rubric: Path | None = None, batch_size: int = 32):
        self.name, self.folder = name, folder
        self.rubric = read_rubric(rubric or find(RUBRIC))
        self.loading = Loading(batch_size)

    def reach(self) -> None:
        """Raises InputError when there is no such model or server."""
        ask(self.name, (), 1, Sampling())

    def points(self, items: Sequence[tuple[Sample, str]]) -> list[dict[str, Point] | str]:
        """Of each (sample, reply) its points by dimension, or `unreadable` or `failed`."""
        prompts = [self._prompt("points", sample, reply=reply) for sample, reply in items]
        return [found if isinstance(found, str) else self._points(found, reply)
                for found, (_, reply) in zip(self._answers(prompts, [sample for sample, _ in items]), items, strict=True)]

    def duels(self, pairs: Sequence[tuple[Sample, str, str]]) -> list[Duel]:
        """Of each (sample, first, second) what the judge said in both orders."""
        orders = [order for sample, one, two in pairs for order in ((sample, one, two), (sample, two, one))]
        prompts = [self._prompt("pair", sample, first=one, second=two) for sample, one, two in orders]
        votes = [Vote(found) if isinstance(found, str) else _vote(found, one, two)
                 for found, (_, one, two) in zip(self._answers(prompts, [order[0] for order in orders]), orders, strict=True)]
        return [Duel((there, _turned(back))) for there, back in zip(votes[::2], votes[1::2], strict=True)]

    def _prompt(self, name: str, sample: Sample, **said: str) -> list[Message]:
        language = sample.language if sample.language in LANGUAGES else "en"
        statements = "\n".join(f'- "{name}": {by_language.get(language) or by_language["en"]}'
                               for name, by_language in self.rubric.items())
        dialogue = "\n".join(f"{sample.character_name if turn['role'] == 'assistant' else turn['role']}: {turn['content']}"
                             for turn in sample.conversation_history)
        # a reply cannot know the mark, and so cannot close its own section
        fence = hashlib.sha256("\0".join((sample.id, *said.values())).encode()).hexdigest()[:8]
        return [{"role": "user", "content": fill(
            text(f"prompts/judge/{name}.{language}.md"), fence=fence, profile=sample.character_profile, dialogue=dialogue or "-",
            question=sample.question, statements=statements, **said)}]

    def _answers(self, prompts: Sequence[Sequence[Message]], samples: Sequence[Sample]) -> list[dict[str, Any] | str]:
        if not prompts:
            return []
        sampling = Sampling(MAX_NEW_TOKENS)
        asked = ask(self.name, prompts, 1, sampling)
        say(f"judge {self.name}: {len(asked.wanted):,} judgements, {asked.missing(self.folder):,} of them to be asked for")
        return [FAILED if reply.finish_reason == ENGINE_FAILED else _object(reply.text) for _, _, reply, _ in
                replies("judge", asked, prompts, [sample.role_id for sample in samples], sampling, self.loading, self.folder)]

    def _points(self, found: Mapping[str, Any], reply: str) -> dict[str, Point] | str:
        points: dict[str, Point] = {}
        for entry in found.get("points") if isinstance(found.get("points"), list) else ():
            if isinstance(entry, Mapping) and entry.get("dimension") in self.rubric and isinstance(entry.get("holds"), bool):
                quote = str(entry.get("quote") or "")
                points[entry["dimension"]] = Point(entry["holds"] if stands_in(quote, reply) else None, quote)
        return points or UNREADABLE


def stands_in(quote: str, reply: str) -> bool:
    """Whether a quote is copied from the reply: letter for letter, up to case, width, spaces and marks around it.

    Parts joined with an ellipsis all stand there, in this order. A quote of one word does only where it is the whole reply.
    """
    words, there = _plain(quote), _plain(reply)
    parts = [part for piece in re.split(r"\.{3}|…+", words) if (part := piece.strip(" \"'“”‘’「」『』《》.,。，!?！？"))]
    if not parts or (len(units("".join(parts))) < LEAST_UNITS and len(units(there)) >= LEAST_UNITS):
        return False
    at = 0
    for part in parts:
        if (at := there.find(part, at)) < 0:
            return False
        at += len(part)
    return True


def read_rubric(path: Path) -> dict[str, dict[str, str]]:
    """Raises InputError for a file that is no rubric."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"--rubric {path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict) or not found:
        raise InputError(f"--rubric {path} holds no dimensions. Example: in_character: {{en: The reply speaks as the character.}}")
    problems = [f'--rubric {path} dimension "{name}" has no statement in English. Example: {name}: {{en: The reply …}}'
                for name, value in found.items() if not isinstance(value, dict) or not isinstance(value.get("en"), str)]
    if problems:
        raise InputError(problems)
    return {str(name): {str(language): str(said) for language, said in value.items()} for name, value in found.items()}


def _object(reply: str) -> dict[str, Any] | str:
    try:
        return parse_object(reply)
    except NotJson:
        return UNREADABLE


def _vote(found: Mapping[str, Any], one: str, two: str) -> Vote:
    better, quote = found.get("better"), str(found.get("quote") or "")
    if better not in (0, 1, 2) or isinstance(better, bool):
        return Vote(UNREADABLE)
    if better == 0:
        return Vote(TIE, quote)
    return Vote((FIRST, SECOND)[better - 1] if stands_in(quote, (one, two)[better - 1]) else VOID, quote)


def _turned(vote: Vote) -> Vote:
    return Vote({FIRST: SECOND, SECOND: FIRST}.get(vote.winner, vote.winner), vote.quote)


def _plain(written: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", written).casefold().split())
