"""Statistics against published values and simulations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.evaluate.stats import (
    BETTER,
    CANNOT_TELL,
    WORSE,
    Interval,
    holm,
    mcnemar_exact,
    mcnemar_mid_p,
    paired_bootstrap,
    verdict,
    wilson,
)


# Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
@pytest.mark.parametrize(("right", "n", "low", "high"), [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)])
def test_wilson_agrees_with_the_published_table(right, n, low, high):
    found = wilson(right, n)
    assert found.value == right / n
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_wilson_refuses_what_is_no_rate():
    for right, n in ((0, 0), (3, 2), (-1, 5)):
        with pytest.raises(ValueError):
            wilson(right, n)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_symmetric_and_holds_the_rate(counts):
    right, n = counts
    found, mirrored = wilson(right, n), wilson(n - right, n)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high)


# Fagerland, Lydersen, Laake 2013, BMC Med. Res. Methodol. 13:91: airway hyper-responsiveness, 1 and 7 discordant pairs
def test_mcnemar_agrees_with_the_published_example():
    assert mcnemar_exact(1, 7) == pytest.approx(0.0703, abs=5e-5)
    assert mcnemar_mid_p(1, 7) == pytest.approx(0.0391, abs=5e-5)


def test_mcnemar_does_not_depend_on_the_direction_and_says_nothing_without_changes():
    assert mcnemar_exact(10, 1) == mcnemar_exact(1, 10) == pytest.approx(2 * 12 / 2**11)
    assert mcnemar_exact(0, 0) == mcnemar_mid_p(0, 0) == 1.0
    assert mcnemar_exact(4, 4) == 1.0


def test_holm_agrees_with_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def sample(roles: int, each: int, before: float, after: float, seed: int) -> tuple[list[bool], list[bool], list[int]]:
    rng = np.random.default_rng(seed)
    return ((rng.random(roles * each) < before).tolist(), (rng.random(roles * each) < after).tolist(),
            np.repeat(np.arange(roles), each).tolist())


def test_the_bootstrap_repeats_with_its_seed_and_mirrors_when_the_sides_are_swapped():
    before, after, roles = sample(20, 25, 0.5, 0.7, 1)
    found = paired_bootstrap(before, after, roles, seed=3)
    assert found == paired_bootstrap(before, after, roles, seed=3)
    assert found.value == pytest.approx(np.mean(after) - np.mean(before))
    swapped = paired_bootstrap(after, before, roles, seed=3)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low), abs=0.01)


def test_the_bootstrap_of_many_independent_samples_agrees_with_the_t_interval():
    before, after, roles = sample(600, 1, 0.45, 0.6, 2)
    difference = np.array(after, float) - np.array(before, float)
    half = 1.9639 * difference.std(ddof=1) / len(difference) ** 0.5
    found = paired_bootstrap(before, after, roles, seed=0)
    assert (found.low, found.high) == pytest.approx((difference.mean() - half, difference.mean() + half), abs=0.006)


def test_samples_that_repeat_each_other_within_a_role_do_not_narrow_the_interval():
    before, after, roles = sample(30, 1, 0.4, 0.7, 5)
    once = paired_bootstrap(before, after, roles, seed=0)
    copied = paired_bootstrap(before * 10, after * 10, roles * 10, seed=0)
    assert copied.high - copied.low == pytest.approx(once.high - once.low, abs=0.02)


def test_few_roles_are_not_taken_for_many():
    before, after, roles = sample(3, 50, 0.4, 0.6, 7)
    found = paired_bootstrap(before, after, roles, seed=0)
    assert (found.resampled, found.clusters) == ("samples", 3)
    assert paired_bootstrap(*sample(6, 50, 0.4, 0.6, 7), seed=0).resampled == "roles"


@pytest.mark.parametrize(("roles", "each"), [(1, 200), (6, 20), (14, 36)])
def test_equal_models_are_told_apart_in_at_most_five_percent_of_runs(roles, each):
    rng = np.random.default_rng(11)
    undecided = 0
    for run in range(400):
        rates = np.repeat(rng.beta(2, 2, roles), each)
        before, after = rng.random(roles * each) < rates, rng.random(roles * each) < rates
        found = paired_bootstrap(before.tolist(), after.tolist(), np.repeat(np.arange(roles), each).tolist(), seed=run,
                                 draws=1000)
        p_value = mcnemar_exact(int((after & ~before).sum()), int((before & ~after).sum()))
        undecided += verdict(found, p_value) == CANNOT_TELL
    assert undecided / 400 >= 0.95


def test_a_real_gain_is_found():
    before, after, roles = sample(14, 36, 0.45, 0.93, 0)
    found = paired_bootstrap(before, after, roles, seed=0)
    assert found.low > 0.35
    assert verdict(found, 1e-9) == BETTER


def test_the_verdict_is_what_the_interval_says():
    assert verdict(Interval(0.1, 0.01, 0.2)) == BETTER
    assert verdict(Interval(-0.1, -0.2, -0.01)) == WORSE
    assert verdict(Interval(0.1, 0.0, 0.2)) == CANNOT_TELL
    assert verdict(Interval(0.1, 0.01, 0.2), p_value=0.2) == CANNOT_TELL


def test_scores_that_do_not_pair_are_refused():
    with pytest.raises(ValueError):
        paired_bootstrap([1, 0], [1], ["a", "b"], seed=0)
    with pytest.raises(ValueError):
        paired_bootstrap([], [], [], seed=0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_the_interval_is_ordered_and_holds_the_difference_for_any_scores(rows):
    before, after, roles = (list(column) for column in zip(*rows, strict=True))
    found = paired_bootstrap(before, after, roles, seed=0, draws=500)
    assert -1 <= found.low <= found.high <= 1
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9 or len(set(roles)) >= 6
