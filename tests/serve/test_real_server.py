"""The whole of deploy against a real SGLang on this machine: TOOLKIT_SGLANG_PYTHON names the interpreter that holds it
(`toolkit deploy install sglang --cpu`), TOOLKIT_SERVE_MODEL a model folder; skipped without them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolkit.serve.processes import group_members

PYTHON, MODEL = os.environ.get("TOOLKIT_SGLANG_PYTHON"), os.environ.get("TOOLKIT_SERVE_MODEL")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (PYTHON and MODEL), reason="needs TOOLKIT_SGLANG_PYTHON and TOOLKIT_SERVE_MODEL")]
SCHEMA = {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}}, "required": ["answer"], "additionalProperties": False}


def toolkit(state: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "toolkit", *map(str, words)], capture_output=True, text=True, timeout=400, check=False,
                          env=os.environ | {"TOOLKIT_STATE_DIR": str(state)})


# First those that start a server of their own: two at once are much for a small machine.

def test_weights_of_other_shapes_end_with_the_cause_and_leave_nothing(tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(MODEL, broken)
    config = json.loads((broken / "config.json").read_text(encoding="utf-8"))
    (broken / "config.json").write_text(json.dumps(config | {"hidden_size": config["hidden_size"] // 2}), encoding="utf-8")
    state = tmp_path / "state"
    done = toolkit(state, "deploy", "sglang", "--model-path", broken, "--port", "auto")
    assert done.returncode == 3 and "shapes that config.json says" in done.stderr
    assert list((state / "servers").glob("*.json")) == []


def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path):
    state = tmp_path / "state"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "toolkit", "deploy", "sglang", "--model-path", MODEL, "--model-name", "gone", "--port", str(port)],
                               env=os.environ | {"TOOLKIT_STATE_DIR": str(state)}, stderr=subprocess.DEVNULL)
    record = state / "servers" / "gone.json"
    while not record.is_file():
        assert process.poll() is None
        time.sleep(0.1)
    pgid = json.loads(record.read_text(encoding="utf-8"))["pgid"]
    time.sleep(3)
    process.send_signal(2)
    assert process.wait(timeout=60) == 130
    assert group_members(pgid) == [] and not record.exists()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    done = toolkit(state, "deploy", "sglang", "--model-path", MODEL, "--model-name", "tiny", "--port", "auto", "--api-key", "k1", "--json")
    assert done.returncode == 0, done.stderr
    server = json.loads(done.stdout)
    yield state, server
    done = toolkit(state, "deploy", "stop", "tiny")
    assert done.returncode == 0 and group_members(server["pid"]) == []


def test_status_tells_its_load(deployed):
    state, server = deployed
    (row,) = json.loads(toolkit(state, "deploy", "status", "--json").stdout)
    assert row["state"] == "ready" and row["running"] == 0 and row["url"] == server["url"] and "api_key" not in row


def test_gen_data_finds_it_by_name_with_its_key_and_a_json_schema_is_obeyed(deployed, tmp_path):
    state, _ = deployed
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": "a", "messages": [{"role": "user", "content": "Hi"}], "response_format": {
        "type": "json_schema", "json_schema": {"name": "r", "schema": SCHEMA, "strict": True}}}), encoding="utf-8")
    out = tmp_path / "replies.jsonl"
    done = toolkit(state, "gen-data", "--engine", "sglang", "--base-url", "tiny", "--requests", rows, "--out", out, "--max-tokens", 64)
    assert done.returncode == 0, done.stderr
    assert json.loads(json.loads(out.read_text(encoding="utf-8"))["content"])["answer"] in ("yes", "no")


def test_its_port_and_name_are_refused_to_another(deployed):
    state, server = deployed
    port = server["url"].rpartition(":")[2]
    done = toolkit(state, "deploy", "sglang", "--model-path", MODEL, "--model-name", "tiny", "--port", port)
    assert done.returncode == 2 and f"port {port} is taken by" in done.stderr and "runs already" in done.stderr


def test_logs_show_the_end(deployed):
    state, _ = deployed
    assert "ready to roll" in toolkit(state, "deploy", "logs", "tiny", "-n", 500).stdout
