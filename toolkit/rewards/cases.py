"""`toolkit reward score`: the verifier alone, on one's own cases.

A case is `{id, lang, profile, history, question, keys, match, aliases?, distractors?, completion}`; other fields are not
looked at, so an expected result beside them cannot leak into the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.json_values import unusable
from toolkit.jsonl import read_rows
from toolkit.samples import detect_language
from toolkit.verify import Key, Verdict, as_key, verify


@dataclass(frozen=True, slots=True)
class Case:
    id: Any
    question: str
    keys: tuple[Key, ...]
    completion: str                             # bare, or with <think> and <answer>
    language: str = ""
    profile: Mapping[str, Any] | str = ""
    history: tuple[Mapping[str, str], ...] = ()
    match: str | int = "all"
    aliases: tuple[str, ...] = ()
    distractors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    case: Case
    verdict: Verdict

    def to_row(self) -> dict[str, Any]:
        """`matched` holds every mention of a key: its text and its place in the completion, in characters."""
        spans = self.verdict.matched
        return {"id": self.case.id, "score": self.verdict.score, "reason": self.verdict.reason,
                "matched": [{"key": s.key, "text": self.case.completion[s.start:s.end], "start": s.start, "end": s.end}
                            for s in spans]}


def read_cases(path: str | Path) -> list[Case]:
    """The cases of a file, in its order.

    Raises:
        InputError: every bad row at once, with line and field.
    """
    problems: list[str] = []
    cases = [_case(row, f"{path}:{line}", line, problems) for line, row in read_rows(path, "case file", problems)]
    if problems:
        raise InputError(problems)
    if not cases:
        raise InputError(f"{path} holds no case. Write one JSON object a line: id, lang, profile, history, question, "
                         "keys, match, completion.")
    return [case for case in cases if case is not None]


def score_cases(cases: list[Case], progress: Callable[[int], None] = lambda done: None) -> Iterator[Scored]:
    """Verdicts in the order of the cases. A verifier that breaks on one leaves it unscored with the reason."""
    for number, case in enumerate(cases, start=1):
        try:
            found = verify(case.completion, question=case.question, keys=case.keys, match=case.match,
                           language=case.language, profile=case.profile, history=case.history, aliases=case.aliases,
                           distractors=case.distractors)
        except Exception as error:  # the one boundary of this stage: the other cases keep their scores
            found = Verdict(None, "error", f"the verifier failed: {type(error).__name__}: {error}")
        progress(number)
        yield Scored(case, found)


@dataclass
class _Row:
    """Reads the fields of one row and collects what is wrong with them."""

    row: Mapping[str, Any]
    where: str
    problems: list[str] = field(default_factory=list)

    def wrong(self, name: str, expected: str) -> None:
        state = "is missing" if name not in self.row else f"is {_shown(self.row[name])}"
        self.problems.append(f'{self.where} field "{name}" {state}, expected {expected}.')

    def text(self, name: str, required: bool = False, empty: bool = False) -> str:
        value = self.row.get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not empty and not value.strip()):
            self.wrong(name, "text")
            return ""
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.row.get(name)
        if values is None:
            return ()
        if not isinstance(values, list) or not all(
                isinstance(v, str | int | float) and not isinstance(v, bool) for v in values):
            self.wrong(name, "a list of text")
            return ()
        return tuple(str(v).strip() for v in values if str(v).strip())

    def history(self) -> tuple[Mapping[str, str], ...]:
        turns = self.row.get("history")
        if turns is None:
            return ()
        if not isinstance(turns, list):
            self.wrong("history", "a list of {role, content}")
            return ()
        for number, turn in enumerate(turns):
            if not (isinstance(turn, Mapping) and isinstance(turn.get("role"), str)
                    and isinstance(turn.get("content"), str)):
                self.problems.append(f'{self.where} field "history[{number}]" is {_shown(turn)}, expected '
                                     '{"role": "user" or "assistant", "content": text}.')
        return tuple({"role": t["role"], "content": t["content"]} for t in turns
                     if isinstance(t, Mapping) and "role" in t and "content" in t)

    def keys(self) -> tuple[Key, ...]:
        values = self.row.get("keys")
        if not isinstance(values, list) or not values:
            self.wrong("keys", "a list of text or of mappings with canonical, alternatives, type; at least one")
            return ()
        keys: list[Key] = []
        for number, value in enumerate(values):
            try:
                keys.append(as_key(value))
            except ValueError as error:
                self.problems.append(f'{self.where} field "keys[{number}]": {" ".join(str(error).split())[:200]}')
        return tuple(keys)


def _case(row: Any, where: str, line: int, problems: list[str]) -> Case | None:
    if reason := unusable(row):
        problems.append(f"{where} {reason}")
        return None
    if not isinstance(row, Mapping):
        problems.append(f"{where} is {_shown(row)}, expected an object with question, keys, completion, ….")
        return None
    read = _Row(row, where)
    identity = row.get("id")
    if identity is not None and (isinstance(identity, bool) or not isinstance(identity, str | int)):
        read.wrong("id", "text or a whole number")
    profile = row.get("profile")
    if profile is not None and not isinstance(profile, str | Mapping):
        read.wrong("profile", "an object or text")
    keys = read.keys()
    match = row.get("match")
    counted = isinstance(match, int) and not isinstance(match, bool) and 1 <= match <= max(1, len(keys))
    if match is not None and match not in ("all", "any") and not counted:
        read.wrong("match", f'"all", "any" or a whole number from 1 to {max(1, len(keys))}, of its keys')
    question, completion = read.text("question", required=True), read.text("completion", required=True, empty=True)
    case = Case(line if identity is None else identity, question, keys, completion,
                (read.text("lang").partition("-")[0].lower() or detect_language(question)), profile or "",
                read.history(), "all" if match is None else match, read.texts("aliases"), read.texts("distractors"))
    problems += read.problems
    return None if read.problems else case


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    name = {"str": "text", "bool": "true/false", "dict": "an object", "list": "a list"}.get(type(value).__name__,
                                                                                          type(value).__name__)
    shown = " ".join(repr(value).split())
    return f"{shown if len(shown) <= 40 else shown[:40] + '…'} ({name})"
