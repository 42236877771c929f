"""`toolkit train` refuses a reward that fails its audit, records the audit, and trains with functions of the user."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.errors import Refused
from toolkit.jsonl import dumps, write_json
from toolkit.rewards.compose import compose
from toolkit.rewards.gate import ROWS, require_audit
from toolkit.rewards.targets import made_samples
from toolkit.tasks.roleplay import RolePlay

KEYWORDS = ("def keywords(samples, prompts, outputs, **kwargs):\n"
            "    return [float(any(word in o for word in s['keywords'])) for s, o in zip(samples, outputs)]\n")


@pytest.fixture(scope="module")
def samples() -> list:
    return made_samples(30)


@pytest.fixture
def keywords(tmp_path) -> str:
    (tmp_path / "mine.py").write_text(KEYWORDS, encoding="utf-8")
    return f"{tmp_path / 'mine.py'}:keywords"


def test_the_tasks_reward_passes_and_its_audit_says_for_what_it_holds(tmp_path, samples):
    audited = require_audit(tmp_path / "run", compose(RolePlay()), "roleplay", samples, allowed=False)
    assert audited["passed"] and audited["samples"] == ROWS and audited["weights"] == {"accuracy": 0.7}
    assert len(audited["source"]) == 64 and not (tmp_path / "run").exists()
    json.loads(dumps(audited))


def test_an_audit_that_stands_in_the_manifest_is_not_made_again(tmp_path, samples):
    reward = compose(RolePlay())
    audited = require_audit(tmp_path, reward, "roleplay", samples, allowed=False)
    marked = {**audited, "audited": "then"}
    write_json(tmp_path / "manifest.json", {"config": {}, "data": {}, "stages": {}, "audit": marked})
    assert require_audit(tmp_path, reward, "roleplay", samples, allowed=False) == marked
    stale = {**marked, "source": "of another version"}
    write_json(tmp_path / "manifest.json", {"config": {}, "data": {}, "stages": {}, "audit": stale}, overwrite=True)
    assert require_audit(tmp_path, reward, "roleplay", samples, allowed=False)["audited"] != "then"


def test_a_failing_reward_is_refused_unless_allowed(tmp_path, samples, keywords):
    reward = compose(RolePlay(), {keywords: 1.0})
    with pytest.raises(Refused, match="--allow-unaudited") as error:
        require_audit(tmp_path, reward, "roleplay", samples, allowed=False)
    assert "pays" in str(error.value)
    audited = require_audit(tmp_path, reward, "roleplay", samples, allowed=True)
    assert audited["allowed"] and not audited["passed"] and audited["problems"]


def test_what_is_audited_is_the_weighted_sum(tmp_path, samples, keywords):
    mild = compose(RolePlay(), {"accuracy": 0.9, keywords: 0.1, "format": 0.5})
    audited = require_audit(tmp_path, mild, "roleplay", samples, allowed=False)
    assert audited["passed"] and audited["weights"] == {"accuracy": 0.9, keywords: 0.1}


def test_a_reward_of_the_format_alone_is_refused(tmp_path, samples):
    with pytest.raises(Refused, match="no part that tells a right answer from a wrong one"):
        require_audit(tmp_path, compose(RolePlay(), {"format": 1.0}), "roleplay", samples, allowed=False)


def config(folder: Path, samples: list, **settings: object) -> Path:
    (folder / "train.jsonl").write_text("".join(dumps(s.to_row()) + "\n" for s in samples), encoding="utf-8")
    path = folder / "c.yaml"
    path.write_text(dumps({"model_name_or_path": "new", "train_data": str(folder / "train.jsonl"),
                           "output_dir": str(folder / "run"), **settings}), encoding="utf-8")
    return path


def test_train_refuses_before_it_makes_anything(toolkit, tmp_path, samples, keywords):
    done = toolkit("train", "--config", config(tmp_path, samples, rewards={keywords: 1.0}))
    assert done.returncode == 3 and "--allow-unaudited" in done.stderr
    assert "of the wrong replies" in done.stderr and not (tmp_path / "run").exists()


def test_a_reward_that_is_not_there_is_the_users_mistake(toolkit, tmp_path, samples):
    done = toolkit("train", "--config", config(tmp_path, samples, rewards={"acuracy": 1.0, "gone.py:fn": 1.0}))
    assert done.returncode == 2 and '"rewards" names acuracy' in done.stderr
    done = toolkit("train", "--config", config(tmp_path, samples, rewards={"gone.py:fn": 1.0}))
    assert done.returncode == 2 and "gone.py does not exist" in done.stderr


@pytest.mark.slow
def test_training_pays_functions_of_the_user_and_the_manifest_tells_their_audit(toolkit, tmp_path, samples, keywords):
    pytest.importorskip("trl")
    from toolkit.train.new_model import NewModel, create

    model = tmp_path / "model"
    create(texts=[f"{s.character_profile} {s.question} {s.answer}" for s in samples], out=model, seed=1,
           shape=NewModel(vocab_size=400, hidden_size=32, intermediate_size=64, max_position_embeddings=2048))
    path = config(tmp_path, samples, model_name_or_path=str(model), rewards={"accuracy": 0.3, keywords: 0.7}, max_steps=1,
                  per_device_train_batch_size=4, num_generations=4, max_completion_length=8, save_strategy="no")
    refused = toolkit("train", "--config", path)
    assert refused.returncode == 3, refused.stderr
    done = toolkit("train", "--config", path, "--allow-unaudited")
    assert done.returncode == 0, done.stderr
    assert "allowed although it does not pass" in done.stderr
    manifest = json.loads((tmp_path / "run/manifest.json").read_text(encoding="utf-8"))
    assert manifest["audit"]["allowed"] and manifest["audit"]["false_pay"] > 0.1
    metrics = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {"rewards/accuracy/mean", f"rewards/{keywords}/mean"} <= set(metrics[0])
    sampled = json.loads((tmp_path / "run/samples/step-000001.json").read_text(encoding="utf-8"))
    assert {row["id"] for row in sampled} <= {s.id for s in samples}
