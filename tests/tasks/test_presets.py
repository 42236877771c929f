"""Every preset of the sister tasks loads, its task reads its data, and the installed TRL takes its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.rewards.compose import compose
from toolkit.tasks.base import SHIPPED, load_task
from toolkit.train.arguments import load_settings

PRESETS = ("gsm8k_qwen3_32b_qlora", "multiple_choice", "math_xml_80gb", "math_xml_40gb", "math_xml_24gb", "countdown_qwen2.5_3b", "countdown_demo")
# what a machine without a GPU refuses
ACCELERATOR = {"bf16": False, "tf32": None, "use_cpu": True, "gradient_checkpointing": False}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_loads_without_translations(name):
    settings = load_settings(f"configs/{name}.yaml")
    assert not settings.translated
    compose(load_task(settings.task), settings.rewards, settings.path)
    if Path(settings.train_data).is_file() and Path(settings.eval_data).is_file():
        assert all(list(load_task(settings.task).read(path)) for path in (settings.train_data, settings.eval_data))


@pytest.mark.parametrize("name", PRESETS)
def test_the_installed_trl_takes_a_preset(name, tmp_path):
    pytest.importorskip("trl")
    from trl import GRPOConfig, ModelConfig

    settings = load_settings(f"configs/{name}.yaml")
    arguments = GRPOConfig(**{**settings.grpo, **{k: v for k, v in ACCELERATOR.items() if k in settings.grpo or k == "use_cpu"},
                              "output_dir": str(tmp_path), "report_to": "none"})
    model = ModelConfig(**settings.model)
    assert model.model_name_or_path == settings.model_name_or_path
    assert arguments.generation_batch_size % arguments.num_generations == 0
    assert model.use_peft == (model.load_in_4bit is True)


def test_the_guides_sizes_are_kept():
    sizes = {gb: load_settings(f"configs/math_xml_{gb}gb.yaml").grpo for gb in (80, 40, 24)}
    assert {gb: (s["gradient_accumulation_steps"], s["num_generations"], s["max_completion_length"]) for gb, s in sizes.items()} == {
        80: (8, 16, 512), 40: (4, 8, 400), 24: (2, 4, 256)}


@pytest.mark.parametrize("name", sorted(set(SHIPPED) - {"roleplay"}))
def test_shipped_problems_are_read_and_their_parts_score_what_is_honest(name):
    task = load_task(name)
    rows = [row for file in (task.examples, str(Path(task.examples).parent)) for _, row in task.read(file)]
    assert len(rows) >= 20 and len({row.id for row in rows[:len(rows) // 2]}) == len(rows) // 2
    paying = compose(task)
    plain = dict(task.honest(rows[0]))
    text = plain.get("plain") or plain["solution_1"]
    assert paying(rows[0], text).total == pytest.approx(paying.full)
