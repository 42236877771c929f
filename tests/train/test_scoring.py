"""How a batch of completions is scored: each distinct reply to a row once, and what could not be scored is counted for every completion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.jsonl import dumps
from toolkit.rewards.targets import made_samples
from toolkit.run import Run
from toolkit.tasks.roleplay import RolePlay, gold_reply
from toolkit.train.callbacks import SampleWriter
from toolkit.train.grpo import Scoring
from toolkit.verify import Verdict


def test_equal_completions_of_a_row_are_scored_once_and_each_gets_its_score(tmp_path: Path) -> None:
    task, samples, asked, kept = RolePlay(), made_samples(2), [], SampleWriter(Run(tmp_path / "run", {}, {}), 1)

    def accuracy(row: Any, text: str, prefilled: bool) -> Verdict:
        asked.append((row.id, text))
        if text == "bad":
            raise ValueError("broken")
        return task.score("accuracy", row, text, prefilled)

    scoring = Scoring(task, {"accuracy": accuracy}, False, kept)
    replies = [(0, gold_reply(samples[0])), (0, "wrong"), (0, gold_reply(samples[0])), (1, "wrong"), (1, "bad"), (1, "bad")]
    prompts = [task.prompt(samples[n]) for n, _ in replies]
    found = scoring.functions()[0](prompts, [[{"role": "assistant", "content": text}] for _, text in replies],
                                   [dumps(samples[n].to_row()) for n, _ in replies])
    assert found == [1.0, 0.0, 1.0, 0.0, None, None]
    assert len(asked) == len(set(asked)) == 4
    assert scoring.failures() == (6, 2)
    assert [row["completion"] for row in kept.rows] == [text for _, text in replies]
