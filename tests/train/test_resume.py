"""A run that is killed, that finds its disk full or its folder gone, and the same command afterwards."""

from __future__ import annotations

import errno
import json
import logging
import multiprocessing
import os
import posixpath
import shutil
import signal
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from toolkit.errors import InputError, Refused
from toolkit.run import Run, locked, read_manifest, read_metrics
from toolkit.train import disk
from toolkit.train.callbacks import Recorder
from toolkit.train.checkpoints import checkpoints_of
from toolkit.train.trackers import renamed, tracked

from .small_run import metrics, start

CLOCKS = ("time", "per_second", "seconds", "memory")      # what differs between two runs of the same


def settings(folder: Path) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    cold_start = folder / "cold_start.jsonl"
    cold_start.write_text("".join(json.dumps({"prompt": [{"role": "user", "content": f"What is {n} + 1?"}],
                                              "completion": [{"role": "assistant", "content": f"{n + 1}"}]}) + "\n"
                                  for n in range(16)), encoding="utf-8")
    return {"stages": ["sft", "grpo"], "cold_start_data": str(cold_start), "sft": {"max_steps": 4, "logging_steps": 1},
            "max_steps": 10, "save_steps": 3, "save_total_limit": 2, "eval_data": str(folder / "data.jsonl"), "eval_steps": 4,
            "eval_samples": 2, "beta": 0.04, "learning_rate": 1e-3}


def history(folder: Path) -> list[dict[str, Any]]:
    return [{key.replace(str(folder), ""): value for key, value in row.items() if not any(word in key for word in CLOCKS)}
            for row in read_metrics(folder / "run")]


def begun(folder: Path) -> int:
    """Lines of metrics so far."""
    file = folder / "run/metrics.jsonl"
    return file.read_bytes().count(b"\n") if file.is_file() else 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, so as not to import torch for each life of the run")
def test_a_run_killed_again_and_again_ends_with_the_metrics_of_an_unbroken_one(tmp_path: Path) -> None:
    unbroken, killed = tmp_path / "unbroken", tmp_path / "killed"
    began = time.monotonic()
    start(unbroken, **settings(unbroken))
    lines, whole_s = begun(unbroken), time.monotonic() - began
    rng, kills = Random(7), 0
    for life in range(5):
        process = multiprocessing.get_context("fork").Process(target=start, args=(killed,), kwargs=settings(killed))
        process.start()
        # the first life ends while its model is made; later ones anywhere
        until = rng.randrange(1, lines - 1)
        while process.is_alive() and begun(killed) < until and not (life == 0 and (killed / "run/new_model").exists()):
            time.sleep(0.001)
        time.sleep(rng.uniform(0, min(whole_s / lines, 0.1)))
        kills += process.is_alive()
        process.kill()
        process.join()
    assert kills >= 4
    start(killed, **settings(killed))
    there, here = history(killed), history(unbroken)
    assert [(row["stage"], row["step"]) for row in there] == [(row["stage"], row["step"]) for row in here]
    for mine, theirs in zip(there, here, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-6)
    clock = [row["time/elapsed_s"] for row in metrics(killed)]      # goes on, too
    assert clock == sorted(clock) and read_manifest(killed / "run")["stages"]["grpo"]["seconds"] >= clock[-1] - 0.1
    for name in ("final_model", "best"):
        assert (killed / f"run/{name}/model.safetensors").read_bytes() == (unbroken / f"run/{name}/model.safetensors").read_bytes()


@pytest.mark.parametrize(("over", "last"), [
    pytest.param({"max_steps": 11}, 9, id="in the second epoch, of 8 steps"),
    pytest.param({"max_steps": 7, "num_iterations": 2, "save_steps": 3}, 4, id="between rounds of generation, of 2 steps")])
