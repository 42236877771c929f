"""`toolkit demo`: the whole flow with its real commands, on an embedded default."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, Refused
from toolkit.resources import find
from toolkit.terminal import counter, say

PROFILES = "data/online_profiles.jsonl"
LANGUAGES = ("zh",)
SIZES: dict[str, dict[str, Any]] = {
    # enough to learn
    "full": {"samples": 1870, "cold_start": 10800, "limit": None, "settings": {}},
    # enough to show that every step works
    "smallest": {"samples": 160, "cold_start": 80, "limit": 16, "settings": {
        "max_steps": 2, "sft": {"max_steps": 5}, "per_device_train_batch_size": 16, "max_completion_length": 24}},
}
# what gen-data is told: short excerpts for a short context, one wording of each question, and a teacher whose flaw a reward
# can mend
GENERATE: dict[str, Any] = {"train_ratio": 0.7, "max_facts": 4, "max_distance": 3, "mistakes": 0.95, "disguised": 0.8, "wordings": 1,
                            "system_prompt": "prompts/roleplay/brief.{language}.md"}


def demo(out: Path, size: str, seed: int, overwrite: bool = False) -> dict[str, Any]:
    """Profiles → data → cold start → GRPO → evaluation before and after; returns the report.

    Raises:
        InputError: when `out` holds something that is not told to be replaced.
    """
    from toolkit.dataset.show import render, summary
    from toolkit.dataset.stats import render_stats
    from toolkit.dataset.validate import validate
    from toolkit.generate.pipeline import STATS, Request, generate
    from toolkit.profiles import read_profiles
    from toolkit.train.arguments import load_settings

    if size not in SIZES:
        raise InputError(f'--size "{size}" is not known. Known: {", ".join(SIZES)}.')
    if overwrite and out.exists():
        _remove(out)
    began = time.monotonic()
    scale = SIZES[size]
    data, run = out / "data", out / "run"

    _step(1, "gen-data", f"verified samples from {PROFILES}, and a flawed teacher's replies for the cold start")
    profiles = [p for p in read_profiles(find(PROFILES)) if p.language in LANGUAGES]
    if (data / STATS).exists():
        say(f"  {data} is there already")
    else:
        with counter("samples", scale["samples"]) as progress:
            render_stats(generate(profiles, Request(data, None, scale["samples"], seed=seed,
                                                    cold_start=scale["cold_start"], **GENERATE), progress))

    _step(2, "validate", "every sample is checked: evidence, keys, answers, wrong values, roles apart")
    with counter("checked", None) as progress:
        report = validate([data], progress=progress)
    render(report)
    if report.errors:
        raise Refused(summary(report))

    _step(3, "train", "a small model is made on the spot, learns to read, gets a cold start, then GRPO")
    settings = load_settings(find("configs/demo.yaml"), {
        **scale["settings"], "train_data": str(data / "train.json"), "eval_data": str(data / "validation.json"),
        "cold_start_data": str(data / "cold_start.jsonl"), "output_dir": str(run), "seed": seed})
    from toolkit.train.pipeline import train

    final = train(settings)
    from toolkit.show.plots import plot_run

    plots = plot_run(run)
    if plots:
        say(f"  curves: {plots[0]}")

    _step(4, "eval", "before and after GRPO, on roles the model has never seen")
    from toolkit.evaluate.report import render as render_report
    from toolkit.evaluate.resolve import run_evaluation

    found, page = run_evaluation(str(final), limit=scale["limit"], temperature=0.0, batch_size=64, seed=seed, overwrite=True)
    render_report(found)
    say(f"report: {page}   ({time.monotonic() - began:.0f} s in all)")
    return found


def _step(number: int, name: str, what: str) -> None:
    say(f"\n{number}/4 {name}: {what}")


def _remove(out: Path) -> None:
    """Remove an earlier demo, and nothing that is not one."""
    own = {"data", "run"}
    others = [p.name for p in out.iterdir() if p.name not in own]
    if others:
        raise InputError(f"{out} holds more than a demo ({', '.join(sorted(others)[:5])}): remove it yourself.")
    shutil.rmtree(out)
