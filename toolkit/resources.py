"""Where shipped text lives: `prompts/`, `configs/`, `data/`.

Looked up as: the path as given → the working directory → the checkout → the copy inside the wheel.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from toolkit.errors import InputError

PACKAGE = Path(__file__).parent


def find(name: str | Path) -> Path:
    """The first existing file or folder for a relative name such as `prompts/offline/zh.yaml`.

    Raises:
        InputError: naming every place that was looked at.
    """
    name = Path(name)
    places = [name] if name.is_absolute() else [name, PACKAGE.parent / name, PACKAGE / "_bundled" / name]
    for place in places:
        if place.exists():
            return place
    raise InputError(f"{name} does not exist. Looked at: {', '.join(str(p) for p in dict.fromkeys(places))}.")


@lru_cache(maxsize=64)
def text(name: str) -> str:
    return find(name).read_text(encoding="utf-8")


@lru_cache(maxsize=16)
def yaml_file(name: str) -> Any:
    """A shipped YAML file (trusted text of ours, parsed by the safe loader)."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text(name), Loader=loader)
