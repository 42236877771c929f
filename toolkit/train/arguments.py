"""Training settings: flat YAML in the vocabulary of the installed TRL plus ours, checked before anything heavy is imported.

A key is a field of TRL's `GRPOConfig` or `ModelConfig`, or one of `OURS`. The `sft:` section takes fields of `SFTConfig`,
`new_model:` those of `NewModel`. Names that the reference guides use are translated and reported, never dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from toolkit.config import (
    GRPO_MODULES,
    MODEL_MODULES,
    SFT_MODULES,
    fields_of,
    merged,
    read_yaml,
    type_problem,
)
from toolkit.errors import InputError, did_you_mean
from toolkit.sources import on_hub
from toolkit.train.choices import choice_problems
from toolkit.train.launch import launched, world_size
from toolkit.train.translate import TRANSLATED, translate
from toolkit.train.watchdog import MODES, watchdog_problems

STAGES = ("sft", "grpo")
NEW = "new"

# our own keys: annotation, as in a dataclass
OURS: Mapping[str, str] = {
    "task": "str",
    "stages": "list",
    "train_data": "str",
    "eval_data": "str",
    "cold_start_data": "str",
    "rewards": "dict",
    "allow_unaudited": "bool",
    "system_prompt": "str",
    "eval_samples": "int",
    "sample_every": "int",
    "torch_threads": "int",
    "new_model": "dict",
    "sft": "dict",
    "columns": "dict",
    "hub": "str",
    "sbk_weight": "float",
    "cm_weight": "float",
    "num_processes": "int",
    "accelerate_config": "str",
    "watchdog": "bool | str | dict",            # YAML 1.1 reads off as false
    "preflight": "bool | str",
    "backup": "str",
    "loader": "str",
    "dynamic_sampling": "int",
}
# how a run is started, watched and kept is no part of what is trained: a run may go on with other values
LAUNCH = ("num_processes", "accelerate_config", "watchdog", "preflight", "backup")

# where we differ from TRL's defaults, and why
DEFAULTS: Mapping[str, Any] = {
    "output_dir": "outputs/train",
    "save_total_limit": 3,          # unlimited checkpoints fill disks (one known run: 700 GB)
    "logging_steps": 1,             # a reward that dies must be seen at the step where it dies
    # files beside the run's own metrics.jsonl; trackers that send something are asked for
    "report_to": "tensorboard" if find_spec("tensorboard") else "none",
    "disable_tqdm": True,           # our own progress bar
    "seed": 42,
}

# of an adapter: with dropout (TRL: 0.05) the policy that learns is not the one that wrote, and prompts are computed for each completion
ADAPTER_DEFAULTS: Mapping[str, Any] = {"lora_dropout": 0.0}


@dataclass(frozen=True)
class TrainSettings:
    """Everything a run needs. `grpo`, `sft` and `model` hold keyword arguments of TRL's dataclasses."""

    path: str
    task: str = "roleplay"
    stages: tuple[str, ...] = ("grpo",)
    train_data: str = ""
    eval_data: str = ""
    cold_start_data: str = ""
    rewards: Mapping[str, float] = field(default_factory=dict)
    allow_unaudited: bool = False               # train with a reward that does not pass its audit
    system_prompt: str = ""
    eval_samples: int = 0
    sample_every: int = 10
    torch_threads: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)    # our name → the data file's
    sbk_weight: float | None = None             # of the evaluation's weighted mean; None: 0.5
    cm_weight: float | None = None
    num_processes: int = 0                      # more than 1: accelerate launch is started; 0: this process alone
    accelerate_config: str = ""                 # a name of configs/accelerate, or a file
    watchdog: str | Mapping[str, Any] = "stop"  # stop, warn or off, for all alarms or each by its name
    preflight: str = "stop"                     # of the model sampled beforehand: stop, warn or off
    backup: str = ""                            # s3://bucket/prefix that gets every checkpoint
    loader: str = ""                            # transformers, or unsloth
    dynamic_sampling: int | None = None         # how often groups of equal reward are sampled anew; None: they stay, as in TRL
    new_model: Mapping[str, Any] = field(default_factory=dict)
    sft: Mapping[str, Any] = field(default_factory=dict)
    grpo: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    translated: tuple[tuple[str, str, str], ...] = ()

    @property
    def output_dir(self) -> Path:
        return Path(self.grpo["output_dir"])

    @property
    def model_name_or_path(self) -> str:
        return self.model["model_name_or_path"]

    @property
    def seed(self) -> int:
        return self.grpo["seed"]

    def to_config(self) -> dict[str, Any]:
        """The resolved configuration as flat keys: what the manifest records, and a valid configuration itself."""
        # whether an audit was waived stands beside its result, and changes nothing of what is trained
        ours = {k: getattr(self, k) for k in OURS if k not in ("allow_unaudited", "hub", *LAUNCH)}     # names carry their hub
        ours["stages"] = list(self.stages)
        return {k: v for k, v in {**ours, **self.model, **self.grpo}.items() if v not in ("", None, {}, [])}


