"""The arithmetic of a step, the launch of several processes, and every shipped configuration of accelerate."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from toolkit.errors import InputError
from toolkit.train import launch
from toolkit.train.arguments import load_settings
from toolkit.train.launch import Batch, accelerate_file, adopt_slurm, distribution

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "configs/accelerate").glob("*.yaml"))


def toolkit(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "toolkit", *words], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "HF_HUB_OFFLINE": "1"}, timeout=60)


def test_the_sentence_of_the_reference_run() -> None:
    assert Batch(8, 8, 2, 4, 2, 1).sentence(31) == "8 processes × 8 × 2 = 128 completions = 32 prompts × 4 a step, 31 steps"


@settings(max_examples=50)     # the first example imports TRL
@given(st.sampled_from([1, 2, 4]), st.sampled_from([2, 4, 8]), st.sampled_from([1, 2, 4]), st.sampled_from([2, 4]),
       st.sampled_from([1, 2]), st.integers(8, 300))
def test_steps_are_those_that_trl_makes(processes: int, per_device: int, accumulation: int, generations: int, mu: int,
                                        samples: int) -> None:
    from trl.trainer.utils import RepeatSampler

    batch = Batch(processes, per_device, accumulation, generations, accumulation, mu)
    if batch.completions % generations:
        return
    sampler = RepeatSampler(list(range(samples)), mini_repeat_count=generations, batch_size=batch.completions // generations,
                            repeat_count=mu * accumulation, shuffle=False)
    loaded = len(list(sampler)) // (per_device * accumulation * processes)       # TRL's dataloader takes a round at a time
    assert batch.steps(samples) == loaded // accumulation


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_accelerate_loads_every_shipped_configuration(file: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(file))           # raises on keys it does not know
    expected = {"single_gpu": ("NO", 1), "cpu": ("MULTI_GPU", 2), "multi_gpu": ("MULTI_GPU", 8), "zero2": ("DEEPSPEED", 8),
                "zero3": ("DEEPSPEED", 8), "fsdp": ("FSDP", 8), "multi_node": ("DEEPSPEED", 16)}[file.stem]
    assert (config.distributed_type.value, config.num_processes) == expected
    if file.stem == "multi_node":
        assert config.num_machines == 2


def test_how_a_model_is_spread_is_read_from_the_file() -> None:
    assert {file.stem: distribution(file) for file in FILES} == {
        "single_gpu": "none", "cpu": "ddp", "multi_gpu": "ddp", "zero2": "zero2", "zero3": "zero3", "fsdp": "fsdp",
        "multi_node": "zero3"}


def test_the_file_fits_the_devices_and_names_are_checked(tmp_path: Path) -> None:
    assert accelerate_file("", 1, 8) is None
    assert accelerate_file("", 4, 8).stem == "multi_gpu" and accelerate_file("", 2, 0).stem == "cpu"
    with pytest.raises(InputError, match="zero2, zero3"):
        accelerate_file("zero9", 8, 8)
    (tmp_path / "own.yaml").write_text("nothing: 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="no distributed_type"):
        distribution(accelerate_file(str(tmp_path / "own.yaml"), 8, 8))


def test_ranks_of_srun_are_those_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")            # so that what is set below is undone
        monkeypatch.delenv(name)
    for name, value in {"SLURM_NTASKS": "16", "SLURM_PROCID": "9", "SLURM_LOCALID": "1", "SLURM_STEP_ID": "0",
                        "SLURM_LAUNCH_NODE_IPADDR": "10.0.0.5", "SLURM_JOB_ID": "77"}.items():
        monkeypatch.setenv(name, value)
    assert not launch.launched()
    adopt_slurm()
    assert launch.launched() and launch.world_size(4) == 16
    assert {n: os.environ[n] for n in ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")} == {
        "RANK": "9", "LOCAL_RANK": "1", "MASTER_ADDR": "10.0.0.5", "MASTER_PORT": "20077"}


def test_dry_run_shows_arithmetic_launch_and_plan_and_prints_a_configuration_that_loads(tmp_path: Path) -> None:
    done = toolkit("train", "--config", "configs/grpo_config.yaml", "--dry-run", "--set", "max_steps=31")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "8 processes × 8 × 2 = 128 completions = 32 prompts × 4 a step, 31 steps" in said
    assert "accelerate launch --config_file" in said and "--num_processes 8" in said and "--set max_steps=31" in said
    assert "peak" in said and "disk:" in said
    (tmp_path / "again.yaml").write_text(done.stdout, encoding="utf-8")
    first, again = load_settings(ROOT / "configs/grpo_config.yaml", {"max_steps": 31}), load_settings(tmp_path / "again.yaml")
    assert again.to_config() == first.to_config()
    assert again.num_processes == 8 and again.accelerate_config == "zero3"


def test_plan_prints_json() -> None:
    done = toolkit("plan", "configs/grpo_config.yaml", "--gpus", "1", "--gpu-memory", "24", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["fits"] is False and found["advice"][0]["fits"] is True


def test_a_preset_says_what_each_gpu_has() -> None:
    done = toolkit("train", "--config", "configs/grpo_config.yaml", "--preset", "1x24gb", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["plan"]
    assert (found["gpu_gb"], found["fits"], found["card"]) == (24.0, True, "RTX 4090")


def test_completions_of_all_processes_split_into_groups() -> None:
    with pytest.raises(InputError, match=r"128 completions a step .* do not split into groups of 6. Nearest num_generations: 4 or 8"):
        load_settings(ROOT / "configs/grpo_config.yaml", {"num_generations": 6})


def test_completions_of_the_processes_that_were_launched_split_into_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "3")       # one GPU of four serves
    assert load_settings(ROOT / "configs/grpo_config.yaml", {"num_generations": 6}).num_processes == 8
    with pytest.raises(InputError, match=r"48 completions a step .* do not split into groups of 5"):
        load_settings(ROOT / "configs/grpo_config.yaml", {"num_generations": 5})


def test_a_refusal_in_one_of_several_processes_is_the_exit_code_of_all(tmp_path: Path) -> None:
    (tmp_path / "refuses.py").write_text("import os, sys\nsys.exit(3 if os.environ['RANK'] == '0' else 0)\n", encoding="utf-8")
    command = launch.launch_command(ROOT / "configs/accelerate/cpu.yaml", 2, [])
    assert launch.start([*command[:command.index("-m", 3)], str(tmp_path / "refuses.py")]) == 3


SAVES = """import os, signal, sys, time
def save(number, frame):
    time.sleep(0.5)
    open(f"saved-{os.environ['RANK']}", "w").close()
    sys.exit(130 if os.environ["RANK"] == "0" else 0)
signal.signal(signal.SIGTERM, save)
open(f"ready-{os.environ['RANK']}", "w").close()
time.sleep(60)
"""


def test_a_launch_that_is_told_to_end_waits_until_its_processes_have_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                          capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "saves.py").write_text(SAVES, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)

    def end() -> None:
        while len(list(tmp_path.glob("ready-*"))) < 2:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end, daemon=True).start()
    command = launch.launch_command(ROOT / "configs/accelerate/cpu.yaml", 2, [])
    assert launch.start([*command[:command.index("-m", 3)], "saves.py"]) == 130
    assert sorted(path.name for path in tmp_path.glob("saved-*")) == ["saved-0", "saved-1"]
    assert "Traceback" not in capfd.readouterr().err


def test_a_stop_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from toolkit.cli import app
    from toolkit.train import pipeline

    def stopped(settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "train", stopped)
    done = CliRunner().invoke(app, ["train", "--config", str(ROOT / "configs/demo.yaml")])
    assert "stopped. The same command continues outputs/demo/run" in done.output
