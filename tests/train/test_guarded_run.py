"""A real GRPO run of a few steps on a tiny model: rewards that fail, stops, truncated checkpoints, the best model."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import Refused
from toolkit.train.checkpoints import checkpoints_of, fault_of, last_whole
from toolkit.train.models import load

from .small_run import metrics, start


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    start(folder, eval_data=str(folder / "data.jsonl"), eval_steps=2, eval_samples=4)
    return folder


def test_time_of_a_step_is_told_in_parts(unbroken: Path) -> None:
    for row in metrics(unbroken):
        parts = {name: row[f"time/{name}_s"] for name in ("data", "generation", "reward", "forward", "backward", "optimizer")}
        assert all(parts[name] > 0 for name in ("data", "generation", "forward", "backward", "optimizer")), parts
        batches = sum(parts.values()) - parts["data"] - parts["optimizer"]
        assert batches == pytest.approx(row["step_time"], rel=0.1, abs=0.02)       # as TRL measures it


def test_held_out_accuracy_is_measured_and_the_best_model_is_kept(unbroken: Path) -> None:
    rows = [json.loads(line) for line in (unbroken / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    found = {row["step"]: row["eval/verified_accuracy"] for row in rows if "eval/verified_accuracy" in row}
    assert sorted(found) == [2, 4]
    verified = json.loads((unbroken / "run/best/verified.json").read_text(encoding="utf-8"))
    assert verified["accuracy"] == max(found.values()) == found[verified["step"]]
    assert load(str(unbroken / "run/best"))[0].num_parameters() > 0


def test_held_out_evaluation_does_not_change_what_is_trained(unbroken: Path, tmp_path: Path) -> None:
    shutil.copy(unbroken / "data.jsonl", tmp_path / "data.jsonl")
    start(tmp_path)
    assert [row["loss"] for row in metrics(tmp_path)] == [row["loss"] for row in metrics(unbroken)]
    assert not (tmp_path / "run/best").exists()


def test_a_truncated_checkpoint_is_skipped_and_the_run_ends_with_the_same_metrics(unbroken: Path, tmp_path: Path,
                                                                               capsys: pytest.CaptureFixture[str]) -> None:
    import toolkit.train.guard as guard

    def killed(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 3:
            raise RuntimeError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard.Guard, "on_save", killed, raising=False)
        with pytest.raises(RuntimeError):
            start(tmp_path)
    newest = tmp_path / "run/checkpoint-3/model.safetensors"
    newest.write_bytes(newest.read_bytes()[:-100])
    with (tmp_path / "run/metrics.jsonl").open("a", encoding="utf-8") as out:
        out.write('{"stage":"grpo","st')           # a kill cuts a line
    start(tmp_path)
    said = capsys.readouterr().err
    assert "skipping checkpoint-3: model.safetensors is cut off" in said and "checkpoint-2" in said
    for key in ("loss", "reward", "entropy", "completions/mean_length"):
        assert [row[key] for row in metrics(tmp_path)] == pytest.approx([row[key] for row in metrics(unbroken)], abs=1e-6)


def test_only_what_a_run_may_go_on_from_keeps_the_optimizer(unbroken: Path) -> None:
    found = {path.name: (path / "optimizer.pt").is_file() for path in checkpoints_of(unbroken / "run")}
    assert found == {"checkpoint-1": False, "checkpoint-2": False, "checkpoint-3": True, "checkpoint-4": True}
    assert fault_of(unbroken / "run/checkpoint-2") == "the state of its optimizer is not kept"
    assert load(str(unbroken / "run/checkpoint-1"))[0].num_parameters() > 0
    assert not [file for name in ("best", "final_model") for file in (unbroken / "run" / name).glob("*.pt")]


@pytest.mark.parametrize("name", ["trainer_state.json", "optimizer.pt", "model.safetensors", "scheduler.pt"])
def test_every_cut_file_of_a_checkpoint_is_noticed(unbroken: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(unbroken / "run/checkpoint-4", tmp_path / "checkpoint-4")
    assert fault_of(tmp_path / "checkpoint-4") is None
    file = tmp_path / "checkpoint-4" / name
    file.write_bytes(file.read_bytes()[:-40])
    assert name in str(fault_of(tmp_path / "checkpoint-4"))
    assert last_whole(tmp_path) is None


def test_an_interrupt_saves_and_the_same_command_goes_on(unbroken: Path, tmp_path: Path) -> None:
    shutil.copy(unbroken / "data.jsonl", tmp_path / "data.jsonl")
    from toolkit.train.callbacks import Recorder

    with pytest.MonkeyPatch.context() as patch:
        stock = Recorder.on_log

        def press(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step == 1:
                for _ in range(2):              # a terminal and a launcher tell the same
                    os.kill(os.getpid(), signal.SIGINT)
            stock(self, args, state, control, **kwargs)

        patch.setattr(Recorder, "on_log", press)
        with pytest.raises(KeyboardInterrupt):
            start(tmp_path, save_strategy="no")
    assert fault_of(tmp_path / "run/checkpoint-2") is None
    start(tmp_path, save_strategy="no")
    assert [row["loss"] for row in metrics(tmp_path)] == pytest.approx([row["loss"] for row in metrics(unbroken)], abs=1e-6)


def test_a_reward_that_fails_on_a_completion_leaves_it_unscored_and_the_run_goes_on(tmp_path: Path) -> None:
    start(tmp_path, body="1 / (len(text) % 2)")
    assert len(metrics(tmp_path)) == 4
    sample = json.loads((tmp_path / "run/samples/step-000001.json").read_text(encoding="utf-8"))
    assert any("reward" in str(row) for row in sample)


def test_a_reward_that_never_scores_is_stopped_with_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no_reward"):
        start(tmp_path, body="1 / 0", max_steps=8, preflight="off")
    alarm = json.loads((tmp_path / "run/alarms.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert alarm["alarm"] == "no_reward" and alarm["stop"]
    assert last_whole(tmp_path / "run") is not None


def test_an_adapter_is_merged_into_a_final_model_that_differs_from_its_base(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from toolkit.train.models import write_merged

    start(tmp_path, use_peft=True, lora_r=4, lora_target_modules=["q_proj", "v_proj"], learning_rate=0.01, max_steps=2)
    base, final = (load_file(tmp_path / "run" / name / "model.safetensors") for name in ("new_model", "final_model"))
    assert base.keys() == final.keys()          # a plain model: no adapter to be loaded beside it
    changed = {name for name in base if not base[name].equal(final[name])}
    assert changed and all("q_proj.weight" in name or "v_proj.weight" in name for name in changed)
    # what is done where the weights in memory are quantised or spread over GPUs
    write_merged(tmp_path / "run/checkpoint-2", tmp_path / "merged", "float32")
    torch.testing.assert_close(load_file(tmp_path / "merged/model.safetensors"), final)
