"""Near duplicates among what was accepted, by MinHash over character shingles (rensa: Rust, a few µs a text).

A question is compared with the questions of the same role, a dialogue with every dialogue: two roles may be asked for
their teacher, but one dialogue told for two roles is a model that repeats itself. Memory is fixed, 10 MB: the last accepted
texts are remembered, and the work of one role stands together in the plan.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator
from operator import eq
from typing import NamedTuple
from zlib import crc32

from toolkit.samples import Sample

PERMUTATIONS = 64                               # standard error of a similarity of 0.7: 0.06
BANDS = 16                                      # of 4 values each: of pairs that similar, 1.2 % agree in none
SLOTS = 1 << 16                                 # of each band: a text of a full window loses a sixth of its bands to later ones
THRESHOLD = 0.7                                 # share of shingles in common
WINDOW = 12_000                                 # texts


class Signature(NamedTuple):
    digest: array[int]                          # PERMUTATIONS values of 32 bits
    bands: list[int]                            # the slot of each band
    text: str                                   # its beginning


class NearDuplicates:
    """Accepted texts, and whether a new one is too near to one of them.

    Args:
        threshold: Jaccard similarity of shingles from which two texts are duplicates, 0 to 1.
        window: so many texts are remembered.
    """

    def __init__(self, threshold: float = THRESHOLD, window: int = WINDOW):
        self.threshold, self.window = threshold, window
        self._known: list[tuple[array[int], str]] = []      # a ring
        self._count = 0
        # for each slot the number of the last text in it, counted from 1: locality-sensitive hashing that only ever overwrites
        self._slots = [array("I", bytes(4 * SLOTS)) for _ in range(BANDS)]
        self._last: tuple[Sample | None, Signature] = (None, Signature(array("I"), [], ""))

    def near(self, sample: Sample) -> str | None:
        """The accepted question or dialogue that this sample repeats, or None."""
        signature = self._signature(sample)
        for digest, text in self._candidates(signature.bands):
            if sum(map(eq, digest, signature.digest)) >= self.threshold * PERMUTATIONS:
                return text
        return None

    def add(self, sample: Sample) -> None:
        signature = self._signature(sample)
        if self._count < self.window:
            self._known.append((signature.digest, signature.text))
        else:
            self._known[self._count % self.window] = signature.digest, signature.text
        self._count += 1
        for slots, slot in zip(self._slots, signature.bands, strict=True):
            slots[slot] = self._count

    def _candidates(self, bands: list[int]) -> Iterator[tuple[array[int], str]]:
        """The remembered texts that share a band."""
        for number in {slots[slot] for slots, slot in zip(self._slots, bands, strict=True)}:
            if number > max(0, self._count - self.window):
                yield self._known[(number - 1) % self.window]

    def _signature(self, sample: Sample) -> Signature:
        """The signature of a sample; the last one is kept, since a sample is looked up before it is added."""
        if self._last[0] is not sample:
            self._last = sample, self._signed(sample)
        return self._last[1]

    def _signed(self, sample: Sample) -> Signature:
        from rensa import RMinHash

        if sample.conversation_history:
            scope, text = "", " ".join(turn["content"] for turn in sample.conversation_history)
        else:
            scope, text = sample.role_id, sample.question
        hashed = RMinHash(num_perm=PERMUTATIONS, seed=1)
        hashed.update(shingles(text, scope))
        digest = array("I", hashed.digest())
        packed, size = digest.tobytes(), 4 * PERMUTATIONS // BANDS
        return Signature(digest, [crc32(packed[at:at + size]) % SLOTS for at in range(0, len(packed), size)], text[:80])


def shingles(text: str, scope: str = "") -> list[str]:
    """Pairs of neighbouring characters in CJK, trigrams in Latin script, of letters and digits alone."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    flat = "".join(filter(str.isalnum, text.casefold()))
    size = 3 if flat.isascii() else 2
    return [scope + flat[at:at + size] for at in range(max(1, len(flat) - size + 1))]
