"""How long `toolkit --help` takes, best and median of N processes.

    python benchmarks/startup.py [N]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def seconds() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "toolkit", "--help"], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seconds()  # fills the file cache and writes .pyc files, which a user pays once
    times = [seconds() for _ in range(runs)]
    print(f"toolkit --help: best {min(times):.3f} s, median {statistics.median(times):.3f} s of {runs}")


if __name__ == "__main__":
    main()
