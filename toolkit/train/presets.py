"""Presets: what a kind of hardware can hold, as settings over those of a task. `configs/presets/<count>x<memory>gb.yaml`."""

from __future__ import annotations

import re
from typing import Any

from toolkit.config import read_yaml
from toolkit.errors import InputError, did_you_mean
from toolkit.resources import find

FOLDER = "configs/presets"


def presets() -> list[str]:
    return sorted(path.stem for path in find(FOLDER).glob("*.yaml"))


def read_preset(name: str) -> dict[str, Any]:
    """The settings of a preset.

    Raises:
        InputError: naming those that are shipped.
    """
    known = presets()
    if name not in known:
        raise InputError(f'preset "{name}" is not known.{did_you_mean(name, known)} Known: {", ".join(known)}.')
    return read_yaml(find(FOLDER) / f"{name}.yaml")[0]


def memory_gb(name: str | None) -> float:
    """Memory of each GPU that a preset is made for, in 1e9 bytes; 0 for one without GPUs."""
    found = re.fullmatch(r"\d+x(\d+)gb", name or "")
    return float(found[1]) if found else 0.0
