"""A task of one's own: from its file and from an entry point of a package, through the same audit, preview and validation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.tasks.base import load_task

WORDS = ("lamp", "table", "river", "stone", "window", "garden")


@pytest.fixture
def words(write) -> Path:
    return write("words.jsonl", [{"word": word} for word in WORDS])


@pytest.fixture
def package(tmp_path) -> Path:
    """A package that names the example in the entry-point group, as an installed one does."""
    site = tmp_path / "site"
    (site / "spelling").mkdir(parents=True)
    (site / "spelling/__init__.py").touch()
    (site / "spelling/own_task.py").write_bytes(Path("examples/own_task.py").read_bytes())
    info = site / "spelling-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spelling\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[toolkit.tasks]\nbackwards = spelling.own_task:Backwards\n")
    return site


@pytest.mark.parametrize("name", ["examples/own_task.py", "examples/own_task.py:Backwards"])
def test_a_task_is_loaded_from_its_file(name, words):
    task = load_task(name)
    rows = [row for _, row in task.read(words)]
    assert [row.answer for row in rows][:2] == ["pmal", "elbat"] and task.row(rows[0].to_row()) == rows[0]
    assert task.score("accuracy", rows[0], "<answer>pmal</answer>").score == 1.0


def test_its_reward_is_audited_from_the_file(toolkit, words):
    done = toolkit("reward", "audit", "examples/own_task.py", "--data", words, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["samples"] == len(WORDS) and found["false_deny"]["of"] == 2 * len(WORDS)


def test_it_is_known_by_its_name_from_a_package(toolkit, words, package):
    done = toolkit("reward", "audit", "backwards", "--data", words, "--json", env={"PYTHONPATH": str(package)})
    assert done.returncode == 0, done.stderr
    done = toolkit("reward", "preview", words, "--task", "backwards", "--text", "<think>…</think><answer>pmal</answer>", "--json",
                   env={"PYTHONPATH": str(package)})
    assert json.loads(done.stdout)["completions"][0]["total"] == 1.0


def test_the_references_signature_is_accepted_beside_its_rows(toolkit, words, tmp_path):
    (tmp_path / "mine.py").write_text(
        "def reward_function(samples, prompts, outputs, **kwargs):\n"
        "    return [float(f\"<answer>{s['word'][::-1]}\" in o) for s, o in zip(samples, outputs)]\n", encoding="utf-8")
    done = toolkit("reward", "preview", words, "--task", "examples/own_task.py", "--reward", f"{tmp_path}/mine.py:reward_function=0.5",
                   "--text", "<answer>pmal</answer>", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["completions"][0]["total"] == 0.5


def test_bad_rows_and_unknown_names_are_told(write):
    with pytest.raises(InputError, match=r'words\.jsonl:2 field "word" is 5'):
        list(load_task("examples/own_task.py").read(write("words.jsonl", [{"word": "a"}, {"word": 5}])))
    with pytest.raises(InputError, match='Did you mean "countdown"'):
        load_task("coutdown")
