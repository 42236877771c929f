"""Tasks that must not be lost: in the same report, and exit 3 for a build, with models that were really trained."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from toolkit.cli import app

torch = pytest.importorskip("torch")
QUESTIONS = [("Which is a colour?", "red", "seven", "run", "loud", "A"), ("Which is a number?", "four", "blue", "sit", "soft", "A"),
             ("Which is an animal?", "hen", "ten", "go", "wet", "A"), ("Which is a tool?", "saw", "six", "fly", "dry", "A")] * 3


@pytest.fixture(scope="module")
def sister(tmp_path_factory):
    """Questions whose answer is A."""
    path = tmp_path_factory.mktemp("sister") / "test.tsv"
    head = "question\toption_A\toption_B\toption_C\toption_D\tcorrect_answer\treasoning\n"
    path.write_text(head + "".join("\t".join((f"{n}. {row[0]}", *row[1:], "It is one.")) + "\n" for n, row in enumerate(QUESTIONS)))
    return path


@pytest.fixture(scope="module")
def knows(models, sister, tmp_path_factory):
    """The random model `base` after a few steps on the sister task: it always answers A."""
    from toolkit.tasks.multiple_choice import MultipleChoice
    from toolkit.train.models import load

    torch.set_num_threads(1)
    model, tokenizer = load(str(models[0]))
    task = MultipleChoice()
    texts = [tokenizer.apply_chat_template([*task.prompt(row, ""), {"role": "assistant", "content": "答案：A"}], tokenize=False)
             for _, row in task.read(sister)]
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(60):
        optimizer.zero_grad()
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("knows") / "model"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def words(model, against, data, sister, out):
    return ["eval", str(model), "--against", str(against), "--data", str(data), "--limit", "6", "--output-dir", str(out), "--max-new-tokens", "12",
            "--also", f"multiple_choice:12={sister}", "--fail-if-worse", "multiple_choice:2", "--json"]


def test_a_model_that_lost_a_sister_task_ends_in_exit_3_and_the_report_says_so(models, knows, data, sister, tmp_path):
    done = subprocess.run([sys.executable, "-m", "toolkit", *words(models[1], knows, data, sister, tmp_path / "eval")],
                          capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 3, done.stderr
    (also,) = json.loads(done.stdout)["also"]
    assert (also["base"]["accuracy"], also["trained"]["accuracy"], also["verdict"]) == (1, 0, "worse")
    assert also["difference"]["p_holm"] == pytest.approx(2 * also["difference"]["p_value"])
    assert "multiple_choice lost 100.0 points" in done.stderr and "more than the 2 allowed" in done.stderr
    assert (tmp_path / "eval" / "also" / "multiple_choice" / "report.html").is_file()
    assert "Also multiple_choice (12): 0.0 %" in " ".join(done.stderr.split())
    assert "multiple_choice lost 100.0 points" in (tmp_path / "eval" / "report.html").read_text()


def test_a_model_that_kept_it_ends_in_exit_0(knows, data, sister, tmp_path):
    done = CliRunner().invoke(app, words(knows, knows, data, sister, tmp_path / "eval"))
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["also"][0]["trained"]["accuracy"] == 1
    assert report["also"][0]["verdict"] == report["verdict"] == "cannot tell" and report["refused"] == []
