"""The benchmark of the reward runs and tells what it is quoted for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_benchmark_compares_three_methods():
    done = subprocess.run([sys.executable, ROOT / "benchmarks/reward_throughput.py", "--samples", "8", "--json"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["methods"]) == {"verified", "substring", "ifeval_regex"}
    assert found["completions"] > 300 and found["long_completions"] == 48
    ours, plain = found["methods"]["verified"], found["methods"]["substring"]
    assert ours["right"] > 0.9 > plain["right"]
    assert ours["mean_ms"] < 5 and ours["slowest_100kb_ms"] < 1000   # generous: a shared machine measures, too
