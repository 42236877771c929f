"""A run backed up to a real S3 server on loopback, and brought back from there on another machine."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import socket
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from toolkit.cli import app
from toolkit.errors import InputError
from toolkit.run import Run, read_manifest, read_metrics
from toolkit.train import backup as backups
from toolkit.train.backup import FOLDER, Backup
from toolkit.train.restore import restore
from toolkit.train.s3 import Place, sha256_of

from .small_run import metrics, start
from .test_resume import history, settings

PART = 5 * 2**20            # the least that S3 takes


@pytest.fixture
def bucket(aws: str, tmp_path: Path) -> str:
    name = re.sub("[^a-z0-9]", "-", tmp_path.name.lower())[:60].strip("-")
    boto3.client("s3").create_bucket(Bucket=name)
    return name


def keys(bucket: str) -> set[str]:
    return {found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])}


def test_every_checkpoint_is_sent_and_the_same_command_goes_on_elsewhere(bucket: str, tmp_path: Path) -> None:
    place = f"s3://{bucket}/runs/one"
    here, there = tmp_path / "here", tmp_path / "there"
    start(here, max_steps=3, save_total_limit=1, backup=place, eval_data=str(here / "data.jsonl"), eval_steps=1, eval_samples=2)
    found = keys(bucket)
    for step in (1, 2, 3):
        assert {f"runs/one/checkpoint-{step}/{name}" for name in ("model.safetensors", "optimizer.pt", "backup.json",
                                                                 "run/manifest.json", "run/metrics.jsonl")} <= found
    assert {"runs/one/final/backup.json", "runs/one/final_model/model.safetensors", "runs/one/new_model/model.safetensors"} <= found
    assert any(key.startswith("runs/one/best-") for key in found)
    assert not (here / "run" / FOLDER).exists()

    done = CliRunner().invoke(app, ["restore", place, str(there), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["restored"] == "final"
    for file in (here / "run").rglob("*"):
        relative = file.relative_to(here / "run")
        if file.is_file() and not relative.parts[0].startswith(("checkpoint-", ".")) and file.suffix not in (".log",):
            assert (there / relative).read_bytes() == file.read_bytes(), relative


def test_a_lost_machine_costs_the_steps_since_the_last_whole_backup(bucket: str, tmp_path: Path,
                                                                   capsys: pytest.CaptureFixture[str]) -> None:
    place = f"s3://{bucket}/one"
    start(tmp_path, backup=place)
    unbroken = metrics(tmp_path)
    # the machine was lost before the end; of the newest checkpoint one file is damaged, and one backup never ended
    s3 = boto3.client("s3")
    for key in ("one/final/backup.json", "one/checkpoint-4/backup.json"):
        s3.delete_object(Bucket=bucket, Key=key)
    s3.put_object(Bucket=bucket, Key="one/checkpoint-3/optimizer.pt", Body=b"damaged")
    shutil.rmtree(tmp_path / "run")
    assert restore(Place(place), tmp_path / "run") == "checkpoint-2"
    assert "skipping checkpoint-3" in capsys.readouterr().err
    assert [row["step"] for row in read_metrics(tmp_path / "run") if "reward" in row] == [1, 2]
    start(tmp_path, backup=place)
    assert [row["loss"] for row in metrics(tmp_path)] == pytest.approx([row["loss"] for row in unbroken], abs=1e-6)


def test_a_machine_lost_in_the_cold_start_costs_the_steps_since_its_checkpoint(bucket: str, tmp_path: Path,
                                                                              capsys: pytest.CaptureFixture[str]) -> None:
    place = f"s3://{bucket}/one"
    over = {**settings(tmp_path), "sft": {"max_steps": 3, "logging_steps": 1, "save_steps": 2}, "max_steps": 1, "backup": place}
    start(tmp_path, **over)
    unbroken = history(tmp_path)
    for name in ("final", "checkpoint-1", "cold_start-3"):
        boto3.client("s3").delete_object(Bucket=bucket, Key=f"one/{name}/backup.json")
    shutil.rmtree(tmp_path / "run")
    start(tmp_path, **over)
    assert "restoring cold_start-2 from" in capsys.readouterr().err
    for mine, theirs in zip(history(tmp_path), unbroken, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-6)


def test_a_place_that_fails_neither_stops_nor_delays_training(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(backups, "WAIT_S", 0.01)
    place = f"s3://{bucket}/one"
    stock = Place.upload
    monkeypatch.setattr(Place, "upload", lambda *_: (_ for _ in ()).throw(ConnectionError("no route to host")))
    start(tmp_path, max_steps=2, backup=place)
    said = capsys.readouterr().err
    assert len(metrics(tmp_path)) == 2 and "no route to host" in said and "training goes on" in said
    assert "not backed up" in said and "The same command tries again" in said
    monkeypatch.setattr(Place, "upload", stock)
    start(tmp_path, max_steps=2, backup=place)
    assert {"one/checkpoint-1/backup.json", "one/checkpoint-2/backup.json", "one/final/backup.json"} <= keys(bucket)


def test_a_backup_of_another_run_or_of_no_bucket_is_refused_before_training(bucket: str, tmp_path: Path) -> None:
    place = f"s3://{bucket}/one"
    boto3.client("s3").put_object(Bucket=bucket, Key="one/checkpoint-7/backup.json", Body=b'{"run": "other", "files": {}}')
    with pytest.raises(InputError, match=f"toolkit restore {place} "):
        start(tmp_path, backup=place)
    with pytest.raises(InputError, match=r"cannot be read: .*NoSuchBucket"):
        start(tmp_path, backup="s3://no-such-bucket/x")
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match="expected a place in S3"):
        start(tmp_path, backup="bucket/x")


def test_parts_that_arrived_are_not_sent_again(bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(bytes(range(256)) * (12 * 2**12))      # 12 MiB: three parts
    place = Place(f"s3://{bucket}/one", part_bytes=PART)
    sent: list[int] = []
    stock = place.client.upload_part

    def breaks(**given: Any) -> Any:
        if given["PartNumber"] == 3 and not broken.get("mended"):
            raise ConnectionError("the line broke")
        sent.append(given["PartNumber"])
        return stock(**given)

    broken: dict[str, bool] = {}
    place.client.upload_part = breaks
    with pytest.raises(ConnectionError):
        place.upload(file, "weights", sha256_of(file))
    assert sorted(sent) == [1, 2] and "one/weights" not in keys(bucket)
    broken["mended"] = True
    place.upload(file, "weights", sha256_of(file))
    assert sorted(sent) == [1, 2, 3]
    place.upload(file, "weights", sha256_of(file))          # it is there: nothing is sent
    assert len(sent) == 3
    place.download("weights", tmp_path / "back", sha256_of(file))
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


def test_parts_of_other_content_are_thrown_away(bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"a" * (PART + 9))
    place = Place(f"s3://{bucket}", part_bytes=PART)
    begun = place.client.create_multipart_upload(Bucket=bucket, Key="weights")["UploadId"]
    place.client.upload_part(Bucket=bucket, Key="weights", UploadId=begun, PartNumber=1, Body=b"b" * PART)
    place.upload(file, "weights", sha256_of(file))
    assert place.client.get_object(Bucket=bucket, Key="weights")["Body"].read() == file.read_bytes()


def test_what_is_set_aside_outlives_the_checkpoint_and_a_kill(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path / "run", {"seed": 1}, {})
    run.metric("grpo", 5, {"reward": 0.5})
    checkpoint = tmp_path / "run/checkpoint-5"
    checkpoint.mkdir()
    (checkpoint / "model.safetensors").write_bytes(b"weights")
    with monkeypatch.context() as patch:
        patch.setattr(Backup, "_work", lambda self: None)   # a process that dies before it sends
        Backup(run, Place(f"s3://{bucket}/one")).keep("checkpoint-5")
    shutil.rmtree(checkpoint)                               # as save_total_limit does
    run.metric("grpo", 6, {"reward": 0.6})
    Backup(run, Place(f"s3://{bucket}/one")).close()
    assert restore(Place(f"s3://{bucket}/one"), tmp_path / "back") == "checkpoint-5"
    assert (tmp_path / "back/checkpoint-5/model.safetensors").read_bytes() == b"weights"
    assert [row["step"] for row in read_metrics(tmp_path / "back")] == [5]
    assert read_manifest(tmp_path / "back")["seed"] == 1


def test_on_a_full_disk_what_waits_between_the_first_and_the_last_is_left_out(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                             capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(tmp_path / "run", {}, {})
    free = [10**12]
    monkeypatch.setattr(backups, "free_bytes", lambda folder: free[0])
    monkeypatch.setattr(Backup, "_work", lambda self: None)     # a line that takes nothing
    kept = Backup(run, Place(f"s3://{bucket}/one"))
    for step in (1, 2, 3, 4):
        (tmp_path / f"run/checkpoint-{step}").mkdir()
        (tmp_path / f"run/checkpoint-{step}/model.safetensors").write_bytes(b"weights")
        free[0] = 10**12 if step < 4 else 0
        kept.keep(f"checkpoint-{step}")
    assert sorted(p.name for p in (tmp_path / "run" / FOLDER).iterdir()) == ["checkpoint-1", "checkpoint-4"]
    assert "checkpoint-2 is left out" in capsys.readouterr().err


def _task(rank: int, port: int, folder: Path, over: dict[str, Any]) -> None:
    """One of two tasks that srun starts."""
    from accelerate.state import AcceleratorState

    from toolkit.train.launch import adopt_slurm

    AcceleratorState._reset_state(reset_partial_state=True)         # of the process that was forked
    for name, value in {"NTASKS": 2, "PROCID": rank, "LOCALID": rank, "STEP_ID": 0, "JOB_ID": 1}.items():
        os.environ[f"SLURM_{name}"] = str(value)
    os.environ["MASTER_PORT"] = str(port)
    adopt_slurm()
    start(folder, **over)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, so as not to import torch for each task")
def test_tasks_of_srun_bring_a_run_back_where_its_folder_is_missing(bucket: str, tmp_path: Path) -> None:
    over = {"max_steps": 2, "backup": f"s3://{bucket}/one"}

    def srun() -> list[float]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        tasks = [multiprocessing.get_context("fork").Process(target=_task, args=(rank, port, tmp_path, over)) for rank in (0, 1)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join(120)
        assert [task.exitcode for task in tasks] == [0, 0]
        return [row["loss"] for row in metrics(tmp_path)]

    unbroken = srun()
    for key in keys(bucket):
        if "final" in key or "checkpoint-2" in key:
            boto3.client("s3").delete_object(Bucket=bucket, Key=key)
    shutil.rmtree(tmp_path / "run")
    assert srun() == unbroken and (tmp_path / "run/final_model/model.safetensors").is_file()
    rows = [row["num_tokens"] for row in metrics(tmp_path)]
    assert rows[1] > rows[0] > 8 * 150          # tokens of both tasks
