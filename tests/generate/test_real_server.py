"""gen-data against a real SGLang server: set TOOLKIT_TEST_SGLANG_URL to one, with any model, however small.

What the model writes is its own affair; what is tested is that every schema is accepted, tokens are counted, and no item is lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.jsonl import read_rows

URL = os.environ.get("TOOLKIT_TEST_SGLANG_URL")
pytestmark = pytest.mark.skipif(not URL, reason="TOOLKIT_TEST_SGLANG_URL names no server")
PROFILES = Path(__file__).parents[2] / "data" / "online_profiles.jsonl"


def gen_data(out: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "toolkit", "gen-data", "--engine", "sglang", "--base-url", URL,
                           "--profiles-file", str(PROFILES), "--output-dir", str(out), *map(str, words), "--json"],
                          capture_output=True, text=True, encoding="utf-8", timeout=600, check=False)


def test_every_item_has_an_outcome_and_every_schema_is_accepted(tmp_path):
    done = gen_data(tmp_path / "d", "--num-samples", 8, "--kinds", "SBK,CM,SCK,RCB", "--max-tokens", 400, "--max-attempts", 2)
    assert done.returncode in (0, 3), done.stderr           # 3: a model too small to write one good draft
    result = json.loads(done.stdout)
    assert result["samples"] + result["rejected"] == 8 and not result["failed"]
    rejected = [row for _, row in read_rows(tmp_path / "d" / "rejected.jsonl")] if result["rejected"] else []
    assert all(row["draft"].lstrip().startswith("{") for row in rejected if row["code"] != "refusal")


def test_the_servers_tokenizer_counts_for_the_estimate(tmp_path):
    done = gen_data(tmp_path / "d", "--num-samples", 4, "--dry-run")
    assert done.returncode == 0 and json.loads(done.stdout)["counted"]
