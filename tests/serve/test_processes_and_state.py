"""Stop ends the whole group of what was started, and nothing else."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from toolkit.errors import InputError
from toolkit.evaluate.named import Served, served
from toolkit.generate.engines.addresses import base_urls, deployed_key
from toolkit.serve import state as states
from toolkit.serve.launch import stop
from toolkit.serve.processes import end_group, group_members, start_mark
from toolkit.serve.state import Server

pytestmark = pytest.mark.usefixtures("state")
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
print("up", flush=True)
time.sleep(60)
"""


def started(code: str = "print('up', flush=True); import time; time.sleep(60)") -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    return process


def server(process: subprocess.Popen, name: str = "one", **values) -> Server:
    made = Server(name, "/m", "http://127.0.0.1:1", process.pid, start_mark(process.pid), process.pid, "n", "/dev/null", [], **values)
    states.save(made)
    return made


def test_stop_ends_the_server_and_forgets_it():
    process = started()
    assert stop(server(process)) is True
    assert not group_members(process.pid) and states.servers() == []


def test_a_tree_that_ignores_term_is_killed():
    process = started(STUBBORN)
    while len(group_members(process.pid)) < 2:
        time.sleep(0.02)
    assert end_group(process.pid, process.pid, enough_s=0.3) == []


def test_a_process_with_another_start_time_is_left_alone():
    process = started()
    try:
        other = replace(server(process), mark="1")
        states.save(other)
        assert stop(other) is False
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_workers_that_outlive_a_killed_server_are_ended():
    process = started(STUBBORN)
    while len(group_members(process.pid)) < 2:
        time.sleep(0.02)
    left = server(process)
    process.kill()
    process.wait()
    assert group_members(process.pid)
    assert stop(left) is False and group_members(process.pid) == []


def test_what_is_remembered_is_for_its_owner_only(state):
    process = started()
    stored = server(process, api_key="secret")
    assert states.named(None) == stored == states.named("one")
    assert stat.S_IMODE(os.stat(state / "servers" / "one.json").st_mode) == 0o600
    with pytest.raises(InputError, match='Did you mean "one"'):
        states.named("onne")
    stop(stored)


def test_eval_and_chat_find_a_server_by_its_name(tmp_path, monkeypatch):
    process = started()
    one = server(process, name="mine")
    assert served("mine") == served("sglang://mine") == Served("sglang", ("http://127.0.0.1:1",), None)
    assert served("sglang://mine#adapter").model == "adapter" and served("owner/mine") is None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert served("mine") is None       # a folder of that name is the model
    stop(one)
    assert served("sglang://mine").urls == ("http://mine:30000",)


def test_gen_data_finds_a_server_by_its_name_and_its_key():
    process = started()
    one = server(process, api_key="secret")
    assert base_urls(["one", "127.0.0.1:2"]) == ["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"]
    assert deployed_key(["one"]) == "secret" and deployed_key(["127.0.0.1:1"]) == "secret" and deployed_key(["127.0.0.1:2"]) == ""
    process.kill()
    process.wait()
    with pytest.raises(InputError, match="deploy restart one"):
        base_urls(["one"])
    stop(one)
