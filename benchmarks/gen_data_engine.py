"""How fast, and at what cost, prepared rows go through the engines: against a stub server in a process of its own.

    python benchmarks/gen_data_engine.py                 # all, about three minutes on two cores
    python benchmarks/gen_data_engine.py slots lognormal # some

A row has a 3 KB prompt and a 2.5 KB reply. "ideal" is rows x latency / slots, or the server's rate. CPU is this process's, with
reading the rows, the journal, and starting; seconds are from the first connection to the last row written.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

STUB = Path(__file__).with_name("stub_server.py")


@contextmanager
def served(*given: str) -> Iterator[str]:
    """The stub in a process of its own; gives its address."""
    server = subprocess.Popen([sys.executable, str(STUB), *given], stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def write_rows(path: Path, count: int, per_profile: int = 8) -> None:
    with path.open("w", encoding="utf-8") as out:
        for n in range(count):
            out.write(json.dumps({"id": f"row-{n:07d}", "messages": [
                {"role": "system", "content": f"profile {n // per_profile} " + "x" * 2900},
                {"role": "user", "content": f"question {n}"}], "max_tokens": 800}) + "\n")


def measured(count: int, concurrency: int | None, stub: list[str], engine: str = "sglang", order: Callable | None = None) -> dict:
    """One run in this process, which is new for each."""
    from toolkit.generate.engines.choose import engine_named
    from toolkit.generate.gate import Pace
    from toolkit.generate.prepared import reply_to_all

    with served(*stub) as url, tempfile.TemporaryDirectory() as folder:
        requests, out = Path(folder, "requests.jsonl"), Path(folder, "replies.jsonl")
        write_rows(requests, count)
        if order:
            lines = requests.read_text().splitlines()
            requests.write_text("\n".join(order(lines)) + "\n")
        used = engine_named(engine, [url], "stub" if engine == "bedrock" else None, "us-east-1" if engine == "bedrock" else None)
        before = time.process_time()
        totals = reply_to_all(requests, out, used, Pace(concurrency))
        cpu_s = time.process_time() - before
        ids = [line[:20] for line in out.open()]
        stats = json.loads(urlopen(url + "/stats").read())
    assert totals.done == count == len(set(ids)) == len(ids) and stats["answered twice"] == 0
    return {"seconds": totals.seconds, "cpu_ms": 1000 * cpu_s / count, "peak_mb": peak_mb(), "stats": stats, "count": count}


def line(name: str, run: dict, ideal_s: float | None = None, more: str = "") -> str:
    share = f"{ideal_s / run['seconds']:6.1%} of ideal" if ideal_s else " " * 15
    return (f"{name:34}{run['count'] / run['seconds']:7.0f} rows/s  {share}  {run['cpu_ms']:.3f} ms CPU/row  "
            f"{run['peak_mb']:4.0f} MB  {more}").rstrip()


def slots() -> str:
    run = measured(16384, 576, ["--slots", "512", "--latency", "0.5", "--loads"])
    return line("512 slots x 500 ms", run, 16384 * 0.5 / 512)


def lognormal() -> str:
    run = measured(16384, 576, ["--slots", "512", "--latency", "0.5", "--sigma", "0.5", "--loads"])
    return line("512 slots x lognormal(500 ms, 0.5)", run, 16384 * 0.5 * math.exp(0.125) / 512)


def quick() -> str:
    run = measured(16384, 288, ["--slots", "256", "--latency", "0.05", "--loads"])
    return line("256 slots x 50 ms", run, 16384 * 0.05 / 256)


def chance() -> str:
    run = measured(8192, 576, ["--slots", "512", "--latency", "0.5", "--loads", "--faults", "429=0.05"])
    return line("  with 5 % of 429 by chance", run, 8192 * 0.5 / 512, f"{run['stats']['requests'] - 8192} refused")


def faults() -> str:
    shares = "429=0.04,500=0.04,503=0.02,drop=0.03,cut=0.03,truncated=0.03,html=0.01,empty=0.01"
    run = measured(8192, 576, ["--slots", "512", "--latency", "0.5", "--loads", "--faults", shares])
    forced = run["stats"]["faults"]
    return line("  with 21 % of faults", run, 8192 * 0.5 / 512,
                f"{(run['stats']['requests'] - 8192) / forced:.3f} requests for each of {forced} faults")


def rate() -> str:
    run = measured(6000, 576, ["--latency", "0.5", "--rate", "200", "--burst", "200", "--queue", "9999"])
    later, refused = run["stats"]["after 5 s"]
    return line("200 requests a second allowed", run, more=f"after 5 s: {later:.1%} of it used, {refused:.1%} refused")


def cache() -> str:
    parts = []
    for name, order in (("grouped", None), ("round robin", lambda lines: [lines[n] for r in range(8) for n in range(r, len(lines), 8)])):
        run = measured(4096, 144, ["--slots", "128", "--latency", "0.1", "--loads", "--prefixes", "100", "--prefill", "0.02"], order=order)
        parts.append(f"{name} {run['stats']['cached tokens'] / run['stats']['prompt tokens']:.1%}")
    return line("prefix cache of 100 profiles", run, more="tokens found: " + ", ".join(parts))


def bedrock() -> str:
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    run = measured(6000, 256, ["--slots", "256", "--latency", "0.5"], "bedrock")
    return line("bedrock: 256 threads x 500 ms", run, 6000 * 0.5 / 256)


def million() -> str:
    """Memory with 1,000,000 rows planned, 998,000 of them done by earlier runs."""
    from toolkit.generate.engines.choose import engine_named
    from toolkit.generate.gate import Pace
    from toolkit.generate.journal import Journal
    from toolkit.generate.prepared import look_over, reply_to_all

    count = 1_000_000
    with served("--slots", "256", "--latency", "0.05", "--loads") as url, tempfile.TemporaryDirectory() as folder:
        engine = engine_named("sglang", [url])
        requests, out = Path(folder, "requests.jsonl"), Path(folder, "replies.jsonl")
        with requests.open("w") as file:
            for n in range(count):
                file.write(f'{{"id": "row-{n:07d}-of-a-plan-with-long-ids", "prompt": "question {n}"}}\n')
        began = time.monotonic()
        rows = look_over(requests)
        with Journal(out, {"requests": {"rows": rows.count, "sha256": rows.digest}, "model": engine.model}):
            pass
        with out.open("w") as file:
            for n in range(count - 2000):
                file.write(f'{{"id":"row-{n:07d}-of-a-plan-with-long-ids","content":"reply"}}\n')
        totals = reply_to_all(requests, out, engine, Pace(288), rows=rows)
        took_s = time.monotonic() - began
    assert (totals.skipped, totals.done) == (count - 2000, 2000)
    return f"{'1,000,000 rows planned':34}{peak_mb():5.0f} MB at most; {took_s:.0f} s for looking them over and going on"


RUNS = {run.__name__: run for run in (slots, lognormal, quick, chance, faults, rate, cache, bedrock, million)}


def main() -> None:
    names = sys.argv[1:] or list(RUNS)
    if len(names) == 1:
        print(RUNS[names[0]](), flush=True)
        return
    for name in names:                            # each in a process of its own: peak memory is a process's
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
