"""`toolkit reward score`: the verifier on one's own cases, in their order, with every bad row named at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.rewards.cases import read_cases, score_cases

CASE = {"id": "a", "lang": "zh", "profile": {"姓名": "陆青禾", "身份": "铁匠"}, "history": [], "question": "你是做什么营生的？",
        "keys": [{"canonical": "铁匠", "alternatives": ["打铁的"], "type": "text"}], "match": "all",
        "distractors": ["裁缝"], "completion": "我是铁匠。"}
EN = {"id": 7, "lang": "en", "profile": "Maren Holt, a ferry pilot", "question": "What do you do?", "keys": ["ferry pilot"],
      "completion": "<think>pilot</think><answer>I'm the ferry pilot.</answer>"}


def test_cases_are_scored_in_their_order_with_reason_and_match(toolkit, write, tmp_path):
    wrong = {**CASE, "id": "b", "completion": "我不是铁匠，是裁缝。", "expected": 1, "why": "not looked at"}
    path = write(tmp_path / "cases.jsonl", [EN, wrong, CASE])
    done = toolkit("reward", "score", path, "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["id"], row["score"]) for row in rows] == [(7, 1.0), ("b", 0.0), ("a", 1.0)]
    assert all(set(row) == {"id", "score", "reason", "matched"} and row["reason"] for row in rows)
    at = EN["completion"].index("ferry pilot")
    assert rows[0]["matched"] == [{"key": "ferry pilot", "text": "ferry pilot", "start": at, "end": at + 11}]
    assert "铁匠" in rows[1]["reason"]


def test_without_json_there_is_a_table_on_stdout(toolkit, write, tmp_path):
    done = toolkit("reward", "score", write(tmp_path / "cases.jsonl", [CASE, EN]))
    assert done.returncode == 0
    assert "我是⟦铁匠⟧" in done.stdout and "2 of 2 right" in done.stdout


def test_every_bad_row_is_named_with_line_and_field(toolkit, write, tmp_path):
    bad = [CASE, {**CASE, "question": ""}, {**CASE, "keys": []}, {**CASE, "keys": [{"alternatives": ["x"]}]},
           {**CASE, "match": "some"}, {**CASE, "completion": 5}, {**CASE, "history": ["hello"]}, {**CASE, "profile": [1]},
           {**CASE, "distractors": "裁缝"}, {**CASE, "id": [1]}]
    path = write(tmp_path / "cases.jsonl", bad)
    with path.open("a") as out:
        out.write("{not json\n[1, 2]\n")
    done = toolkit("reward", "score", path, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    fields = ["question", "keys", "keys[0]", "match", "completion", "history[0]", "profile", "distractors", "id"]
    for line, name in enumerate(fields, start=2):
        assert f'{path}:{line} field "{name}"' in done.stderr
    assert f"{path}:11 is not JSON" in done.stderr and f"{path}:12 is [1, 2] (a list)" in done.stderr
    assert len(done.stderr.splitlines()) == 11


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_file_without_cases_is_an_error(toolkit, tmp_path, text):
    path = tmp_path / "empty.jsonl"
    path.write_text(text)
    done = toolkit("reward", "score", path)
    assert done.returncode == 2 and "holds no case" in done.stderr


def test_an_empty_completion_is_wrong_and_optional_fields_may_be_missing(toolkit, write, tmp_path):
    row = {"question": "What do you do?", "keys": ["pilot", "baker"], "match": 1, "completion": ""}
    done = toolkit("reward", "score", write(tmp_path / "c.jsonl", [row, {**row, "completion": "I'm a baker."}]), "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["id"], first["score"], first["matched"]) == (1, 0.0, [])
    assert (second["id"], second["score"]) == (2, 1.0)


VALUES = st.recursive(st.none() | st.booleans() | st.integers(-2**40, 2**40) | st.floats(allow_nan=False) | st.text(max_size=12),
                      lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
                      max_leaves=6)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=st.fixed_dictionaries({}, optional={name: VALUES for name in (*CASE, "aliases")}), base=st.booleans())
def test_any_row_is_scored_or_named_with_its_line(tmp_path, row, base):
    path = tmp_path / "case.jsonl"
    path.write_text(json.dumps({**CASE, **row} if base else row, ensure_ascii=True) + "\n", encoding="utf-8")
    try:
        scored = list(score_cases(read_cases(path)))
    except InputError as error:
        assert all(line.startswith(f"{path}:1 ") or "holds no case" in line for line in error.lines())
    else:
        assert len(scored) == 1 and scored[0].verdict.reason
