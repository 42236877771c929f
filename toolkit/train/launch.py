"""How many processes train, what they see in a step, and the command that starts them.

`toolkit train` starts `accelerate launch` itself when `num_processes` is more than 1. It behaves the same when it was started by
`accelerate launch scripts/train.py`, torchrun or srun: a process that finds itself already launched starts nothing.
"""

from __future__ import annotations

import math
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.resources import find
from toolkit.train.signals import handled

FOLDER = "configs/accelerate"


@dataclass(frozen=True)
class Batch:
    """What one optimizer step consists of; names are TRL's.

    A completion is one sampled reply; `num_generations` of them answer one prompt.
    """

    processes: int
    per_device: int
    accumulation: int
    generations: int
    per_generation: int                         # optimizer micro-steps that share one round of generation
    iterations: int                             # updates on the same completions (GRPO's mu)

    @property
    def completions(self) -> int:
        return self.processes * self.per_device * self.accumulation

    @property
    def generated(self) -> int:
        """Completions that one process samples at once."""
        return self.per_device * self.per_generation

    @property
    def prompts(self) -> int:
        """Distinct prompts of one round of generation."""
        return self.processes * self.generated // self.generations

    def steps(self, samples: int, epochs: float = 1.0, max_steps: int = -1) -> int:
        """Optimizer steps for so many training samples, as TRL counts: prompts that fill no round are left out."""
        if max_steps > 0:
            return max_steps
        rounds = samples // self.prompts if self.prompts else 0
        return math.ceil(epochs * (rounds * self.iterations * self.per_generation // self.accumulation))

    def sentence(self, steps: int | None) -> str:
        unit = f"{self.processes} process" + ("es" if self.processes != 1 else "")
        text = (f"{unit} × {self.per_device} × {self.accumulation} = {self.completions} completions = "
                f"{self.completions // self.generations} prompts × {self.generations} a step")
        return text + (f", {steps} steps" if steps is not None else "")


def batch_of(grpo: Mapping[str, Any], processes: int) -> Batch:
    """The batch of TRL's settings (its defaults where they say nothing)."""
    per_device, accumulation = grpo.get("per_device_train_batch_size", 8), grpo.get("gradient_accumulation_steps", 1)
    rounds = grpo.get("steps_per_generation")
    if rounds is None and grpo.get("generation_batch_size"):
        rounds = max(grpo["generation_batch_size"] // (per_device * processes), 1)
    return Batch(processes, per_device, accumulation, grpo.get("num_generations", 8), rounds or accumulation,
                 grpo.get("num_iterations", 1))


def launched() -> bool:
    """Whether something (accelerate, torchrun, srun) already started this process as one of several."""
    return "LOCAL_RANK" in os.environ or "RANK" in os.environ or int(os.environ.get("WORLD_SIZE", "1")) > 1


def grace_s() -> int | None:
    """Seconds after a request to end until torch's launcher (torchrun, accelerate launch) kills its processes; None under any other."""
    handles = os.environ.get("TORCHELASTIC_SIGNALS_TO_HANDLE", "SIGTERM")      # by default; ours leaves it to the processes
    if "TORCHELASTIC_RUN_ID" not in os.environ or "SIGTERM" not in handles:
        return None
    return int(os.environ.get("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", "30"))


def adopt_slurm() -> None:
    """srun with a task a GPU tells ranks in its own variables; torch reads RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT."""
    tasks = int(os.environ.get("SLURM_NTASKS", "1"))
    if tasks < 2 or launched() or "SLURM_PROCID" not in os.environ or "SLURM_STEP_ID" not in os.environ:
        return
    os.environ.update({"RANK": os.environ["SLURM_PROCID"], "WORLD_SIZE": str(tasks),
                       "LOCAL_RANK": os.environ.get("SLURM_LOCALID", "0")})
    os.environ.setdefault("MASTER_ADDR", os.environ.get("SLURM_LAUNCH_NODE_IPADDR", "127.0.0.1"))
    os.environ.setdefault("MASTER_PORT", str(20000 + int(os.environ.get("SLURM_JOB_ID", "0")) % 20000))


def world_size(asked: int = 0) -> int:
    """Processes of the run: those that run already, or those asked for."""
    return int(os.environ.get("WORLD_SIZE", "1")) if launched() else max(asked, 1)


def accelerate_file(name: str, processes: int, gpus: int) -> Path | None:
    """The accelerate configuration: a shipped one by name (`zero3`), a file, or the one that fits the devices.

    Returns:
        None for one process without a name: nothing is launched.

    Raises:
        InputError: for a name that is neither; the shipped ones are listed.
    """
    if not name and processes < 2:
        return None
    if name and Path(name).suffix in (".yaml", ".yml", ".json") and Path(name).is_file():
        return Path(name)
    shipped = {path.stem: path for path in sorted(find(FOLDER).glob("*.yaml"))}
    chosen = name or ("multi_gpu" if gpus else "cpu")
    if chosen not in shipped:
        raise InputError(f'"accelerate_config" is {name}: no such file. Shipped: {", ".join(shipped)}.')
    return shipped[chosen]


def distribution(file: Path | None) -> str:
    """How the model is spread: none, ddp, zero1, zero2, zero3 or fsdp."""
    if file is None:
        return "none"
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        kind = str(found["distributed_type"]).upper()
        stage = (found.get("deepspeed_config") or {}).get("zero_stage", 0)
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is no configuration of accelerate (no distributed_type): write one with "
                         f"accelerate config, or take a name of {FOLDER}.") from error
    if kind == "DEEPSPEED":
        return f"zero{stage}" if stage else "ddp"
    return {"FSDP": "fsdp", "NO": "none"}.get(kind, "ddp")


def launch_command(file: Path, processes: int, arguments: Sequence[str]) -> list[str]:
    """The command that starts `processes` processes of `toolkit train` with these arguments."""
    return [sys.executable, "-m", "toolkit.train.launcher", "--config_file", str(file), "--num_processes", str(processes),
            "--main_process_port", str(_port()), "-m", "toolkit", "train", *arguments]


def shown(command: Sequence[str]) -> str:
    """As a user types it."""
    return "accelerate launch " + shlex.join(command[command.index("--config_file"):])


def start(command: Sequence[str]) -> int:
    """Run a launch to its end; returns its exit code. Requests to end are passed on: the processes save and end."""
    child = subprocess.Popen(command)
    with handled(lambda number, frame: child.send_signal(number)):
        code = child.wait()
    return code if code >= 0 else 128 - code


def gpus_here() -> list[float]:
    """Memory of the NVIDIA GPUs of this machine that a run may use, in 1e9 bytes each; empty without a driver."""
    try:
        found = subprocess.run(["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"],
                               capture_output=True, text=True, timeout=10, check=True)
        sizes = [float(line) * 2**20 / 1e9 for line in found.stdout.split()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return sizes if visible is None else sizes[:len([v for v in visible.split(",") if v.strip() not in ("", "-1")])]


def _port() -> int:
    """A free port, so that two runs on one machine do not meet at accelerate's 29500."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
