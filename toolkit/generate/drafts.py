"""From a parsed draft to a `Sample`: fields of the right shape, and what the plan already knows filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.attributes import VALUE_TYPES
from toolkit.dataset.wording import squeezed, stands_in
from toolkit.generate.dialogue import Dialogue, told_evidence
from toolkit.generate.drafting import QUESTION_WORDS
from toolkit.generate.problems import Problem
from toolkit.generate.work import Assignment, Work
from toolkit.samples import Evidence, Sample
from toolkit.verify import Key

DISTRACTORS = 5                                 # kept at most
_EDGES = " \t\n。．.，,、；;：:！!？?“”\"'‘’「」『』"


def about_profile(draft: Mapping[str, Any], work: Work, assignment: Assignment, profile_text: str,
                  problems: list[Problem]) -> Sample | None:
    """SBK, and SCK: a question whose answer stands in the profile."""
    question, reasoning, answer = (_text(draft, name, problems) for name in ("question", "reasoning", "answer"))
    evidence = _texts(draft, "evidence", problems)
    distractors = _texts(draft, "distractors", problems)
    keys = _keys(draft.get("keys"), question, distractors, problems)
    if problems:
        return None
    wanted = 2 if assignment.form == "two_facts" else 1
    if len(keys) != wanted:
        problems.append(Problem("keys_count", f"keys: {len(keys)} ≠ {wanted}"))
    word = draft.get("question_type")
    return _sample(work, assignment, profile_text, question=question, reasoning=reasoning, answer=answer, keys=keys,
                   evidence=tuple(Evidence("profile", quote) for quote in evidence), distractors=tuple(distractors),
                   question_type=word if word in QUESTION_WORDS else _planned(assignment))


def out_of_role(draft: Mapping[str, Any], work: Work, assignment: Assignment, profile_text: str,
                problems: list[Problem]) -> Sample | None:
    """RCB: the role must deny what lies outside of it. Its careless reply is kept as `metadata.slip`."""
    thing, question, reasoning, answer, slip = (_text(draft, name, problems)
                                                for name in ("thing", "question", "reasoning", "answer", "slip"))
    if problems:
        return None
    if not stands_in(question, thing):
        problems.append(Problem("thing_missing", thing))
    evidence = ((Evidence("profile", work.item.profile.boundary),) if assignment.form == "boundary" else ())
    return _sample(work, assignment, profile_text, question=question, reasoning=reasoning, answer=answer,
                   keys=(Key(thing, polarity="deny"),), evidence=evidence, distractors=(),
                   question_type=_planned(assignment), metadata={"slip": slip})


def about_dialogue(draft: Mapping[str, Any], work: Work, assignment: Assignment, profile_text: str,
                   dialogue: Dialogue, problems: list[Problem]) -> Sample | None:
    """CM: key, evidence and the nearest wrong values come from the dialogue that passed."""
    plan = assignment.outline
    assert plan is not None
    question, reasoning, answer = (_text(draft, name, problems) for name in ("question", "reasoning", "answer"))
    alternatives, distractors = _texts(draft, "alternatives", problems), _texts(draft, "distractors", problems)
    if problems:
        return None
    target = dialogue.of(plan.target)
    rivals = [dialogue.of(step.mark).value for step in plan.rivals()]
    told = {squeezed(t.value) for t in dialogue.told if t is not target}
    alternatives = [a for a in alternatives if squeezed(a) not in told]
    key = Key(target.value, _alternatives(target.value, alternatives, question, [*rivals, *distractors]), target.step.type)
    return _sample(work, assignment, profile_text, question=question, reasoning=reasoning, answer=answer, keys=(key,),
                   evidence=(told_evidence(target),), distractors=(*rivals, *distractors),
                   question_type=_planned(assignment), history=dialogue.history, distance=plan.distance,
                   metadata={"asked": target.step.speaker})


def _sample(work: Work, assignment: Assignment, profile_text: str, *, question: str, reasoning: str, answer: str,
            keys: tuple[Key, ...], evidence: tuple[Evidence, ...], distractors: tuple[str, ...], question_type: str,
            history: tuple[Mapping[str, str], ...] = (), distance: int = 0,
            metadata: Mapping[str, Any] | None = None) -> Sample:
    item = work.item
    form = assignment.form
    if item.kind == "CM":
        form = {"easy": "told", "medium": "competing", "hard": "updated"}[item.difficulty]
    unique = {squeezed(d): d for d in reversed(distractors)}
    return Sample(
        id=work.id, role_id=item.profile.id, kind=item.kind, language=item.profile.language,
        character_name=item.profile.name, character_profile=profile_text, conversation_history=history,
        question=question, answer=answer, keys=keys, match="all", question_type=question_type,
        difficulty=item.difficulty, evidence=evidence, distractors=tuple(reversed(unique.values()))[:DISTRACTORS],
        memory_distance=distance, reasoning=reasoning, metadata={"form": form, "asks": assignment.form, **(metadata or {})})


def _planned(assignment: Assignment) -> str:
    return assignment.question_type if assignment.question_type in QUESTION_WORDS else "what"


def _text(draft: Mapping[str, Any], name: str, problems: list[Problem]) -> str:
    value = draft.get(name)
    if not isinstance(value, str) or not value.strip():
        problems.append(Problem("field", f'"{name}": "…"'))
        return ""
    return value.strip()


def _texts(draft: Mapping[str, Any], name: str, problems: list[Problem]) -> list[str]:
    """A list of texts; a single text counts as a list of one, and blanks do not count."""
    value = draft.get(name)
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(v, str | int | float) for v in value):
        problems.append(Problem("field", f'"{name}": ["…"]'))
        return []
    return [text for v in value if (text := str(v).strip())]


def _keys(value: Any, question: str, distractors: Sequence[str], problems: list[Problem]) -> tuple[Key, ...]:
    if not isinstance(value, list) or not value or not all(
            isinstance(k, dict) and isinstance(k.get("canonical"), str) and k["canonical"].strip(_EDGES) for k in value):
        problems.append(Problem("field", '"keys": [{"canonical": "…", "alternatives": [], "type": "…"}]'))
        return ()
    keys = []
    for key in value:
        canonical = key["canonical"].strip(_EDGES)
        alternatives = key.get("alternatives") or []
        given = [a for a in alternatives if isinstance(a, str)] if isinstance(alternatives, list) else []
        kind = key.get("type")
        keys.append(Key(canonical, _alternatives(canonical, given, question, distractors),
                        kind if kind in VALUE_TYPES else "text"))
    return tuple(keys)


def _alternatives(canonical: str, given: Sequence[str], question: str, distractors: Sequence[str]) -> tuple[str, ...]:
    """Alternatives that narrow nothing and widen nothing: those that the question says, that are a wrong value, or that
    are one character of a longer key are dropped, since a reply would be paid for saying what it was told."""
    wrong = {squeezed(d) for d in distractors}
    kept = {squeezed(canonical): ""}
    for text in given:
        text = text.strip(_EDGES)
        flat = squeezed(text)
        if (flat and flat not in kept and flat not in wrong and not stands_in(question, text)
                and (len(flat) > 1 or len(squeezed(canonical)) == 1 or flat.isdecimal())):
            kept[flat] = text
    return tuple(text for text in kept.values() if text)
