"""From marks to numbers: one model's accuracy with its slices, and the difference between two models, paired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from toolkit.evaluate.records import INCOMPLETE, STATES
from toolkit.evaluate.stats import (
    CANNOT_TELL,
    DRAWS,
    Interval,
    all_k,
    detectable_gain,
    holm,
    majority,
    mcnemar_exact,
    mcnemar_mid_p,
    needed_samples,
    newcombe_paired,
    paired_bootstrap,
    pass_at_k,
    sign_flip,
    t_interval,
    verdict,
    wilson,
)
from toolkit.evaluate.tally import Mark, Tally

SLICES: dict[str, Callable[[Mark], str]] = {
    "by_kind": lambda r: r.kind,
    "by_difficulty": lambda r: r.difficulty,
    "by_language": lambda r: r.language,
    "by_form": lambda r: r.form,
    "by_question_type": lambda r: r.question_type,
    "by_distance": lambda r: str(r.memory_distance) if r.memory_distance else "",
    "by_role": lambda r: r.role,
}
_ORDER = {name: rank for rank, name in enumerate(("SBK", "CM", "easy", "medium", "hard"))}


def summary(side: Tally) -> dict[str, Any]:
    """Accuracy with its Wilson interval, the format rate, every slice, and how many replies are in each state."""
    records = side.marks
    states = Counter(r.state for r in records)
    formats = [r.format for r in records if r.format is not None]
    completed = [r for r in records if r.state not in INCOMPLETE]
    return {
        **rate(records),
        "format": sum(formats) / len(formats) if formats else None,
        "format_interval": _scores(formats) if len(formats) > 1 else None,
        "of_completed": rate(completed),
        **{name: {value: rate(group) for value, group in grouped(records, key).items()}
           for name, key in SLICES.items()},
        "states": {state: states.get(state, 0) for state in STATES},
        "mean_tokens": side.tokens / len(records) if records else None,
        "style": side.style.to_json(),
        "repeats": repeated(records),
    }


def rate(records: Sequence[Mark]) -> dict[str, Any]:
    """Accuracy over the records that have a verdict; `n` counts them.

    Repeats of a sample are no samples of their own: with them the interval is that of the roles (or samples) resampled.
    """
    scored = [r for r in records if r.scored]
    if not scored:
        return {"accuracy": None, "low": None, "high": None, "n": 0}
    samples = by_sample(scored)
    if len(samples) < len(scored):
        found = clustered([_share(group) for group in samples.values()], [g[0].role_id for g in samples.values()])
    else:
        found = wilson(sum(r.right for r in scored), len(scored))
    return {"accuracy": found.value, "low": found.low, "high": found.high, "n": len(scored)}


def by_sample(records: Sequence[Mark]) -> dict[int, list[Mark]]:
    """Records by sample: several where replies are repeated."""
    found: dict[int, list[Mark]] = {}
    for record in records:
        found.setdefault(record.index, []).append(record)
    return found


def _share(records: Sequence[Mark]) -> float:
    return sum(r.right for r in records) / len(records)


def clustered(scores: Sequence[float], roles: Sequence[str]) -> Any:
    """A mean of scores in 0…1 with an interval over resampled roles (samples, where roles are few)."""
    found = paired_bootstrap([0.0] * len(scores), scores, roles, seed=0)
    return type(found)(found.value, max(0.0, found.low), min(1.0, found.high), found.resampled, found.clusters)


def repeated(records: Sequence[Mark]) -> dict[str, Any] | None:
    """pass@k, all-k and maj@k, with k from 1 up to the repeats in powers of two; None without repeats.

    A sample counts when each of its repeats has a verdict.
    """
    samples = by_sample(records)
    k_most = max(map(len, samples.values()), default=1)
    whole = [group for group in samples.values() if len(group) == k_most and all(r.scored for r in group)]
    if k_most < 2 or not whole:
        return None
    roles = [group[0].role_id for group in whole]
    ks = [k for k in (2**power for power in range(16)) if k < k_most] + [k_most]
    tables = {name: {str(k): _interval(clustered([measure(len(g), sum(r.right for r in g), k) for g in whole], roles))
                     for k in ks} for name, measure in (("pass_at", pass_at_k), ("all", all_k))}
    votes = [majority([(r.right if r.answer is None else r.answer, r.right) for r in group]) for group in whole]
    return {"repeats": k_most, "samples": len(whole), **tables, "maj_at": {str(k_most): _interval(clustered(votes, roles))}}


def _interval(found: Any) -> dict[str, float]:
    return {"value": found.value, "low": found.low, "high": found.high}


def _scores(values: Sequence[float]) -> dict[str, float]:
    """Student's interval of a mean of scores in 0…1."""
    found = t_interval(values)
    return {"value": found.value, "low": max(0.0, found.low), "high": min(1.0, found.high)}


