"""What an evaluation costs beside the model."""

from __future__ import annotations

from eval_report import SAMPLES, measure

from toolkit.jsonl import dumps
from toolkit.rewards.targets import made_samples


def test_a_thousand_verdicts_with_their_report_take_less_than_five_seconds_of_processor_time(tmp_path):
    data = tmp_path / "samples.jsonl"
    data.write_text("".join(dumps(sample.to_row()) + "\n" for sample in made_samples(SAMPLES)), encoding="utf-8")
    found = measure(data, 1000)
    assert found["verdicts"] == 1000 and found["cpu_s"] < 5
    assert found["page_mb"] < 2
