"""Rows of JSON files: every layout, every kind of damage, and the right line in each message."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.json_values import unusable
from toolkit.jsonl import read_rows, write_list

ROWS = [{"question": "你是谁？"}, {"question": "Who?"}, {"question": "谁"}]


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def read(path: Path) -> list[tuple[int, object]]:
    return list(read_rows(path))


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    assert len(caught.value.problems) == 1 and "\n" not in str(caught.value)
    return str(caught.value).removeprefix(str(path))


LINES = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
LAYOUTS = {
    "lines": ("a.jsonl", LINES, [1, 2, 3]),
    "blank lines between": ("a.jsonl", LINES.replace("\n", "\n\n"), [1, 3, 5]),
    "windows line ends": ("a.jsonl", LINES.replace("\n", "\r\n"), [1, 2, 3]),
    "byte order mark": ("a.jsonl", "\ufeff" + LINES, [1, 2, 3]),
    "gzipped lines": ("a.jsonl.gz", LINES, [1, 2, 3]),
    "gzipped list": ("a.json.gz", f"[\n{LINES.replace(chr(10), ',' + chr(10))}\n]", [2, 3, 4]),
    "lines called .json": ("a.json", LINES, [1, 2, 3]),
    "a list with a row on each line": ("a.json", f"[\n{LINES.replace(chr(10), ',' + chr(10))}\n]\n", [2, 3, 4]),
    "a list on one line": ("a.json", json.dumps(ROWS), [1, 2, 3]),
    "a pretty list": ("a.json", json.dumps(ROWS, indent=2), [2, 5, 8]),
    "a pretty list after a byte order mark": ("a.json", "\ufeff" + json.dumps(ROWS, indent=2), [2, 5, 8]),
    "a pretty list after blank lines": ("a.json", "\n\n[\n\n" + json.dumps(ROWS, indent=1)[2:], [5, 8, 11]),
    "a list that opens and closes beside its rows": ("a.json", f"[{LINES.replace(chr(10), ',' + chr(10))}]", [1, 2, 3]),
    "a list that closes beside its last row": ("a.json", f"[\n{LINES.replace(chr(10), ',' + chr(10))}]", [2, 3, 4]),
    "a list of mixed layout": (
        "a.json", '[\n{"question": "你是谁？"},\n{\n"question": "Who?"},\n{"question": "谁"}\n]', [2, 3, 5]),
}


@pytest.mark.parametrize("name, text, lines", LAYOUTS.values(), ids=LAYOUTS)
def test_rows_come_with_the_line_they_begin_on(tmp_path, name, text, lines):
    assert read(written(tmp_path, name, text)) == list(zip(lines, ROWS, strict=True))


def test_an_object_over_several_lines_is_one_row(tmp_path):
    assert read(written(tmp_path, "card.json", '{\n "name": "A"\n}\n')) == [(1, {"name": "A"})]


def test_empty_lists_and_files_hold_no_rows(tmp_path):
    assert read(written(tmp_path, "a.json", "[]")) == read(written(tmp_path, "b.json", "[\n]\n")) == []
    assert read(written(tmp_path, "c.jsonl", "\n\n")) == []


DAMAGE = {
    "a bad line": ("a.jsonl", '{"a": 1}\n\n{"a": \n{"a": 2}\n', ":3 is not JSON"),
    "a bad row in a streamed list": ("a.json", '[\n{"a": 1},\n{"a": oops},\n{"a": 2}\n]\n', ":3 is not JSON"),
    "a bad row in a pretty list": (
        "a.json", '[\n {\n  "a": 1\n },\n {\n  "a": oops\n }\n]\n', ":6 column 8 is not JSON"),
    "a bad row in a list on one line": ("a.json", '[{"a": 1}, {"a": oops}]', ":1 column 18 is not JSON"),
    "a missing comma in a pretty list": (
        "a.json", '[\n {\n  "a": 1\n }\n {\n  "a": 2\n }\n]', ":5 column 2 is not JSON"),
    "a list that is not closed": ("a.json", '[\n{"a": 1},\n{"a": 2}\n', "truncated"),
    "a list cut inside a row": ("a.json", '[\n{"a": 1},\n{"a": "he', ":3 column"),
    "a pretty list that is not closed": ("a.json", '[\n {\n  "a": 1\n },\n {\n  "a": 2\n', "truncated"),
    "text after the list": ("a.json", '[\n{"a": 1}\n]\n[\n', ":4 stands after the end of the list"),
    "text after a list on one line": ("a.json", '[{"a": 1}]\n{"b": 1}', ":2 column 1 is not JSON"),
    "an object that is cut": ("a.json", '{\n "a": 1,\n', "truncated"),
    "nesting without end": ("a.json", "[" * 100_000, "nests too deep"),
    "nesting without end in a line": ("a.jsonl", '{"a": ' * 5000, ":1 is not JSON"),
    "an empty file that should hold a value": ("a.json", "", "is not JSON"),
    "half of a surrogate pair": ("a.jsonl", '{"a": 1}\n{"a": "\\ud800"}\n', ":2 is not JSON"),
}


@pytest.mark.parametrize("name, text, expected", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_refused_on_one_line_that_names_the_place(tmp_path, name, text, expected):
    assert expected in refusal(written(tmp_path, name, text))


def test_text_that_is_not_utf8_names_its_line_and_the_way_out(tmp_path):
    message = refusal(written(tmp_path, "a.jsonl", b'{"a": 1}\n' * 3000 + '{"a": "你好"}\n'.encode("gb18030")))
    assert message.startswith(":3001 is not UTF-8 text (byte 8 of the line)") and "iconv -f GB18030" in message
    assert "UTF-16" in refusal(written(tmp_path, "b.jsonl", '{"a": 1}\n'.encode("utf-16")))


def test_a_gzip_file_that_is_cut_or_damaged_does_not_pass_for_a_complete_one(tmp_path):
    whole = gzip.compress(b'{"a": 1}\n' * 1000)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-20])
    (tmp_path / "no.jsonl.gz").write_bytes(b'{"a": 1}\n')
    assert "not a complete gzip file" in refusal(tmp_path / "cut.jsonl.gz")
    assert "not a complete gzip file" in refusal(tmp_path / "no.jsonl.gz")


@pytest.mark.parametrize("name, head, tail", [("a.jsonl", "", ""), ("a.json", "[\n", "]\n")])
def test_with_a_list_for_problems_reading_goes_on_after_bad_lines(tmp_path, name, head, tail):
    comma = "," if head else ""
    text = head + f'{{"a": 1}}{comma}\n{{"a": x}}{comma}\n{{"a": 2}}{comma}\n{{"a": y}}{comma}\n{{"a": 3}}\n' + tail
    problems: list[str] = []
    rows = [row for _, row in read_rows(written(tmp_path, name, text), problems=problems)]
    first = 2 + bool(head)
    assert rows == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert [p.split(" ")[0].rpartition(":")[2] for p in problems] == [str(first), str(first + 2)]


def test_a_missing_file_lists_what_is_there(tmp_path):
    written(tmp_path, "train.json", "[]")
    with pytest.raises(InputError, match=r"data file .*tain\.json does not exist\. In .* there is: train\.json"):
        next(read_rows(tmp_path / "tain.json", "data file"))


def test_a_written_list_appears_whole_or_not_at_all_and_reads_back(tmp_path):
    path = tmp_path / "deep" / "rows.json"

    def failing():
        yield ROWS[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_list(path, failing())
    assert list(path.parent.iterdir()) == []
    assert write_list(path, ROWS) == 3
    assert [row for _, row in read(path)] == ROWS == json.loads(path.read_text(encoding="utf-8"))
    with pytest.raises(InputError, match="--overwrite"):
        write_list(path, ROWS)


@given(st.binary(max_size=200), st.sampled_from([".json", ".jsonl", ".json.gz"]))
def test_any_bytes_are_rows_or_one_line_problems(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"bytes{suffix}"
    path.write_bytes(data)
    try:
        read(path)
    except InputError as error:
        assert all(len(problem.splitlines()) == 1 for problem in error.problems)


def test_values_that_no_file_can_keep_are_named():
    deep: list = []
    for _ in range(100):
        deep = [deep]
    endless: dict = {}
    endless["self"] = endless
    for value in (deep, endless, {"a": 2**70}, {"a": "\ud800"}, {"\ud800": 1}, [0] * 200_000):
        assert unusable(value)
    assert unusable({"a": [1, 2.5, None, True, "文", {"b": []}]}) is None