def test_a_run_goes_on_with_the_samples_and_completions_of_an_unbroken_one(tmp_path: Path, over: dict[str, Any], last: int) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    start(unbroken, **over)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "on_save", ends_after(last), raising=False)
        with pytest.raises(RuntimeError, match="killed"):
            start(broken, **over)
    start(broken, **over)
    assert [row["num_tokens"] for row in metrics(broken)] == [row["num_tokens"] for row in metrics(unbroken)]
    assert [row["loss"] for row in metrics(broken)] == pytest.approx([row["loss"] for row in metrics(unbroken)], abs=1e-6)


def test_a_cold_start_goes_on_after_a_signal_and_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    over = {"max_steps": 1, "sft": {"max_steps": 7, "logging_steps": 1, "save_steps": 4}}
    start(unbroken, **{**settings(unbroken), **over})
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "on_log", asked_after(1, signal.SIGTERM, Recorder.on_log))
        with pytest.raises(KeyboardInterrupt):
            start(broken, **{**settings(broken), **over})
    assert "checkpoint-2 of 7 steps is saved" in capsys.readouterr().err and not (broken / "run/cold_start/model.safetensors").exists()
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "on_save", ends_after(4), raising=False)
        with pytest.raises(RuntimeError, match="killed"):
            start(broken, **{**settings(broken), **over})
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "on_train_end", asked_after(7, signal.SIGINT, Recorder.on_train_end))      # too late for a checkpoint: the stage is done
        with pytest.raises(KeyboardInterrupt):
            start(broken, **{**settings(broken), **over})
    assert list(read_manifest(broken / "run")["stages"]) == ["new_model", "sft"]
    start(broken, **{**settings(broken), **over})
    assert capsys.readouterr().err.count("continuing from") == 2 and not checkpoints_of(broken / "run/cold_start")
    for mine, theirs in zip(history(broken), history(unbroken), strict=True):
        assert mine == pytest.approx(theirs, abs=1e-6)


def test_checkpoints_of_a_cold_start_alone_lie_in_the_run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = {**settings(tmp_path), "stages": ["sft"], "sft": {"max_steps": 4, "save_strategy": "no"}}
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "on_log", asked_after(1, signal.SIGTERM, Recorder.on_log))
        with pytest.raises(KeyboardInterrupt):
            start(tmp_path, **over)
    assert [path.name for path in checkpoints_of(tmp_path / "run")] == ["checkpoint-2"] and not (tmp_path / "run/final_model").exists()
    start(tmp_path, **over)
    assert (tmp_path / "run/final_model/model.safetensors").is_file() and not checkpoints_of(tmp_path / "run/final_model")


