"""CM: the outline of a dialogue that a model writes first, and whether what it wrote keeps to it.

The outline fixes who tells what in which exchange: [A] is the fact that will be asked for, its first version and what the
other speaker tells compete with it. The distance is the number of exchanges from the one in which the fact was told to
the question (1: it was told in the last exchange).

    easy    told once, 1-2 exchanges ago
    medium  a second fact of the same speaker, or the other speaker's value, 2-4
    hard    told, updated, and told by the other speaker too, 3-6
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from toolkit.dataset.checks import names_any
from toolkit.dataset.wording import squeezed, stands_in
from toolkit.generate.offline import DISTANCES
from toolkit.generate.problems import Problem
from toolkit.generate.prompt_files import fill
from toolkit.samples import Evidence, Sample
from toolkit.verify import Key

SPEAKERS = ("user", "role")


@dataclass(frozen=True, slots=True)
class Step:
    """Something told: `mark` names it, `exchange` counts from 0."""

    mark: str
    exchange: int
    speaker: str                                # user or role
    topic: str
    type: str                                   # value type for the verifier
    update: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    exchanges: int
    steps: tuple[Step, ...]                     # in the order in which they are told
    target: str                                 # the mark that is asked for

    @property
    def asked(self) -> Step:
        return next(s for s in self.steps if s.mark == self.target)

    @property
    def distance(self) -> int:
        return self.exchanges - self.asked.exchange

    def rivals(self) -> tuple[Step, ...]:
        """What competes with the answer: other values of the same topic."""
        return tuple(s for s in self.steps if s.mark != self.target and s.topic == self.asked.topic)


@dataclass(frozen=True, slots=True)
class Told:
    """What a model made of a step."""

    step: Step
    value: str
    quote: str

    @property
    def turn(self) -> int:
        """Index into `conversation_history`."""
        return 2 * self.step.exchange + (self.step.speaker == "role")


@dataclass(frozen=True, slots=True)
class Dialogue:
    history: tuple[Mapping[str, str], ...]
    told: tuple[Told, ...]

    def of(self, mark: str) -> Told:
        return next(t for t in self.told if t.step.mark == mark)


def outline(difficulty: str, topic: Mapping[str, str], second: Mapping[str, str], max_distance: int | None,
            rng: Random) -> Outline:
    """Args: topic, second: `{name, type, word}` of `prompts/generate/wishes`."""
    asked, other = rng.sample(SPEAKERS, 2)
    mine = (asked, topic, False)
    if difficulty == "easy":
        told = [mine]
    elif difficulty == "medium":
        told = [mine, (other, topic, False) if rng.random() < 0.5 else (asked, second, False)]
        rng.shuffle(told)
    else:
        told = [mine, (asked, topic, True)]
        mine = told[1]
        told.insert(rng.randrange(3), (other, topic, False))
    low, high = DISTANCES[difficulty]
    if max_distance is not None:
        low, high = min(low, max_distance), min(high, max_distance)
    after = len(told) - 1 - told.index(mine)
    distance = max(rng.randint(low, high), after + 1)
    before = told.index(mine)
    lead = rng.randint(0, 1)                    # small talk before anything is told
    places = [lead + n for n in range(before + 1)]
    exchanges = places[-1] + distance
    places += sorted(rng.sample(range(places[-1] + 1, exchanges), after))
    steps = tuple(Step("ABCDEF"[n], places[n], speaker, about["name"], about["type"], update)
                  for n, (speaker, about, update) in enumerate(told))
    return Outline(exchanges, steps, steps[before].mark)


def outline_text(plan: Outline, words: Mapping[str, str], name: str) -> str:
    """The outline as the model reads it, an exchange a line. Args: words: the `memory` table of the wishes."""
    by_exchange = {step.exchange: step for step in plan.steps}
    lines = []
    for n in range(plan.exchanges):
        step = by_exchange.get(n)
        template = words["small_talk" if step is None else f"{'update' if step.update else 'tell'}_{step.speaker}"]
        lines.append(fill(template, n=n + 1, mark=step.mark if step else "", topic=step.topic if step else "", name=name))
    return "\n".join(lines)


def target_text(plan: Outline, words: Mapping[str, str], name: str) -> str:
    step = plan.asked
    target = fill(words[step.speaker], topic=step.topic, name=name)
    return fill(words["latest"], target=target) if step.update else target


def read_dialogue(draft: Mapping[str, Any], plan: Outline, profile_text: str, problems: list[Problem]) -> Dialogue | None:
    """A drafted dialogue, or every way in which it does not keep to its outline."""
    exchanges, statements = draft.get("exchanges"), draft.get("statements")
    if not isinstance(exchanges, list) or not all(_lines(e) for e in exchanges):
        problems.append(Problem("field", 'exchanges: [{"user": "…", "role": "…"}]'))
        return None
    if len(exchanges) != plan.exchanges:
        problems.append(Problem("exchanges", f"{len(exchanges)} ≠ {plan.exchanges}"))
        return None
    history = tuple({"role": role, "content": exchange[who].strip()} for exchange in exchanges
                    for who, role in (("user", "user"), ("role", "assistant")))
    problems += (Problem("turn_repeated", text) for text in _repeated([turn["content"] for turn in history]))
    if not isinstance(statements, list) or not all(_statement(s) for s in statements):
        problems.append(Problem("field", 'statements: [{"mark": "A", "value": "…", "quote": "…"}]'))
        return None
    given = {s["mark"].strip(" []［］【】"): s for s in statements}
    missing = [step.mark for step in plan.steps if step.mark not in given]
    if missing:
        problems.append(Problem("statements", ", ".join(missing)))
        return None
    told = tuple(Told(step, given[step.mark]["value"].strip(), given[step.mark]["quote"].strip()) for step in plan.steps)
    for number, statement in enumerate(told):
        _check_statement(statement, told[:number], history, profile_text, problems)
    return Dialogue(history, told)


def _check_statement(said: Told, before: Sequence[Told], history: Sequence[Mapping[str, str]], profile_text: str,
                     problems: list[Problem]) -> None:
    value, line = said.value, history[said.turn]["content"]
    if squeezed(said.quote) not in squeezed(line) or not stands_in(said.quote, value):
        problems.append(Problem("statement_quote", said.step.mark))
        return
    if any(_alike(value, other.value) for other in before):
        problems.append(Problem("statements_alike", value))
    if stands_in(profile_text, value):
        problems.append(Problem("statement_in_profile", value))
    # the listener may echo it in the same exchange; said again later, the distance would not be the planned one
    first = 2 * said.step.exchange
    if any(stands_in(turn["content"], value) for n, turn in enumerate(history) if n not in (first, first + 1)):
        problems.append(Problem("statement_repeated", value))


def told_evidence(said: Told) -> Evidence:
    return Evidence("history", said.quote, said.turn)


def names_other_value(sample: Sample, dialogue: Dialogue, target: Told) -> str | None:
    """A value told, other than the answer, that the question gives away."""
    return next((t.value for t in dialogue.told if t is not target
                 and names_any(sample.question, (Key(t.value, (), t.step.type),))), None)


def _alike(one: str, other: str) -> bool:
    one, other = squeezed(one), squeezed(other)
    return one in other or other in one


def _repeated(texts: Sequence[str]) -> list[str]:
    """Texts of some length that are said twice."""
    seen: set[str] = set()
    return [text for text in texts if len(text) > 6 and (text in seen or seen.add(text))]      # type: ignore[func-returns-value]


def _lines(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(who), str) and value[who].strip() for who in SPEAKERS)


def _statement(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(k), str) and value[k].strip()
                                           for k in ("mark", "value", "quote"))
