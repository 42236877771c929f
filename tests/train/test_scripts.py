"""The shell scripts start what they say, each process with its devices: the machines and schedulers they call are stand-ins that record."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORD = 'echo "$(basename "$0") CUDA=${CUDA_VISIBLE_DEVICES:-} $*" >> "$CALLS"'


@pytest.fixture
def call(tmp_path: Path):
    def run(script: str, *words: str, stands: dict[str, str], env: dict[str, str] | None = None) -> tuple[int, list[str]]:
        """The exit status of a script, and the calls of commands that stand for others (name → what they do)."""
        for name, body in stands.items():
            (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
            (tmp_path / name).chmod(0o755)
        calls = tmp_path / "calls"
        (tmp_path / "scripts").mkdir(exist_ok=True)         # away from a .venv beside the original
        shutil.copy(ROOT / "scripts" / script, tmp_path / "scripts")
        done = subprocess.run(["bash", f"scripts/{script}", *words], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin", "CALLS": str(calls), **(env or {})}, check=False)
        return done.returncode, calls.read_text(encoding="utf-8").splitlines() if calls.exists() else [done.stderr]

    return run


def test_one_gpu_serves_rollouts_and_the_others_train(call) -> None:
    code, calls = call("train_r1.sh", "--model", "a/b", "--config", "c.yaml", stands={
        "nvidia-smi": "for n in 0 1 2 3; do echo GPU $n; done", "trl": f"{RECORD}; exec sleep 60", "curl": "sleep 0.2",
        "python": f"{RECORD}; exit 7"})
    assert code == 7                            # of the training, and the server is ended: else this would wait for it
    serve, train = calls
    assert serve == "trl CUDA=3 vllm-serve --model a/b --port 8000"
    assert train.startswith("python CUDA=0,1,2 -m toolkit.train.launcher --config_file configs/accelerate/zero3.yaml --num_processes 3 scripts/train.py")
    assert train.endswith("--set model_name_or_path=a/b --config c.yaml --set use_vllm=true --set vllm_mode=server --set vllm_server_port=8000")
    code, calls = call("train_r1.sh", "--model", "a/b", stands={"nvidia-smi": "echo GPU 0"})
    assert code == 2


def test_each_node_of_slurm_gets_its_rank(call) -> None:
    code, calls = call("slurm_train.sh", "--config", "c.yaml", "--set", "run_name=two words", stands={
        "scontrol": "echo first; echo second", "srun": 'for n in 0 1; do SLURM_NODEID=$n "$@"; done', "python": RECORD},
        env={"SLURM_SUBMIT_DIR": ".", "SLURM_JOB_NUM_NODES": "2", "SLURM_GPUS_ON_NODE": "8", "SLURM_JOB_ID": "20077",
             "SLURM_JOB_NODELIST": "n[1-2]"})
    assert code == 0
    assert calls == [
        "python CUDA= -m toolkit.train.launcher --config_file configs/accelerate/multi_node.yaml --num_machines 2 --num_processes 16 "
        f"--machine_rank {rank} --main_process_ip first --main_process_port 20077 scripts/train.py --config c.yaml --set run_name=two words"
        for rank in (0, 1)]


@pytest.mark.parametrize(("visible", "expected"), [
    ("0,2", "python CUDA=0,2 -m toolkit.train.launcher --config_file configs/accelerate/multi_gpu.yaml --num_processes 2 scripts/train.py --config c.yaml"),
    ("1", "toolkit CUDA=1 train --config c.yaml")])
def test_a_machine_trains_on_the_gpus_that_are_visible(call, visible: str, expected: str) -> None:
    code, calls = call("train.sh", "c.yaml", stands={"python": RECORD, "toolkit": RECORD}, env={"CUDA_VISIBLE_DEVICES": visible})
    assert (code, calls) == (0, [expected])
