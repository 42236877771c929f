"""Python files of the user: rewards and tasks of their own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from toolkit.errors import InputError


def load_file(path: Path, example: str) -> ModuleType:
    """The module of a file.

    Args:
        example: how such a file is named, for the error: `my_reward.py:function`.

    Raises:
        InputError: when it is not there or cannot be imported.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist. Name a file, as {example}.")
    # a name of its own: a file called json.py must not stand in for the library
    spec = importlib.util.spec_from_file_location(f"user_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module       # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path} cannot be imported: {type(error).__name__}: {error}.") from error
    return module
