"""The model that is trained, as a configuration asks for it: what loads it, its attention, the width of its weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.run import Run, is_main_process
from toolkit.terminal import say
from toolkit.train.arguments import TrainSettings
from toolkit.train.models import base_of, is_adapter, load, save, write_merged

UNSLOTH = "unsloth"


def import_loader(settings: TrainSettings) -> None:
    """Unsloth changes transformers, PEFT and TRL while it is imported, so it comes before them.

    Raises:
        InputError: when it is asked for and does not run here.
    """
    if settings.loader != UNSLOTH:
        return
    try:
        import unsloth  # noqa: F401
    except (ImportError, NotImplementedError, RuntimeError) as error:       # the last two: no GPU that it knows
        raise InputError(f'"loader" is unsloth, which does not run here ({" ".join(str(error).split())[:160]}). Run: pip install unsloth, '
                         'on a machine with a GPU; or remove "loader".') from error


def load_trained(settings: TrainSettings, name: str) -> tuple[Any, Any]:
    """Model and tokenizer for training; the choices that were left to us are said.

    Raises:
        InputError: when what was asked for is not installed, or nothing loadable is there.
    """
    if settings.loader == UNSLOTH:
        return _unsloth(settings, name)
    import torch

    options, told = dict(settings.model), []
    options["attn_implementation"], why = attention(options)
    if (options.get("load_in_4bit") or options.get("load_in_8bit")) and not options.get("dtype"):
        old = torch.cuda.is_available() and not torch.cuda.is_bf16_supported(including_emulation=False)
        options["dtype"] = "float16" if old else "bfloat16"     # what quantised weights are computed in; TRL would take float32
        told.append(f"computed in {options['dtype']}")
    model, tokenizer = load(name, options, trainable=True)
    told.insert(0, f"attention: {model.config._attn_implementation} ({why})")
    if is_main_process():
        say("  " + ", ".join(told))
    return model, tokenizer


def new_adapter(settings: TrainSettings, model: Any) -> Any:
    """What PEFT adds to `model` for training; None where every weight is trained, or the adapter is there (a cold start's, Unsloth's)."""
    from trl import ModelConfig, get_peft_config

    return None if hasattr(model, "peft_config") else get_peft_config(ModelConfig(**settings.model))


def save_whole(settings: TrainSettings, run: Run, trainer: Any, tokenizer: Any, out: Path) -> None:
    """A plain model, with its adapter in its weights: merged in place, or, where those are quantised or spread, from the file."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    adapted = hasattr(model, "peft_config")     # also where the model that was named is an adapter
    quantised = settings.model.get("load_in_4bit") or settings.model.get("load_in_8bit")
    if adapted and (quantised or trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled):
        adapter = run.folder / "adapter"
        save(trainer, tokenizer, adapter)
        if run.write:
            write_merged(adapter, out, settings.model.get("dtype") or ("bfloat16" if quantised else "float32"))
        return
    if adapted:
        trainer.model = trainer.model_wrapped = model.merge_and_unload()
    save(trainer, tokenizer, out)


def attention(options: Mapping[str, Any]) -> tuple[str | None, str]:
    """What to ask transformers for, None for its own choice, and why."""
    import torch
    from transformers.utils import is_flash_attn_2_available, is_kernels_available

    asked = options.get("attn_implementation")
    if asked == "flash_attention_2" and not is_flash_attn_2_available() and not is_kernels_available():
        raise InputError('"attn_implementation" is flash_attention_2, which is not installed. Run: pip install flash-attn, on a machine '
                         "with an NVIDIA GPU; or remove the setting: what is installed is taken.")
    if asked:
        return str(asked), "as asked"
    if not torch.cuda.is_available():
        return None, "no NVIDIA GPU"
    if not is_flash_attn_2_available():
        return None, "flash-attn is not installed"
    if "16" not in str(options.get("dtype")):
        return None, "flash-attn reads weights in 16 bits, and dtype says otherwise"
    return "flash_attention_2", "flash-attn is installed"


def _unsloth(settings: TrainSettings, name: str) -> tuple[Any, Any]:
    """Unsloth's model, with its own adapter when one is trained, or a cold start's. Its prompts and replies fit the model's whole context."""
    import torch
    from transformers import AutoConfig
    from unsloth import FastLanguageModel

    asked = settings.model
    context = AutoConfig.from_pretrained(base_of(Path(name)) if is_adapter(Path(name)) else name).get_text_config().max_position_embeddings
    dtype = asked.get("dtype")
    model, tokenizer = FastLanguageModel.from_pretrained(
        model_name=name, max_seq_length=context, dtype=getattr(torch, dtype) if dtype not in (None, "auto") else None,
        load_in_4bit=bool(asked.get("load_in_4bit")), load_in_8bit=bool(asked.get("load_in_8bit")),
        full_finetuning=not asked.get("use_peft"), revision=asked.get("model_revision"))
    if asked.get("use_peft") and not hasattr(model, "peft_config"):
        given = {theirs: asked[ours] for ours, theirs in (
            ("lora_r", "r"), ("lora_alpha", "lora_alpha"), ("lora_dropout", "lora_dropout"), ("lora_target_modules", "target_modules"),
            ("use_rslora", "use_rslora")) if ours in asked}
        if given.get("target_modules") == ["all-linear"]:
            given["target_modules"] = "all-linear"
        model = FastLanguageModel.get_peft_model(model, random_state=settings.seed, **given)
    say("  loaded by Unsloth")
    return model, tokenizer
