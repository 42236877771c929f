"""Statistics against published values and simulations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.evaluate.compare import difference
from toolkit.evaluate.records import RIGHT, WRONG, Record
from toolkit.evaluate.stats import (
    BETTER,
    CANNOT_TELL,
    WORSE,
    Interval,
    all_k,
    cohen_kappa,
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


def test_newcombes_paired_interval_agrees_with_the_published_example():
    found = newcombe_paired(both=36, gained=12, lost=2, neither=0)     # Newcombe 1998, table I: 0.2, 0.0569 to 0.3404
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)
    mirrored = newcombe_paired(both=36, gained=2, lost=12, neither=0)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


@given(st.tuples(*[st.integers(0, 40)] * 4).filter(any))
def test_nothing_changed_is_no_certainty_that_nothing_would(cells):
    found = newcombe_paired(*cells)
    assert -1 <= found.low <= found.value + 1e-12 and found.value - 1e-12 <= found.high <= 1
    assert found.high - found.low > 0.01


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


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_the_interval_is_ordered_and_holds_the_difference_for_any_scores(rows):
    before, after, roles = (list(column) for column in zip(*rows, strict=True))
    found = paired_bootstrap(before, after, roles, seed=0, draws=500)
    assert -1 <= found.low <= found.high <= 1
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9 or len(set(roles)) >= 6


def equal_records(rng, roles, each, repeats):
    """Two sides of one and the same model: roles differ in difficulty, samples within them, too."""
    rates = np.repeat(rng.beta(2, 2, roles), each)
    rates = np.clip(rates + rng.normal(0, 0.15, roles * each), 0, 1)
    return [[Record(index=n, side=side, id=str(n), role_id=str(n // each), question="", completion="", finish_reason="stop",
                    n_tokens=1, state=RIGHT if rng.random() < rate else WRONG, score=1.0, format=None, code="", reason="",
                    repeat=repeat)
             for n, rate in enumerate(rates) for repeat in range(repeats)] for side in ("base", "trained")]


@pytest.mark.parametrize(("roles", "each", "repeats"), [(4, 20, 1), (8, 10, 1), (8, 8, 3), (4, 15, 2)])
def test_a_model_against_itself_cannot_be_told_in_at_least_95_percent_of_evaluations(roles, each, repeats):
    rng = np.random.default_rng(5)
    runs, undecided = 200, 0
    for run in range(runs):
        found = difference(*equal_records(rng, roles, each, repeats), seed=run, draws=600)
        undecided += found["verdict"] == CANNOT_TELL
    assert undecided / runs >= 0.95


def test_sign_flips_agree_with_mcnemar_where_scores_are_yes_or_no():
    gained, lost = 9, 2
    differences = [1.0] * gained + [-1.0] * lost + [0.0] * 20
    exact = sign_flip(differences, ["one role"] * len(differences), seed=0)
    assert exact == pytest.approx(mcnemar_exact(gained, lost))
    drawn = sign_flip(differences, ["one role"] * len(differences), seed=0, draws=2000)
    assert drawn == pytest.approx(exact, abs=0.02)
    assert sign_flip([0.0, 0.0], ["a", "b"], seed=0) == 1.0


# Chen et al. 2021 give the estimator; 10 replies of which 3 are right, counted out: 1 − C(7,k)/C(10,k)
def test_pass_at_k_and_all_k_agree_with_counting_every_draw():
    from itertools import combinations

    replies = [True] * 3 + [False] * 7
    for k in (1, 2, 5, 10):
        draws = list(combinations(replies, k))
        assert pass_at_k(10, 3, k) == pytest.approx(sum(any(d) for d in draws) / len(draws))
        assert all_k(10, 3, k) == pytest.approx(sum(all(d) for d in draws) / len(draws))
    with pytest.raises(ValueError):
        pass_at_k(4, 2, 5)


def test_the_majority_is_the_answer_given_most_often():
    assert majority([("7", True), ("7", True), ("8", False)]) == 1
    assert majority([("8", False), ("8", False), ("7", True)]) == 0
    assert majority([("8", False), ("7", True)]) == 0.5


def test_what_is_called_detectable_is_detected_with_the_power_that_is_promised():
    rng = np.random.default_rng(1)
    samples, changed = 400, 0.3
    gain = detectable_gain(samples, changed)
    up = (changed + gain) / 2
    told = 0
    for _ in range(400):
        draw = rng.random(samples)
        told += mcnemar_mid_p(int((draw < up).sum()), int(((draw >= up) & (draw < changed)).sum())) < 0.05
    assert 0.72 < told / 400 < 0.9


def test_a_smaller_difference_needs_more_samples_and_none_needs_no_number():
    assert needed_samples(Interval(0.05, -0.05, 0.15), 100) == pytest.approx(817, abs=2)
    assert needed_samples(Interval(0.025, -0.075, 0.125), 100) > 3000
    assert needed_samples(Interval(0.0, -0.1, 0.1), 100) is None


# Sim, Wright 2005 (Phys. Ther. 85:257), table 1: two physiotherapists and 39 patients, 22 and 11 agreed, κ = 0.67
def test_kappa_agrees_with_the_published_example():
    first = ["yes"] * 24 + ["no"] * 15
    second = ["yes"] * 22 + ["no"] * 2 + ["yes"] * 4 + ["no"] * 11
    assert cohen_kappa(first, second) == cohen_kappa(second, first) == pytest.approx(0.67, abs=0.005)


def test_kappa_is_1_for_full_agreement_0_for_chance_and_unknown_where_only_one_thing_is_said():
    assert cohen_kappa([True, False, True], [True, False, True]) == 1
    assert cohen_kappa([True, True, False, False], [True, False, True, False]) == 0
    assert cohen_kappa([True, True], [True, True]) is None
    with pytest.raises(ValueError):
        cohen_kappa([], [])


# Student's sleep data (Biometrika 1908): the extra sleep of ten patients, drug 2
def test_the_t_interval_agrees_with_student_s_example():
    found = t_interval([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    assert (found.value, found.low, found.high) == pytest.approx((2.33, 0.8977, 3.7623), abs=1e-4)
