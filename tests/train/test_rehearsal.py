"""Before it is trained a model is tried: what it sees and writes is shown, and a run that cannot learn is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import InputError, Refused
from toolkit.rewards.compose import compose
from toolkit.run import read_manifest
from toolkit.tasks.base import load_task
from toolkit.train.arguments import load_settings
from toolkit.train.rehearsal import Rehearsal, problems_of

from .small_run import configure, metrics, start

SEEN = Rehearsal(groups=64, generations=8, reward=0.2, parts={"accuracy": 0.2, "format": 0.2}, zero_variance=1.0, truncated=0.0,
                 unscored=0.0, mean_tokens=40.0, seconds=1.0, whole=True)
CONFIG = Path(__file__).parents[2] / "configs/grpo_config.yaml"


def problems(**seen: Any) -> str:
    over = {"max_completion_length": 40, "mask_truncated_completions": seen.pop("masked", False)}
    return " ".join(problems_of(replace(SEEN, **seen), load_settings(CONFIG, over),
                                compose(load_task("roleplay"), {"accuracy": 0.7, "format": 0.3})))


@pytest.mark.parametrize(("seen", "fix"), [
    ({"reward": 0.97}, "Give harder data"), ({"truncated": 0.95}, "cut at max_completion_length 40. Raise it"),
    ({"reward": 0.0, "parts": {"accuracy": 0.0, "format": 0.0}}, "Give a cold start"), ({}, "Give easier data"),
    ({"reward": None}, "toolkit reward preview"), ({"truncated": 1.0, "masked": True, "groups": 2}, "leaves none to learn from")])
def test_what_cannot_be_learnt_is_told_with_its_fix(seen: dict[str, Any], fix: str) -> None:
    assert fix in problems(**seen)


@pytest.mark.parametrize("seen", [{"zero_variance": 63 / 64}, {"groups": 58}, {"whole": False}, {"truncated": 1.0, "groups": 2}])
def test_what_may_be_learnt_or_was_too_little_to_tell_is_not_refused(seen: dict[str, Any]) -> None:
    assert problems(**seen) == ""


def test_a_run_shows_its_prompt_its_lengths_and_what_replies_earn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start(tmp_path, max_steps=1)
    said = capsys.readouterr().err
    assert "<|user|>Name: name" in said.replace("\n    │ ", "") and "<|assistant|>" in said
    assert "a reply ends with '<|end|>'" in said and "of the context's 1,024" in said
    assert "2 prompts × 2 completions in" in said and "truncated" in said
    rows = json.loads((tmp_path / "run/samples/step-000000.json").read_text(encoding="utf-8"))
    found = read_manifest(tmp_path / "run")["preflight"]
    assert len(rows) == found["groups"] * found["generations"] == 4
    assert found["reward"] == pytest.approx(sum(row["reward"] for row in rows) / 4)
    assert found["truncated"] == sum({"length": True, "stop": False}[row["finish_reason"]] for row in rows) / 4
    assert sum(f"    {row['reward']:.2f} (" in said for row in rows) >= 2


def test_what_is_trained_does_not_depend_on_it(tmp_path: Path) -> None:
    start(tmp_path / "with", max_steps=2)
    start(tmp_path / "without", max_steps=2, preflight="off")
    assert not (tmp_path / "without/run/samples/step-000000.json").exists()
    assert [row["loss"] for row in metrics(tmp_path / "with")] == [row["loss"] for row in metrics(tmp_path / "without")]


def test_a_reward_that_pays_everything_alike_is_refused_before_the_first_step(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"none of 64 groups has .* so nothing would be learnt.* --set preflight=warn") as refused:
        start(tmp_path, body="0.5", max_steps=40)
    assert refused.value.exit_code == 3
    assert not (tmp_path / "run/metrics.jsonl").exists()


def test_a_reward_that_always_fails_is_refused_unless_it_is_only_warned_of(tmp_path: Path,
                                                                          capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refused, match="not one completion could be scored"):
        start(tmp_path, body="1 / 0", max_steps=1)
    assert start(tmp_path, body="1 / 0", max_steps=1, preflight="warn", watchdog="warn").is_dir()
    assert "preflight: not one completion could be scored" in capsys.readouterr().err


def test_prompts_that_do_not_fit_into_the_context_are_refused_with_the_numbers(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"16 of the 16 longest prompts do not fit into the model's context of 1,024 tokens with "
                                      "max_completion_length 1000"):
        start(tmp_path, max_completion_length=1000)


@pytest.mark.parametrize(("value", "ok"), [("warn", True), ("off", True), ("no way", False)])
def test_the_setting_is_checked(tmp_path: Path, value: str, ok: bool) -> None:
    file = configure(tmp_path)
    file.write_text(file.read_text(encoding="utf-8") + f"preflight: {value}\n", encoding="utf-8")
    if ok:
        assert load_settings(file).preflight == value
    else:
        with pytest.raises(InputError, match=r'"preflight" is .*expected stop, warn, off'):
            load_settings(file)