def grouped(records: Sequence[Mark], key: Callable[[Mark], str]) -> dict[str, list[Mark]]:
    groups: dict[str, list[Mark]] = {}
    for record in records:
        if key(record):
            groups.setdefault(key(record), []).append(record)
    return dict(sorted(groups.items(), key=lambda item: (_ORDER.get(item[0], len(_ORDER)), len(item[0]), item[0])))


def difference(base: Sequence[Mark], trained: Sequence[Mark], seed: int, draws: int = DRAWS) -> dict[str, Any] | None:
    """Trained − base over the samples both of which have a verdict; None when there are none.

    The interval is that of resampled roles, and no narrower than the one of independent samples (Newcombe).
    With repeats a sample's score is the share of its replies that are right, and a sign-flip test takes McNemar's place.

    Args:
        base, trained: marks of the same samples.
    """
    before, after = (by_sample([r for r in side if r.scored]) for side in (base, trained))
    common = [index for index in before if index in after]
    if not common:
        return None
    was, now = [_share(before[i]) for i in common], [_share(after[i]) for i in common]
    roles = [before[i][0].role_id for i in common]
    found = paired_bootstrap(was, now, roles, seed=seed, draws=draws)
    gained, lost = sum(n > w for w, n in zip(was, now, strict=True)), sum(n < w for w, n in zip(was, now, strict=True))
    once = all(len(before[i]) == len(after[i]) == 1 for i in common)
    if once:        # roles that agree by luck, or samples of which none changed, must not look like certainty
        alone = _independent(was, now)
        found = replace(found, low=min(found.low, alone.low), high=max(found.high, alone.high))
    p_value = mcnemar_exact(gained, lost) if once else sign_flip(
        [n - w for w, n in zip(was, now, strict=True)], roles, seed=seed)
    said = verdict(found, p_value)
    return {"value": found.value, "low": found.low, "high": found.high, "p_value": p_value,
            "p_mid": mcnemar_mid_p(gained, lost) if once else None, "test": "exact McNemar" if once else "sign flips",
            "gained": gained, "lost": lost, "n": len(common), "resampled": found.resampled, "roles": len({*roles} - {""}),
            "no_loss_larger_than": max(0.0, -found.low), "no_gain_larger_than": max(0.0, found.high),
            "needs_n": needed_samples(found, len(common)) if said == CANNOT_TELL else None,
            "detectable": detectable_gain(len(common), (gained + lost) / len(common)), "verdict": said}


def _independent(was: Sequence[float], now: Sequence[float]) -> Interval:
    """The interval of a difference as if samples were independent, from scores of 0 and 1."""
    pairs = Counter(zip(was, now, strict=True))
    return newcombe_paired(pairs[1, 1], pairs[0, 1], pairs[1, 0], pairs[0, 0])


def differences(base: Sequence[Mark], trained: Sequence[Mark], seed: int) -> dict[str, dict[str, Any]]:
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


def weighted_difference(base: Sequence[Mark], trained: Sequence[Mark], sbk_weight: float, cm_weight: float,
                        seed: int) -> dict[str, float] | None:
    """The difference of the weighted scores with its interval; None unless both kinds were measured on both sides."""
    before, after = (by_sample([r for r in side if r.scored and r.kind in ("SBK", "CM")]) for side in (base, trained))
    common = [index for index in before if index in after]
    counts = Counter(before[i][0].kind for i in common)
    if not (counts["SBK"] and counts["CM"]):
        return None
    shares = {"SBK": sbk_weight, "CM": cm_weight}
    weights = [shares[before[i][0].kind] * len(common) / counts[before[i][0].kind] for i in common]
    was, now = [_share(before[i]) for i in common], [_share(after[i]) for i in common]
    found = paired_bootstrap([s * w for s, w in zip(was, weights, strict=True)], [s * w for s, w in zip(now, weights, strict=True)],
                             [before[i][0].role_id for i in common], seed=seed)
    if {*was, *now} <= {0.0, 1.0}:
        # no narrower than of independent samples: intervals of a sum by squares (Zou, Donner 2008, Stat. Med. 27:1693)
        below = above = 0.0
        for kind, share in shares.items():
            alone = _independent(*zip(*((w, n) for i, w, n in zip(common, was, now, strict=True) if before[i][0].kind == kind), strict=True))
            below, above = below + (share * (alone.value - alone.low)) ** 2, above + (share * (alone.high - alone.value)) ** 2
        found = replace(found, low=min(found.low, found.value - below ** 0.5), high=max(found.high, found.value + above ** 0.5))
    return _interval(found)
