"""`validate --stress`: a false-pay and a false-deny figure for one's own data."""

from __future__ import annotations

import json

from toolkit.dataset.stressed import Stressed
from toolkit.rewards.targets import made_samples


def test_stress_tells_what_the_verifier_pays_and_denies_on_the_data(toolkit, write, tmp_path):
    data = write(tmp_path / "data.jsonl", [s.to_row() for s in made_samples(30)])
    done = toolkit("validate", data, "--stress", "--json")
    found = json.loads(done.stdout)["stress"]
    assert done.returncode == 0, done.stderr
    assert found["samples"] == 30
    assert 0 <= found["false_pay"]["rate"] < 0.1 and found["false_pay"]["by_kind"]["negation"]["of"] == 30
    assert found["false_deny"]["rate"] < 0.05 and found["false_deny"]["by_kind"]["plain"] == {"failed": 0, "of": 30}
    assert "adversarial replies paid" in done.stderr and "honest replies denied" in done.stderr


def test_a_key_that_the_answer_does_not_say_is_denied_and_shown(toolkit, write, tmp_path):
    row = made_samples(1)[0].to_row()
    row = {**row, "keys": [{"canonical": "灯塔看守", "type": "text"}], "evidence": []}
    done = toolkit("validate", write(tmp_path / "data.jsonl", [row]), "--stress", "--json")
    found = json.loads(done.stdout)["stress"]
    assert found["false_deny"]["by_kind"]["plain"] == {"failed": 1, "of": 1}
    assert found["worst"][0]["id"] == row["id"] and found["worst"][0]["reason"]
    assert f"stress: {row['id']}" in done.stderr


def test_without_the_option_nothing_is_stressed(toolkit, write, tmp_path):
    data = write(tmp_path / "data.jsonl", [s.to_row() for s in made_samples(2)])
    assert "stress" not in json.loads(toolkit("validate", data, "--json").stdout)


def test_a_larger_limit_contains_every_smaller_one():
    samples = made_samples(40)
    kept = []
    for limit in (5, 20):
        stressed = Stressed(limit)
        for sample in samples:
            stressed.add(sample)
        kept.append({sample.id for sample in stressed.samples})
    assert len(kept[0]) == 5 and kept[0] < kept[1]
