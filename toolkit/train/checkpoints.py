"""Which checkpoint a run goes on from: the newest that is whole. A kill or a full disk leaves one that is cut off."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

from toolkit.jsonl import atomic_write
from toolkit.run import METRICS, Run
from toolkit.terminal import say

RESUMABLE = 2       # the newest checkpoints, which a run may go on from: the very last may be cut off
STATES = ("optimizer*", "global_step*")     # as torch and FSDP, and as DeepSpeed write the optimizer's


def last_whole(folder: Path) -> Path | None:
    """The newest whole checkpoint of a run folder; those that are skipped are named with their fault."""
    for path in reversed(checkpoints_of(folder)):
        fault = fault_of(path)
        if fault is None:
            return path
        say(f"  skipping {path.name}: {fault}")
    return None


def checkpoints_of(folder: Path) -> list[Path]:
    """The checkpoints of a run folder, the oldest first."""
    found = [path for path in folder.glob("checkpoint-*") if path.is_dir() and checkpoint_step(path) is not None]
    return sorted(found, key=lambda path: checkpoint_step(path) or 0)


def checkpoint_step(path: Path) -> int | None:
    """The step that a checkpoint's name tells; None for what is no checkpoint."""
    match = re.fullmatch(r"checkpoint-(\d+)", path.name)
    return int(match[1]) if match else None


def drop_states(folder: Path) -> None:
    """Leave the optimizer's state, twice the size of the weights it trains, only where a run may go on from.

    DeepSpeed's lies with its shards of the weights, which are dropped where the weights are there whole. `ref/` is TRL's copy of the
    cold start's adapter: it is made anew, and where it lies transformers 5.12 does not read the trained one.
    """
    for path in checkpoints_of(folder):
        shutil.rmtree(path / "ref", ignore_errors=True)
    whole = [path for path in checkpoints_of(folder) if any(path.glob("*.safetensors")) and fault_of(path) is None]
    for state in (state for path in whole[:-RESUMABLE] for name in STATES for state in path.glob(name)):
        if state.is_dir():
            shutil.rmtree(state, ignore_errors=True)
        else:
            state.unlink(missing_ok=True)


def free_bytes(folder: Path) -> int:
    """Free space where a folder is, or will be."""
    return shutil.disk_usage(next(p for p in (folder, *folder.resolve().parents) if p.exists())).free


def fault_of(checkpoint: Path) -> str | None:
    """Why a checkpoint cannot be continued from; None when it is whole."""
    try:
        state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
        step = int(state["global_step"])
    except (OSError, ValueError, KeyError, TypeError):
        return "trainer_state.json is missing or cut off"
    weights = sorted(checkpoint.glob("*.safetensors"))
    for file in weights:
        if problem := _cut(file):
            return problem
    if index := next(checkpoint.glob("*.safetensors.index.json"), None):
        try:
            parts = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (OSError, ValueError, KeyError, AttributeError):
            return f"{index.name} is cut off"
        if missing := sorted(parts - {file.name for file in weights}):
            return f"{missing[0]} is missing"
    sharded = any(checkpoint.glob(f"global_step{step}/*")) or any(checkpoint.glob("pytorch_model_fsdp*"))
    if not weights and not sharded:
        return "it has no weights"
    if (checkpoint / "scheduler.pt").is_file() and not any(any(checkpoint.glob(name)) for name in STATES):
        return "the state of its optimizer is not kept"
    # torch writes zip files, whose table of contents comes last
    for file in (*checkpoint.glob("*.pt"), *checkpoint.glob("*.pth"), *checkpoint.glob("global_step*/*.pt")):
        if not zipfile.is_zipfile(file):
            return f"{file.name} is cut off"
    return None


def forget_after(run: Run, stage: str, step: int) -> None:
    """Drop what a stage measured after `step`: those steps are made again."""
    file = run.folder / METRICS
    if not run.write or not file.is_file():
        return
    lines = file.read_bytes().splitlines()
    kept = [line for line in lines if _stays(line, stage, step)]
    if len(kept) < len(lines):
        with atomic_write(file, overwrite=True) as out:
            out.writelines(line.decode() + "\n" for line in kept)


def _stays(line: bytes, stage: str, step: int) -> bool:
    try:
        row = json.loads(line)
    except ValueError:          # a kill cut the last line
        return False
    return row.get("stage") != stage or row.get("step", 0) <= step


def _cut(file: Path) -> str | None:
    """safetensors: 8 bytes of header size, the header with the offsets of every tensor, the data."""
    try:
        with file.open("rb") as data:
            size = int.from_bytes(data.read(8), "little")
            header = json.loads(data.read(size)) if 0 < size < file.stat().st_size else None
        end = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"{file.name} is cut off"
    return None if file.stat().st_size == 8 + size + end else f"{file.name} is cut off"
