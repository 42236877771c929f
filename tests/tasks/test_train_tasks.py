"""Each sister task through the same train and eval as role-play: two GRPO steps of a tiny model, and an exported submission."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from toolkit.errors import InputError, Refused
from toolkit.jsonl import dumps
from toolkit.tasks.base import load_task
from toolkit.tasks.multiple_choice import MultipleChoice

TASKS = {"gsm8k": "rewards/accuracy/mean", "math_xml": "rewards/correctness/mean", "multiple_choice": "rewards/accuracy/mean",
         "countdown": "rewards/accuracy/mean"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("trl")
    from toolkit.train.new_model import NewModel, create

    texts = [m["content"] for task in map(load_task, TASKS) for _, row in task.read(task.examples) for m in task.prompt(row)]
    out = tmp_path_factory.mktemp("model") / "tiny"
    create(texts=texts, out=out, seed=1, shape=NewModel(vocab_size=300, hidden_size=32, intermediate_size=64, initializer_range=0.5))
    return out


def settings(tmp_path: Path, model: Path, task: str, **more: object):
    from toolkit.train.arguments import load_settings

    path = tmp_path / "c.yaml"
    path.write_text(dumps({"task": task, "model_name_or_path": str(model), "train_data": getattr(load_task(task), "examples", ""), "max_steps": 2,
                           "per_device_train_batch_size": 4, "num_generations": 4, "max_completion_length": 12, "save_strategy": "no",
                           "output_dir": str(tmp_path / "run"), "torch_threads": 1, **more}), encoding="utf-8")
    return load_settings(path)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_task_trains_with_its_own_reward(tmp_path, model, task):
    from toolkit.train.pipeline import train

    final = train(settings(tmp_path, model, task))
    assert (final / "model.safetensors").is_file()
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = [row for row in rows if "reward" in row]
    assert len(steps) == 2 and all(TASKS[task] in row for row in steps)
    manifest = json.loads((tmp_path / "run/manifest.json").read_text(encoding="utf-8"))
    assert manifest["audit"]["passed"] and manifest["audit"]["false_pay"] == 0


def test_the_guides_reward_is_refused_with_a_warning(tmp_path, model, capsys):
    from toolkit.train.pipeline import train

    with pytest.raises(Refused, match="of the wrong replies"):
        train(settings(tmp_path, model, "multiple_choice", rewards={"heuristic": 1.0}))
    assert "never reads the key" in " ".join(capsys.readouterr().err.split())


def test_columns_that_a_task_would_not_read_are_refused(tmp_path):
    from toolkit.train.pipeline import train

    with pytest.raises(InputError, match='"columns": task roleplay has a data format of its own'):
        train(settings(tmp_path, tmp_path, "roleplay", columns={"question": "q"}, train_data=str(tmp_path / "c.yaml")))


@pytest.mark.slow
def test_an_evaluation_exports_a_submission(tmp_path, model, toolkit):
    out = tmp_path / "submission.csv"
    done = toolkit("eval", model, "--data", "data/multiple_choice/test.tsv", "--task", "multiple_choice", "--output-dir", tmp_path / "eval",
                   "--submission", out, "--max-new-tokens", 8)
    assert done.returncode == 0, done.stderr[-2000:]
    ids = [row.id for _, row in MultipleChoice().read("data/multiple_choice/test.tsv")]
    with out.open(encoding="utf-8", newline="") as file:
        answers = list(csv.DictReader(file))
    with (tmp_path / "submission_detailed.csv").open(encoding="utf-8", newline="") as file:
        detailed = list(csv.DictReader(file))
    assert [row["id"] for row in answers] == ids == [row["id"] for row in detailed]
    assert list(answers[0]) == ["id", "answer"] and list(detailed[0]) == ["id", "answer", "response"]
    records = [json.loads(line) for line in (tmp_path / "eval/records.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["response"] for row in detailed] == [record["completion"] for record in records]
    assert "answers: " in done.stderr and ids[0] in done.stderr


def test_a_submission_says_what_each_reply_answers(tmp_path, capsys):
    from toolkit.evaluate.records import Completion, make_record
    from toolkit.evaluate.submission import write_submission

    task, data = MultipleChoice(), "data/multiple_choice/test.tsv"
    rows = [row for _, row in task.read(data)]
    replies = ["<answer>答案：B</answer>", "B or C", "<answer>\"A\", 因為\nx</answer>"]
    with (tmp_path / "records.jsonl").open("w", encoding="utf-8") as out:
        for n, (row, reply) in enumerate(zip(rows, replies, strict=False)):
            out.write(dumps(make_record(task, row, n, "trained", Completion(reply, "stop", 5), False).to_row()) + "\n")
    counts = write_submission(tmp_path / "s.csv", tmp_path / "records.jsonl", task, data)
    assert counts == {"B": 1, "": 1, "A": 1}
    with (tmp_path / "s_detailed.csv").open(encoding="utf-8", newline="") as file:
        assert [row["response"] for row in csv.DictReader(file)] == replies
    assert "1 of 3 replies give no answer" in capsys.readouterr().err
