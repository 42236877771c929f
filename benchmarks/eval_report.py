"""What an evaluation costs beside the model: verdicts, statistics and report, in seconds and in memory.

    python benchmarks/eval_report.py                    500 samples under two models: 1,000 verdicts
    python benchmarks/eval_report.py --verdicts 1000,10000

The samples are the offline engine's, the replies their own answers, some of them another sample's, each with thoughts of its own (2,000
characters). Each size runs in a process of its own, so that the memory at its most is that size's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.evaluate.records import Record

SAMPLES = 500
THOUGHT = 2000                                  # characters


def measure(data: Path, verdicts: int) -> dict[str, float]:
    """Seconds of each part, and the most memory in MB, before and after."""
    from toolkit.evaluate.assemble import Weights, write_results
    from toolkit.evaluate.generation import Completion
    from toolkit.evaluate.records import BASE, TRAINED, make_record
    from toolkit.evaluate.report import write_report
    from toolkit.evaluate.tally import write_records
    from toolkit.tasks.roleplay import RolePlay, gold_reply

    task = RolePlay()
    rows = [row for _, row in task.read(data)]
    wrong = {BASE: 2, TRAINED: 5}                # every how many-th reply is another sample's

    def record(n: int, side: str) -> Record:
        reply = gold_reply(rows[(n - (n % wrong[side] == 0)) % len(rows)])
        return make_record(task, rows[n % len(rows)], n, side, Completion(reply.replace(">", f">{str(n) * THOUGHT:.{THOUGHT}}", 1), "stop", 40), False)

    about = {"model": "trained", "against": "base", "data": {"path": str(data), "sha256": "-", "given": str(data)}, "task": task.name,
             "sampling": {"seed": 42}, "versions": {}, "command": "toolkit eval", "written": "", "seconds": 0}
    before = memory_mb()
    with tempfile.TemporaryDirectory() as folder:
        began, cpu = time.perf_counter(), time.process_time()
        tallies = write_records(Path(folder) / "records.jsonl", (record(n, side) for n in range(verdicts // 2) for side in wrong))
        verified = time.perf_counter()
        write_results(Path(folder), tallies, Weights(), 42, False, {}, [], about)
        counted = time.perf_counter()
        page = write_report(Path(folder))
        done = time.perf_counter()
        return {"verdicts": verdicts, "verify_s": verified - began, "statistics_s": counted - verified, "report_s": done - counted,
                "seconds": done - began, "cpu_s": time.process_time() - cpu, "memory_mb": memory_mb(), "memory_before_mb": before, "page_mb": page.stat().st_size / 1e6}


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verdicts", default="1000")
    parser.add_argument("--data", type=Path, help="samples; default: made by the offline engine")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.data, int(given.verdicts))))
        return
    with tempfile.TemporaryDirectory() as folder:
        data = given.data or Path(folder) / "samples.jsonl"
        if not given.data:
            from toolkit.jsonl import dumps
            from toolkit.rewards.targets import made_samples

            data.write_text("".join(dumps(sample.to_row()) + "\n" for sample in made_samples(SAMPLES)), encoding="utf-8")
        for verdicts in given.verdicts.split(","):
            done = subprocess.run([sys.executable, __file__, "--one", "--verdicts", verdicts, "--data", str(data)], check=True,
                                  capture_output=True, text=True)
            found = json.loads(done.stdout)
            print("  ".join(f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
