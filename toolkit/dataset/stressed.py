"""`toolkit validate --stress`: what the verified reward would pay and deny on these very samples.

Honest and adversarial replies are made from each sample (`toolkit.rewards.stress`) and scored by the verifier that will pay the
reward. A false denial points to a key whose other wordings are missing, a false pay to a key that is too short or too general,
or to a weakness of the verifier: both are worth reading before a run is.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable
from typing import Any

from toolkit.samples import Sample
from toolkit.tasks.roleplay import RolePlay

SHOWN_OF_KIND = 2


class Stressed:
    """Keeps at most `limit` of the samples it is given, chosen by the hash of their ids, and stresses those.

    A larger limit contains every smaller one; memory does not grow with the data set.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self._kept: list[tuple[int, int, Sample]] = []      # a heap with the highest rank first
        self._count = 0

    def add(self, sample: Sample) -> None:
        rank = int.from_bytes(hashlib.sha256(sample.id.encode()).digest()[:8])
        entry = (-rank, -self._count, sample)
        self._count += 1
        if len(self._kept) < self.limit:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)

    @property
    def samples(self) -> list[Sample]:
        """What is kept so far, in the order in which it came."""
        return [sample for _, _, sample in sorted(self._kept, key=lambda entry: -entry[1])]

    def result(self, progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
        """`false_pay` and `false_deny` with `rate`, `failed`, `of` and `by_kind`; the `worst` replies of each kind."""
        from toolkit.rewards.stress import stress

        task = RolePlay()
        counts: dict[float, dict[str, list[int]]] = {0.0: {}, 1.0: {}}      # expected → kind → [failed, of]
        worst: list[dict[str, Any]] = []
        for number, sample in enumerate(self.samples, start=1):
            for probe in stress(sample):
                verdict = task.score("accuracy", sample, probe.text)
                entry = counts[probe.expected].setdefault(probe.kind, [0, 0])
                entry[1] += 1
                if verdict.score == probe.expected:
                    continue
                entry[0] += 1
                if entry[0] <= SHOWN_OF_KIND:
                    worst.append({"id": sample.id, "kind": probe.kind, "expected": probe.expected,
                                  "question": sample.question, "keys": [key.canonical for key in sample.keys],
                                  "text": probe.text, "code": verdict.code, "reason": verdict.reason})
            progress(number)
        return {"samples": len(self._kept), "false_pay": _side(counts[0.0]), "false_deny": _side(counts[1.0]), "worst": worst}


def _side(counts: dict[str, list[int]]) -> dict[str, Any]:
    failed, of = (sum(entry[n] for entry in counts.values()) for n in (0, 1))
    return {"rate": failed / of if of else 0.0, "failed": failed, "of": of,
            "by_kind": {kind: {"failed": n, "of": m} for kind, (n, m) in sorted(counts.items())}}
