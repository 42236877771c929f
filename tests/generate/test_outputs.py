"""A growing list is a complete JSON file at any moment, also when the disk is full."""

from __future__ import annotations

import json
import resource

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.generate import outputs
from toolkit.generate.outputs import GrowingList, journal_rows
from toolkit.jsonl import read_rows


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers(-9, 9), max_size=4), max_size=8))
def test_the_file_is_complete_after_every_row(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("list") / "train.json"
    growing = GrowingList(path)
    assert json.loads(path.read_text(encoding="utf-8")) == []
    for number, value in enumerate(values, start=1):
        growing.add(orjson.dumps(value))
        seen = json.loads(path.read_text(encoding="utf-8"))
        assert seen == values[:len(seen)] and len(seen) <= number
    growing.publish()
    assert json.loads(path.read_text(encoding="utf-8")) == values
    growing.close()
    assert [row for _, row in read_rows(path)] == values
    assert [p.name for p in path.parent.iterdir()] == ["train.json"]


def test_a_list_that_is_there_stays_until_there_is_more_than_nothing(tmp_path):
    path = tmp_path / "train.json"
    path.write_text('[\n{"id": 1}\n]\n')
    growing = GrowingList(path)
    assert json.loads(path.read_text()) == [{"id": 1}]
    growing.close()
    assert json.loads(path.read_text()) == []


def test_a_full_disk_is_an_error_that_leaves_a_complete_file(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "SHARE", float("inf"))     # complete after every row
    growing = GrowingList(tmp_path / "train.json")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))
    try:
        with pytest.raises(InputError, match=r"cannot be written.*Make room"):
            for number in range(100):
                growing.add(orjson.dumps({"id": number, "text": "x" * 40}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    kept = json.loads((tmp_path / "train.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in kept] == list(range(len(kept))) and 3 <= len(kept) < 10
    growing.add(orjson.dumps({"id": "later"}))              # room was made
    assert json.loads((tmp_path / "train.json").read_text(encoding="utf-8"))[-1] == {"id": "later"}


def test_a_torn_last_line_of_a_journal_is_left_out(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"id":"a"}\n{"id":"b"}\n{"id":"c"')
    rows = list(journal_rows(path))
    assert [row["id"] for _, row in rows] == ["a", "b"]
    with path.open("rb") as file:
        file.seek(rows[1][0])
        assert json.loads(file.readline()) == {"id": "b"}
    assert list(journal_rows(tmp_path / "none.jsonl")) == []
