"""A GRPO run of a few steps on a model made on the spot, in about a second."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from toolkit.train.arguments import load_settings
from toolkit.train.pipeline import train

REWARD = '''"""A reward that pays the length of a reply."""
def score(sample, text):
    return {body}
'''
# a new model learns its vocabulary from labelled lines
LINES = "".join(f"{label}: {label.lower()}\n" for label in ("Name", "Age", "Home", "Job", "Food", "Pet", "Drink", "Song", "Tool"))


def configure(folder: Path, body: str = "min(len(text) / 80, 1.0)") -> Path:
    """The configuration of a run in `folder`/run, with its reward and its data."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.py").write_text(REWARD.format(body=body), encoding="utf-8")
    data = folder / "data.jsonl"
    if not data.exists():
        data.write_text("".join(json.dumps({"question": f"{LINES}What is {n} + 1?", "answer": f"That is.\n#### {n + 1}"}) + "\n"
                                for n in range(16)), encoding="utf-8")
    (folder / "c.yaml").write_text(
        f"task: gsm8k\nmodel_name_or_path: new\nnew_model: {{reading_steps: 0}}\ntrain_data: {data}\noutput_dir: {folder}/run\n"
        f"rewards: {{'{folder}/mine.py:score': 1.0}}\nallow_unaudited: true\ntorch_threads: 1\nmax_steps: 4\n"
        "per_device_train_batch_size: 4\nnum_generations: 2\nmax_completion_length: 6\nsave_steps: 1\nsave_total_limit: 9\n",
        encoding="utf-8")
    return folder / "c.yaml"


def start(folder: Path, body: str = "min(len(text) / 80, 1.0)", **over: Any) -> Path:
    return train(load_settings(configure(folder, body), over))


def metrics(folder: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["stage"] == "grpo" and "reward" in row]
