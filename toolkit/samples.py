"""Sample: the one dataset format. A sample carries its own proof: the keys a right answer asserts, the evidence for
them, and plausible wrong values.

On disk a sample is one JSON object with every field of the format in the wild (`character_name, character_profile,
conversation_history, question, answer, keywords, question_type, validation_method, difficulty, metadata`) plus ours.
A file in the plain wild format loads too: keys are then built from `keywords`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.json_values import unusable
from toolkit.jsonl import dumps, read_rows
from toolkit.verify import Key, as_key

KINDS = ("SBK", "CM")
DIFFICULTIES = ("easy", "medium", "hard")
ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a key stands: `source` is `profile` or `history`; `turn` indexes `conversation_history`."""

    source: str
    quote: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    id: str
    role_id: str
    kind: str                                   # SBK, CM, or a RAIDEN code (RCB, SCK, …)
    language: str
    character_name: str
    character_profile: str
    conversation_history: tuple[Mapping[str, str], ...]
    question: str
    answer: str
    keys: tuple[Key, ...]
    match: str | int = "all"                    # all, any, or how many keys at least
    question_type: str = "what"
    difficulty: str = "medium"
    evidence: tuple[Evidence, ...] = ()
    distractors: tuple[str, ...] = ()
    memory_distance: int = 0                    # exchanges between the evidence and the question (CM)
    reasoning: str = ""                         # a short trace for cold starts
    metadata: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def to_row(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "role_id": self.role_id,
            "kind": self.kind,
            "language": self.language,
            "character_name": self.character_name,
            "character_profile": self.character_profile,
            "conversation_history": list(self.conversation_history),
            "question": self.question,
            "answer": self.answer,
            "keywords": [key.canonical for key in self.keys],
            "keys": [{"canonical": k.canonical, "alternatives": k.alternatives, "type": k.type, "polarity": k.polarity}
                     for k in self.keys],
            "match": self.match,
            "question_type": self.question_type,
            "validation_method": "single_term_validation" if len(self.keys) == 1 else "multi_term_parsing",
            "difficulty": self.difficulty,
            "evidence": [{"source": e.source, "quote": e.quote, "turn": e.turn} for e in self.evidence],
            "distractors": self.distractors,
            "memory_distance": self.memory_distance,
            "reasoning": self.reasoning,
            "metadata": dict(self.metadata),
            "provenance": dict(self.provenance),
        }


def read_samples(path: str | Path) -> Iterator[tuple[int, Sample]]:
    """Samples of a file as `(line, sample)`.

    Raises:
        InputError: at the first unreadable row; `toolkit validate` reports all of them at once.
    """
    for line, row in read_rows(path, "data file"):
        problems: list[str] = []
        sample = sample_from_row(row, f"{path}:{line}", problems)
        if problems:
            raise InputError(problems)
        assert sample is not None
        yield line, sample


def sample_from_row(row: Any, where: str, problems: list[str]) -> Sample | None:
    """One row to a sample; every problem is appended to `problems` as one line starting with `where`."""
    if reason := unusable(row):
        problems.append(f"{where} {reason}")
        return None
    if not isinstance(row, Mapping):
        problems.append(f"{where} is {_shown(row)}, expected an object with question, answer, keywords, ….")
        return None
    before = len(problems)

    def text(name: str, required: bool = False, default: str = "") -> str:
        value = row.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                problems.append(f'{where} field "{name}" is missing or empty. Every sample needs it.')
            return default
        if not isinstance(value, str):
            problems.append(f'{where} field "{name}" is {_shown(value)}, expected text.{_quote_it(value)}')
            return default
        return value

    def mapping(name: str) -> Mapping[str, Any]:
        value = row.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            problems.append(f'{where} field "{name}" is {_shown(value)}, expected an object.')
            return {}
        return value

    def items(name: str) -> list[Any]:
        value = row.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            problems.append(f'{where} field "{name}" is {_shown(value)}, expected a list. Write it as […].')
            return []
        return value

    question, name = text("question", required=True), text("character_name")
    profile = profile_text(row.get("character_profile"))
    history = _history(items("conversation_history"), where, problems)
    distractors = _words(items("distractors"), "distractors", where, problems)
    keys = _keys(row, items, where, problems)
    method = text("validation_method", default="single_term_validation")
    match = row.get("match")
    if match is None:
        match = "all" if method == "multi_term_parsing" or len(keys) == 1 else "any"
    elif match not in ("all", "any") and not (_whole_number(match) and 1 <= match <= max(1, len(keys))):
        problems.append(f'{where} field "match" is {_shown(match)}, expected "all", "any" or a number from 1 to '
                        f'{max(1, len(keys))}, of its keys.')
    difficulty = text("difficulty", default="medium")
    if difficulty not in DIFFICULTIES:
        problems.append(f'{where} field "difficulty" is {_shown(difficulty)}, expected {", ".join(DIFFICULTIES)}.')
    evidence = _evidence(items("evidence"), where, problems)
    distance = 0 if row.get("memory_distance") is None else row["memory_distance"]
    if not _whole_number(distance) or distance < 0:
        problems.append(f'{where} field "memory_distance" is {_shown(distance)}, expected a whole number from 0.')
    metadata = mapping("metadata")
    aliases = metadata.get("aliases") or []
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        problems.append(f'{where} field "metadata.aliases" is {_shown(aliases)}, expected a list of text.')
    fields = {name: text(name) for name in ("role_id", "kind", "language", "answer", "reasoning")}
    question_type, provenance = text("question_type", default="what"), mapping("provenance")
    identity = str(row["id"]) if _whole_number(row.get("id")) else text("id")
    if len(problems) > before:
        return None
    return Sample(
        id=identity or hashlib.sha256(dumps([name, question, history]).encode()).hexdigest()[:12],
        role_id=fields["role_id"] or name or "unknown",
        kind=fields["kind"] or ("CM" if history else "SBK"),
        language=fields["language"] or detect_language(question),
        character_name=name,
        character_profile=profile,
        conversation_history=history,
        question=question,
        answer=fields["answer"],
        keys=keys,
        match=match,
        question_type=question_type,
        difficulty=difficulty,
        evidence=evidence,
        distractors=distractors,
        memory_distance=distance,
        reasoning=fields["reasoning"],
        metadata=metadata,
        provenance=provenance,
    )