def load_settings(path: str | Path, overrides: Mapping[str, Any] | None = None) -> TrainSettings:
    """Read, translate and check a configuration.

    Raises:
        InputError: every problem at once, each with file and line.
    """
    raw, lines = read_yaml(path)
    given = merged(raw, overrides or {})

    def spot(key: str) -> str:
        return f"{path}:{lines[key]}" if key in lines and key not in (overrides or {}) else "--set"

    found = translate(given, _known)
    flat, rewards = found.flat, found.rewards
    # YAML 1.1 reads no as false
    flat |= {key: "no" for key in ("save_strategy", "eval_strategy", "logging_strategy") if flat.get(key) is False}
    if isinstance(flat.get("lora_target_modules"), str):        # all-linear, or a name alone
        flat["lora_target_modules"] = [flat["lora_target_modules"]]
    problems = [f'{spot(found.sections.get(old, old))} "{old}" is called "{new}" here, and "{new}" is set too. Keep one.'
                for old, new in found.clashes]
    grpo_fields, model_fields = fields_of(*GRPO_MODULES), fields_of(*MODEL_MODULES)
    known = {**grpo_fields, **model_fields, **OURS}
    for key, value in flat.items():
        if key not in known:
            problems.append(f'{spot(found.sections.get(key, key))} "{key}" is not a key.{did_you_mean(key, [*known, *TRANSLATED])}')
        elif problem := type_problem(key, value, known[key]):
            problems.append(f"{spot(found.sections.get(key, key))} {problem}")
    sft = dict(flat.get("sft") or {})
    sft_fields = fields_of(*SFT_MODULES)
    for key, value in sft.items():
        if key not in sft_fields:
            problems.append(f'{spot("sft")} "sft.{key}" is not a field of TRL\'s SFTConfig.{did_you_mean(key, list(sft_fields))}')
        elif problem := type_problem(f"sft.{key}", value, sft_fields[key]):
            problems.append(f"{spot('sft')} {problem}")
    stages = tuple(flat.get("stages") or ("grpo",))
    if not stages or any(s not in STAGES for s in stages):
        problems.append(f'{spot("stages")} "stages" is {list(stages)}, expected some of {", ".join(STAGES)}.')
    for part, weight in rewards.items():
        if not isinstance(weight, int | float) or isinstance(weight, bool):
            problems.append(f'{spot("rewards")} "rewards.{part}" is {weight!r}, expected a number (its weight).')
    for key in ("model_name_or_path", "train_data"):
        if not flat.get(key):
            problems.append(f'{path} has no "{key}".' + (f' Give a folder, a hub name, or "{NEW}" for a small model '
                                                         "made on the spot." if key.startswith("model") else ""))
    if "sft" in stages and not flat.get("cold_start_data"):
        problems.append(f'{path} has the stage sft but no "cold_start_data" (gen-data writes it with --cold-start).')
    grpo = {**DEFAULTS, **{k: v for k, v in flat.items() if k in grpo_fields}}
    asked = flat.get("num_processes") or 0
    problems += _arithmetic(grpo, path, world_size() if launched() else asked)
    problems += [f"{spot(key)} {problem}" for key, problem in choice_problems(flat)]
    problems += [f"{spot('watchdog')} {problem}" for problem in watchdog_problems(flat.get("watchdog"))]
    flat |= {key: "off" for key in ("preflight", "watchdog") if flat.get(key) is False}
    if flat.get("preflight", "stop") not in MODES:
        problems.append(f"{spot('preflight')} \"preflight\" is {flat['preflight']!r}, expected {', '.join(MODES)}.")
    if flat.get("backup") and not is_place(str(flat["backup"])):
        problems.append(f'{spot("backup")} "backup" is {flat["backup"]!r}, expected a place in S3: s3://bucket/prefix.')
    if problems:
        raise InputError(problems)
    ours = {k: flat[k] for k in OURS if k in flat and k not in ("stages", "rewards", "sft", "hub")}
    hub = flat.get("hub") or ""
    for key in ("train_data", "eval_data", "cold_start_data"):
        if key in ours:
            ours[key] = on_hub(ours[key], hub)
    flat["model_name_or_path"] = on_hub(flat["model_name_or_path"], hub)
    return TrainSettings(
        path=str(path), stages=stages, rewards=rewards, sft=sft, grpo=grpo,
        model={**(ADAPTER_DEFAULTS if flat.get("use_peft") else {}),
               **{k: v for k, v in flat.items() if k in model_fields and k not in grpo_fields}},
        translated=tuple(found.table), **ours)


