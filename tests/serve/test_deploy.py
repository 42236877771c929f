"""A deployment as its user sees it: start, restart, replicas behind SGLang's own router, a container, and an end that leaves nothing."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from toolkit.serve import state as states
from toolkit.serve.launch import stop
from toolkit.serve.processes import group_members
from toolkit.serve.status import status_of

PROGRAM = Path(__file__).with_name("answering.py")
NO_ROUTER = "sglang-router is not installed: pip install sglang-router"
SMI = """#!/bin/sh
case "$1" in *compute-apps*) ;; *) for n in 0 1 2 3; do echo "$n, H200, 143771, 143000, 570.10, 9.0"; done;; esac
"""


@pytest.fixture
def program(engine_python, state) -> str:
    package = Path(engine_python).parent / "packages/sglang"
    (package / "launch_server.py").write_text(PROGRAM.read_text(encoding="utf-8"), encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    yield engine_python
    for server in states.servers():
        stop(server)


def toolkit(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "toolkit", *map(str, words)], capture_output=True, text=True, timeout=60, check=False,
                          env=os.environ | environment)


def free() -> int:
    """Tests run at once: the first free port would be another's, too."""
    with socket.create_server(("127.0.0.1", 0)) as port:
        return port.getsockname()[1]


def words_of(model: Path, program: str, *more: object) -> list[object]:
    return ["deploy", "sglang", model, "--name", "it", "--python", program, "--port", free(), "--json", *more]


