"""What an evaluation costs beside the model."""

from __future__ import annotations

import json
import subprocess
import sys

import eval_report
import pytest

from toolkit.jsonl import dumps
from toolkit.rewards.targets import made_samples


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Of 1,000 and of 5,000 verdicts with their report: the page is as large for both. Each in a process of its own."""
    data = tmp_path_factory.mktemp("speed") / "samples.jsonl"
    data.write_text("".join(dumps(sample.to_row()) + "\n" for sample in made_samples(eval_report.SAMPLES)), encoding="utf-8")
    return {verdicts: json.loads(subprocess.run(
        [sys.executable, eval_report.__file__, "--one", "--verdicts", str(verdicts), "--data", str(data)],
        check=True, capture_output=True, text=True).stdout) for verdicts in (1000, 5000)}


def test_a_thousand_verdicts_with_their_report_take_less_than_five_seconds_of_processor_time(measured):
    found = measured[1000]
    assert found["verdicts"] == 1000 and found["cpu_s"] < 5
    assert found["page_mb"] < 2


def test_memory_hardly_grows_with_the_number_of_verdicts(measured):
    """A record with its texts takes more than 4 kB, and what is kept of it well below one."""
    grown_kb = 1000 * (measured[5000]["memory_mb"] - measured[1000]["memory_mb"])
    assert grown_kb / 4000 < 1.5
