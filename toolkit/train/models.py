"""Loading a causal language model and its tokenizer from a directory or the hub, one way for every command."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.sources import model_folder

ADAPTER = "adapter_config.json"


def quiet_libraries() -> None:
    """Libraries log to files, not into the progress view; no usage pings."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import warnings

    import datasets
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    # TRL asks for the switch by its old name
    warnings.filterwarnings("ignore", message=".*gradient_checkpointing.*", category=FutureWarning, module="transformers.modeling_utils")
    warnings.filterwarnings("ignore", message=".*pin_memory.*")


def load(name: str, settings: Mapping[str, Any] | None = None, trust_remote_code: bool = False, trainable: bool = False
         ) -> tuple[Any, Any]:
    """Model and tokenizer; an adapter on the model that it was trained on.

    Args:
        name: a directory with config.json, safetensors and tokenizer, that of an adapter, a hub name, or modelscope://owner/name.
        settings: keyword arguments of TRL's ModelConfig (dtype, attn_implementation, model_revision, load_in_4bit, …).
        trainable: whether an adapter's weights are trained on.

    Raises:
        InputError: when nothing loadable is there, or the tokenizer has no chat template.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    settings = settings or {}
    if not Path(name).is_dir():
        name = model_folder(name)
    folder = Path(name)
    if is_adapter(folder):
        from peft import PeftModel

        model, tokenizer = load(base_of(folder), settings, trust_remote_code)
        return PeftModel.from_pretrained(model, name, is_trainable=trainable), tokenizer
    if folder.is_dir() and not (folder / "config.json").is_file():
        inside = ", ".join(sorted(p.name for p in folder.iterdir())[:8]) or "nothing"
        raise InputError(f"{folder} is no model: config.json is missing (it holds {inside}).")
    if folder.is_dir():
        name = str(folder.resolve())        # what an adapter says of its base is read from anywhere
    options = {"revision": settings.get("model_revision", "main"), "trust_remote_code": trust_remote_code}
    quantised = {}
    if settings.get("load_in_4bit") or settings.get("load_in_8bit"):
        from trl import ModelConfig, get_quantization_config

        quantised["quantization_config"] = get_quantization_config(ModelConfig(**settings))
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **options)
        model = AutoModelForCausalLM.from_pretrained(
            name, dtype=settings.get("dtype") or "float32", attn_implementation=settings.get("attn_implementation"),
            use_safetensors=True, **quantised, **options)
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"model {name} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
    if quantised and model.device.type == "cpu":
        for module in model.modules():      # bitsandbytes rearranges weights that a CPU samples from, and cannot train them then
            if hasattr(module, "support_avx512bf16_for_cpu"):
                module.support_avx512bf16_for_cpu = False
    if tokenizer.chat_template is None:
        raise InputError(f"the tokenizer of {name} has no chat template: take the -Instruct model, or put a "
                         "chat_template.jinja beside it.")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter, and not a whole model."""
    return (folder / ADAPTER).is_file() and not (folder / "config.json").is_file()


def base_of(adapter: Path) -> str:
    """The model that an adapter was trained on: as its configuration says, or beside it, where a run folder was moved.

    Raises:
        InputError: when its configuration does not say.
    """
    try:
        name = json.loads((adapter / ADAPTER).read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (OSError, ValueError) as error:
        raise InputError(f"{adapter / ADAPTER} cannot be read: {error}.") from error
    if not name:
        raise InputError(f"{adapter / ADAPTER} does not say what it was trained on. Name it with --base.")
    beside = adapter.parent / Path(name).name
    return str(beside if not Path(name).exists() and beside.is_dir() else name)


def prefills_think(tokenizer: Any, template: Mapping[str, Any] | None = None) -> bool:
    """Whether the chat template (with its `chat_template_kwargs`) ends the prompt in `<think>`, so that completions begin inside it."""
    rendered = tokenizer.apply_chat_template([{"role": "user", "content": "?"}], tokenize=False,
                                             add_generation_prompt=True, **(template or {}))
    return rendered.rstrip().endswith("<think>")


def save(trainer: Any, tokenizer: Any, out: Path) -> None:
    """A trainer's model as a plain folder: safetensors, configuration, tokenizer, chat template; nothing pickled."""
    try:
        trainer.save_model(str(out))    # gathers sharded weights
        if trainer.accelerator.is_main_process:
            tokenizer.save_pretrained(out)
            # transformers pickles its arguments beside the weights; the manifest tells the same as text
            (out / "training_args.bin").unlink(missing_ok=True)
            # the copy of a cold start's adapter that TRL measures the KL against
            shutil.rmtree(out / "ref", ignore_errors=True)
    finally:
        trainer.accelerator.wait_for_everyone()     # also when the disk is full: the others are there


def write_merged(adapter: Path, out: Path, dtype: str) -> None:
    """The model that an adapter was trained on, whole and in `dtype`, with the adapter added to its weights, as a plain folder.

    Weights in 4 or 8 bits are not what is added to: the sum would be rounded to them, and read with bitsandbytes alone.
    """
    model, tokenizer = load(str(adapter), {"dtype": dtype})
    model.merge_and_unload(safe_merge=True).save_pretrained(out)
    tokenizer.save_pretrained(out)
