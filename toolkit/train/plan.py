"""`toolkit plan`: whether a run fits its GPUs, how long it takes, what it writes, and what to change when it does not fit.

    plan(load_settings("configs/grpo_config.yaml"), gpus=8, gpu_gb=80)

Advice is a change of the configuration put through the same estimate: what would not lower the peak is never advised.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from toolkit.config import source_of
from toolkit.errors import InputError
from toolkit.train.arguments import NEW, TrainSettings
from toolkit.train.checkpoints import RESUMABLE, free_bytes
from toolkit.train.launch import accelerate_file, batch_of, distribution, gpus_here, world_size
from toolkit.train.memory import GB, Memory, Setup, memory, weights_bytes
from toolkit.train.shape import shape_of

# (up to GB, a card of that size, dense bf16 FLOP/s, bytes/s of its memory), from the makers' data sheets
CARDS = ((24.0, "RTX 4090", 165e12, 1.01e12), (48.0, "A100 40GB", 312e12, 1.56e12), (80.0, "A100 80GB", 312e12, 2.04e12),
         (math.inf, "H200", 989e12, 4.8e12))
COMPUTE_SHARE, BANDWIDTH_SHARE = 0.35, 0.5      # of the sheet, that plain transformers reaches; hours are good to a factor of two
DEFAULT_PROMPT_TOKENS = 1024                    # when there is no data to measure
FULL = 0.95                                     # of a GPU: beyond that, a long batch ends the run
SAMPLED_ROWS = 200


@dataclass(frozen=True)
class Advice:
    change: str                                 # in the words of a configuration
    peak_gb: float
    fits: bool
    why: str


@dataclass(frozen=True)
class Plan:
    """What a run needs."""

    setup: Setup
    memory: Memory
    samples: int | None
    steps: int | None
    step_s: float | None
    card: str
    disk_gb: float
    free_gb: float
    advice: tuple[Advice, ...]
    notes: tuple[str, ...]

    @property
    def fits(self) -> bool | None:
        return None if not self.setup.gpu_gb else self.memory.peak_gb <= FULL * self.setup.gpu_gb

    @property
    def hours(self) -> float | None:
        return None if self.step_s is None or self.steps is None else self.steps * self.step_s / 3600

    def to_json(self) -> dict[str, Any]:
        setup = self.setup
        return {
            "model": setup.shape.name, "parameters": setup.shape.parameters, "trained": setup.trained,
            "gpus": setup.batch.processes, "gpu_gb": setup.gpu_gb or None, "distribution": setup.spread,
            "batch": setup.batch.sentence(self.steps), "steps": self.steps, "samples": self.samples,
            "prompt_tokens": setup.prompt_tokens, "completion_tokens": setup.completion_tokens,
            "memory": self.memory.to_json(), "fits": self.fits,
            "hours": None if self.hours is None else round(self.hours, 1), "card": self.card,
            "disk_gb": round(self.disk_gb, 1), "disk_free_gb": round(self.free_gb, 1),
            "advice": [vars(found) for found in self.advice], "notes": list(self.notes)}


def plan(settings: TrainSettings, gpus: int = 0, gpu_gb: float = 0.0) -> Plan:
    """The plan of a configuration.

    Args:
        gpus: processes, one a GPU; 0 takes those of the configuration, or what is running.
        gpu_gb: memory of each in 1e9 bytes; 0 takes this machine's.

    Raises:
        InputError: for a model whose config.json cannot be found or planned.
    """
    if settings.model_name_or_path == NEW:
        raise InputError("a new model of half a million parameters fits anywhere: there is nothing to plan.")
    here = gpus_here()
    gpu_gb = gpu_gb or (min(here) if here else 0.0)
    processes = gpus or world_size(settings.num_processes)
    notes: list[str] = []
    samples, prompt_tokens = _data(settings, notes)
    setup = setup_of(settings, processes, gpu_gb, prompt_tokens)
    if not gpu_gb:
        notes.append("no GPU here: --gpu-memory 80 says what each one has.")
    found = memory(setup)
    steps = None
    if samples is not None or settings.grpo.get("max_steps", -1) > 0:
        steps = setup.batch.steps(samples or 0, float(settings.grpo.get("num_train_epochs", 1.0)),
                                  int(settings.grpo.get("max_steps", -1)))
        if steps == 0:
            notes.append(f"{samples} samples are fewer than the {setup.batch.prompts} prompts of one step: nothing would be "
                         "trained. Lower per_device_train_batch_size or gradient_accumulation_steps.")
    step_s, card = seconds_a_step(setup)
    disk, free = disk_bytes(settings, setup, steps) / GB, free_bytes(settings.output_dir) / GB
    if disk > free:
        notes.append(f"the run writes up to {disk:.0f} GB and the disk has {free:.0f} GB free: lower save_total_limit, set "
                     "save_only_model: true (a stopped run then starts its optimizer anew), or name another output_dir.")
    return Plan(setup, found, samples, steps, step_s, card, disk, free,
                tuple(advise(setup)) if gpu_gb and found.peak_gb > FULL * gpu_gb else (), tuple(notes))


def setup_of(settings: TrainSettings, processes: int, gpu_gb: float, prompt_tokens: int = DEFAULT_PROMPT_TOKENS) -> Setup:
    """What of a configuration decides memory; where it says nothing, the defaults of TRL and transformers."""
    grpo, model, shape = settings.grpo, settings.model, shape_of(settings.model_name_or_path)
    dtype = str(model.get("dtype") or "float32")
    weight = 2 if "16" in dtype else 4
    adapter = bool(model.get("use_peft"))
    quantised = ("int8" if model.get("load_in_8bit") else "" if not model.get("load_in_4bit") else
                 "nf4-double" if model.get("use_bnb_nested_quant") else "nf4")
    optimizer = str(grpo.get("optim", "adamw_torch_fused"))
    trained_width = 4 if adapter else weight
    states = 2.0 if "8bit" in optimizer else trained_width if "sgd" in optimizer else 2.0 * trained_width
    file = accelerate_file(settings.accelerate_config, processes, gpus=1)
    spread = distribution(file) if file else "none"
    vllm = bool(grpo.get("use_vllm"))
    colocated = vllm and grpo.get("vllm_mode", "colocate") == "colocate"
    return Setup(
        shape=shape, batch=batch_of(grpo, processes), prompt_tokens=prompt_tokens,
        completion_tokens=int(grpo.get("max_completion_length") or 512), spread=spread, weight_width=weight,
        compute_width=4 if grpo.get("bf16") is False and not grpo.get("fp16") and weight == 4 else 2,
        optimizer_width=8.0 if spread.startswith("zero") and "8bit" not in optimizer else states,
        lora_parameters=shape.lora(int(model.get("lora_r") or 16), model.get("lora_target_modules")) if adapter else 0,
        quantised=quantised, checkpointing=bool(grpo.get("gradient_checkpointing", True)),
        reference=bool(grpo.get("beta")) and not adapter, fused_logits=_fused(),
        gather_for_generation=bool(grpo.get("ds3_gather_for_generation", True)),
        vllm_share=float(grpo.get("vllm_gpu_memory_utilization", 0.3)) if colocated else 0.0,
        vllm_server=vllm and not colocated, gpu_gb=gpu_gb)


def _changes(setup: Setup) -> Iterator[tuple[str, Setup, str]]:
    """Ways to need less, from those that cost nothing to those that change what is trained."""
    batch = setup.batch
    if setup.weight_width == 4 and not setup.quantised and not setup.deepspeed:
        adam = setup.optimizer_width / (1 if setup.lora_parameters or setup.optimizer_width <= 2 else 2)
        yield "dtype: bfloat16", replace(setup, weight_width=2, optimizer_width=adam), "weights in 16 bits"
    if not setup.checkpointing:
        yield "gradient_checkpointing: true", replace(setup, checkpointing=True), "a third more compute"
    if setup.spread == "zero3" and setup.gather_for_generation and batch.processes > 1:
        yield ("ds3_gather_for_generation: false", replace(setup, gather_for_generation=False),
               "generation gathers layer by layer, and is slower")
    if batch.per_device > 1 and batch.per_device % 2 == 0:
        half = replace(batch, per_device=batch.per_device // 2, accumulation=batch.accumulation * 2,
                       per_generation=batch.per_generation * 2)
        yield (f"per_device_train_batch_size: {half.per_device} with gradient_accumulation_steps: {half.accumulation}",
               replace(setup, batch=half), "the same batch in smaller pieces")
    if batch.processes > 1:
        for name in ("zero2", "zero3", "fsdp"):
            if setup.spread != name and not (setup.spread in ("zero3", "fsdp") and name == "zero2"):
                spread = replace(setup, spread=name, optimizer_width=8.0 if name != "fsdp" else 2.0 * setup.weight_width)
                yield f"accelerate_config: {name}", spread, "the state is spread over the GPUs"
        if setup.spread in ("zero3", "fsdp"):
            yield (f"num_processes: {2 * batch.processes}",
                   replace(setup, batch=replace(batch, processes=2 * batch.processes)), "twice the GPUs hold half each")
    if setup.optimizer_width > 2 and not setup.deepspeed and not setup.lora_parameters:
        yield "optim: adamw_8bit", replace(setup, optimizer_width=2.0), "8-bit optimizer states (needs bitsandbytes)"
    if setup.reference:
        yield "beta: 0.0", replace(setup, reference=False), "no reference model; nothing then holds the policy near its start"
    if not setup.lora_parameters:
        rank = setup.shape.lora(16, "all-linear")
        adapter = replace(setup, lora_parameters=rank, reference=False, weight_width=2, optimizer_width=8.0)
        yield "use_peft: true, lora_target_modules: all-linear, dtype: bfloat16", adapter, "an adapter is trained"
        yield ("use_peft: true, lora_target_modules: all-linear, dtype: bfloat16, load_in_4bit: true, use_bnb_nested_quant: true",
               replace(adapter, quantised="nf4-double"), "an adapter over 4-bit weights (QLoRA)")
    elif setup.quantised != "nf4-double":
        yield "load_in_4bit: true, use_bnb_nested_quant: true", replace(setup, quantised="nf4-double"), "4-bit weights (QLoRA)"
    if setup.completion_tokens >= 256:
        shorter = setup.completion_tokens // 2
        yield f"max_completion_length: {shorter}", replace(setup, completion_tokens=shorter), "longer replies are cut: watch truncation"
    if setup.vllm_share > 0.3:
        yield "vllm_gpu_memory_utilization: 0.3", replace(setup, vllm_share=0.3), "less cache for rollouts"


def advise(setup: Setup) -> list[Advice]:
    """Single changes that lower the peak: those after which the run fits come first, each in the order of what it costs."""
    now, limit = memory(setup).peak_gb, FULL * setup.gpu_gb
    found = []
    for change, other, why in _changes(setup):
        peak = memory(other).peak_gb
        if peak < now - 0.05:
            found.append(Advice(change, round(peak, 1), peak <= limit, why))
    if not any(advice.fits for advice in found):
        found += _together(setup, limit)
    return sorted(found, key=lambda advice: not advice.fits)


def _together(setup: Setup, limit: float) -> list[Advice]:
    """Changes one after the other, the cheapest that helps each time, until the run fits."""
    said: list[str] = []
    for _ in range(8):
        peak = memory(setup).peak_gb
        if peak <= limit:
            return [Advice(" and ".join(said), round(peak, 1), True, "together")]
        better = [(change, other) for change, other, _ in _changes(setup) if memory(other).peak_gb < peak - 0.05]
        if not better:
            break
        # one that suffices; else what saves most: few changes rather than many
        enough = [pair for pair in better if memory(pair[1]).peak_gb <= limit]
        change, setup = enough[0] if enough else min(better, key=lambda pair: memory(pair[1]).peak_gb)
        said.append(change)
    return [Advice("a smaller model, or more and larger GPUs", round(memory(setup).peak_gb, 1), False,
                   "nothing in the configuration is enough")] if memory(setup).peak_gb > limit else []


def seconds_a_step(setup: Setup) -> tuple[float | None, str]:
    """Seconds of one optimizer step, from the data sheet of a card of that size; None without a GPU.

    Decoding reads every weight once a token; training costs 2 FLOP a parameter and token forward, 4 backward (2 for an adapter).
    """
    if not setup.gpu_gb:
        return None, ""
    _, card, flops, bandwidth = next(row for row in CARDS if setup.gpu_gb <= 1.1 * row[0])
    shape, batch = setup.shape, setup.batch
    rounds = batch.accumulation / (batch.per_generation * batch.iterations)
    cache = shape.cache_bytes(batch.generated * (setup.prompt_tokens + setup.completion_tokens // 2), setup.compute_width)
    read = (weights_bytes(setup) + cache) / (bandwidth * BANDWIDTH_SHARE)
    compute = 2 * shape.parameters * batch.generated / (flops * COMPUTE_SHARE)
    decoding = rounds * setup.completion_tokens * max(read, compute)
    if setup.vllm_share or setup.vllm_server:
        decoding /= 4           # continuous batching and CUDA graphs, against generate of transformers
    per_token = 2 + (2 if setup.lora_parameters else 4) + (2 if setup.checkpointing else 0) + (2 if setup.reference else 0)
    training = batch.accumulation * setup.tokens * per_token * shape.parameters / (flops * COMPUTE_SHARE)
    return decoding + training, card


def disk_bytes(settings: TrainSettings, setup: Setup, steps: int | None) -> float:
    """Checkpoints at their most (the limit and the one being written), best/ and final_model/."""
    grpo = settings.grpo
    whole = setup.shape.parameters * (2.0 if setup.deepspeed else setup.weight_width)
    saved = setup.lora_parameters * 4.0 or whole
    # DeepSpeed saves its float32 master weights with the two moments
    states = 0.0 if grpo.get("save_only_model") else setup.trained * (12.0 if setup.deepspeed else setup.optimizer_width)
    limit = grpo.get("save_total_limit")
    every = grpo.get("save_steps", 500)
    written = math.ceil(steps / every) if steps and every >= 1 else None
    if grpo.get("save_strategy") == "no":
        count = 0
    elif limit:
        count = min(limit + 1, written) if written is not None else limit + 1
    else:
        count = written or 10
    best = saved if settings.eval_data and grpo.get("eval_steps") else 0.0
    return count * saved + min(count, RESUMABLE + 1) * states + best + whole


def _data(settings: TrainSettings, notes: list[str]) -> tuple[int | None, int]:
    """Training samples and the tokens of their longest prompts, when the data is there."""
    from toolkit.sources import data_files
    from toolkit.tasks.base import load_task

    if not Path(settings.train_data.partition(":")[0]).exists():
        notes.append(f"{settings.train_data} is not here: prompts are taken as {DEFAULT_PROMPT_TOKENS} tokens, steps are not known.")
        return None, DEFAULT_PROMPT_TOKENS
    task = load_task(settings.task)
    if settings.columns:
        task.columns = settings.columns
    rows = [row for file in data_files(settings.train_data) for _, row in task.read(file)]
    stride = max(len(rows) // SAMPLED_ROWS, 1)
    count = _token_counter(settings.model_name_or_path, notes)
    lengths = [sum(count(message["content"]) + 8 for message in task.prompt(row, settings.system_prompt))
               for row in rows[::stride]]
    return len(rows), max(lengths, default=DEFAULT_PROMPT_TOKENS)


def _token_counter(model: str, notes: list[str]) -> Callable[[str], int]:
    file = Path(model) / "tokenizer.json"
    if file.is_file():
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(file))
        return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
    notes.append("prompt tokens are estimated from characters: the tokenizer is not here.")
    # the tokenizers of today's models: about 4 Latin letters a token, and 1.4 CJK characters
    return lambda text: math.ceil(sum(0.25 if character < "\u2e80" else 0.7 for character in text))


def _fused() -> bool:
    """Whether the installed TRL scores completions in chunks, without whole logits."""
    try:
        return "add_fused_lm_head" in source_of("trl.trainer.grpo_trainer").read_text(encoding="utf-8")
    except InputError:
        return False
