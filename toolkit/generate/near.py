"""Near duplicates among what was accepted, by MinHash over character shingles (rensa: Rust, a few µs a text).

A question is compared with the questions of the same role, a dialogue with every dialogue: two roles may be asked for
their teacher, but one dialogue told for two roles is a model that repeats itself. Memory is fixed: the last one to two
windows of accepted texts are remembered, and the work of one role stands together in the plan.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from toolkit.samples import Sample

PERMUTATIONS = 64                               # standard error of a similarity of 0.7: 0.06
BANDS = 16
THRESHOLD = 0.7                                 # share of shingles in common
WINDOW = 12_000                                 # texts; two windows of signatures and their index are about 50 MB


class NearDuplicates:
    """Accepted texts, and whether a new one is too near to one of them.

    Args:
        threshold: Jaccard similarity of shingles from which two texts are duplicates, 0 to 1.
        window: so many texts are remembered at least, and twice as many at most.
    """

    def __init__(self, threshold: float = THRESHOLD, window: int = WINDOW):
        self.threshold, self.window = threshold, window
        self._windows: list[tuple[Any, dict[int, tuple[Any, str]]]] = [self._empty(), self._empty()]
        self._count = 0
        self._last: tuple[Sample | None, tuple[Any, str]] = (None, (None, ""))

    def _empty(self) -> tuple[Any, dict[int, tuple[Any, str]]]:
        from rensa import RMinHashLSH

        return RMinHashLSH(threshold=self.threshold, num_perm=PERMUTATIONS, num_bands=BANDS), {}

    def near(self, sample: Sample) -> str | None:
        """The accepted question or dialogue that this sample repeats, or None."""
        signature, _ = self._signature(sample)
        for index, known in self._windows:
            for candidate in index.query(signature):
                other, text = known[candidate]
                if signature.jaccard(other) >= self.threshold:
                    return text
        return None

    def add(self, sample: Sample) -> None:
        index, known = self._windows[1]
        if len(known) >= self.window:
            self._windows = [self._windows[1], self._empty()]
            index, known = self._windows[1]
        signature, text = self._signature(sample)
        index.insert(self._count, signature)
        known[self._count] = signature, text
        self._count += 1

    def _signature(self, sample: Sample) -> tuple[Any, str]:
        """Signature and text; the last one is kept, since a sample is looked up before it is added."""
        if self._last[0] is not sample:
            self._last = sample, self._signed(sample)
        return self._last[1]

    def _signed(self, sample: Sample) -> tuple[Any, str]:
        from rensa import RMinHash

        if sample.conversation_history:
            scope, text = "", " ".join(turn["content"] for turn in sample.conversation_history)
        else:
            scope, text = sample.role_id, sample.question
        signature = RMinHash(num_perm=PERMUTATIONS, seed=1)
        signature.update(shingles(text, scope))
        return signature, text[:80]


def shingles(text: str, scope: str = "") -> list[str]:
    """Pairs of neighbouring characters in CJK, trigrams in Latin script, of letters and digits alone."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    flat = "".join(filter(str.isalnum, text.casefold()))
    size = 3 if flat.isascii() else 2
    return [scope + flat[at:at + size] for at in range(max(1, len(flat) - size + 1))]
