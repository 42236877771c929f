from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows as a file of the format its name says: .jsonl, .tsv, .csv or .parquet."""
    def rows(name: str, values: Iterable[Mapping[str, Any]]) -> Path:
        path, values = tmp_path / name, list(values)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pa = pytest.importorskip("pyarrow")
            from pyarrow import parquet

            parquet.write_table(pa.Table.from_pylist(values), path)
        elif path.suffix in (".tsv", ".csv"):
            mark = "\t" if path.suffix == ".tsv" else ","
            lines = [mark.join(values[0]), *(mark.join(str(v) for v in row.values()) for row in values)]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in values), encoding="utf-8")
        return path
    return rows


@pytest.fixture(scope="session")
def toolkit() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line in a process of its own."""
    def run(*words: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "toolkit", *map(str, words)], cwd=cwd, capture_output=True, text=True,
                              encoding="utf-8", timeout=120, check=False, env={**os.environ, "COLUMNS": "160", **(env or {})})
    return run
