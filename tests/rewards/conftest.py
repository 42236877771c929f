from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def toolkit() -> Callable[..., Done]:
    """Runs the command line in a process of its own."""
    def run(*words: object, cwd: Path | None = None) -> Done:
        return subprocess.run([sys.executable, "-m", "toolkit", *map(str, words)], cwd=cwd, capture_output=True, text=True,
                              encoding="utf-8", timeout=120, check=False, env={**os.environ, "COLUMNS": "160"})
    return run


@pytest.fixture(scope="session")
def write() -> Callable[[Path, Iterable[Mapping[str, Any]]], Path]:
    """Writes rows as JSON lines."""
    def rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path
    return rows
