"""`toolkit reward audit`: does a reward pay honest answers and refuse wrong ones, and can it be broken?

Every reply is scored in a process of its own (`worker`), which is killed when a call takes too long. What counts is what a
policy can earn by: a sample's floor is what a reply that says nothing earns, its ceiling what its best honest answer earns, and
a reply is *paid* when it earns more than half-way between them. An honest reply that is not paid is a false denial, any other
that is paid a false pay. A reward that gives the floor to everything pays nothing, and denies every honest answer.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from toolkit.errors import Refused
from toolkit.rewards.attacks import FLOOR, attacks, long_attacks, spray, values_of
from toolkit.rewards.worker import Call, Worker
from toolkit.tasks.base import Task

# Why these: advantages in a group are differences of rewards. When 1 wrong reply in 50 is paid, a policy finds it within a few
# hundred groups; an honest answer denied in 20 only slows learning.
MAX_FALSE_PAY, MAX_FALSE_DENY = 0.02, 0.05
TIMEOUT_S = 2.0                                 # a call of our own reward takes less than 0.05 s for 100 kB
LONG_ROWS = 2
REPLAYED = 200                                  # calls made again in another process
SHOWN = 12                                      # worst cases kept
SHOWN_OF_KIND = 2
MANY_HANGS = 3                                  # then the audit ends: every one costs TIMEOUT_S

HONEST, WRONG = "honest", "wrong"
_TROUBLES = {"raised": "raises an exception", "none": "gives no score (None)", "not_finite": "gives NaN or an infinity",
             "out_of_range": "gives a score outside 0 to 1", "hangs": "does not return in time",
             "died": "ends its process"}


@dataclass(frozen=True, slots=True)
class Case:
    """One reply of an audit and what it earned."""

    id: str
    kind: str
    side: str                                   # honest or wrong
    question: str
    keys: tuple[str, ...]
    text: str
    call: Call
    paid: bool

    @property
    def failed(self) -> bool:
        return self.paid != (self.side == HONEST)

    def to_json(self) -> dict[str, Any]:
        cut = self.text if len(self.text) <= 2000 else self.text[:1000] + "…" + self.text[-1000:]
        return {"id": self.id, "kind": self.kind, "expected": self.side, "question": self.question, "keys": self.keys,
                "text": cut, "score": self.call.score, "code": self.call.code, "reason": self.call.reason}


@dataclass
class Audit:
    """What an audit found."""

    target: str
    samples: int = 0
    calls: int = 0
    by_kind: dict[str, dict[str, list[int]]] = field(default_factory=lambda: {HONEST: {}, WRONG: {}})   # kind → [failed, of]
    worst: list[Case] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    slowest_ms: float = 0.0
    slowest_kind: str = ""
    seconds: float = 0.0
    max_false_pay: float = MAX_FALSE_PAY
    max_false_deny: float = MAX_FALSE_DENY

    def rate(self, side: str) -> float:
        counts = self.by_kind[side].values()
        return sum(c[0] for c in counts) / max(1, sum(c[1] for c in counts))

    @property
    def false_pay(self) -> float:
        return self.rate(WRONG)

    @property
    def false_deny(self) -> float:
        return self.rate(HONEST)

    @property
    def problems(self) -> list[str]:
        """Why the reward does not pass; empty when it does."""
        found = [f"reward {self.target} {flag}" for flag in self.flags]
        for side, rate, limit, does in ((WRONG, self.false_pay, self.max_false_pay, "pays {} of the wrong replies"),
                                        (HONEST, self.false_deny, self.max_false_deny, "denies {} of the honest replies")):
            if rate > limit:
                kinds = sorted(self.by_kind[side].items(), key=lambda kind: -kind[1][0])[:3]
                most = ", ".join(f"{kind} {n} of {of}" for kind, (n, of) in kinds if n)
                found.append(f"reward {self.target} {does.format(f'{rate:.1%}')}, over the limit of {limit:.1%} ({most}).")
        return found

    @property
    def passed(self) -> bool:
        return not self.problems

    def require(self, fix: str) -> None:
        """Raises Refused with every problem when the reward does not pass."""
        if self.problems:
            raise Refused([f"{problem} {fix}".rstrip() for problem in self.problems])

    def to_json(self) -> dict[str, Any]:
        def side(name: str) -> dict[str, Any]:
            counts = self.by_kind[name]
            return {"rate": self.rate(name), "failed": sum(c[0] for c in counts.values()),
                    "of": sum(c[1] for c in counts.values()),
                    "by_kind": {kind: {"failed": n, "of": of} for kind, (n, of) in sorted(counts.items())}}

        return {"passed": self.passed, "target": self.target, "samples": self.samples, "calls": self.calls,
                "false_pay": side(WRONG), "false_deny": side(HONEST), "flags": self.flags, "problems": self.problems,
                "limits": {"max_false_pay": self.max_false_pay, "max_false_deny": self.max_false_deny},
                "worst": [case.to_json() for case in self.worst],
                "slowest": {"ms": round(self.slowest_ms, 2), "kind": self.slowest_kind}, "seconds": round(self.seconds, 2)}

    def summary(self) -> dict[str, Any]:
        """What a manifest records."""
        return {"passed": self.passed, "samples": self.samples, "calls": self.calls,
                "false_pay": round(self.false_pay, 5), "false_deny": round(self.false_deny, 5), "problems": self.problems}


def audit(task: Task, task_name: str, weights: Mapping[str, float], rows: Sequence[Any], *, target: str = "",
          max_false_pay: float = MAX_FALSE_PAY, max_false_deny: float = MAX_FALSE_DENY, timeout_s: float = TIMEOUT_S,
          seconds: float | None = None, long_rows: int = LONG_ROWS,
          progress: Callable[[int], None] = lambda done: None) -> Audit:
    """Ask a reward about honest and wrong replies to rows of a task.

    Args:
        task_name: how the child process loads the task: its name or file.
        weights: the parts that are audited together, as `compose` takes them.
        rows: rows of the task; a few dozen tell most.
        seconds: end after so long, with the rows asked by then.
        long_rows: rows that get the attacks of 100 kB.

    Raises:
        InputError: when the reward cannot be loaded.
    """
    began = time.monotonic()
    found = Audit(target or " + ".join(weights), max_false_pay=max_false_pay, max_false_deny=max_false_deny)
    if not (callable(getattr(task, "honest", None)) and callable(getattr(task, "baits", None))):
        found.flags.append(f"cannot be audited: task {task.name} has no honest answers and no baits (methods honest and "
                           "baits of the task).")
        return found
    values = values_of(row.to_row() for row in rows)
    collected: list[Case] = []
    troubles: Counter[str] = Counter()
    examples: dict[str, str] = {}
    said: list[tuple[Mapping[str, Any], str, Call]] = []

    def late() -> bool:
        return troubles["hangs"] >= MANY_HANGS or (seconds is not None and time.monotonic() - began > seconds)

    with Worker(task_name, weights, timeout_s) as worker:
        for number, row in enumerate(rows):
            if found.samples and late():
                break
            fields = row.to_row()
            own = values_of([fields])
            asked = [("floor", WRONG, FLOOR)]
            asked += [(kind, HONEST, text) for kind, text in task.honest(row) or ()]
            asked += [(kind, WRONG, text) for kind, text in task.baits(row) or ()]
            asked += [(kind, WRONG, text) for kind, text in attacks(str(fields.get("question", "")), spray(values, own), number)]
            if number < long_rows:
                asked += [(kind, WRONG, text) for kind, text in long_attacks(own[0] if own else "1")]
            calls = []
            for (kind, _, text), call in zip(asked, worker.score(fields, [text for *_, text in asked]), strict=False):
                calls.append(call)
                if call.trouble:
                    troubles[call.trouble] += 1
                    examples.setdefault(call.trouble, f"{_short(text)} ({call.reason})" if call.reason else _short(text))
                elif len(said) < REPLAYED:
                    said.append((fields, text, call))
                if call.seconds * 1000 > found.slowest_ms:
                    found.slowest_ms, found.slowest_kind = call.seconds * 1000, kind
                if late() and len(calls) > 1 and troubles["hangs"] >= MANY_HANGS:
                    break
            collected += _judged(fields, asked, calls)
            found.samples += 1
            found.calls += len(calls)
            progress(found.samples)
    for trouble, count in troubles.items():
        found.flags.append(f"{_TROUBLES[trouble]} in {count} of {found.calls} calls, as on {examples[trouble]}.")
    if found.samples < len(rows) and troubles["hangs"] >= MANY_HANGS:
        found.flags[-1] += f" The audit ended after {found.samples} of {len(rows)} samples."
    _repeat(found, task_name, weights, said, timeout_s)
    if len({call.score for _, _, call in said}) == 1:
        found.flags.append(f"is constant: it gave {said[0][2].score:g} to everything.")
    _count(found, collected)
    found.seconds = time.monotonic() - began
    return found


def _judged(fields: Mapping[str, Any], asked: Sequence[tuple[str, str, str]], calls: Sequence[Call]) -> list[Case]:
    """The replies to one row against its floor and ceiling; a reply without a score is not paid."""
    floor = calls[0].score or 0.0
    honest = [call.score for (_, side, _), call in zip(asked, calls, strict=False)
              if side == HONEST and call.score is not None]
    half_way = (floor + max([floor, *honest])) / 2
    keys = tuple(str(k["canonical"] if isinstance(k, Mapping) else k) for k in fields.get("keys") or ())
    return [Case(str(fields.get("id", "")), kind, side, str(fields.get("question", "")), keys, text, call,
                 call.score is not None and call.score > half_way)
            for (kind, side, text), call in list(zip(asked, calls, strict=False))[1:]]


def _repeat(found: Audit, task_name: str, weights: Mapping[str, float],
            said: Sequence[tuple[Mapping[str, Any], str, Call]], timeout_s: float) -> None:
    """The same calls in another process, in another order: the score may depend on sample and completion alone."""
    changed = []
    shuffle = Random(0).shuffle                 # the reversed order could fall in step with a reward that alternates
    with Worker(task_name, weights, timeout_s, hash_seed=1) as worker:
        start = len(said)
        while start > 0:
            end, fields = start, said[start - 1][0]
            while start > 0 and said[start - 1][0] is fields:
                start -= 1
            group = list(said[start:end])
            shuffle(group)
            again = worker.score(fields, [text for _, text, _ in group])
            changed += [(text, first.score, second.score)
                        for (_, text, first), second in zip(group, again, strict=True) if first.score != second.score]
    if changed:
        text, first, second = changed[0]
        found.flags.append(f"depends on more than the sample and the completion: {len(changed)} of {len(said)} scores were "
                           f"others the second time, as {first} and then {second} on {_short(text)}.")


def _count(found: Audit, cases: Sequence[Case]) -> None:
    for case in cases:
        entry = found.by_kind[case.side].setdefault(case.kind, [0, 0])
        entry[0] += case.failed
        entry[1] += 1
    kept: defaultdict[tuple[str, str], int] = defaultdict(int)
    # the kinds that fail most first, and of a kind the shortest texts: they show best what is wrong
    failed = sorted((c for c in cases if c.failed),
                    key=lambda c: (-found.by_kind[c.side][c.kind][0] / found.by_kind[c.side][c.kind][1], len(c.text)))
    for case in failed:
        kept[case.side, case.kind] += 1
        if kept[case.side, case.kind] <= SHOWN_OF_KIND and len(found.worst) < SHOWN:
            found.worst.append(case)


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return f'"{shown if len(shown) <= 60 else shown[:60] + "…"}" ({len(text):,} characters)'
