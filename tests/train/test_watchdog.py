"""Alarms: what is hopeless stops, what is normal is never called an alarm."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.train.arguments import load_settings
from toolkit.train.watchdog import ALARMS, Alarm, Watchdog, repetitive_share, watchdog_problems

ROOT = Path(__file__).parents[2]
WEIGHTS = {"accuracy": 0.7, "format": 0.3}


def healthy(step: int, steps: int = 60, noise: random.Random | None = None) -> dict[str, Any]:
    """A run that learns, with the ranges that were seen in runs of the demo."""
    shake = noise or random.Random(step)
    accuracy = min(0.3 + 0.7 * step / steps + shake.uniform(-0.1, 0.1), 1.0)
    form = min(0.8 + 0.2 * step / steps + shake.uniform(-0.05, 0.05), 1.0)
    return {"loss": shake.uniform(-0.05, 0.1), "grad_norm": shake.uniform(0.1, 1.1), "kl": shake.uniform(0.0, 1.5),
            "entropy": 0.25 * (1 - step / (1.05 * steps)), "completions/mean_length": shake.uniform(22, 34),
            "completions/clipped_ratio": shake.uniform(0, 0.14), "rewards/accuracy/mean": accuracy, "rewards/format/mean": form,
            "reward": 0.7 * accuracy + 0.3 * form, "reward_std": 0.4 * (1 - step / (1.05 * steps)),
            "frac_reward_zero_std": min(max(step / steps - 0.1, 0.0), 1.0), "step_time": shake.uniform(0.7, 7.8)}


def alarms(changes: Mapping[str, Any], mode: Any = "stop", steps: int = 60, texts: list[str] | None = None) -> list[Alarm]:
    """What a run with these values from its 25th step on raises."""
    dog = Watchdog(WEIGHTS, 1.0, ["accuracy"], mode)
    found: list[Alarm] = []
    for step in range(1, steps + 1):
        late = step >= 25
        found += dog.look(step, {**healthy(step), **(changes if late else {})}, texts or [] if late else [])
    return found


NAN = float("nan")
STUCK = {"reward": 0.3, "rewards/accuracy/mean": 0.2, "rewards/format/mean": 0.5}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("no_reward", {"reward": None}), ("no_reward", {"reward": NAN}), ("nan", {"loss": NAN}), ("nan", {"grad_norm": NAN}),
    ("constant_reward", {**STUCK, "frac_reward_zero_std": 1.0, "reward_std": 0.0, "grad_norm": 0.0}),
    ("zero_gradient", {**STUCK, "frac_reward_zero_std": 0.2, "reward_std": 0.3, "grad_norm": 0.0}),
    ("no_variance", {**STUCK, "frac_reward_zero_std": 0.85, "reward_std": 0.3}),
    ("low_reward", {"reward": 0.05, "frac_reward_zero_std": 0.5}),
    ("kl_explosion", {"kl": 40.0}), ("high_kl", {"kl": 5.0}), ("entropy_explosion", {"entropy": 4.0}),
    ("entropy_collapse", {**STUCK, "frac_reward_zero_std": 0.7, "reward_std": 0.001}),
    ("length_collapse", {"completions/mean_length": 4.0}), ("length_blow_up", {"completions/mean_length": 200.0}),
    ("truncated", {"completions/clipped_ratio": 0.6}),
    ("format_only", {"reward": 0.3, "rewards/accuracy/mean": 0.01, "rewards/format/mean": 1.0, "frac_reward_zero_std": 0.5}),
    ("domination", {"reward": 0.3, "rewards/accuracy/mean": 0.01, "rewards/format/mean": 1.0, "frac_reward_zero_std": 0.5}),
    ("slow_step", {"time/generation_s": 30.0}), ("idle_gpu", {"gpu_use": 20.0}), ("failed_rewards", {"unscored": 0.2}),
]


@pytest.mark.parametrize(("name", "changes"), CASES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(CASES)])
def test_each_illness_raises_its_alarm_and_only_hopeless_ones_stop(name: str, changes: dict[str, Any]) -> None:
    found = {alarm.name: alarm for alarm in alarms(changes)}
    assert name in found, sorted(found)
    assert found[name].stop is ALARMS[name]
    assert len(found[name].sentence) > 40
    assert not alarms(changes, {name: "off"}) or name not in {a.name for a in alarms(changes, {name: "off"})}
    assert not any(alarm.stop for alarm in alarms(changes, "warn"))
    assert alarms(changes, "off") == []


def test_every_alarm_has_a_case() -> None:
    assert {name for name, _ in CASES} | {"repetition"} == set(ALARMS)


def test_completions_that_repeat_themselves() -> None:
    looping = ["I am a baker. " * 60] * 4
    assert "repetition" in {alarm.name for alarm in alarms({}, texts=looping)}
    prose = [Path(__file__).read_text(encoding="utf-8")[start:start + 900] for start in range(0, 3600, 900)]
    assert repetitive_share(prose) == 0.0
    assert repetitive_share(["short", "短い"]) == 0.0
    one = ["I am a baker.", "I bake bread."] * 20 + looping[:1]
    assert "repetition" not in {alarm.name for alarm in alarms({}, texts=one)}


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([40, 60, 130, 150]))
def test_a_run_that_learns_raises_no_alarm(seed: int, steps: int) -> None:
    noise, dog = random.Random(seed), Watchdog(WEIGHTS, 1.0, ["accuracy"])
    assert [a.name for step in range(1, steps + 1) for a in dog.look(step, healthy(step, steps, noise))] == []


def test_a_solved_task_without_variance_is_no_alarm() -> None:
    solved = {"reward": 1.0, "rewards/accuracy/mean": 1.0, "rewards/format/mean": 1.0, "frac_reward_zero_std": 1.0,
              "reward_std": 0.0, "grad_norm": 0.0, "entropy": 0.007}
    assert alarms(solved, steps=100) == []


def test_an_alarm_that_goes_on_is_said_once_in_a_hundred_steps() -> None:
    assert [alarm.name for alarm in alarms({"time/generation_s": 30.0}, steps=120)] == ["slow_step"]


@pytest.mark.parametrize(("most", "fix"), [("data", "dataloader_num_workers"), ("generation", "use_vllm"), ("reward", "reward preview"),
                                           ("forward", "gradient_checkpointing"), ("backward", "gradient_checkpointing")])
def test_a_slow_step_is_explained_at_its_third_step(most: str, fix: str) -> None:
    parts = {"time/data_s": 1.0, "time/generation_s": 1.0, "time/reward_s": 0.0, "time/forward_s": 1.0, "time/backward_s": 1.0}
    dog = Watchdog(WEIGHTS, 1.0, ["accuracy"])
    found = [(step, alarm) for step in range(1, 30) for alarm in dog.look(step, {**healthy(step), **parts, f"time/{most}_s": 16.0})]
    (step, alarm), = found
    assert step == 3 and f"{most} {16 / (19 + (most == 'reward')):.0%}" in alarm.sentence and fix in alarm.sentence


def _modes() -> Iterator[tuple[Any, str]]:
    yield "loud", "expected stop, warn, off"
    yield {"trunkated": "off"}, 'Did you mean "truncated"'
    yield {"truncated": "never"}, '"watchdog.truncated" is \'never\''


@pytest.mark.parametrize(("value", "problem"), list(_modes()))
def test_a_setting_that_is_wrong_is_named(value: Any, problem: str) -> None:
    with pytest.raises(InputError, match="watchdog"):
        load_settings(ROOT / "configs/grpo_config.yaml", {"watchdog": value})
    assert problem in watchdog_problems(value)[0]


def test_off_as_yaml_reads_it() -> None:
    assert watchdog_problems(False) == [] and Watchdog(WEIGHTS, 1.0, [], False).look(1, {"reward": None}) == []
