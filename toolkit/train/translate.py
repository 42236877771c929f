"""The settings of the reference guides in the vocabulary of TRL: every name that differs is translated and told, none is dropped.

`translate` takes the keys of a file as they stand and returns flat ones; what became what is a table on the first screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# what other guides call it: (our key, or None when it is gone; why)
TRANSLATED: Mapping[str, tuple[str | None, str]] = {
    "model": ("model_name_or_path", "TRL's name"),
    "model_name": ("model_name_or_path", "TRL's name"),
    "torch_dtype": ("dtype", "renamed in TRL"),
    "lr": ("learning_rate", "transformers' name"),
    "batch_size": ("per_device_train_batch_size", "per device, in completions"),
    "accumulation_steps": ("gradient_accumulation_steps", "transformers' name"),
    "num_epochs": ("num_train_epochs", "transformers' name"),
    "epochs": ("num_train_epochs", "transformers' name"),
    "num_steps": ("max_steps", "transformers' name"),
    "num_samples_per_prompt": ("num_generations", "TRL's name"),
    "kl_penalty": ("beta", "TRL's name of the KL coefficient"),
    "max_new_tokens": ("max_completion_length", "TRL's name"),
    "mu": ("num_iterations", "policy updates per batch (GRPO's mu)"),
    "use_bf16": ("bf16", "transformers' name"),
    "num_workers": ("dataloader_num_workers", "transformers' name"),
    "warmup_ratio": ("warmup_steps", "transformers 5 reads a number below 1 as a ratio"),
    "dataset_id_or_path": ("train_data", "a file, a folder or a hub name"),
    "dataset_name": ("train_data", "a file, a folder or a hub name"),
    "eval_dataset_name": ("eval_data", "a file, a folder or a hub name"),
    "experiment_name": ("run_name", "transformers' name"),
    "lora_rank": ("lora_r", "TRL's name"),
    "r": ("lora_r", "TRL's name"),
    "target_modules": ("lora_target_modules", "TRL's name"),
    "use_lora": ("use_peft", "TRL's name"),
    "bnb_4bit_use_double_quant": ("use_bnb_nested_quant", "TRL's name of double quantisation"),
    "max_prompt_length": (None, "removed from TRL: prompts are never cut; over-long rows are refused before training"),
    "max_length": (None, "prompt and completion together: set max_completion_length"),
    "max_seq_length": (None, "prompt and completion together: set max_completion_length"),
    "use_liger_loss": (None, "TRL's own loss goes through the LM head in pieces; use_liger_kernel swaps the layers"),
    "bnb_4bit_compute_dtype": (None, "TRL computes in dtype"),
    "vllm_device": (None, "removed from TRL: vLLM runs colocated (vllm_mode: colocate) or as a server"),
    "device_map": (None, "breaks distributed training; accelerate places the model"),
    "workspace": (None, "read by SwanLab from the environment: SWANLAB_WORKSPACE"),
    "resume": (None, "the same command continues a run"),
}
# names that the installed transformers may know, too: one switch has one name here
_ALIASES = {f"activation_checkpointing{rest}": f"gradient_checkpointing{rest}" for rest in ("", "_kwargs")}
_WEIGHTS = {"accuracy_weight": "accuracy", "format_weight": "format"}
# switches of trackers: transformers takes their names in report_to
_TRACKERS = {"swanlab": "swanlab", "use_swanlab": "swanlab", "wandb": "wandb", "use_wandb": "wandb"}


@dataclass
class Translation:
    """Flat settings, the weights of the rewards, and what became what: (old, new or —, why)."""

    flat: dict[str, Any] = field(default_factory=dict)
    rewards: dict[str, Any] = field(default_factory=dict)
    table: list[tuple[str, str, str]] = field(default_factory=list)
    clashes: list[tuple[str, str]] = field(default_factory=list)    # (old, new) that are both set
    sections: dict[str, str] = field(default_factory=dict)          # key → the section it stood in


def translate(given: Mapping[str, Any], known: Callable[[str], bool]) -> Translation:
    """Translate the keys of a file.

    Args:
        known: whether a key is one of TRL's or ours, and so no name to translate.
    """
    out = Translation(rewards=dict(given.get("rewards") or {}))
    keys = _outer_steps(_flattened({k: v for k, v in given.items() if k != "rewards"}, known, out), out)
    for key, value in keys.items():
        if key in _WEIGHTS:
            out.rewards.setdefault(_WEIGHTS[key], value)
            out.table.append((key, f"rewards.{_WEIGHTS[key]}", "every reward part has its weight under rewards"))
        elif key in _TRACKERS and isinstance(value, bool):
            out.table.append((key, "report_to", f"trackers are named: {_TRACKERS[key] if value else 'none'}"))
            if value or "report_to" not in keys:
                out.flat["report_to"] = _TRACKERS[key] if value else "none"
        elif key == "use_unsloth" and isinstance(value, bool):
            out.table.append((key, "loader", "what loads the model is named"))
            out.flat["loader"] = "unsloth" if value else "transformers"
        elif key == "no_wandb" and isinstance(value, bool):
            out.table.append((key, "report_to", "trackers are named, and this one is not"))
        elif key in _ALIASES or (key in TRANSLATED and not known(key)):
            new, why = TRANSLATED.get(key) or (_ALIASES[key], "TRL's name")
            out.table.append((key, new or "—", why))
            if new and new in keys:
                out.clashes.append((key, new))
            elif new:
                out.flat[new] = value
        else:
            out.flat[key] = value
    _lora(out)
    _loss(out)
    return out


def _flattened(given: Mapping[str, Any], known: Callable[[str], bool], out: Translation) -> dict[str, Any]:
    """Sections such as `training:` or `lora:` opened. Those that we have stay, and so do names that hold nothing we know: they are
    misspelt."""
    flat: dict[str, Any] = {}
    for key, value in given.items():
        if isinstance(value, Mapping) and not known(key) and any(known(str(k)) or k in TRANSLATED for k in value):
            out.table.append((f"{key}:", "its keys", "settings are flat here"))
            out.sections.update(dict.fromkeys(value, key))
            flat.update(value)
        else:
            flat[key] = value
    return flat


def _outer_steps(keys: dict[str, Any], out: Translation) -> dict[str, Any]:
    """The maths guide counts outer iterations × steps, updates per batch as `mu`, and a batch in prompts."""
    if "mu" not in keys and not ("num_steps" in keys and "num_iterations" in keys):
        return keys
    keys = dict(keys)
    outer, steps = keys.pop("num_iterations", 1), keys.get("num_steps")
    if isinstance(outer, int) and isinstance(steps, int):
        keys["num_steps"] = outer * steps
        out.table.append(("num_iterations", "max_steps", f"outer iterations: {outer} × {steps} steps; TRL's num_iterations is mu"))
    elif outer != 1:
        keys["num_train_epochs"] = outer
        out.table.append(("num_iterations", "num_train_epochs", "outer iterations; TRL's num_iterations is mu"))
    batch, generations = keys.get("batch_size"), keys.get("num_generations")
    if isinstance(batch, int) and isinstance(generations, int):
        del keys["batch_size"]
        keys["per_device_train_batch_size"], keys["gradient_accumulation_steps"] = generations, batch
        out.table.append(("batch_size", "per_device_train_batch_size × gradient_accumulation_steps",
                          f"{batch} prompts × {generations} generations a step; TRL counts completions"))
    return keys


def _lora(out: Translation) -> None:
    """Settings of LoRA take effect only with use_peft, which the guides imply."""
    given = [key for key in out.flat if key.startswith("lora_")]
    if given and "use_peft" not in out.flat:
        out.flat["use_peft"] = True
        out.table.append((given[0], "use_peft: true", "TRL trains an adapter only when told"))


def _loss(out: Translation) -> None:
    """Losses as their papers write them: Dr. GRPO, DR-GRPO, GSPO."""
    value = out.flat.get("loss_type")
    if not isinstance(value, str):
        return
    name = re.sub(r"[\W_]+", "_", value.lower()).replace("drgrpo", "dr_grpo")
    if name == "gspo":              # Zheng et al. 2025, arXiv 2507.18071
        name = "grpo"
        out.flat.setdefault("importance_sampling_level", "sequence")
        out.table.append((f"loss_type: {value}", "loss_type: grpo, importance_sampling_level: sequence", "TRL's name of GSPO"))
    elif name != value:
        out.table.append((f"loss_type: {value}", f"loss_type: {name}", "TRL's name"))
    out.flat["loss_type"] = name
