"""The configuration files of the reference guides, as printed there, load; what each key became is told, and nothing is dropped silently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from toolkit.errors import InputError
from toolkit.train.arguments import TrainSettings, load_settings
from toolkit.train.translate import TRANSLATED

pytest.importorskip("trl", reason="the train extra is not installed")

ROLE_PLAY = """
model_name: "Qwen/Qwen2.5-14B-Instruct"
learning_rate: 3.0e-6
batch_size: 8
num_epochs: 1
gradient_accumulation_steps: 2
max_length: 2048
num_samples_per_prompt: 4
kl_penalty: 0.1
max_new_tokens: 256
temperature: 0.7
top_p: 0.9
accuracy_weight: 0.7
format_weight: 0.3
use_bf16: true
gradient_checkpointing: true
num_workers: 8
output_dir: "./outputs"
save_steps: 100
logging_steps: 10
eval_steps: 50
warmup_steps: 100
train_data: "./data/training/train.json"
eval_data: "./data/training/validation.json"
sbk_weight: 0.5
cm_weight: 0.5
"""
LORA_4BIT = """
model: unsloth/Qwen3-32B
load_in_4bit: true
lora_r: 16
lora_alpha: 32
batch_size: 2
gradient_accumulation_steps: 4
dataset_name: trl-lib/gsm8k-grpo
use_wandb: true
output_dir: outputs/qwen3-32b-grpo
task: gsm8k
"""
MULTIPLE_CHOICE = """
task: multiple_choice
model_name: Qwen/Qwen2.5-7B-Instruct
train_data: data/multiple_choice/train.tsv
training:
  lr: 3e-5
  batch_size: 16
  gradient_accumulation_steps: 2
  epochs: 2
  max_length: 1024
  max_prompt_length: 512
  dataloader_num_workers: 0
  save_steps: 200
  logging_steps: 10
  bf16: true
  gradient_checkpointing: true
quantization:
  load_in_4bit: true
  bnb_4bit_quant_type: nf4
  bnb_4bit_use_double_quant: true
  bnb_4bit_compute_dtype: bfloat16
lora:
  r: 16
  lora_alpha: 32
  lora_dropout: 0.05
  target_modules: [q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]
"""
MATHS = """
task: math_xml
train_data: data/gsm8k/train.jsonl
model:
  model_name: Qwen/Qwen2.5-1.5B-Instruct
  attn_implementation: flash_attention_2
  torch_dtype: bfloat16
  device_map: auto
training:
  num_iterations: 1
  num_steps: 500
  batch_size: 8
  num_generations: 16
  max_completion_length: 512
  beta: 0.04
  learning_rate: 5.0e-6
  mu: 1
  epsilon: 0.1
"""
COUNTDOWN = """
model_name_or_path: models/Qwen2.5-3B-Instruct
model_revision: main
torch_dtype: bfloat16
attn_implementation: flash_attention_2
bf16: true
tf32: true
output_dir: outputs/countdown
dataset_id_or_path: Jiayi-Pan/Countdown-Tasks-3to4
swanlab: true
workspace: mine
project: countdown
experiment_name: first
max_steps: 450
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
gradient_checkpointing: true
gradient_checkpointing_kwargs:
  use_reentrant: false
