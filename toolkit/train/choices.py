"""Settings that do not go together, or name what the installed TRL does not know: found before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.config import choices_of
from toolkit.errors import did_you_mean

LOADERS = ("transformers", "unsloth")
VLLM_MODES = ("colocate", "server")
DTYPES = ("auto", "float32", "bfloat16", "float16")
INF = float("inf")
# what a number may be: the least, and the most; a least of `ABOVE` is not reached itself
ABOVE = 1e-300
BOUNDS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("per_device_train_batch_size", "gradient_accumulation_steps", "max_completion_length", "num_iterations",
                     "steps_per_generation", "generation_batch_size", "save_total_limit", "eval_samples", "lora_r"), (1, INF)),
    **dict.fromkeys(("temperature", "num_train_epochs", "save_steps", "eval_steps", "logging_steps", "epsilon"), (ABOVE, INF)),
    **dict.fromkeys(("learning_rate", "beta", "weight_decay", "warmup_steps", "max_grad_norm", "sample_every", "torch_threads",
                     "num_processes", "dataloader_num_workers"), (0, INF)),
    "top_p": (ABOVE, 1), "min_p": (0, 1),
}
SERVER = ("vllm_server_base_url", "vllm_server_host", "vllm_server_port", "vllm_server_timeout", "vllm_group_port")


def choice_problems(flat: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the choices of a configuration: (key, sentence), keys as TRL names them."""
    losses = choices_of("trl.trainer.grpo_config", "loss_type")
    loss = flat.get("loss_type")
    if isinstance(loss, str) and losses and loss not in losses:
        yield "loss_type", (f'"loss_type" is {loss!r}: the installed TRL has {", ".join(losses)}.{did_you_mean(loss, losses)} '
                            "GSPO is loss_type: grpo with importance_sampling_level: sequence.")
    for key, (least, most) in BOUNDS.items():
        value = flat.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and not least <= value <= most:
            low = "more than 0" if least == ABOVE else f"at least {least:g}"
            yield key, f'"{key}" is {value}, expected {low}{"" if most == INF else f" and at most {most:g}"}.'
    if flat.get("max_steps") == 0:
        yield "max_steps", '"max_steps" is 0: nothing would be trained. Give a number of steps, or remove it: num_train_epochs counts then.'
    if flat.get("dtype") not in (None, *DTYPES):
        yield "dtype", f'"dtype" is {flat["dtype"]!r}, expected {", ".join(DTYPES)}.{did_you_mean(str(flat["dtype"]), DTYPES)}'
    if flat.get("loader", "transformers") not in LOADERS:
        yield "loader", f'"loader" is {flat["loader"]!r}, expected {" or ".join(LOADERS)}.'
    yield from _quantised(flat)
    yield from _vllm(flat)
    yield from _refilled(flat)


def _quantised(flat: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    asked = [key for key in ("load_in_4bit", "load_in_8bit") if flat.get(key)]
    if len(asked) == 2:
        yield "load_in_8bit", '"load_in_8bit" and "load_in_4bit" are both set. Keep one of them.'
    if asked and not flat.get("use_peft"):
        yield asked[0], (f'"{asked[0]}" without "use_peft": quantised weights cannot be trained, only an adapter over them. '
                         "Set use_peft: true.")
    kind = flat.get("bnb_4bit_quant_type", "nf4")
    if kind not in ("nf4", "fp4"):
        yield "bnb_4bit_quant_type", f'"bnb_4bit_quant_type" is {kind!r}, expected nf4 or fp4.'
    if flat.get("use_bnb_nested_quant") and not flat.get("load_in_4bit"):
        yield "use_bnb_nested_quant", '"use_bnb_nested_quant" is read with "load_in_4bit" alone. Set load_in_4bit: true, or remove it.'


def _vllm(flat: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    mode = flat.get("vllm_mode", "colocate")
    if mode not in VLLM_MODES:
        yield "vllm_mode", f'"vllm_mode" is {mode!r}, expected {" or ".join(VLLM_MODES)}.'
    if not flat.get("use_vllm"):
        if "vllm_mode" in flat:
            yield "vllm_mode", '"vllm_mode" is set and "use_vllm" is not: nothing would read it. Set use_vllm: true, or remove it.'
        return
    told = [key for key in SERVER if flat.get(key) is not None]
    if mode == "colocate" and told:
        yield told[0], f'"{told[0]}" is read with vllm_mode: server, and "vllm_mode" is colocate. Set it, or remove {told[0]}.'
    share = flat.get("vllm_gpu_memory_utilization", 0.3)
    if isinstance(share, int | float) and not 0 < share < 1:
        yield "vllm_gpu_memory_utilization", f'"vllm_gpu_memory_utilization" is {share}, expected a share of the GPU between 0 and 1.'
    parallel, processes = flat.get("vllm_tensor_parallel_size", 1), flat.get("num_processes") or 0
    if mode == "colocate" and _whole(parallel) and _whole(processes) and processes and (parallel < 1 or processes % parallel):
        yield "vllm_tensor_parallel_size", (f'"vllm_tensor_parallel_size" is {parallel}, which does not divide the {processes} '
                                            "processes that it groups (num_processes).")
    longest, written = flat.get("vllm_max_model_length"), flat.get("max_completion_length", 512)
    if _whole(longest) and _whole(written) and longest <= written:
        yield "vllm_max_model_length", (f'"vllm_max_model_length" is {longest}, prompt and completion together, and '
                                        f"max_completion_length alone is {written}. Raise it.")


def _refilled(flat: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rounds, generations = flat.get("dynamic_sampling"), flat.get("num_generations", 8)
    if not _whole(rounds):
        return
    if rounds < 0:
        yield "dynamic_sampling", f'"dynamic_sampling" is {rounds}, expected how often groups are sampled anew: 0 or more.'
    per_device = flat.get("per_device_train_batch_size", 8)
    turns = flat.get("steps_per_generation") or flat.get("gradient_accumulation_steps", 1)
    if _whole(per_device) and _whole(turns) and _whole(generations) and generations > 0 and per_device * turns % generations:
        yield "dynamic_sampling", (f'"dynamic_sampling" needs whole groups in each process: {per_device * turns} completions '
                                   f"(per_device_train_batch_size × gradient_accumulation_steps) are not a multiple of num_generations, {generations}.")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