def as_installed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for a configuration of TRL, by the new name where the installed transformers warns of the old one."""
    found, known = dict(arguments), fields_of(*GRPO_MODULES)
    for old in ("gradient_checkpointing", "gradient_checkpointing_kwargs"):
        new = old.replace("gradient", "activation")
        if old in found and new in known:
            found[new] = found.pop(old)
    return found


def is_place(address: str) -> bool:
    """Whether it has the form s3://bucket/prefix."""
    return re.fullmatch(r"s3://[^/\s]+(/\S*)?", address) is not None


def _known(key: str) -> bool:
    return key in fields_of(*GRPO_MODULES) or key in fields_of(*MODEL_MODULES) or key in OURS


def _arithmetic(grpo: Mapping[str, Any], path: str | Path, processes: Any) -> list[str]:
    """TRL groups `num_generations` completions of one prompt; what is generated at once must split into groups."""
    generations, per_device, accumulation = (grpo.get(key, default) for key, default in (
        ("num_generations", 8), ("per_device_train_batch_size", 8), ("gradient_accumulation_steps", 1)))
    if not all(isinstance(number, int) for number in (generations, per_device, accumulation)):
        return []                               # told by their types
    if min(per_device, accumulation) < 1:
        return []                               # told by their bounds
    if generations < 2:
        return [f'{path} "num_generations" is {generations}: a group needs at least 2 completions to compare.']
    per_step = per_device * accumulation
    if isinstance(processes, int) and processes > 0:
        per_step *= processes
    undivided = per_step % generations and (processes or generations % per_step)     # more processes may fill a group
    if undivided:
        fits = [n for n in range(2, per_step + 1) if per_step % n == 0]
        near = sorted(sorted(fits, key=lambda n: abs(n - generations))[:2])
        return [f"{path}: {per_step} completions a step (per_device_train_batch_size × gradient_accumulation_steps"
                f"{' × num_processes' if processes else ''}) do not split into groups of {generations}. "
                f"Nearest num_generations: {' or '.join(map(str, near)) or 'none; raise the batch'}."]
    return []
