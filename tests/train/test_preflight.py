"""What a run would die of later is said before it begins, with exit 3 and the fix."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import InputError, Refused
from toolkit.train.arguments import TrainSettings, load_settings
from toolkit.train.preflight import preflight

from .small_run import start

CONFIG = Path(__file__).parents[2] / "configs/grpo_config.yaml"


def settings(**over: Any) -> TrainSettings:
    return load_settings(CONFIG, {"num_processes": 1, "accelerate_config": "", **over})


def refusal(samples: int = 1000, **over: Any) -> str:
    with pytest.raises(Refused) as refused:
        preflight(settings(**over), samples)
    assert refused.value.exit_code == 3
    return "\n".join(refused.value.lines())


def test_a_run_that_can_work_passes() -> None:
    preflight(settings(), 1000)


@pytest.mark.parametrize(("over", "package"), [
    ({"use_peft": True, "load_in_4bit": True}, "bitsandbytes"), ({"optim": "adamw_8bit"}, "bitsandbytes"), ({"use_vllm": True}, "vllm"),
    ({"report_to": "swanlab"}, "swanlab"), ({"accelerate_config": "zero3", "num_processes": 8}, "deepspeed"),
    ({"use_liger_kernel": True}, "liger_kernel")])
def test_a_library_that_is_missing_is_named_with_its_install_line(over: dict[str, Any], package: str,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    stock = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else stock(name, *rest))
    found = refusal(**over)
    assert f"needs {package}, which is not installed. Run: pip install" in found


def test_too_few_samples_for_one_step_train_nothing() -> None:
    assert "3 training samples are fewer than the 4 prompts of one step" in refusal(samples=3)
    preflight(settings(), 4)


def test_all_mistakes_of_a_file_are_told_at_once_and_off_is_a_word(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("task: roleplay\nmodel_name_or_path: a/b\ntrain_data: x.jsonl\nlearning_rat: 1.0e-6\n"
                    "per_device_train_batch_size: four\npreflight: maybe\nbackup: bucket/x\n", encoding="utf-8")
    with pytest.raises(InputError) as told:
        load_settings(file)
    assert [line.partition(" ")[0] for line in told.value.lines()] == [f"{file}:{n}" for n in (4, 5, 6, 7)]
    assert 'Did you mean "learning_rate"?' in str(told.value) and "s3://bucket/prefix" in str(told.value)
    file.write_text("model_name_or_path: a/b\ntrain_data: x.jsonl\nwatchdog: off\npreflight: off\n", encoding="utf-8")
    found = load_settings(file)
    assert (found.watchdog, found.preflight) == ("off", "off")


def test_numbers_out_of_bounds_are_told_with_their_bounds(tmp_path: Path) -> None:
    wrong = {"temperature": 0, "top_p": 7, "beta": -1, "per_device_train_batch_size": 0, "max_steps": 0, "save_steps": -5, "dtype": "float33"}
    with pytest.raises(InputError) as told:
        settings(**wrong)
    said = str(told.value)
    assert len(told.value.lines()) == len(wrong) and '"top_p" is 7, expected more than 0 and at most 1.' in said
    assert '"beta" is -1, expected at least 0.' in said and 'Did you mean "float32"' in said


@pytest.mark.parametrize(("over", "said"), [({"lr_scheduler_type": "cosin"}, "cosin is not a valid SchedulerType"),
                                            ({"load_best_model_at_end": True}, "Evaluation strategy"),
                                            ({"stages": ["sft", "grpo"], "sft": {"save_strategy": "sometimes"}}, "sometimes is not a valid")])
def test_what_trl_refuses_is_told_before_there_is_a_folder(tmp_path: Path, over: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=f"does not take these settings: .*{said}"):
        start(tmp_path, cold_start_data=str(CONFIG), **over)
    assert not (tmp_path / "run").exists()


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import toolkit.train.preflight as module

    monkeypatch.setattr(module, "gpus_here", lambda: [80.0, 80.0])
    assert "8 processes are asked for on this machine, and 2 GPUs are visible" in refusal(num_processes=8)
    preflight(settings(num_processes=2), 1000)
