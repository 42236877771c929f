"""What would end a run later, found before anything heavy is imported: libraries, the size of the data, the disk, the rollout server."""

from __future__ import annotations

import importlib.util
import os
import socket
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from toolkit.errors import Refused
from toolkit.train.arguments import TrainSettings
from toolkit.train.checkpoints import free_bytes
from toolkit.train.launch import accelerate_file, batch_of, distribution, gpus_here, launched, world_size

# package → how it is asked for
INSTALL = {"bitsandbytes": "pip install bitsandbytes", "peft": "pip install peft", "vllm": "pip install 'trl[vllm]'",
           "deepspeed": "pip install deepspeed", "wandb": "pip install wandb", "swanlab": "pip install swanlab",
           "mlflow": "pip install mlflow", "trackio": "pip install trackio", "tensorboard": "pip install tensorboard",
           "liger_kernel": "pip install liger-kernel", "triton": "pip install triton, on Linux with a GPU", "unsloth": "pip install unsloth"}
MIN_FREE_BYTES = 200e6      # what the smallest run writes, with room


def preflight(settings: TrainSettings, samples: int) -> None:
    """Check a run of GRPO that is about to begin or go on.

    Args:
        samples: rows of the training data.

    Raises:
        Refused: every reason why it cannot work, each with its fix.
    """
    problems = [*_libraries(settings), *_vllm_version(settings), *_devices(settings), *_batch(settings, samples), *_disk(settings.output_dir),
                *_server(settings)]
    if problems:
        raise Refused(problems)


def _libraries(settings: TrainSettings) -> list[str]:
    grpo, model = settings.grpo, settings.model
    needed: dict[str, str] = {}
    if model.get("use_peft"):
        needed["peft"] = "use_peft"
    if model.get("load_in_4bit") or model.get("load_in_8bit"):
        needed["bitsandbytes"] = "load_in_4bit" if model.get("load_in_4bit") else "load_in_8bit"
    if "8bit" in str(grpo.get("optim", "")):
        needed["bitsandbytes"] = f"optim: {grpo['optim']}"
    if grpo.get("use_vllm"):
        needed["vllm"] = "use_vllm"
    if grpo.get("use_liger_kernel"):
        needed["liger_kernel"] = needed["triton"] = "use_liger_kernel"
    if settings.loader == "unsloth":
        needed["unsloth"] = "loader: unsloth"
    if not launched() and settings.accelerate_config:
        file = accelerate_file(settings.accelerate_config, settings.num_processes, 0)
        if distribution(file).startswith("zero"):
            needed["deepspeed"] = f"accelerate_config: {settings.accelerate_config}"
    trackers = grpo.get("report_to") or []
    for tracker in [trackers] if isinstance(trackers, str) else trackers:
        if tracker in INSTALL:
            needed[tracker] = f"report_to: {tracker}"
    return [f"{asked} needs {package}, which is not installed. Run: {INSTALL[package]}"
            for package, asked in needed.items() if importlib.util.find_spec(package) is None]


def _vllm_version(settings: TrainSettings) -> list[str]:
    """The vLLM that is installed against the range that the installed TRL names."""
    try:
        installed = version("vllm") if settings.grpo.get("use_vllm") else ""
    except PackageNotFoundError:
        return []                               # told with the libraries
    named = [Requirement(line) for line in requires("trl") or []]
    wanted = next((requirement.specifier for requirement in named if requirement.name == "vllm"), None)
    if not installed or wanted is None or wanted.contains(Version(installed).base_version):     # without +cu129
        return []
    return [f"vllm {installed} is installed, and trl {version('trl')} works with vllm {wanted}. Run: pip install 'trl[vllm]'"]


def _devices(settings: TrainSettings) -> list[str]:
    gpus = len(gpus_here())
    here = int(os.environ.get("LOCAL_WORLD_SIZE", 0)) if launched() else settings.num_processes
    if not 0 < gpus < here or settings.grpo.get("use_cpu"):
        return []
    return [f"{here} processes are asked for on this machine, and {gpus} GPU{'s are' if gpus > 1 else ' is'} visible (CUDA_VISIBLE_DEVICES). "
            "Lower num_processes, or use more machines (configs/accelerate/multi_node.yaml)."]


def _batch(settings: TrainSettings, samples: int) -> list[str]:
    batch = batch_of(settings.grpo, world_size(settings.num_processes))
    if batch.prompts <= samples:
        return []
    return [f"{samples} training samples are fewer than the {batch.prompts} prompts of one step ({batch.sentence(None)}): nothing "
            "would be trained. Lower per_device_train_batch_size or gradient_accumulation_steps, or give more data."]


def _disk(folder: Path) -> list[str]:
    free = free_bytes(folder)
    return [] if free >= MIN_FREE_BYTES else [f"the disk of {folder} has {free / 1e6:.0f} MB free, too little for one checkpoint: free some, "
                                              "or name another output_dir."]


def _server(settings: TrainSettings) -> list[str]:
    grpo = settings.grpo
    if not grpo.get("use_vllm") or grpo.get("vllm_mode", "colocate") != "server" or grpo.get("vllm_server_base_url"):
        return []
    host, port = grpo.get("vllm_server_host", "0.0.0.0"), int(grpo.get("vllm_server_port", 8000))
    try:
        with socket.create_connection((host, port), timeout=3):
            return []
    except OSError as error:
        return [f"no rollout server at {host}:{port} ({error}). Start it first: trl vllm-serve --model "
                f"{settings.model_name_or_path} --port {port}, or scripts/train_r1.sh, which does both."]
