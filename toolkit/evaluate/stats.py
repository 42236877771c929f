"""All statistics of the evaluation, in one file: how sure a rate is, and whether one model is better than another.

    >>> wilson(8, 10)
    Interval(value=0.8, low=0.4901..., high=0.9433...)

Sizes are counts of samples, rates are shares in 0…1, intervals cover 95 % unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
DRAWS = 10_000
POWER = 0.8                                     # of what is called detectable, or enough
# With G roles, all of them leaning one way happens by chance in 2 of 2^G cases: below 6 that is more than 5 %, so no
# interval over roles can hold its level. Then the samples are resampled, and the result speaks of these roles only.
MIN_CLUSTERS = 6

BETTER, WORSE, CANNOT_TELL = "better", "worse", "cannot tell"


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedInterval(Interval):
    """A difference (after − before), and what was resampled for its interval: `roles` or `samples`."""

    resampled: str
    clusters: int


def wilson(successes: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """The score interval for a rate: it keeps its level near 0 and 1, where the usual ± does not.

    Source: Wilson 1927 (JASA 22:209); Newcombe 1998 (Stat. Med. 17:857), method 3.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} of {n} is not a rate.")
    from scipy.stats import norm

    z = float(norm.ppf((1 + confidence) / 2))
    rate = successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)) ** 0.5
    # at 0 and n the exact bound is 0 and 1: rounding must not say otherwise
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Interval(rate, max(0.0, low), min(1.0, high))


def mcnemar_exact(gained: int, lost: int) -> float:
    """Two-sided p that as many samples are gained as lost, from the samples that changed.

    Source: McNemar 1947 (Psychometrika 12:153); exact form: a sign test, Binomial(gained + lost, ½).
    """
    changed = gained + lost
    if changed == 0:
        return 1.0
    from scipy.stats import binom

    return min(1.0, 2 * float(binom.cdf(min(gained, lost), changed, 0.5)))


def mcnemar_mid_p(gained: int, lost: int) -> float:
    """The exact test with half the weight of the observed outcome: nearer to its nominal level.

    Source: Fagerland, Lydersen, Laake 2013 (BMC Med. Res. Methodol. 13:91).
    """
    changed = gained + lost
    if changed == 0:
        return 1.0
    from scipy.stats import binom

    fewer = min(gained, lost)
    if gained == lost:
        return 1.0 - float(binom.pmf(fewer, changed, 0.5))
    return min(1.0, 2 * float(binom.cdf(fewer, changed, 0.5)) - float(binom.pmf(fewer, changed, 0.5)))


def newcombe_paired(both: int, gained: int, lost: int, neither: int, confidence: float = CONFIDENCE) -> Interval:
    """The difference of two rates over the same samples: score intervals of both, joined with their correlation.

    It keeps its level where little or nothing changed, and resampling what was seen finds no doubt at all.

    Source: Newcombe 1998 (Stat. Med. 17:2635), method 10.
    """
    n = both + gained + lost + neither
    before, after = wilson(both + lost, n, confidence), wilson(both + gained, n, confidence)
    margins = (both + lost) * (neither + gained) * (both + gained) * (neither + lost)
    cross = both * neither - gained * lost
    if cross > 0:
        cross = max(cross - n / 2, 0)
    phi = cross / margins ** 0.5 if margins else 0.0

    def reach(one: float, other: float) -> float:
        return max(0.0, one * one - 2 * phi * one * other + other * other) ** 0.5

    value = after.value - before.value
    return Interval(value, value - reach(after.value - after.low, before.high - before.value),
                    value + reach(after.high - after.value, before.value - before.low))


