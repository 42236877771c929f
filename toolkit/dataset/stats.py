"""What a data set is made of, in one pass: `dataset_stats.json`, and the balance that `validate` judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.samples import Sample

# what good data is made of, by the reference guide: SBK : CM = 1 : 1, easy : medium : hard = 3 : 5 : 2
BALANCE = {"kind": {"SBK": 0.5, "CM": 0.5}, "difficulty": {"easy": 0.3, "medium": 0.5, "hard": 0.2}}


class Stats:
    """Counts that grow by a sample; memory depends on the number of roles and of distinct lengths, not of samples."""

    def __init__(self) -> None:
        self.samples = 0
        self.by: dict[str, Counter[str]] = {name: Counter() for name in (
            "kind", "difficulty", "question_type", "language", "form", "validation_method", "memory_distance", "match")}
        self.keys = 0
        self.roles: Counter[str] = Counter()
        self.answer_length: Counter[int] = Counter()        # characters

    def add(self, sample: Sample) -> None:
        self.samples += 1
        self.keys += len(sample.keys)
        self.roles[sample.role_id] += 1
        self.answer_length[len(sample.answer)] += 1
        by = self.by
        by["kind"][sample.kind] += 1
        by["difficulty"][sample.difficulty] += 1
        by["question_type"][sample.question_type] += 1
        by["language"][sample.language] += 1
        by["form"][str(sample.metadata.get("form") or "unknown")] += 1
        by["validation_method"]["single_term_validation" if len(sample.keys) == 1 else "multi_term_parsing"] += 1
        by["match"][str(sample.match)] += 1
        if sample.kind == "CM":
            by["memory_distance"][str(sample.memory_distance)] += 1

    def shares(self, name: str) -> dict[str, float]:
        """The share of each value that `BALANCE` names, among the samples that have one of them."""
        counts = self.by[name]
        total = sum(counts[value] for value in BALANCE[name])
        return {value: counts[value] / total for value in BALANCE[name]} if total else {}

    def result(self) -> dict[str, Any]:
        per_role = Counter(self.roles.values())
        return {
            "samples": self.samples,
            "roles": len(self.roles),
            "samples_per_role": _quartiles(per_role),
            "keys_per_sample": round(self.keys / self.samples, 3) if self.samples else None,
            **{f"by_{name}": dict(sorted(counts.items(), key=_order)) for name, counts in self.by.items()},
            "answer_length_characters": _quartiles(self.answer_length),
        }


def dataset_stats(samples: Iterable[Sample]) -> dict[str, Any]:
    """Counts by kind, difficulty, question type, language, form, memory distance (CM) and validation method; roles;
    answer length in characters. One pass over `samples`."""
    stats = Stats()
    for sample in samples:
        stats.add(sample)
    return stats.result()


def _order(entry: tuple[str, int]) -> tuple[int, str]:
    """Numbers by size, words by alphabet."""
    value = entry[0]
    return (int(value), "") if value.isdecimal() else (-1, value)


def _quartiles(lengths: Counter[int]) -> dict[str, int] | None:
    """min, lower quartile, median, upper quartile, max by nearest rank (each is a length that occurs)."""
    total = lengths.total()
    if not total:
        return None
    found: dict[str, int] = {}
    # nearest rank: the value at ceil(share * total), counted from 1
    ranks = {"min": 1, "q1": -(-total // 4), "median": -(-total // 2), "q3": -(-3 * total // 4), "max": total}
    seen = 0
    for length in sorted(lengths):
        seen += lengths[length]
        for name, rank in ranks.items():
            if rank <= seen:
                found.setdefault(name, length)
    return {name: found[name] for name in ranks}


def render_stats(stats: Mapping[str, Any]) -> None:
    """A small table of what gen-data wrote, to stderr."""
    from rich.table import Table

    from toolkit.terminal import console, say

    table = Table("split", "samples", "roles", "kinds", "difficulty", "languages", box=None, pad_edge=False)
    for split in ("train", "validation"):
        found = stats[split]
        table.add_row(split, str(found["samples"]), str(found["roles"]),
                      *(_counts(found[f"by_{name}"]) for name in ("kind", "difficulty", "language")))
    console.print(table)
    if short := stats["not_enough_distinct_samples"]:
        say(f"{sum(short.values())} samples fewer than asked for: {len(short)} profiles have too few facts for more "
            "distinct ones.")


def _counts(found: Mapping[str, int]) -> str:
    return " ".join(f"{name} {count}" for name, count in found.items())