def deployed(model: Path, program: str, *more: object, **environment: str) -> dict:
    done = toolkit(*words_of(model, program, *more), **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def heard() -> None:
    """A test run in the background, or by nohup, passes on that these are ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def record(state: Path, name: str = "it") -> dict:
    return json.loads((state / "servers" / f"{name}.json").read_text(encoding="utf-8"))


def asked(url: str, tokens: int = 4, key: str = "") -> str:
    body = json.dumps({"model": "it", "messages": [{"role": "user", "content": os.urandom(200).hex()}], "max_tokens": tokens}).encode()
    request = urllib.request.Request(f"{url}/v1/chat/completions", body, {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as response:
        return json.loads(response.read())["choices"][0]["message"]["content"]


def test_a_restart_is_another_process_with_the_same_options_and_key(model, program, state):
    first = deployed(model, program, "--api-key", "k1", "--", "--max-running-requests", "7")
    done = toolkit("deploy", "restart", "it", "--json")
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["pid"] != first["pid"] and again["url"] == first["url"] and group_members(first["pid"]) == []
    assert "--max-running-requests 7" in toolkit("deploy", "logs", "it").stdout
    assert asked(again["url"], key="k1").startswith(str(again["pid"]))


def test_a_restart_that_would_fail_leaves_the_server_running(model, program, state):
    first = deployed(model, program)
    (model / "tokenizer.json").unlink()
    done = toolkit("deploy", "restart")
    assert done.returncode == 2 and "no tokenizer" in done.stderr
    assert asked(first["url"]).startswith(str(first["pid"]))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_it_starts_leaves_nothing(model, program, state, number):
    process = subprocess.Popen([sys.executable, "-m", "toolkit", *map(str, words_of(model, program))], stderr=subprocess.PIPE, text=True,
                               env=os.environ | {"START_S": "60"}, preexec_fn=heard)
    while "starting it" not in process.stderr.readline():
        assert process.poll() is None
    pgid = record(state)["pgid"]
    while len(group_members(pgid)) < 2:
        time.sleep(0.02)
    process.send_signal(number)
    assert "stopped it" in process.communicate(timeout=30)[1] and process.returncode == 130
    assert group_members(pgid) == [] and sorted(path.name for path in (state / "servers").iterdir()) == ["it.log"]


def test_stop_under_load_lets_replies_finish_and_ends_the_whole_tree(model, program, state):
    server = deployed(model, program)
    replies = []
    asking = threading.Thread(target=lambda: replies.append(asked(server["url"], tokens=600)))
    asking.start()
    while not (row := status_of(states.named("it")))["running"]:
        time.sleep(0.02)
    assert row["running"] == 1 and row["tokens_per_s"] == 10
    assert toolkit("deploy", "stop", "it").returncode == 0
    asking.join()
    assert replies[0].startswith(str(server["pid"])) and group_members(server["pid"]) == []


@pytest.mark.skipif(importlib.util.find_spec("sglang_router") is None, reason=NO_ROUTER)
def test_replicas_have_gpus_of_their_own_and_one_address_with_a_key(model, program, state, tmp_path):
    smi = tmp_path / "nvidia-smi"
    smi.write_text(SMI, encoding="utf-8")
    smi.chmod(0o755)
    gpus = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "CUDA_VISIBLE_DEVICES": "1,2,3"}
    done = toolkit(*words_of(model, program, "--replicas", "2", "--tp", "2"), **gpus)
    assert done.returncode == 2 and "4 GPUs are wanted (tp x dp x pp, 2 times), 3 are visible" in done.stderr
    router = deployed(model, program, "--replicas", "2", "--api-key", "k1", **gpus)
    workers = [record(state, f"it-{n}") for n in (1, 2)]
    with ThreadPoolExecutor(8) as pool:         # a router without load has no reason to ask the second one
        replies = set(pool.map(lambda _: asked(router["url"], 6, "k1"), range(8)))
    assert replies == {f"{worker['pid']} on {gpu}" for worker, gpu in zip(workers, "12", strict=True)}
    with pytest.raises(OSError, match="401"):
        asked(router["url"], key="wrong")
    assert "k1" not in Path(f"/proc/{router['pid']}/cmdline").read_text(encoding="utf-8")

    rows = {row["name"]: row for row in json.loads(toolkit("deploy", "status", "--json").stdout)}
    assert {name: row["state"] for name, row in rows.items()} == dict.fromkeys(("it", "it-1", "it-2"), "ready")
    assert rows["it"]["tokens_per_s"] == 20
    os.kill(workers[0]["pid"], signal.SIGKILL)
    assert {asked(router["url"], key="k1") for _ in range(6)} == {f"{workers[1]['pid']} on 2"}
    assert status_of(states.named("it"))["tokens_per_s"] == 10
    assert toolkit("deploy", "stop").returncode == 0
    assert [group_members(one["pid"]) for one in (router, *workers)] == [[], [], []] and list((state / "servers").glob("*.json")) == []


@pytest.mark.skipif(importlib.util.find_spec("sglang_router") is None, reason=NO_ROUTER)
def test_a_replica_that_fails_takes_the_others_with_it(model, program, state):
    launcher = Path(program).parent / "packages/sglang/launch_server.py"
    launcher.write_text("import sys\nif sys.argv[sys.argv.index('--weight-version') + 1].endswith('-2'):\n"
                        "    sys.exit('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB')\n"
                        + PROGRAM.read_text(encoding="utf-8"), encoding="utf-8")
    done = toolkit(*words_of(model, program, "--replicas", "2"), START_S="60")
    assert done.returncode == 3 and "The GPU ran out of memory" in done.stderr and "it-2.log" in done.stderr
    assert list((state / "servers").glob("*.json")) == []
    pids = [int(line.partition("pid ")[2].partition(",")[0]) for line in done.stderr.splitlines() if "starting it-" in line]
    assert [group_members(pid) for pid in pids] == [[], []]


DOCKER = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
  info) exit 0;;
  rm) exit 0;;
esac
while [ "$1" != lmsysorg/sglang:v0.5.23 ]; do
  [ "$1" = -v ] && case "$2" in *:/model:ro) export FOLDER="${{2%:/model:ro}}";; esac
  shift
done
shift 2
exec "{python}" "$@"
"""


def test_a_container_has_the_model_mounted_and_is_removed_by_its_own_name(model, program, state, tmp_path):
    """No Docker engine is needed: a program of that name runs what stands after the image."""
    docker, log = tmp_path / "docker", tmp_path / "docker.log"
    docker.write_text(DOCKER.format(log=log, python=program), encoding="utf-8")
    docker.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    server = deployed(model, program, "--docker", **path)
    run = next(line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("run"))
    port, name = server["url"].rpartition(":")[2], record(state)["container"]
    assert f"--rm --init --name {name} --ipc=host -p 127.0.0.1:{port}:{port} -v {model}:/model:ro" in run
    assert "python3 -m sglang.launch_server" in run and "--model-path /model" in run and "PYTHONPATH" not in run
    assert toolkit("deploy", "stop", "it", **path).returncode == 0
    assert log.read_text(encoding="utf-8").splitlines()[-1] == f"rm --force {name}"
    assert group_members(server["pid"]) == []


def test_a_docker_that_does_not_answer_is_told(model, program, tmp_path):
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n", encoding="utf-8")
    docker.chmod(0o755)
    done = toolkit(*words_of(model, program, "--docker"), PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 2 and "Cannot connect to the Docker daemon" in done.stderr
