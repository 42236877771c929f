"""`toolkit doctor`: quick, a finding a line, the fix beside what is wrong."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.serve.processes import start_mark
from toolkit.serve.state import Server, save

SMI = """#!/bin/sh
case "$1" in
  *compute-apps*) echo "4242, /usr/bin/python3, 120000";;
  *) echo "0, NVIDIA H200, 143771, 143000, 570.10, 9.0"; echo "1, NVIDIA H200, 143771, 1000, 570.10, 9.0";;
esac
"""


def findings(*words: str, **environment: str) -> tuple[dict[str, dict], subprocess.CompletedProcess[str]]:
    done = subprocess.run([sys.executable, "-m", "toolkit", "doctor", "--json", *words], capture_output=True, text=True,
                          env=os.environ | {"HF_HUB_OFFLINE": "1"} | environment, timeout=60, check=False)
    assert "bug:" not in done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)["findings"]}, done


def test_it_takes_less_than_three_seconds_and_loads_no_torch(child_seconds):
    done = subprocess.run([sys.executable, "-X", "importtime", "-m", "toolkit", "doctor"], capture_output=True, text=True,
                          timeout=60, check=False)
    assert child_seconds() < 3
    packages = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "toolkit" in packages and not packages & {"torch", "transformers", "trl", "boto3", "openai"}


def test_what_fails_makes_the_exit_code_three_and_every_other_status_has_a_fix(tmp_path):
    found, done = findings(AWS_PROFILE="", TOOLKIT_STATE_DIR=str(tmp_path))
    assert all(row["fix"] for row in found.values() if row["status"] != "ok")
    assert done.returncode == (3 if any(row["status"] == "fail" for row in found.values()) else 0)
    assert found["packages"]["status"] == "ok"


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands for nvidia-smi")
def test_gpus_are_listed_and_a_busy_one_names_who_holds_it(tmp_path: Path):
    smi = tmp_path / "nvidia-smi"
    smi.write_text(SMI, encoding="utf-8")
    smi.chmod(smi.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    found, _ = findings(PATH=path, CUDA_VISIBLE_DEVICES="0,1")
    assert found["GPU 0"]["status"] == "ok" and "compute capability 9.0" in found["GPU 0"]["found"]
    assert found["GPU 1"]["status"] == "warn" and "4242" in found["GPU 1"]["fix"]
    found, _ = findings(PATH=path, CUDA_VISIBLE_DEVICES="0")
    assert "GPU 1" not in found


def test_a_hub_that_cannot_be_reached_names_mirrors():
    with socket.socket() as closed:         # bound, but not listening
        closed.bind(("127.0.0.1", 0))
        found, _ = findings(HF_HUB_OFFLINE="", HF_ENDPOINT=f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert found["hub"]["status"] == "warn" and "HF_ENDPOINT" in found["hub"]["fix"]


def test_credentials_are_found_without_being_shown():
    found, done = findings(AWS_BEARER_TOKEN_BEDROCK="bedrock-api-key-secret")
    assert found["AWS"]["status"] == "ok" and "secret" not in done.stdout + done.stderr


def test_processes_add_up_their_numbers_over_gloo_where_there_is_no_gpu():
    found, _ = findings("--multi-gpu", CUDA_VISIBLE_DEVICES="")
    assert found["all-reduce"]["status"] == "warn" and "gloo over 2 processes" in found["all-reduce"]["found"], found["all-reduce"]


def test_a_hub_behind_a_proxy_is_reached_by_it():
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        found, _ = findings(HF_HUB_OFFLINE="", HF_ENDPOINT="https://hub.invalid", https_proxy=f"http://127.0.0.1:{proxy.getsockname()[1]}")
    assert found["hub"]["status"] == "ok" and "through the proxy 127.0.0.1" in found["hub"]["found"]


def test_a_server_that_runs_but_does_not_answer_is_told_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setenv("TOOLKIT_STATE_DIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as silent, subprocess.Popen(["sleep", "60"]) as process:
        save(Server("mute", "/m", f"http://127.0.0.1:{silent.getsockname()[1]}", process.pid, start_mark(process.pid), process.pid, "n",
                    "/dev/null", [], ready=1.0))
        found, _ = findings(TOOLKIT_STATE_DIR=str(tmp_path))
        process.kill()
    assert found["server mute"]["status"] == "warn" and "not answering" in found["server mute"]["found"]
    assert "toolkit deploy logs mute" in found["server mute"]["fix"]


def test_aws_is_asked_who_one_is_and_which_models_bedrock_has(aws):
    from toolkit import doctor

    found = {finding.name: finding for finding in doctor.asked_of_aws()}
    assert found["AWS identity"].status == "ok" and "arn:aws:" in found["AWS identity"].found
    # the stand-in has no list of models: what the service answers is told, with the permission that is needed
    assert found["Bedrock"].status == "fail" and "bedrock:InvokeModel" in found["Bedrock"].fix
