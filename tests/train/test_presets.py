"""Every shipped preset and configuration loads with the installed TRL, and fits what it is named for."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.train.arguments import as_installed, load_settings
from toolkit.train.plan import plan
from toolkit.train.presets import presets, read_preset

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs/grpo_config.yaml"
# the largest model that the first line of a preset promises
LARGEST = {"1x24gb": "7B", "4x24gb": "7B", "8x24gb": "7B", "1x40gb": "14B", "4x40gb": "7B", "8x40gb": "7B", "1x80gb": "14B",
           "4x80gb": "7B", "8x80gb": "14B", "1x141gb": "32B", "4x141gb": "14B", "8x141gb": "14B", "cpu": "0.5B", "mps": "1.5B"}


def test_every_preset_is_tested() -> None:
    assert set(presets()) == set(LARGEST)


@pytest.mark.filterwarnings("error::FutureWarning")       # what we set is called as the installed version calls it
@pytest.mark.parametrize("name", sorted(LARGEST))
def test_trl_takes_a_preset_and_the_largest_model_fits(name: str) -> None:
    from trl import GRPOConfig, ModelConfig

    settings = load_settings(CONFIG, {**read_preset(name), "model_name_or_path": f"Qwen/Qwen2.5-{LARGEST[name]}-Instruct"})
    ModelConfig(**settings.model)
    # bf16 needs a GPU to be accepted; one process stands for those that accelerate starts
    assert GRPOConfig(**as_installed({**settings.grpo, "bf16": False, "use_cpu": True})).gradient_checkpointing
    count, _, memory = name.partition("x")
    found = plan(settings, gpu_gb=float(memory.removesuffix("gb")) if memory else 32.0)
    assert found.fits, found.memory.to_json()
    assert found.setup.batch.processes == (int(count) if memory else 1)
    head = (ROOT / f"configs/presets/{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert LARGEST[name] in head


def test_a_switch_that_transformers_renames_has_one_name() -> None:
    given = {"activation_checkpointing": False, "activation_checkpointing_kwargs": {"use_reentrant": False}}
    settings = load_settings(ROOT / "configs/demo.yaml", given)
    assert settings.grpo["gradient_checkpointing"] is False and ("activation_checkpointing", "gradient_checkpointing", "TRL's name") in settings.translated
    with pytest.raises(InputError, match='"activation_checkpointing" is called "gradient_checkpointing" here, and "gradient_checkpointing" is set too'):
        load_settings(CONFIG, given)


def test_an_unknown_preset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match='Did you mean "8x80gb"'):
        read_preset("8x8gb")
