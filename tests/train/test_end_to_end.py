"""The whole flow at its smallest size, with real TRL, through the commands that a user types."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "OMP_NUM_THREADS": "1"}


def run(*words: str, timeout_s: int = 400) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True,
                          timeout=timeout_s, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "out"
    done = run("-m", "toolkit", "demo", "--size", "smallest", "--output-dir", str(out))
    assert done.returncode == 0, done.stderr
    return out


def test_demo_trains_and_reports_before_and_after(demo: Path) -> None:
    report = json.loads((demo / "run/eval/report.json").read_text(encoding="utf-8"))
    assert report["n"] == 16
    assert {"value", "low", "high"} <= set(report["difference"])
    assert report["base"]["n"] == report["trained"]["n"] == 16
    assert (demo / "run/eval/report.html").stat().st_size > 10_000
    assert (demo / "run/plots/overview.png").is_file()


def test_demo_evaluates_roles_that_training_has_not_seen(demo: Path) -> None:
    def roles(name: str) -> set[str]:
        return {row["role_id"] for row in json.loads((demo / "data" / name).read_text(encoding="utf-8"))}

    assert roles("train.json") and roles("validation.json")
    assert not roles("train.json") & roles("validation.json")


def test_run_folder_tells_what_was_run(demo: Path) -> None:
    manifest = json.loads((demo / "run/manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["stages"]) == {"new_model", "sft", "grpo"}
    assert manifest["config"]["num_generations"] == 8
    assert manifest["data"]["train_data"]["sha256"]
    stages = {json.loads(line)["stage"] for line in (demo / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()}
    assert stages == {"read", "sft", "grpo"}


def test_final_model_is_a_plain_transformers_folder(demo: Path) -> None:
    names = {p.name for p in (demo / "run/final_model").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]


def test_running_the_demo_again_does_not_train_again(demo: Path) -> None:
    before = (demo / "run/metrics.jsonl").read_bytes()
    done = run("-m", "toolkit", "demo", "--size", "smallest", "--output-dir", str(demo))
    assert done.returncode == 0, done.stderr
    assert (demo / "run/metrics.jsonl").read_bytes() == before


def test_a_run_folder_with_other_settings_is_refused_with_the_difference(demo: Path) -> None:
    done = run("-m", "toolkit", "train", "--config", "configs/demo.yaml", "--set", f"output_dir={demo / 'run'}",
               "--set", f"train_data={demo / 'data/train.json'}", "--set", f"eval_data={demo / 'data/validation.json'}",
               "--set", f"cold_start_data={demo / 'data/cold_start.jsonl'}")
    assert done.returncode == 2
    assert '"max_steps" was 2, now' in done.stderr
    assert "Traceback" not in done.stderr


def test_accelerate_launches_two_processes(demo: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sets = {"output_dir": tmp_path / "run", "train_data": demo / "data/train.json", "eval_data": demo / "data/validation.json",
            "cold_start_data": demo / "data/cold_start.jsonl", "max_steps": 2, "sft.max_steps": 2,
            "per_device_train_batch_size": 8, "max_completion_length": 16, "new_model.reading_steps": 0}
    done = run("-m", "accelerate.commands.launch", "--config_file", "configs/accelerate/cpu.yaml", "--main_process_port",
               str(port), "scripts/train.py", "--config", "configs/demo.yaml",
               *(word for key, value in sets.items() for word in ("--set", f"{key}={value}")))
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = [row["step"] for row in rows if row["stage"] == "grpo" and "reward" in row]
    assert steps == [1, 2]          # one writer, not two
    assert (tmp_path / "run/final_model/model.safetensors").is_file()
