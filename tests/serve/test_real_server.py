"""The whole of deploy against a real SGLang on this machine: TOOLKIT_SGLANG_PYTHON names the interpreter that holds it
(`toolkit deploy install sglang --cpu`), TOOLKIT_SERVE_MODEL a model folder; skipped without them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from toolkit.serve.engine import probe
from toolkit.serve.processes import group_members

PYTHON, MODEL = os.environ.get("TOOLKIT_SGLANG_PYTHON"), os.environ.get("TOOLKIT_SERVE_MODEL")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (PYTHON and MODEL), reason="needs TOOLKIT_SGLANG_PYTHON and TOOLKIT_SERVE_MODEL")]
SCHEMA = {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}}, "required": ["answer"], "additionalProperties": False}


def toolkit(state: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "toolkit", *map(str, words)], capture_output=True, text=True, timeout=400, check=False,
                          env=os.environ | {"TOOLKIT_STATE_DIR": str(state)})


def heard() -> None:
    """A test run in the background passes on that Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


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
                               env=os.environ | {"TOOLKIT_STATE_DIR": str(state)}, stderr=subprocess.DEVNULL,
                               preexec_fn=heard)
    record = state / "servers" / "gone.json"
    while not record.is_file():
        assert process.poll() is None
        time.sleep(0.1)
    pgid = json.loads(record.read_text(encoding="utf-8"))["pgid"]
    time.sleep(3)
    process.send_signal(2)
    assert process.wait(timeout=60) == 130
    assert group_members(pgid) == [] and not record.exists()


def test_replicas_share_the_requests_behind_the_router(tmp_path):
    if "sglang-router" not in probe(PYTHON).versions:
        pytest.skip("the environment of SGLang has no sglang-router")
    state = tmp_path / "state"
    done = toolkit(state, "deploy", "sglang", "--model-path", MODEL, "--model-name", "two", "--port", "auto", "--replicas", "2",
                   "--api-key", "k2", "--json")
    assert done.returncode == 0, done.stderr
    pids = [json.loads((state / "servers" / f"{name}.json").read_text(encoding="utf-8"))["pgid"] for name in ("two", "two-1", "two-2")]
    try:
        rows = tmp_path / "rows.jsonl"
        rows.write_text("".join(json.dumps({"id": str(n), "messages": [{"role": "user", "content": f"{n} " * 50}]}) + "\n" for n in range(24)),
                        encoding="utf-8")
        out = tmp_path / "replies.jsonl"
        said = toolkit(state, "gen-data", "--engine", "sglang", "--base-url", "two", "--requests", rows, "--out", out, "--max-tokens", 64)
        assert said.returncode == 0, said.stderr
        assert len(out.read_text(encoding="utf-8").splitlines()) == 24
        for number in (1, 2):
            assert "/v1/chat/completions" in toolkit(state, "deploy", "logs", f"two-{number}", "-n", 500).stdout
    finally:
        assert toolkit(state, "deploy", "stop", "two").returncode == 0
    assert [group_members(pid) for pid in pids] == [[], [], []] and list((state / "servers").glob("*.json")) == []


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    done = toolkit(state, "deploy", "sglang", "--model-path", MODEL, "--model-name", "tiny", "--port", "auto", "--api-key", "k1", "--json")
    assert done.returncode == 0, done.stderr
    server = json.loads(done.stdout)
    yield state, server
    toolkit(state, "deploy", "stop", "--all")


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


def test_eval_and_chat_find_it_by_name_with_its_key(deployed, tmp_path):
    state, _ = deployed
    data = tmp_path / "data"
    made = toolkit(state, "gen-data", "--profiles-file", "data/online_profiles.jsonl", "--output-dir", data, "--num-samples-per-profile", 2)
    assert made.returncode == 0, made.stderr
    report = tmp_path / "report"
    done = toolkit(state, "eval", "tiny", "--data", data / "validation.json", "--limit", 4, "--output-dir", report, "--against", "none",
                   "--max-new-tokens", 16)
    assert done.returncode == 0, done.stderr
    assert len((report / "records.jsonl").read_text(encoding="utf-8").splitlines()) == 4
    said = subprocess.run([sys.executable, "-m", "toolkit", "chat", "tiny", "--max-new-tokens", "8"], input="Hello\n", capture_output=True,
                          text=True, timeout=120, check=False, env=os.environ | {"TOOLKIT_STATE_DIR": str(state)})
    assert said.returncode == 0 and "error" not in said.stderr, said.stderr


def test_its_port_and_name_are_refused_to_another(deployed):
    state, server = deployed
    port = server["url"].rpartition(":")[2]
    done = toolkit(state, "deploy", "sglang", "--model-path", MODEL, "--model-name", "tiny", "--port", port)
    assert done.returncode == 2 and f"port {port} is taken by" in done.stderr and "runs already" in done.stderr


def test_logs_show_the_end(deployed):
    state, _ = deployed
    assert "ready to roll" in toolkit(state, "deploy", "logs", "tiny", "-n", 500).stdout


def test_a_restart_serves_again_and_a_stop_under_load_leaves_nothing(deployed):
    state, server = deployed
    done = toolkit(state, "deploy", "restart", "tiny", "--json")
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["pid"] != server["pid"] and again["url"] == server["url"] and group_members(server["pid"]) == []
    long = {"model": "tiny", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 900, "ignore_eos": True}
    request = urllib.request.Request(f"{again['url']}/v1/chat/completions", json.dumps(long).encode(),
                                     {"Content-Type": "application/json", "Authorization": "Bearer k1"})

    def ask() -> None:
        with suppress(OSError, HTTPException):
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=100).read()

    asking = [threading.Thread(target=ask) for _ in range(64)]
    for thread in asking:
        thread.start()
    while not json.loads(toolkit(state, "deploy", "status", "--json").stdout)[0]["running"]:
        assert any(thread.is_alive() for thread in asking)
    assert toolkit(state, "deploy", "stop", "tiny").returncode == 0
    assert group_members(again["pid"]) == [] and list((state / "servers").glob("*.json")) == []
    for thread in asking:
        thread.join()
