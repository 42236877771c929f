"""Strict YAML: every mistake at once, each with its line; numbers as people write them; types of the installed TRL."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.config import fields_of, merged, parse_set, read_yaml, type_problem
from toolkit.errors import InputError
from toolkit.train.arguments import load_settings


def saved(folder: Path, text: str | bytes) -> Path:
    path = folder / "c.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_settings_come_with_their_lines_and_exponents_are_numbers(tmp_path):
    values, lines = read_yaml(saved(tmp_path,
    "\ufeff# demo\nlearning_rate: 3e-6\n\nsft:\n  max_steps: 1_000\nname: 沈\n"))
    assert values == {"learning_rate": 3e-6, "sft": {"max_steps": 1000}, "name": "沈"}
    assert lines == {"learning_rate": 2, "sft": 4, "name": 6}


def test_keys_set_twice_and_keys_that_are_no_names_are_all_said_at_once(tmp_path):
    path = saved(tmp_path, "a: 1\nsft:\n  b: 1\n  b: 2\non: 3\na: 4\n5: x\n")
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    assert [p.removeprefix(f"{path}:")[:8] for p in caught.value.problems] == ['4 "sft.b', '5 "on" i', '6 "a" wa',
    '7 "5" is']


def test_anchors_and_merge_keys_are_no_mistake(tmp_path):
    values, _ = read_yaml(saved(tmp_path, "base: &b {x: 1}\none:\n  <<: *b\n  y: 2\ntwo: *b\n"))
    assert values["one"] == {"x": 1, "y": 2} and values["two"] == {"x": 1}


@pytest.mark.parametrize("text, expected", [
    ("a: 1\n\tb: 2\n", ":2 is not YAML"), ("a: [1\n", "is not YAML"), ("- 1\n", "holds no settings"), ("",
    "holds no settings"),
    ("just words", "holds no settings"), ("a: 2024-13-45\n", "is not YAML"), ("a: 1\n---\nb: 1\n", "is not YAML"),
    ("a: " + "[" * 5000, "nests too deep"), ("a: \0\n", "is not YAML"), ("? [x]\n: 1\n", "is not YAML"), ("a: *x\n",
    "is not YAML"),
    ("a: !!python/object:os.system x\n", "is not YAML"), (b"ok: 1\nname: \xc9\xf2\n", ":2 is not UTF-8 text")])
def test_what_is_no_settings_file_is_one_line(tmp_path, text, expected):
    with pytest.raises(InputError, match=expected) as caught:
        read_yaml(saved(tmp_path, text))
    assert len(str(caught.value).splitlines()) == 1


def test_overrides_reach_into_sections_and_read_their_values_as_yaml():
    assert parse_set(["lr=3e-6", "sft.max_steps=5", "sft.bf16=true", "name=", "text=a=b"]) == {
        "lr": 3e-6, "sft": {"max_steps": 5, "bf16": True}, "name": None, "text": "a=b"}
    assert merged({"sft": {"a": 1, "b": 2}, "c": 3}, {"sft": {"b": 4}, "c": {"d": 5}}) == {"sft": {"a": 1, "b": 4},
    "c": {"d": 5}}


def test_bad_overrides_are_all_said_at_once():
    with pytest.raises(InputError) as caught:
        parse_set(["a=1", "a.b=2", "x", "=1", "a..b=1", "c=[1", "d=2024-13-45", "fine=1"])
    assert len(caught.value.problems) == 6
    assert 'reaches into "a"' in str(caught.value) and '"c=[1" has a value that is not YAML' in str(caught.value)


@settings(max_examples=200)
@given(st.lists(st.text(max_size=12).map(lambda text: f"a{text}"), max_size=3))
def test_any_override_is_read_or_refused(assignments):
    try:
        assert isinstance(parse_set(assignments), dict)
    except InputError as error:
        assert error.problems


@pytest.mark.parametrize("value, annotation, accepted", [
    (1, "int", True), (1.5, "int", False), (True, "int", False), (1, "float", True), ("3e-6", "float", False), (True,
    "bool", True),
    (None, "int", True), ("x", "str | None", True), (5, "str | None", False), ("x", "list[str] | None", False),
    (["x"], "list[str] | None", True), ("x", "str | list[str] | None", True), ({"a": 1},
    "dict[str, Any] | str | None", True),
    (5, "dict[str, Any] | str | None", False), ("x", "Optional[Union[dict, str]]", True), ({},
    "dict[str, list[str]]", True),
    ("x", "dict[str, list[str]]", False), (object(), "Any", True), (5, "SomeEnum", True)])
def test_values_are_checked_against_annotations(value, annotation, accepted):
    problem = type_problem("name", value, annotation)
    assert (problem is None) == accepted
    assert accepted or '"name" is ' in str(problem)


def test_fields_of_a_package_that_is_not_there_say_how_to_install_it():
    with pytest.raises(InputError, match="pip install"):
        fields_of("no_such_package_at_all.config")


def test_fields_are_read_from_the_source_of_the_installed_version():
    pytest.importorskip("trl", reason="the train extra is not installed")
    fields = fields_of("trl.trainer.grpo_config")
    assert {"num_generations", "beta"} <= set(fields)
    with pytest.raises(InputError, match=r"has no trl\.trainer\.gone_config"):
        fields_of("trl.trainer.gone_config")


def test_no_is_a_strategy_and_not_false(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("model_name_or_path: m\ntrain_data: d.json\nsave_strategy: no\n", encoding="utf-8")
    assert load_settings(tmp_path / "c.yaml").grpo["save_strategy"] == "no"
