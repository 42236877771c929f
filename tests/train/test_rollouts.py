"""What a model wrote in training is kept in the form of an evaluation's records."""

from __future__ import annotations

import pytest

from toolkit.evaluate.records import read_records
from toolkit.jsonl import dumps
from toolkit.rewards.compose import compose
from toolkit.run import Run
from toolkit.show.samples import samples
from toolkit.tasks.roleplay import RolePlay

pytest.importorskip("trl")
ROW = {"id": "s1", "role_id": "odo", "kind": "CM", "language": "en", "character_name": "Odo Fenn", "character_profile": "Name: Odo Fenn",
       "conversation_history": [{"role": "user", "content": "Hello."}], "question": "Where do you live?", "answer": "In Ghent.",
       "keys": [{"canonical": "Ghent"}], "difficulty": "hard", "memory_distance": 1, "metadata": {"form": "told"}}


def test_rollouts_are_records_that_the_viewer_reads_with_span_and_reason(tmp_path):
    from transformers import TrainerControl, TrainerState

    from toolkit.train.callbacks import SampleWriter
    from toolkit.train.grpo import Scoring

    task = RolePlay()
    writer = SampleWriter(Run(tmp_path / "run", {}, {}), every=1)
    scoring = Scoring(task, compose(task).scorers, False, writer, ends=(1, 2))
    replies = ["<think>x</think><answer>I live in Ghent.</answer>", "<think>x</think><answer>I live in Bergen.</answer>",
               "<think>Ghent, I live in Ghent</think><answer>I live in Ghent"]
    asked = {"prompts": [task.prompt(task.row(ROW))] * 4, "sample": [dumps(ROW), dumps(ROW), dumps(ROW), "{}"],
             "completions": [[{"role": "assistant", "content": text}] for text in [*replies, replies[0]]],
             "completion_ids": [[7] * 4 + [1], [7] * 89 + [2], [7] * 60, [1]]}
    assert scoring.functions()[0](**asked) == [1.0, 0.0, 1.0, None], "what was cut is rewarded as the task says"
    writer.on_step_end(None, TrainerState(global_step=1), TrainerControl())
    good, bad, cut, unread = read_records(tmp_path / "run/samples/step-000001.json")
    assert [record.finish_reason for record in (good, bad, cut)] == ["stop", "stop", "length"]
    assert cut.state == "truncated" and [one.tags["state"] for one in samples(tmp_path / "run")][2] == "truncated"
    assert unread.state == "verifier_failed" and "question" in unread.reason
    assert (good.state, good.matched[0][2], good.n_tokens, good.history[0]["content"]) == ("right", "Ghent", 5, "Hello.")
    assert (bad.state, bad.side, bad.kind, bad.character_name) == ("wrong", "rollout", "CM", "Odo Fenn")
    card = next(samples(tmp_path / "run"))
    assert [piece.text for piece in card.sides[0].pieces if piece.key] == ["Ghent"] and card.sides[0].reason
    assert card.tags == {"kind": "CM", "difficulty": "hard", "language": "en", "form": "told", "memory": "1 back", "role": "Odo Fenn",
                         "state": "right", "length": "up to 50 tokens", "step": "1"}