learning_rate: 5.0e-7
lr_scheduler_type: cosine
warmup_ratio: 0.03
seed: 2025
beta: 0.001
max_prompt_length: 256
max_completion_length: 4096
num_generations: 8
use_vllm: true
vllm_device: auto
vllm_gpu_memory_utilization: 0.5
logging_strategy: steps
logging_steps: 1
save_strategy: steps
save_steps: 50
task: countdown
"""
FILES = {"roleplay": ROLE_PLAY, "gsm8k": LORA_4BIT, "multiple_choice": MULTIPLE_CHOICE, "maths": MATHS, "countdown": COUNTDOWN}


def loaded(tmp_path: Path, text: str, **overrides: Any) -> TrainSettings:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, overrides)


def keys(value: dict[str, Any]) -> list[str]:
    """Every leaf key of a file; a mapping under a key that TRL knows is a value."""
    opened = (k for k, v in value.items() if isinstance(v, dict) and not k.endswith("_kwargs"))
    return [k for k, v in value.items() if not isinstance(v, dict) or k.endswith("_kwargs")] + [k for name in opened for k in value[name]]


@pytest.mark.parametrize("name", FILES)
def test_every_key_is_kept_or_told(tmp_path, name):
    settings = loaded(tmp_path, FILES[name])
    told, kept = {old for old, _, _ in settings.translated}, settings.to_config()
    lost = [key for key in keys(yaml.safe_load(FILES[name])) if key not in told and key not in kept and key not in settings.grpo]
    assert not lost
    assert all(why for _, _, why in settings.translated)


def test_role_play(tmp_path):
    settings = loaded(tmp_path, ROLE_PLAY)
    assert settings.model_name_or_path == "Qwen/Qwen2.5-14B-Instruct" and settings.rewards == {"accuracy": 0.7, "format": 0.3}
    expected = {"learning_rate": 3e-6, "per_device_train_batch_size": 8, "num_train_epochs": 1, "gradient_accumulation_steps": 2,
                "num_generations": 4, "beta": 0.1, "max_completion_length": 256, "temperature": 0.7, "top_p": 0.9, "bf16": True,
                "gradient_checkpointing": True, "dataloader_num_workers": 8, "save_steps": 100, "warmup_steps": 100}
    assert {k: settings.grpo[k] for k in expected} == expected
    assert ("max_length", "—") in {(old, new) for old, new, _ in settings.translated} and settings.sbk_weight == settings.cm_weight == 0.5


def test_four_bits_and_lora(tmp_path):
    settings = loaded(tmp_path, LORA_4BIT)
    assert settings.train_data == "trl-lib/gsm8k-grpo" and settings.grpo["report_to"] == "wandb"
    assert settings.model == {"model_name_or_path": "unsloth/Qwen3-32B", "load_in_4bit": True, "lora_r": 16, "lora_alpha": 32, "use_peft": True,
                              "lora_dropout": 0.0}
    assert loaded(tmp_path, LORA_4BIT.replace("use_wandb: true", "no_wandb: true")).grpo["report_to"] in ("tensorboard", "none")


def test_multiple_choice_in_sections(tmp_path):
    settings = loaded(tmp_path, MULTIPLE_CHOICE)
    assert settings.model["use_bnb_nested_quant"] is True and settings.model["lora_r"] == 16 and settings.model["use_peft"] is True
    assert settings.grpo["learning_rate"] == 3e-5 and settings.grpo["num_train_epochs"] == 2 and settings.grpo["per_device_train_batch_size"] == 16


def test_maths_counts_prompts_and_outer_iterations(tmp_path):
    settings = loaded(tmp_path, MATHS)
    assert (settings.grpo["per_device_train_batch_size"], settings.grpo["gradient_accumulation_steps"]) == (16, 8)
    assert (settings.grpo["max_steps"], settings.grpo["num_iterations"]) == (500, 1)
    assert settings.model["dtype"] == "bfloat16" and "device_map" not in settings.model
    twice = loaded(tmp_path, MATHS.replace("num_iterations: 1", "num_iterations: 3").replace("mu: 1", "mu: 2"))
    assert (twice.grpo["max_steps"], twice.grpo["num_iterations"]) == (1500, 2)


def test_countdown(tmp_path):
    settings = loaded(tmp_path, COUNTDOWN)
    assert settings.train_data == "Jiayi-Pan/Countdown-Tasks-3to4" and settings.grpo["report_to"] == "swanlab"
    assert settings.grpo["warmup_steps"] == 0.03 and settings.grpo["run_name"] == "first" and settings.grpo["project"] == "countdown"
    assert {old for old, new, _ in settings.translated if new == "—"} >= {"vllm_device", "max_prompt_length", "workspace"}


def test_trls_own_num_iterations_is_left_alone(tmp_path):
    settings = loaded(tmp_path, "model_name_or_path: a/b\ntrain_data: x.jsonl\nnum_iterations: 4\n")
    assert settings.grpo["num_iterations"] == 4 and not settings.translated


def test_a_name_and_its_translation_together_are_a_mistake(tmp_path):
    with pytest.raises(InputError, match='"kl_penalty" is called "beta" here'):
        loaded(tmp_path, ROLE_PLAY + "beta: 0.2\n")


def test_a_misspelt_key_in_a_section_is_told_with_the_line_of_the_section(tmp_path):
    with pytest.raises(InputError, match=r'c\.yaml:4 "learning_rat" is not a key. Did you mean "learning_rate"'):
        loaded(tmp_path, "model_name: a/b\ntrain_data: x\n\ntraining:\n  learning_rat: 1e-5\n  bf16: true\n")


def test_a_misspelt_section_of_ours_is_no_section_of_a_guide(tmp_path):
    with pytest.raises(InputError, match=r'"new_modl" is not a key\. Did you mean "new_model"'):
        loaded(tmp_path, "model_name_or_path: new\ntrain_data: x\nnew_modl: {hidden_size: 32}\n")


def test_every_translation_leads_to_a_key_of_the_installed_trl(tmp_path):
    known = {"train_data", "eval_data", "model_name_or_path", *loaded(tmp_path, "model_name_or_path: a/b\ntrain_data: x\n").grpo}
    from toolkit.config import GRPO_MODULES, MODEL_MODULES, fields_of

    known |= {*fields_of(*GRPO_MODULES), *fields_of(*MODEL_MODULES)}
    assert not {new for new, _ in TRANSLATED.values() if new} - known


def test_names_of_another_hub(tmp_path):
    settings = loaded(tmp_path, COUNTDOWN.replace("models/Qwen2.5-3B-Instruct", "Qwen/Qwen2.5-3B"), hub="modelscope")
    assert settings.model_name_or_path == "modelscope://Qwen/Qwen2.5-3B" and settings.train_data.startswith("modelscope://Jiayi-Pan/")