def profile_text(value: Any) -> str:
    """A profile as text: strings stay, objects become `key: value` lines."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(f"{k}: {_inline(v)}" for k, v in value.items() if v not in (None, "", [], {}))
    return _inline(value)


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(_inline(v) for v in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {_inline(v)}" for k, v in value.items())
    return str(value)


def _keys(row: Mapping[str, Any], items: Any, where: str, problems: list[str]) -> tuple[Key, ...]:
    name = "keys" if row.get("keys") else "keywords"
    before = len(problems)
    values, keys = items(name), []
    for number, value in enumerate(values):
        try:
            keys.append(as_key(value))
        except ValueError as error:
            problems.append(f'{where} field "{name}[{number}]": {_one_line(str(error))}')
    if not keys and len(problems) == before:
        problems.append(f'{where} has no "keys" and no "keywords". Without a key nothing can be verified: name the '
                        "word(s) a right answer must assert.")
    return tuple(keys)


def _words(values: list[Any], name: str, where: str, problems: list[str]) -> tuple[str, ...]:
    for number, value in enumerate(values):
        if not isinstance(value, str | int | float) or isinstance(value, bool) or not str(value).strip():
            problems.append(f'{where} field "{name}[{number}]" is {_shown(value)}, expected text.')
    return tuple(str(value).strip() for value in values if isinstance(value, str | int | float))


def _history(turns: list[Any], where: str, problems: list[str]) -> tuple[Mapping[str, str], ...]:
    for number, turn in enumerate(turns):
        spot = f'{where} field "conversation_history[{number}]"'
        if not isinstance(turn, Mapping) or "role" not in turn or "content" not in turn:
            problems.append(f"{spot} is {_shown(turn)}, expected an object with role and content.")
        elif turn["role"] not in ROLES:
            problems.append(f"{spot} has role {_shown(turn['role'])}, expected user or assistant.")
        elif not isinstance(turn["content"], str):
            problems.append(f"{spot} has content {_shown(turn['content'])}, expected text.")
    return tuple({"role": t["role"], "content": t["content"]} for t in turns
                 if isinstance(t, Mapping) and "role" in t and "content" in t)


def _evidence(entries: list[Any], where: str, problems: list[str]) -> tuple[Evidence, ...]:
    found = []
    for number, entry in enumerate(entries):
        turn = entry.get("turn") if isinstance(entry, Mapping) else None
        if (isinstance(entry, Mapping) and isinstance(entry.get("quote"), str)
                and entry.get("source") in ("profile", "history") and (turn is None or _whole_number(turn))):
            found.append(Evidence(entry["source"], entry["quote"], turn))
        else:
            problems.append(f'{where} field "evidence[{number}]" is {_shown(entry)}, expected '
                            '{"source": "profile" or "history", "quote": text, "turn": number or null}.')
    return tuple(found)


def _whole_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    name = {"str": "text", "bool": "true/false", "dict": "an object", "list": "a list"}.get(type(value).__name__,
                                                                                          type(value).__name__)
    return f"{_one_line(repr(value), 40)} ({name})"


def _one_line(message: str, longest: int = 200) -> str:
    message = " ".join(message.split())
    return message if len(message) <= longest else message[:longest] + "…"


def _quote_it(value: Any) -> str:
    return f' Quote it: "{value}".' if isinstance(value, int | float) else ""


def detect_language(text: str) -> str:
    """zh, en, ja or ko by script: kana means Japanese, hangul Korean, other han Chinese.

    A name or a dish in brackets does not make an English text Chinese: the script needs as many characters as there
    are Latin words.
    """
    kana, han, hangul = (len(pattern.findall(text)) for pattern in (_KANA, _HAN, _HANGUL))
    if kana + han + hangul < len(_LATIN_WORD.findall(text)):
        return "en"
    if kana and kana * 10 >= han:
        return "ja"
    if hangul > han:
        return "ko"
    return "zh" if han else "en"


_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")       # without the middle dot, which Chinese has in foreign names
_HAN = re.compile(r"[\u3400-\u9fff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ÿ]+")
