"""What an evaluation takes and can tell, said before anything is spent."""

from __future__ import annotations

import json

import numpy as np
import pytest
from stub_server import Stub
from stub_server import served as serving
from typer.testing import CliRunner

from toolkit.cli import app
from toolkit.evaluate.plan import Plan
from toolkit.evaluate.runner import evaluate
from toolkit.evaluate.stats import detectable_gain, mcnemar_exact


def run(*words):
    return CliRunner().invoke(app, ["eval", *map(str, words)])


def test_a_dry_run_says_what_it_takes_and_generates_nothing(data, tmp_path):
    stub, out = Stub(), tmp_path / "eval"
    with serving(stub) as url:
        done = run(f"{url}#stub", "--against", f"{url}#stub", "--data", data, "--output-dir", out, "--dry-run", "--json",
                   "--also", "multiple_choice:7", "--anonymised")
    assert done.exit_code == 0, done.output
    assert stub.counts["requests"] == 0 and not out.exists()
    report = json.loads(done.stdout)
    assert report["plan"]["samples"] == 24 and report["plan"]["roles"] == 3 and report["plan"]["hours_at_most"] > 0
    assert report["also"][0]["plan"]["samples"] == 7 and report["anonymised"]["plan"]["samples"] == 24
    assert report["plan"]["detectable_gain"]["0.3"] == pytest.approx(detectable_gain(24, 0.3))
    assert "smallest gain told at 80 % power" in done.stderr and "of these 3 roles alone" in done.stderr


def test_an_evaluation_begins_with_its_plan_and_counts_what_it_has(data, tmp_path):
    with serving(Stub(content="<think>x</think><answer>I am a baker.</answer>")) as url:
        first = evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", limit=12)["plan"]
        again = evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", dry_run=True)["plan"]
        few = evaluate(f"{url}#stub", None, data, out=tmp_path / "few", limit=100)
    assert few["notes"][0].endswith("validation.json holds 24 samples, 100 were asked for.")
    assert first["kept"] == 0 and 0 < again["kept"] == first["replies"] < again["replies"]
    assert first["detectable_gain"] is None and first["half_width"] > 0.2


def test_a_folder_s_time_follows_its_weights(models, data, tmp_path):
    base, trained = models
    small, large = (evaluate(trained, base, data, out=tmp_path / "eval", max_new_tokens=tokens, batch_size=12, dry_run=True)["plan"]
                    for tokens in (10, 100))
    assert large["hours_at_most"] == pytest.approx(10 * small["hours_at_most"])


def test_a_gain_as_large_as_is_called_detectable_is_told_by_the_exact_test_with_about_that_power():
    rng = np.random.default_rng(3)
    samples, changed = 200, 0.15
    gain = detectable_gain(samples, changed)
    up = (changed + gain) / 2
    told = [mcnemar_exact(int((d < up).sum()), int(((d >= up) & (d < changed)).sum())) < 0.05 for d in rng.random((400, samples))]
    assert 0.7 < sum(told) / 400 < 0.95


def test_no_gain_is_larger_than_what_changes():
    few = Plan("gsm8k", 20, 0, 2, 40, 0, 256, 0.01, "assumed")
    assert detectable_gain(20, 0.15) == detectable_gain(20, 0.3) == pytest.approx(7.849 / 20, abs=1e-3)
    assert "39.2 points with nothing lost beside them" in few.lines()[1] and "roles" not in few.lines()[0]
