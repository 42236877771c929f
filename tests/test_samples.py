"""Samples: our rows, rows of the wild format, and one line for everything that is wrong with a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.jsonl import dumps
from toolkit.samples import Sample, detect_language, profile_text, read_samples, sample_from_row

WILD: dict[str, Any] = {
    "character_name": "穆小川", "character_profile": {"姓名": "穆小川", "职业": "修船匠"}, "conversation_history": [],
    "question": "你靠什么吃饭？", "answer": "我是修船匠。", "keywords": ["修船匠"], "question_type": "what",
    "validation_method": "single_term_validation", "difficulty": "easy", "metadata": {"source": "x"}}


def problems_of(row: Any) -> list[str]:
    problems: list[str] = []
    assert (sample_from_row(row, "data.json:7", problems) is None) == bool(problems)
    return problems


def sample_of(**changes: Any) -> Sample:
    problems: list[str] = []
    sample = sample_from_row({**WILD, **changes}, "data.json:7", problems)
    assert sample is not None and not problems
    return sample


def test_a_row_in_the_wild_format_gains_what_it_lacks():
    sample = sample_of()
    assert (sample.kind, sample.language, sample.role_id, sample.match) == ("SBK", "zh", "穆小川", "all")
    assert [key.canonical for key in sample.keys] == ["修船匠"] and "职业: 修船匠" in sample.character_profile
    assert sample.id == sample_of().id != sample_of(question="你是做什么的？").id
    assert sample_of(conversation_history=[{"role": "user", "content": "你好"}]).kind == "CM"


@pytest.mark.parametrize("method, keywords, match", [
    ("single_term_validation", ["a", "b"], "any"), ("multi_term_parsing", ["a", "b"], "all"), (None, ["a"], "all")])
def test_the_validation_method_says_how_many_keywords_are_needed(method, keywords, match):
    assert sample_of(validation_method=method, keywords=keywords).match == match


def test_our_rows_survive_a_round_trip():
    sample = sample_of(id="s1", role_id="r1", kind="CM", language="en", match=1, distractors=["cook", 5],
                       memory_distance=2,
                       keys=[{"canonical": "tailor", "alternatives": ["a tailor"], "type": "text",
                       "polarity": "affirm"}],
                       conversation_history=[{"role": "user", "content": "Hello"}], reasoning="Hello",
                       evidence=[{"source": "history", "quote": "Hello", "turn": 0}], provenance={"engine": "offline"})
    assert sample.distractors == ("cook", "5")
    again: list[str] = []
    assert sample_from_row(json.loads(dumps(sample.to_row())), "x:1", again) == sample and not again


BROKEN = {
    "question": (None, "", "  ", 5), "answer": (5, ["x"]), "character_name": (5,), "id": (True, ["x"]),
    "keywords": ([], "word", [""], [5.5, None], [{}], [["x"]]),
    "keys": ([{"canonical": ""}], {"a": 1}, [{"canonical": "x", "polarity": "y"}]),
    "match": ("some", True, 0, 2, [], 1.0), "difficulty": ("Easy", 3),
    "metadata": (5, ["x"], {"aliases": "x"}, {"aliases": [1]}),
    "conversation_history": ("hi", {}, ["hi"], [{"role": "user"}], [{"role": "bot", "content": "x"}],
                             [{"role": "user", "content": 5}], [{"role": ["x"], "content": "y"}]),
    "evidence": ("x", ["x"], [{"source": "web", "quote": "x"}], [{"source": "profile", "quote": 5}],
                 [{"source": "history", "quote": "x", "turn": "0"}], [{"source": "history", "quote": "x",
                 "turn": True}]),
    "distractors": ("x", [None], [{}], [""], [True]), "memory_distance": ("1", 1.5, -1, True), "provenance": ([1],),
    "language": (5,), "kind": ({},), "role_id": (["x"],), "reasoning": (5,), "question_type": (5,),
    "validation_method": (5,)}


@pytest.mark.parametrize("field, value", [(f, v) for f, values in BROKEN.items() for v in values], ids=repr)
def test_a_broken_field_is_named_on_one_line(field, value):
    [message] = problems_of({**WILD, field: value})
    assert message.startswith("data.json:7 ") and len(message.splitlines()) == 1 and len(message) < 320
    assert f'"{field}' in message


def test_everything_wrong_with_a_row_is_said_at_once():
    assert len(problems_of({**WILD, "question": "", "answer": 5, "difficulty": "no\nno", "evidence": "x"})) == 4
    assert problems_of([]) and problems_of(None) and problems_of("x")


def test_reading_stops_at_the_first_bad_row_with_its_line(tmp_path: Path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([WILD, {**WILD, "answer": 5}], indent=1, ensure_ascii=False), encoding="utf-8")
    rows = read_samples(path)
    assert next(rows)[0] == 2
    with pytest.raises(InputError, match=r'field "answer" is 5 \(int\), expected text\. Quote it: "5"\.') as caught:
        next(rows)
    line = int(str(caught.value).removeprefix(f"{path}:").split(" ")[0])
    assert path.read_text(encoding="utf-8").splitlines()[line - 1].strip() == "{"


@pytest.mark.parametrize("text, language", [
    ("你老家在哪儿？", "zh"), ("你喜歡甚麼？", "zh"), ("What is your job?", "en"), ("ご職業は？", "ja"), ("コーヒー",
    "ja"),
    ("직업이 뭐예요?", "ko"),
    ("Li Bai (李白) was a poet of the Tang.", "en"), ("She cooks ramen (ラーメン) every day.", "en"), ("我用iPhone",
    "zh"),
    ("列奥纳多・达芬奇是谁", "zh"), ("我喜欢K-POP和 BTS", "zh"), ("", "en"), ("12:30", "en")])
def test_the_language_of_a_text_is_told_by_its_script(text, language):
    assert detect_language(text) == language


def test_a_profile_in_any_shape_becomes_text():
    value = {"姓名": "甲", "特长": ["a", "b"], "家": {"城": "x", "街": "y"}, "空": ""}
    assert profile_text(value) == "姓名: 甲\n特长: a, b\n家: 城: x; 街: y"
    assert profile_text(None) == "" and profile_text("x\ny") == "x\ny" and profile_text([1, "a"]) == "1, a"


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(("user", "all", "easy", "profile")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(("role", "content", "canonical", "alternatives", "type", "polarity", "source", "quote", "turn",
                         "aliases"))
        | st.text(max_size=4), inner, max_size=4), max_leaves=10)
FIELDS = (*WILD, "id", "role_id", "kind", "language", "keys", "match", "evidence", "distractors", "memory_distance",
          "reasoning", "provenance")


@settings(max_examples=400, deadline=None)
@given(VALUE | st.dictionaries(st.sampled_from(FIELDS), VALUE, max_size=5).map(lambda changes: {**WILD, **changes}))
def test_any_row_is_a_sample_or_one_line_problems(row):
    problems: list[str] = []
    sample = sample_from_row(row, "x:1", problems)
    assert all(len(p.splitlines()) == 1 and p.startswith("x:1 ") for p in problems)
    if sample is None:
        assert problems
    else:
        again: list[str] = []
        assert sample_from_row(json.loads(dumps(sample.to_row())), "x:1", again) is not None, again