def paired_bootstrap(before: Sequence[float], after: Sequence[float], clusters: Sequence[Hashable], *, seed: int,
                     draws: int = DRAWS, confidence: float = CONFIDENCE) -> PairedInterval:
    """The mean of `after − before` over the same samples, with a percentile interval over resampled clusters.

    Samples of one role stand or fall together, so whole roles are resampled (Cameron, Gelbach, Miller 2008,
    REStat 90:414). The percentiles are the expanded ones of Hesterberg 2015 (Am. Stat. 69:371): plain ones are too
    narrow by sqrt((G−1)/G) and by normal in place of t quantiles, which matters for few clusters.

    Args:
        before, after: one score a sample, in the same order.
        clusters: the role of each sample.
    """
    if not len(before) == len(after) == len(clusters):
        raise ValueError(f"{len(before)} scores before, {len(after)} after and {len(clusters)} clusters do not pair.")
    if len(before) == 0:
        raise ValueError("There are no pairs to compare.")
    import numpy as np

    difference = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)   # (n,)
    _, index = np.unique(_codes(clusters), return_inverse=True)
    roles = int(index.max()) + 1
    over_roles = roles >= MIN_CLUSTERS
    if over_roles:
        sums = np.bincount(index, weights=difference)                              # (G,)
        sizes = np.bincount(index).astype(float)                                   # (G,)
    else:
        sums, sizes = difference, np.ones_like(difference)
    units = len(sums)
    # alike units are drawn as one multinomial cell: the same distribution, for a fraction of the memory
    cells, weight = np.unique(np.stack([sums, sizes], axis=1), axis=0, return_counts=True)   # (c, 2), (c,)
    rng = np.random.default_rng(seed)
    means = np.empty(draws)
    block = max(1, 4_000_000 // len(cells))
    for start in range(0, draws, block):
        count = min(block, draws - start)
        drawn = rng.multinomial(units, weight / units, size=count)                 # (draws, c)
        means[start:start + count] = (drawn @ cells[:, 0]) / (drawn @ cells[:, 1])
    low, high = np.quantile(means, _expanded(units, confidence))
    value = float(difference.mean())
    # a percentile that is 0 up to rounding must not read as "better"
    return PairedInterval(value, _clean(float(low)), _clean(float(high)), "roles" if over_roles else "samples", roles)


def sign_flip(differences: Sequence[float], clusters: Sequence[Hashable], *, seed: int, draws: int = DRAWS) -> float:
    """Two-sided p that the differences are as often for as against, for scores that are no yes or no.

    Whole clusters change their sign together when there are enough of them; all 2^G ways where that is fewer than `draws`.
    Source: Fisher's randomisation test; Pitman 1937 (Suppl. JRSS 4:119); with the observed one counted (Phipson, Smyth 2010).
    """
    import numpy as np

    difference = np.asarray(differences, dtype=float)
    _, index = np.unique(_codes(clusters), return_inverse=True)
    roles = int(index.max()) + 1 if len(difference) else 0
    sums = np.bincount(index, weights=difference) if roles >= MIN_CLUSTERS else difference
    sums = sums[sums != 0]
    if len(sums) == 0:
        return 1.0
    observed = abs(sums.sum()) - 1e-9
    if 2 ** len(sums) <= draws:
        ways = np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums)) & 1        # (2^G, G)
        return float(np.mean(np.abs((1 - 2 * ways) @ sums) >= observed))
    rng = np.random.default_rng(seed)
    beyond, left = 0, draws
    while left:
        count = min(left, max(1, 4_000_000 // len(sums)))
        signs = rng.integers(0, 2, size=(count, len(sums)), dtype=np.int8) * 2 - 1
        beyond += int(np.sum(np.abs(signs @ sums) >= observed))
        left -= count
    return (beyond + 1) / (draws + 1)


def t_interval(scores: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The mean of scores with Student's interval; one score has no interval narrower than everything.

    Source: Student 1908 (Biometrika 6:1).
    """
    if not scores:
        raise ValueError("There are no scores.")
    import numpy as np
    from scipy.stats import t

    values = np.asarray(scores, dtype=float)
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean, float("-inf"), float("inf"))
    half = float(t.ppf((1 + confidence) / 2, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return Interval(mean, mean - half, mean + half)


def detectable_gain(samples: int, changed: float, power: float = POWER, confidence: float = CONFIDENCE) -> float:
    """The smallest difference that so many paired samples tell with this power, when a share `changed` of them changes.

    No difference is larger than the share that changes: where that is too small to tell anything, the gain is the one with
    nothing lost beside it. Samples of a role hang together: fewer roles tell less.

    Source: Connor 1987 (Biometrics 43:207), the variance of a paired difference at most `changed`.
    """
    if samples < 1 or not 0 <= changed <= 1:
        raise ValueError(f"{samples} samples and a share of {changed} are no plan.")
    reach = _reach(power, confidence)
    return min(1.0, reach * (max(changed, reach * reach / samples) / samples) ** 0.5)


def needed_samples(found: Interval, samples: int, power: float = POWER, confidence: float = CONFIDENCE) -> int | None:
    """How many samples a difference as observed would take to be told, as many of each role as now; None when it is 0."""
    from math import ceil

    from scipy.stats import norm

    if found.value == 0 or found.high <= found.low:
        return None
    error = (found.high - found.low) / (2 * float(norm.ppf((1 + confidence) / 2)))
    return max(samples, ceil(samples * (_reach(power, confidence) * error / found.value) ** 2))


def _reach(power: float, confidence: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + confidence) / 2) + norm.ppf(power))


def pass_at_k(replies: int, right: int, k: int) -> float:
    """The chance that of k of the replies at least one is right, without bias.

    Source: Chen et al. 2021 (arXiv 2107.03374), equation 1.
    """
    from math import comb

    _drawable(replies, right, k)
    return 1 - comb(replies - right, k) / comb(replies, k)


def all_k(replies: int, right: int, k: int) -> float:
    """The chance that k of the replies are all right, without bias."""
    from math import comb

    _drawable(replies, right, k)
    return comb(right, k) / comb(replies, k)


def _drawable(replies: int, right: int, k: int) -> None:
    if not (1 <= k <= replies and 0 <= right <= replies):
        raise ValueError(f"{k} of {replies} replies, {right} of them right, cannot be drawn.")


def majority(answers: Sequence[tuple[Hashable, bool]]) -> float:
    """Whether the answer given most often is right; of answers given equally often, the share that is.

    Args:
        answers: `(answer, whether it is right)` of each reply to one prompt.

    Source: Wang et al. 2023 (ICLR, self-consistency).
    """
    from collections import Counter

    counts = Counter(answer for answer, _ in answers)
    most = max(counts.values())
    truth: dict[Hashable, bool] = {}
    for answer, right in answers:
        truth[answer] = truth.get(answer, False) or right
    first = [answer for answer, count in counts.items() if count == most]
    return sum(truth[answer] for answer in first) / len(first)


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Agreement of two raters beyond chance: 1 is full, 0 what chance gives; None when both only ever say one thing.

    Source: Cohen 1960 (Educ. Psychol. Meas. 20:37), κ = (p₀ − pₑ) / (1 − pₑ).
    """
    from collections import Counter

    if len(first) != len(second) or not first:
        raise ValueError(f"{len(first)} and {len(second)} ratings do not pair.")
    n = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    mine, theirs = Counter(first), Counter(second)
    by_chance = sum(mine[label] * theirs[label] for label in mine) / n**2
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def _codes(clusters: Sequence[Hashable]) -> list[int]:
    known: dict[Hashable, int] = {}
    return [known.setdefault(cluster, len(known)) for cluster in clusters]


def _expanded(units: int, confidence: float) -> list[float]:
    from scipy.stats import norm, t

    if units < 2:
        return [0.0, 1.0]
    tail = float(norm.cdf((units / (units - 1)) ** 0.5 * t.ppf((1 - confidence) / 2, units - 1)))
    return [tail, 1 - tail]


def _clean(value: float) -> float:
    return 0.0 if abs(value) < 1e-12 else value


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for testing several things at once, in the given order.

    Source: Holm 1979 (Scand. J. Stat. 6:65).
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def verdict(difference: Interval, p_value: float | None = None) -> str:
    """`better` or `worse` when the whole interval lies on one side of zero, else `cannot tell`.

    Args:
        p_value: of the exact test; when given, it must agree. The interval knows that the samples of a role hang
            together, the exact test holds its level in small samples: equal models are told apart in under 5 % of runs
            only by the two together (simulated: 5 to 6 % by the interval alone).
    """
    if p_value is not None and p_value >= 1 - CONFIDENCE:
        return CANNOT_TELL
    if difference.low > 0:
        return BETTER
    return WORSE if difference.high < 0 else CANNOT_TELL
