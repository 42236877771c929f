"""A record: one sample, one model's reply to it, and what the verifier said. `records.jsonl` holds two a sample when
two models are compared; the report and every later reading work from these alone.

States, of which all but the last three count in the headline, and all but `right` as wrong there:

    right, wrong        what the verifier says
    no_answer           nothing outside the thinking
    several_answers     candidates instead of one answer, or more than one answer
    truncated           cut at the length limit, even where the key was named before
    refused             the server's filter, or a reply that declines as an assistant does
    no_key              the sample names no key facts: its reply can be judged, not verified
    verifier_failed     no verdict could be reached
    engine_failed       no reply could be had
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.generation import ENGINE_FAILED, Completion
from toolkit.evaluate.style import declines, other_roles
from toolkit.jsonl import read_rows
from toolkit.tasks.base import Task
from toolkit.verify import Verdict

RIGHT, WRONG, NO_ANSWER, SEVERAL_ANSWERS = "right", "wrong", "no_answer", "several_answers"
TRUNCATED, REFUSED, NO_KEY, VERIFIER_FAILED = "truncated", "refused", "no_key", "verifier_failed"
STATES = (RIGHT, WRONG, NO_ANSWER, SEVERAL_ANSWERS, TRUNCATED, REFUSED, NO_KEY, VERIFIER_FAILED, ENGINE_FAILED)
UNSCORED = (NO_KEY, VERIFIER_FAILED, ENGINE_FAILED)
INCOMPLETE = (NO_ANSWER, TRUNCATED, *UNSCORED)
NO_KEYS = "no_keys"                             # the verifier's code
SEVERAL_CODES = ("listed", "repeated")          # of every task's verifier
FILTERED = ("content_filter", "refusal")        # finish reasons of the engines
BASE, TRAINED = "base", "trained"
ROLLOUT = "rollout"                             # the side of what a model wrote in training


class Judged:
    """What a `state` means."""

    __slots__ = ()
    state: str

    @property
    def right(self) -> bool:
        return self.state == RIGHT

    @property
    def scored(self) -> bool:
        return self.state not in UNSCORED


@dataclass(frozen=True, slots=True)
class Record(Judged):
    index: int                                  # position among the samples evaluated: pairs the two sides
    side: str                                   # base, trained or rollout
    id: str
    role_id: str
    question: str
    completion: str
    finish_reason: str
    n_tokens: int
    state: str
    score: float | None                         # the verifier's, also where a truncated reply does not count
    format: float | None
    code: str
    reason: str
    matched: list[list[Any]] = field(default_factory=list)      # [start, end, key] in offsets of the completion
    kind: str = ""
    language: str = ""
    difficulty: str = ""
    form: str = ""
    memory_distance: int = 0
    character_name: str = ""
    history: list[dict[str, str]] = field(default_factory=list)
    expected: str = ""
    keys: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    question_type: str = ""
    repeat: int = 0                             # of --repeats replies to one prompt, from 0
    prefilled: bool = False                     # the template ended the prompt in <think>: a later verifier must know
    other_roles: list[str] = field(default_factory=list)        # their names and facts in the reply, and nowhere in what the model was given
    answer: str | None = None                   # what the task reads as the answer, where it has short ones

    @property
    def role(self) -> str:
        return self.character_name or self.role_id

    def to_row(self) -> dict[str, Any]:
        return asdict(self)


def make_record(task: Task, row: Any, index: int, side: str, completion: Completion, prefilled: bool,
                repeat: int = 0, names: re.Pattern[str] | None = None) -> Record:
    """Score one completion. A verifier that breaks on it is an unscored record with the reason, not a crash.

    Args:
        names: of the data's roles, and their facts (`style.role_marks`).
    """
    if completion.finish_reason == ENGINE_FAILED:
        verdict = Verdict(None, ENGINE_FAILED, f"no reply: {completion.text}")
        completion = Completion("", ENGINE_FAILED, 0)
    else:
        verdict = _score(task, "accuracy", row, completion.text, prefilled)
    form = None
    if "format" in task.parts and verdict.code != ENGINE_FAILED:
        form = _score(task, "format", row, completion.text, prefilled).score
    return record_of(task, row, index, side, completion, verdict, form, prefilled, repeat, names)


def record_of(task: Task, row: Any, index: int, side: str, completion: Completion, verdict: Verdict, form: float | None,
              prefilled: bool, repeat: int = 0, names: re.Pattern[str] | None = None) -> Record:
    """The record of a completion that has its verdict; `form` is the score of its format."""
    metadata = _get(row, "metadata", {})
    return Record(
        index=index, side=side, id=str(_get(row, "id", index)), role_id=_get(row, "role_id", ""),
        question=_get(row, "question", ""), completion=completion.text, finish_reason=completion.finish_reason,
        n_tokens=completion.n_tokens, state=_state(verdict, completion), score=verdict.score, format=form,
        code=verdict.code, reason=verdict.reason, matched=[[s.start, s.end, s.key] for s in verdict.matched],
        kind=_get(row, "kind", ""), language=_get(row, "language", ""), difficulty=_get(row, "difficulty", ""),
        form=str(metadata.get("form") or ""), memory_distance=_get(row, "memory_distance", 0),
        character_name=_get(row, "character_name", ""),
        history=list(_get(row, "conversation_history", ())), expected=str(_get(row, "answer", "")),
        keys=[key.canonical for key in _get(row, "keys", ())], evidence=[e.quote for e in _get(row, "evidence", ())],
        question_type=_get(row, "question_type", ""), repeat=repeat, prefilled=prefilled,
        other_roles=other_roles(names, completion.text, _given(row)) if names else [],
        answer=_answer(task, row, completion.text))


def _given(row: Any) -> str:
    turns = (str(turn.get("content", "")) for turn in _get(row, "conversation_history", ()))
    return "\n".join((_get(row, "character_name", ""), _get(row, "character_profile", ""), *turns, _get(row, "question", "")))


def _state(verdict: Verdict, completion: Completion) -> str:
    if completion.finish_reason == ENGINE_FAILED:
        return ENGINE_FAILED
    if verdict.code == NO_KEYS:
        return NO_KEY
    if completion.finish_reason in FILTERED:
        return REFUSED
    if verdict.score is None:
        return VERIFIER_FAILED
    if completion.finish_reason == "length":
        return TRUNCATED
    if verdict.score >= 1:
        return RIGHT
    if verdict.code == "no_answer":
        return NO_ANSWER
    if verdict.code in SEVERAL_CODES:
        return SEVERAL_ANSWERS
    return REFUSED if declines(completion.text) else WRONG


def _answer(task: Task, row: Any, text: str) -> str | None:
    extract = getattr(task, "extract", None)
    try:
        return None if extract is None else str(extract(row, text))
    except Exception:               # as for the verifier: a reply never stops an evaluation
        return None


def _score(task: Task, part: str, row: Any, text: str, prefilled: bool) -> Verdict:
    try:
        return task.score(part, row, text, prefilled)
    except Exception as error:      # the one boundary of this stage: whatever a model wrote, the evaluation goes on
        return Verdict(None, "error", f"the verifier failed: {type(error).__name__}: {error}")


def _get(row: Any, name: str, default: Any) -> Any:
    """A field of a task's row: tasks have different ones."""
    value = getattr(row, name, None)
    return default if value is None else value


def read_records(path: Path) -> Iterator[Record]:
    """Records of a `records.jsonl`.

    Raises:
        InputError: naming the line that is no record.
    """
    known = {f.name for f in fields(Record)}
    for line, row in read_rows(path, "records file"):
        try:
            if not isinstance(row, Mapping):
                raise TypeError("not an object")
            yield Record(**{k: v for k, v in row.items() if k in known})
        except TypeError as error:
            raise InputError(f"{path}:{line} is no evaluation record: {error}. Evaluate again to write it.") from error
