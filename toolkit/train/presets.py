"""Presets: what a kind of hardware can hold, as settings over those of a task. `configs/presets/<count>x<memory>gb.yaml`."""

from __future__ import annotations

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
