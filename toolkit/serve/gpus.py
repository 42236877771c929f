"""GPUs as nvidia-smi tells them: no torch, no CUDA context, 30 ms."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

MIB = 2**20
FIELDS = "index,name,memory.total,memory.free,driver_version,compute_cap"


@dataclass(frozen=True, slots=True)
class Gpu:
    index: int
    name: str
    total_bytes: int
    free_bytes: int
    driver: str
    compute: str


def gpus() -> list[Gpu]:
    """Those that CUDA_VISIBLE_DEVICES leaves visible (by number); none where there is no nvidia-smi or it fails."""
    text = _asked("--query-gpu=" + FIELDS)
    found = []
    for line in text.splitlines():
        words = [word.strip() for word in line.split(",")]
        if len(words) == 6 and words[0].isdigit():
            total, free = (int(word) * MIB if word.isdigit() else 0 for word in words[2:4])
            found.append(Gpu(int(words[0]), words[1], total, free, words[4], words[5]))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None or not all(word.strip().isdigit() for word in visible.split(",") if word.strip()):
        return [] if visible == "-1" else found
    wanted = [int(word) for word in visible.split(",") if word.strip()]
    return [gpu for gpu in found if gpu.index in wanted]


def holders() -> list[str]:
    """Processes that hold GPU memory: `pid name MiB`."""
    text = _asked("--query-compute-apps=pid,process_name,used_memory")
    return [" ".join(word.strip() for word in line.split(",")) + " MiB" for line in text.splitlines() if "," in line]


def _asked(query: str) -> str:
    program = shutil.which("nvidia-smi")
    if not program:
        return ""
    try:
        done = subprocess.run([program, query, "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=2,
                              check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
