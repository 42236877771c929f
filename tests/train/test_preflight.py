"""What a run would die of later is said before it begins, with exit 3 and the fix."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import Refused
from toolkit.train.arguments import TrainSettings, load_settings
from toolkit.train.preflight import preflight

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