def asked_after(step: int, number: int, stock: Any) -> Any:
    """A callback of the recorder in which a signal asks the run to end, once that step is made."""
    def asked(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        stock(self, args, state, control, **kwargs)
        if state.global_step == step:
            os.kill(os.getpid(), number)

    return asked


def ends_after(step: int) -> Any:
    def ends(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == step:
            raise RuntimeError("killed")

    return ends


def test_other_data_is_refused_with_the_file(tmp_path: Path) -> None:
    start(tmp_path, max_steps=1)
    with (tmp_path / "data.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps({"question": "What is 1 + 1?", "answer": "#### 2"}) + "\n")
    with pytest.raises(InputError, match=r"train_data \(.*data.jsonl\) has other content than when the run began"):
        start(tmp_path, max_steps=1)
    (tmp_path / "data.jsonl").unlink()
    with pytest.raises(InputError, match=r'"learning_rate" was None, now 0\.1'):
        start(tmp_path, max_steps=1, learning_rate=0.1)


def test_a_run_that_is_at_work_is_not_begun_twice(tmp_path: Path) -> None:
    start(tmp_path, max_steps=1)
    with locked(tmp_path / "run"), pytest.raises(InputError, match=rf"is at work in another process \({os.getpid()} on "):
        start(tmp_path, max_steps=1)
    start(tmp_path, max_steps=1)


def test_metrics_are_read_without_the_line_that_a_kill_cut_off(tmp_path: Path) -> None:
    run = Run(tmp_path / "run", {}, {})
    run.metric("grpo", 1, {"reward": 0.5})
    with (tmp_path / "run/metrics.jsonl").open("a", encoding="utf-8") as out:
        out.write('{"stage":"grpo","step":2,"rew')
    assert read_metrics(tmp_path / "run") == [{"stage": "grpo", "step": 1, "reward": 0.5}]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_metrics_that_a_full_disk_refused_are_written_when_there_is_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(tmp_path / "run", {}, {})
    file = tmp_path / "run/metrics.jsonl"
    file.symlink_to("/dev/full")
    run.metric("grpo", 1, {"reward": 0.5})
    run.metric("grpo", 2, {"reward": 0.6})
    assert capsys.readouterr().err.count("No space left on device") == 1
    file.unlink()
    run.metric("grpo", 3, {"reward": 0.7})
    assert [row["step"] for row in read_metrics(tmp_path / "run")] == [1, 2, 3]


def test_without_room_for_a_checkpoint_the_run_goes_on_and_the_oldest_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                               capsys: pytest.CaptureFixture[str]) -> None:
    stock, full = Recorder.on_log, []

    def free_bytes(folder: Path) -> int:
        return 10**12 if not full else 0

    def fills(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        full.extend([1] if state.global_step == 3 else [])
        if state.global_step == 4:
            full.clear()
        stock(self, args, state, control, **kwargs)

    monkeypatch.setattr(disk, "free_bytes", free_bytes)
    monkeypatch.setattr(Recorder, "on_log", fills)
    start(tmp_path)
    said = capsys.readouterr().err
    assert "checkpoint-1 is removed to make room for checkpoint-4" in said and "no checkpoint-4" in said
    assert len(metrics(tmp_path)) == 4 and [p.name for p in checkpoints_of(tmp_path / "run")] == ["checkpoint-3"]
    assert (tmp_path / "run/final_model/model.safetensors").is_file()


def test_a_run_outlives_a_disk_that_fills_while_a_checkpoint_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                       capsys: pytest.CaptureFixture[str]) -> None:
    from transformers import Trainer

    stock = Trainer._save_optimizer_and_scheduler

    def fails(self: Any, folder: str) -> None:
        if folder.endswith("-2"):       # as torch's writer puts it
            raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 1778304 vs 1778196")
        stock(self, folder)

    monkeypatch.setattr(disk, "free_bytes", lambda folder: 0 if (folder / "checkpoint-2").exists() else 10**12)
    monkeypatch.setattr(Trainer, "_save_optimizer_and_scheduler", fails)
    start(tmp_path, max_steps=3)
    assert "no checkpoint-2, the next one is tried again: the disk of" in capsys.readouterr().err
    assert [row["step"] for row in metrics(tmp_path)] == [1, 2, 3]
    assert [path.name for path in checkpoints_of(tmp_path / "run")] == ["checkpoint-1", "checkpoint-3"]


@pytest.mark.parametrize(("enough", "kept"), [(True, [2, 3, 4, 5]), (False, [3, 5])], ids=["the oldest makes room", "nothing makes room"])
def test_a_run_outlives_weights_that_do_not_fit_into_what_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enough: bool,
                                                                    kept: list[int]) -> None:
    from resource import RLIM_INFINITY, RLIMIT_FSIZE, setrlimit  # as of a quota: only what is written tells of it

    said: list[str] = []

    def limited(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        setrlimit(RLIMIT_FSIZE, (200_000 if state.global_step == 4 else RLIM_INFINITY, RLIM_INFINITY))

    def told(line: str) -> None:
        said.append(line)
        if enough and "checkpoint-1 is removed to make room for checkpoint-4" in line:
            setrlimit(RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))

    monkeypatch.setattr(Recorder, "on_step_end", limited)
    monkeypatch.setattr(disk, "say", told)
    start(tmp_path, max_steps=5)
    assert checkpoints_of(tmp_path / "run") == [tmp_path / f"run/checkpoint-{step}" for step in kept]
    assert any("no checkpoint-4, the next one is tried again" in line for line in said) != enough
    assert [row["step"] for row in metrics(tmp_path)] == [1, 2, 3, 4, 5]


def test_a_full_disk_ends_a_stage_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import PreTrainedModel

    def fails(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(PreTrainedModel, "save_pretrained", fails)
        with pytest.raises(Refused, match=r"is full .* the same command continues"):
            start(tmp_path, max_steps=1)
    start(tmp_path, max_steps=1)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_folder_that_vanishes_is_made_again_and_the_run_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                              capsys: pytest.CaptureFixture[str]) -> None:
    stock = Recorder.on_log

    def vanishes(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 3:
            shutil.rmtree(tmp_path / "run", ignore_errors=True)
            logging.getLogger("toolkit").warning("while it is gone")
        stock(self, args, state, control, **kwargs)

    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    monkeypatch.setattr(Recorder, "on_log", vanishes)
    start(tmp_path, report_to="tensorboard", eval_data=str(tmp_path / "data.jsonl"), eval_steps=2, eval_samples=2)
    # what was logged before is gone with the folder; TensorBoard comes first
    assert [row["step"] for row in metrics(tmp_path)] == [3, 4]
    assert scalars(tmp_path / "run/tensorboard", "train/reward") == {4: metrics(tmp_path)[1]["reward"]}
    assert "has vanished: made again" in capsys.readouterr().err
    assert "grpo" in read_manifest(tmp_path / "run")["stages"]
    assert all((tmp_path / f"run/{name}/model.safetensors").is_file() for name in ("final_model", "best"))


def test_trackers_find_the_id_that_the_run_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_RUN_ID", "SWANLAB_RUN_ID", "TENSORBOARD_LOGGING_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRACKIO_PROJECT", "mine")
    report_to = {"report_to": ["wandb", "swanlab", "trackio", "tensorboard"]}
    seen = []
    for _ in range(2):
        with tracked(Run(tmp_path / "run", {}, {}), report_to) as extra:
            seen.append((os.environ["WANDB_RUN_ID"], os.environ["SWANLAB_RUN_ID"], extra["run_name"]))
            assert os.environ["WANDB_RESUME"] == os.environ["SWANLAB_RESUME"] == "allow"
            assert extra["project"] == "mine"
            assert os.environ["TENSORBOARD_LOGGING_DIR"] == str(tmp_path / "run/tensorboard")
    assert seen[0] == seen[1] and "WANDB_RUN_ID" not in os.environ
    assert len(seen[0][1]) == 21 and seen[0][2].startswith("run-")


def scalars(folder: Path, tag: str) -> dict[int, Any]:
    """What TensorBoard reads of a metric: step → value."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder)).Reload()
    return {event.step: pytest.approx(event.value) for event in found.Scalars(tag)}


def test_a_tracker_that_fails_does_not_end_the_cold_start_nor_grpo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    from transformers.integrations import TensorBoardCallback

    def down(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no route to host")

    for event in ("on_train_begin", "on_log"):
        monkeypatch.setattr(TensorBoardCallback, event, down)
    start(tmp_path, **{**settings(tmp_path), "report_to": "tensorboard", "max_steps": 2})
    assert capsys.readouterr().err.count("TensorBoard fails (ConnectionError: no route to host)") == 2      # once a stage
    assert set(read_manifest(tmp_path / "run")["stages"]) >= {"sft", "grpo"}


def test_reward_functions_of_files_have_names_that_mlflow_takes() -> None:
    seen: dict[str, Any] = {}
    on_log = renamed(lambda args, state, control, logs, **kwargs: seen.update(logs), posixpath.normpath)
    on_log(None, None, None, logs={"rewards//home/me/my_reward.py:polite/mean": 0.5, "rewards/../mine.py:f/std": 0.1, "loss": 1.0})
    assert seen == {"rewards/home/me/my_reward.py:polite/mean": 0.5, "mine.py:f/std": 0.1, "loss": 1.0}


def test_events_of_a_continued_run_lie_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    start(tmp_path, max_steps=1, report_to="tensorboard")
    assert list((tmp_path / "run/tensorboard").glob("events*")) and not (tmp_path / "run/runs").exists()
