"""How long 10,000 samples of the offline engine take, and how much memory at most.

    python benchmarks/gen_data_offline.py [SAMPLES]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from toolkit.generate.pipeline import Request, generate
from toolkit.profiles import read_profiles
from toolkit.resources import find


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    profiles = read_profiles(find("data/online_profiles.jsonl"))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        made = generate(profiles, Request(Path(folder), None, samples))["samples"]
        took_s = time.perf_counter() - began
        size_mib = sum(p.stat().st_size for p in Path(folder).iterdir()) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mib = peak / (2**20 if sys.platform == "darwin" else 2**10)  # macOS counts bytes, Linux KiB
    print(f"gen-data offline: {made} samples ({size_mib:.1f} MiB) in {took_s:.2f} s, "
          f"{made / took_s:.0f} a second, peak memory {peak_mib:.0f} MiB")


if __name__ == "__main__":
    main()
