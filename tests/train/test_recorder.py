"""What a training step leaves in metrics.jsonl and on the screen."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from toolkit.run import Run
from toolkit.train.callbacks import Recorder, line_of, peak_memory_bytes


def test_a_step_is_told_by_reward_and_parts_kl_length_speed_and_memory() -> None:
    values = {"loss": 0.1, "reward": 0.712, "rewards/accuracy/mean": 0.6, "rewards/mine.py:polite/mean": 0.975, "rewards/accuracy/std": 0.1,
              "kl": 0.0213, "completions/mean_length": 37.8, "tokens_per_second": 2410.4, "peak_memory_gb": 1.234}
    assert line_of(values, "reward") == ("reward 0.712 (accuracy 0.60, mine.py:polite 0.97) · KL 0.021 · 38 tokens long · 2,410 tokens/s · "
                                         "1.23 GB")


def test_what_was_not_logged_is_not_told() -> None:
    assert line_of({"loss": 0.5, "mean_token_accuracy": 0.25}, "loss") == "loss 0.500 · token accuracy 0.250"
    assert line_of({"loss": 0.5}, "reward") == ""


def test_speed_and_memory_are_recorded(tmp_path: Path) -> None:
    recorder = Recorder(Run(tmp_path / "run", {}, {}), "grpo", "reward")
    for step in (1, 2):
        state = SimpleNamespace(global_step=step, max_steps=2)
        recorder.on_log(None, state, None, {"reward": 0.5, "num_tokens": 1000.0 * step, "loss": float("nan")})
    first, second = (json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines())
    assert "tokens_per_second" not in first and second["tokens_per_second"] > 0
    assert 0 < second["peak_memory_gb"] <= peak_memory_bytes() / 1e9 + 0.001
    assert "loss" not in second
