"""Completions a second and the slowest single case of the verified reward, against plain substring and an IFEval-style regex.

    python benchmarks/reward_throughput.py [--samples N] [--json]

Completions: the honest and adversarial replies to N samples of the offline engine in four languages (`toolkit.rewards.stress`),
and 100 kB attacks for the slowest case. Each method is timed in one process by its own processor time, which other work on the
machine does not add to, after a first pass that fills caches.
`right` is the share of replies that a method scores as the generator labels them: speed alone is not the point.
The regex is what IFEval's KeywordChecker does (github.com/google-research/google-research, instruction_following_eval,
`re.search(keyword, value, flags=re.IGNORECASE)`), with every keyword required.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable

from toolkit.rewards.attacks import long_attacks
from toolkit.rewards.stress import stress
from toolkit.rewards.targets import made_samples
from toolkit.samples import Sample
from toolkit.tasks.roleplay import RolePlay

TASK = RolePlay()


def verified(sample: Sample, text: str) -> float:
    return TASK.score("accuracy", sample, text).score or 0.0


def substring(sample: Sample, text: str) -> float:
    return float(all(key.canonical in text for key in sample.keys))


def ifeval_regex(sample: Sample, text: str) -> float:
    return float(all(re.search(re.escape(key.canonical), text, flags=re.IGNORECASE) for key in sample.keys))


def measure(score: Callable[[Sample, str], float], cases: list[tuple[Sample, str, float]],
            long_cases: list[tuple[Sample, str]]) -> dict[str, float]:
    for sample, text, _ in cases:
        score(sample, text)
    seconds, right = [], 0
    for sample, text, expected in cases:
        began = time.process_time()
        found = score(sample, text)
        seconds.append(time.process_time() - began)
        right += found == expected
    slow = []
    for sample, text in long_cases:
        began = time.process_time()
        score(sample, text)
        slow.append(time.process_time() - began)
    ranked = sorted(seconds)
    return {"completions_per_second": len(seconds) / sum(seconds), "mean_ms": statistics.fmean(seconds) * 1000,
            "p99_ms": ranked[int(0.99 * len(ranked))] * 1000, "slowest_ms": ranked[-1] * 1000,
            "slowest_100kb_ms": max(slow) * 1000, "right": right / len(cases)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200, help="samples whose stress replies are scored (200)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    samples = made_samples(options.samples)
    cases = [(sample, probe.text, probe.expected) for sample in samples for probe in stress(sample)]
    long_cases = [(sample, text) for sample in samples[:4] for _, text in long_attacks(sample.keys[0].canonical)]
    found = {score.__name__: measure(score, cases, long_cases) for score in (verified, substring, ifeval_regex)}
    if options.json:
        print(json.dumps({"completions": len(cases), "long_completions": len(long_cases), "methods": found}, indent=2))
        return
    print(f"{len(cases)} completions, {len(long_cases)} of 100 kB")
    for name, values in found.items():
        print(f"{name:13} {values['completions_per_second']:>9,.0f} a second, mean {values['mean_ms']:.3f} ms, "
              f"p99 {values['p99_ms']:.2f} ms, slowest {values['slowest_ms']:.1f} ms (100 kB: {values['slowest_100kb_ms']:.1f} "
              f"ms), right {values['right']:.1%}")


if __name__ == "__main__":
    main()
