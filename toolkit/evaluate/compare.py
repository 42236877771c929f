"""From records to numbers: one model's accuracy with its slices, and the difference between two models, paired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from toolkit.evaluate.records import STATES, TRUNCATED, Record
from toolkit.evaluate.stats import holm, mcnemar_exact, mcnemar_mid_p, paired_bootstrap, verdict, wilson

SLICES: dict[str, Callable[[Record], str]] = {
    "by_kind": lambda r: r.kind,
    "by_difficulty": lambda r: r.difficulty,
    "by_language": lambda r: r.language,
    "by_form": lambda r: r.form,
    "by_distance": lambda r: str(r.memory_distance) if r.memory_distance else "",
}
_ORDER = {name: rank for rank, name in enumerate(("SBK", "CM", "easy", "medium", "hard"))}


def summary(records: Sequence[Record]) -> dict[str, Any]:
    """Accuracy with its Wilson interval, the format rate, every slice, and how many replies are in each state."""
    states = Counter(r.state for r in records)
    formats = [r.format for r in records if r.format is not None]
    completed = [r for r in records if r.state != TRUNCATED]
    return {
        **rate(records),
        "format": sum(formats) / len(formats) if formats else None,
        "of_completed": rate(completed),
        **{name: {value: rate(group) for value, group in grouped(records, key).items()}
           for name, key in SLICES.items()},
        "states": {state: states.get(state, 0) for state in STATES},
        "mean_tokens": sum(r.n_tokens for r in records) / len(records) if records else None,
    }


def rate(records: Sequence[Record]) -> dict[str, Any]:
    """Accuracy over the records that have a verdict."""
    scored = [r for r in records if r.scored]
    if not scored:
        return {"accuracy": None, "low": None, "high": None, "n": 0}
    found = wilson(sum(r.right for r in scored), len(scored))
    return {"accuracy": found.value, "low": found.low, "high": found.high, "n": len(scored)}


def grouped(records: Sequence[Record], key: Callable[[Record], str]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        if key(record):
            groups.setdefault(key(record), []).append(record)
    return dict(sorted(groups.items(), key=lambda item: (_ORDER.get(item[0], len(_ORDER)), len(item[0]), item[0])))


def difference(base: Sequence[Record], trained: Sequence[Record], seed: int) -> dict[str, Any] | None:
    """Trained − base over the samples both of which have a verdict; None when there are none.

    Args:
        base, trained: records of the same samples, in the same order.
    """
    pairs = [(b, t) for b, t in zip(base, trained, strict=True) if b.scored and t.scored]
    if not pairs:
        return None
    found = paired_bootstrap([b.right for b, _ in pairs], [t.right for _, t in pairs], [b.role_id for b, _ in pairs],
                             seed=seed)
    gained = sum(t.right and not b.right for b, t in pairs)
    lost = sum(b.right and not t.right for b, t in pairs)
    p_value = mcnemar_exact(gained, lost)
    return {"value": found.value, "low": found.low, "high": found.high, "p_value": p_value,
            "p_mid": mcnemar_mid_p(gained, lost), "gained": gained, "lost": lost, "n": len(pairs),
            "resampled": found.resampled, "roles": found.clusters, "verdict": verdict(found, p_value)}


def differences(base: Sequence[Record], trained: Sequence[Record], seed: int) -> dict[str, dict[str, Any]]:
    """The difference in every slice, with p-values adjusted (Holm) over the values of that slice."""
    tables: dict[str, dict[str, Any]] = {}
    for name, key in SLICES.items():
        mine = grouped(trained, key)
        table = {value: difference(group, mine[value], seed) for value, group in grouped(base, key).items()}
        table = {value: found for value, found in table.items() if found}
        for found, adjusted in zip(table.values(), holm([f["p_value"] for f in table.values()]), strict=True):
            found["p_holm"] = adjusted
        tables[name] = table
    return tables


def weighted(side: dict[str, Any] | None, sbk_weight: float, cm_weight: float) -> float | None:
    """`sbk_weight·SBK + cm_weight·CM`; None unless both were measured."""
    kinds = (side or {}).get("by_kind", {})
    sbk, cm = (kinds.get(kind, {}).get("accuracy") for kind in ("SBK", "CM"))
    return None if sbk is None or cm is None else sbk_weight * sbk + cm_weight * cm
