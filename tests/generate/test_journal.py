"""The journal: whole rows only, one writer, one plan, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError, Refused
from toolkit.generate.journal import Journal

PLAN = {"model": "a", "requests": {"rows": 3, "sha256": "x"}}


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_was_written_is_done_in_the_next_run(tmp_path):
    path = tmp_path / "out.jsonl"
    with Journal(path, PLAN) as journal:
        journal.write("a", {"content": "甲\n"})
        journal.write('b"\\', {"content": "b"})
    with Journal(path, PLAN) as journal:
        assert len(journal.done) == 2
        assert "a" in journal.done and 'b"\\' in journal.done and "c" not in journal.done
        journal.write("c", {})
    assert [row["id"] for row in rows(path)] == ["a", 'b"\\', "c"]


@given(ids=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6, unique=True), cut=st.integers(0, 400))
def test_a_file_cut_anywhere_keeps_its_whole_rows(tmp_path_factory, ids, cut):
    ids = [id for id in ids if id.isprintable()] or ["x"]
    path = tmp_path_factory.mktemp("cut") / "out.jsonl"
    with Journal(path, PLAN) as journal:
        for id in ids:
            journal.write(id, {"content": id * 3})
    whole = path.read_bytes()
    os.truncate(path, min(cut, len(whole)))
    kept = whole[:cut].count(b"\n")
    with Journal(path, PLAN) as journal:
        assert len(journal.done) == kept
        for id in ids[kept:]:
            assert id not in journal.done
            journal.write(id, {"content": id * 3})
    assert path.read_bytes() == whole


def test_a_second_writer_is_refused_even_from_another_process(tmp_path):
    path = tmp_path / "out.jsonl"
    with Journal(path, PLAN) as journal:
        journal.write("a", {})
        with pytest.raises(InputError, match="another process"):
            Journal(path, PLAN, overwrite=True)
        done = subprocess.run([sys.executable, "-c", "import sys\nfrom toolkit.generate.journal import Journal\n"
                               f"Journal({str(path)!r}, {PLAN!r})"], capture_output=True, text=True, check=False)
        assert "another process" in done.stderr
    assert rows(path) == [{"id": "a"}]


def test_a_changed_plan_is_refused_with_the_difference(tmp_path):
    path = tmp_path / "out.jsonl"
    with Journal(path, PLAN) as journal:
        journal.write("a", {})
    changed = {"model": "b", "requests": {"rows": 4, "sha256": "x"}, "seed": 1}
    with pytest.raises(Refused) as refused:
        Journal(path, changed)
    text = str(refused.value)
    assert 'model was "a", is "b"' in text and "requests rows was 3, is 4" in text and "seed was not set, is 1" in text
    assert "sha256" not in text and "--extend" in text
    with Journal(path, changed, extend=True) as journal:
        assert "a" in journal.done
    Journal(path, changed).close()                # the new plan is the plan now


def test_overwrite_starts_over(tmp_path):
    path = tmp_path / "out.jsonl"
    with Journal(path, PLAN) as journal:
        journal.write("a", {})
        journal.fail("b", "no")
    assert rows(journal.failed_path) == [{"id": "b", "error": "no"}]
    with Journal(path, {"model": "b"}, overwrite=True) as journal:
        assert len(journal.done) == 0
    assert path.read_bytes() == b"" and not journal.failed_path.exists()


def test_a_users_own_file_is_not_taken_for_a_journal(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text('{"id": "mine"}\n')
    with pytest.raises(InputError, match=r"out\.plan\.json"):
        Journal(path, PLAN)
    assert path.read_text() == '{"id": "mine"}\n'


def test_a_broken_row_in_the_middle_is_named(tmp_path):
    path = tmp_path / "out.jsonl"
    with Journal(path, PLAN) as journal:
        journal.write("a", {})
    path.write_bytes(path.read_bytes() + b'{"id": "b"\n{"id":"c"}\n')
    with pytest.raises(InputError, match=r"out\.jsonl:2 "):
        Journal(path, PLAN)


FULL = """
import resource, sys
from toolkit.errors import InputError
from toolkit.generate.journal import Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
with Journal(sys.argv[1], {}) as journal:
    try:
        for n in range(100):
            journal.write(f"r{n}", {"content": "x" * 90})
    except InputError as error:
        print(len(journal.done), error)
"""


def test_a_full_disk_is_one_line_and_leaves_whole_rows(tmp_path):
    path = tmp_path / "out.jsonl"
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True)
    count, message = done.stdout.split(" ", 1)
    assert "cannot be written" in message and "Make room" in message
    assert len(rows(path)) == int(count) >= 5
