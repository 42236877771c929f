"""`toolkit reward preview`: each part of the score with its reason, pass rates of groups, and the rows that are kept by them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.rewards.compose import compose
from toolkit.rewards.preview import Rollout, groups, keep, preview
from toolkit.rewards.targets import made_samples
from toolkit.tasks.roleplay import RolePlay

RIGHT, WRONG = "<think>x</think><answer>{}</answer>", "<think>x</think><answer>I'd rather not say.</answer>"


@pytest.fixture(scope="module")
def samples() -> list:
    return made_samples(6)


@pytest.fixture
def data(samples, write, tmp_path) -> Path:
    return write(tmp_path / "data.jsonl", [s.to_row() for s in samples])


def rollouts(samples, rights: dict[int, tuple[int, int]]) -> list[dict]:
    """Rows of recorded rollouts: for each sample (by place) so many right and so many wrong completions."""
    rows = []
    for place, (right, wrong) in rights.items():
        sample = samples[place]
        rows += [{"id": sample.id, "step": 1, "completion": RIGHT.format(sample.answer)}] * right
        rows += [{"id": sample.id, "step": 1, "completion": WRONG}] * wrong
    return rows


def test_texts_are_scored_part_by_part_with_the_match_marked(toolkit, data, samples):
    first = samples[0]
    done = toolkit("reward", "preview", data, "--text", first.answer, "--text", "…", "--sample", first.id)
    assert done.returncode == 0, done.stderr
    assert f"⟦{first.keys[0].canonical}⟧" in done.stdout and first.question in done.stdout
    assert "accuracy 1 × 0.7" in done.stdout and "format 0 × 0.3" in done.stdout and "0.7 of 1" in done.stdout


def test_without_a_source_the_tasks_own_honest_answers_and_baits_are_shown(toolkit, data, samples):
    found = json.loads(toolkit("reward", "preview", data, "--json").stdout)
    assert {item["id"] for item in found["completions"]} == {samples[0].id}
    kinds = {item["source"] for item in found["completions"]}
    assert {"honest: plain", "bait: negation", "bait: stuffing"} <= kinds


def test_recorded_rollouts_make_groups_with_pass_rates(toolkit, data, samples, write, tmp_path):
    path = write(tmp_path / "step-000001.jsonl", rollouts(samples, {0: (4, 0), 1: (0, 4), 2: (1, 3), 3: (2, 2), 4: (1, 0)}))
    found = json.loads(toolkit("reward", "preview", data, "--completions", path, "--json").stdout)
    assert found["pass_rates"] == {samples[n].id: rate for n, rate in enumerate([1.0, 0.0, 0.25, 0.5, 1.0])}
    assert (found["groups"], found["compared"], found["zero_variance"], found["zero_variance_share"]) == (5, 4, 2, 0.5)
    assert {name: n for name, n in found["histogram"].items() if n} == {"0": 1, "0.2–0.4": 1, "0.4–0.6": 1, "1": 2}
    assert found["completions"][0]["parts"]["accuracy"]["reason"] and found["completions"][0]["source"] == "step 1"


def test_keep_writes_the_rows_within_the_range(toolkit, data, samples, write, tmp_path):
    path = write(tmp_path / "r.jsonl", rollouts(samples, {0: (4, 0), 1: (0, 4), 2: (1, 3), 3: (2, 2)}))
    out = tmp_path / "kept.json"
    command = ("reward", "preview", data, "--completions", path, "--keep", "0.2-0.8", "--out", out)
    done = toolkit(*command)
    assert done.returncode == 0, done.stderr
    assert "2 of 4 groups have zero variance (50%)" in done.stdout and "wrote 2 of 4 rows" in done.stderr
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [row["id"] for row in rows] == [samples[2].id, samples[3].id]
    assert rows[0] == json.loads(data.read_text(encoding="utf-8").splitlines()[2])
    again = toolkit(*command)
    assert again.returncode == 2 and "already exists" in again.stderr
    assert toolkit(*command, "--overwrite").returncode == 0


def test_records_of_an_evaluation_and_rows_that_only_name_the_question_are_read(toolkit, data, samples, write, tmp_path):
    unique = next(s for s in samples if sum(o.question == s.question for o in samples) == 1)
    folder = tmp_path / "recorded"
    folder.mkdir()
    write(folder / "records.jsonl", [{"id": samples[0].id, "side": "base", "completion": "before", "state": "wrong"},
                                     {"id": samples[0].id, "side": "trained", "completion": WRONG, "state": "wrong"}])
    write(folder / "step-000010.json", [{"question": unique.question, "completion": RIGHT.format(unique.answer)},
                                        {"question": "of nobody", "completion": WRONG}])
    done = toolkit("reward", "preview", data, "--completions", folder, "--json")
    found = json.loads(done.stdout)
    assert [(i["source"], i["passed"]) for i in found["completions"]] == [("trained", False), ("", True)]
    assert found["without_a_row"] == 1 and "1 completions belong to no row" in done.stderr


@pytest.mark.parametrize("rows, message", [
    ([{"text": "x"}, {"completion": 5}], 'r.jsonl:2 field "completion" is missing or no text'),
    ([{"id": "nobody", "completion": "x"}], "none of the completions belongs to a row of the data"),
])
def test_completions_that_cannot_be_used_are_named(toolkit, data, write, tmp_path, rows, message):
    done = toolkit("reward", "preview", data, "--completions", write(tmp_path / "r.jsonl", rows))
    assert done.returncode == 2 and message in done.stderr


@pytest.mark.parametrize("words, message", [
    (("--text", "x", "--completions", "y"), "Give one of them"),
    (("--keep", "0.2-0.8"), "--keep RANGE and --out FILE go together"),
    (("--keep", "0.8-0.2", "--out", "o.json"), "is no range of pass rates"),
    (("--sample", "nobody"), 'has no row with the id "nobody"'),
    (("--reward", "acuracy=1"), 'Did you mean "accuracy"?'),
    (("--reward", "accuracy=much"), 'has the weight "much", expected a number'),
])
def test_options_that_make_no_sense_are_one_line(toolkit, data, words, message):
    done = toolkit("reward", "preview", data, *words)
    assert done.returncode == 2 and message in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_function_of_ones_own_is_previewed_beside_the_tasks_parts(toolkit, data, samples, tmp_path):
    (tmp_path / "mine.py").write_text("def short(sample, completion):\n    return float(len(completion) < 40)\n")
    done = toolkit("reward", "preview", data, "--text", samples[0].answer, "--reward", "accuracy=0.5",
                   "--reward", "mine.py:short=0.5", "--json", cwd=tmp_path)
    parts = json.loads(done.stdout)["completions"][0]["parts"]
    assert parts["mine.py:short"]["score"] == 1.0 and parts["mine.py:short"]["reason"] == "short gave 1."


def test_a_group_of_one_is_not_compared_and_equal_totals_are_zero_variance(samples):
    task = RolePlay()
    found = groups(preview(compose(task), [Rollout(samples[0], "a"), Rollout(samples[0], "b"), Rollout(samples[1], "c")]))
    assert (found.compared, found.equal) == (1, 1)
    assert sum(found.histogram().values()) == 2


@pytest.mark.parametrize("text", ["", "0.2", "a-b", "-1-2", "0.5-1.5"])
def test_ranges_are_checked(text):
    with pytest.raises(InputError):
        keep(text)


@pytest.mark.slow
def test_a_real_model_is_sampled_k_times_for_each_row(toolkit, data, samples, tmp_path):
    pytest.importorskip("torch")
    from toolkit.train.new_model import NewModel, create

    model = tmp_path / "model"
    texts = [f"{s.character_profile} {s.question} {s.answer}" for s in samples]
    create(texts=texts, out=model, shape=NewModel(vocab_size=400, hidden_size=32, intermediate_size=64,
                                                  max_position_embeddings=2048, initializer_range=0.6), seed=1)
    done = toolkit("reward", "preview", data, "--model", model, "--num", 2, "--generations", 3, "--max-new-tokens", 8, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [item["id"] for item in found["completions"]] == [samples[0].id] * 3 + [samples[1].id] * 3
    assert len({item["text"] for item in found["completions"]}) > 2 and found["compared"] == 2
