"""A start that fails: the cause, the end of the log, the next try, and nothing left behind. The engine here is a program that fails
as SGLang does; how a real one fails and serves is in test_real_server.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.serve.processes import group_members

OUT_OF_MEMORY = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])     # a worker that outlives its parent
print("WORDS", *sys.argv[1:], flush=True)
print("Load weight begin. avail mem=20 GB")
print("KV Cache is allocated. #tokens: 8192")
print("Capture cuda graph begin.")
print("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB")
print("Received sigquit from a child process.", flush=True)
sys.exit(1)
"""
SILENT = "import time; print('Load weight begin.', flush=True); time.sleep(60)"


@pytest.fixture
def deploy(model, engine_python, state):
    def run(program: str, *words: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        (Path(engine_python).parent / "packages/sglang/launch_server.py").write_text(program, encoding="utf-8")
        # run as a module, sglang itself is imported: this one may be
        (Path(engine_python).parent / "packages/sglang/__init__.py").write_text("", encoding="utf-8")
        done = subprocess.run([sys.executable, "-m", "toolkit", "deploy", "sglang", str(model), "--name", "it", "--python", engine_python,
                               "--port", "auto", *words], capture_output=True, text=True, timeout=60, check=False, env=os.environ.copy())
        return done, state / "servers"

    return run


def pids(stderr: str) -> list[int]:
    return [int(line.partition("pid ")[2].partition(",")[0]) for line in stderr.splitlines() if "starting it" in line]


def test_the_cause_stands_in_one_line_with_the_fix_and_the_workers_are_gone(deploy):
    done, folder = deploy(OUT_OF_MEMORY)
    assert done.returncode == 3
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert "while CUDA graphs were captured" in error and "--auto-tune" in error and "it.log" in error
    assert "| torch.OutOfMemoryError" in done.stderr and "sigquit" not in done.stderr
    assert [group_members(pid) for pid in pids(done.stderr)] == [[]]
    assert [path.name for path in folder.iterdir()] == ["it.log"]


def test_auto_tune_tries_what_helps_in_order(deploy, engine_python):
    arguments = Path(engine_python).parent / "packages/sglang/srt/server_args.py"
    arguments.write_text(arguments.read_text(encoding="utf-8") + "\n    cuda_graph_max_bs_decode: int = 0\n    disable_cuda_graph: bool = False\n",
                         encoding="utf-8")
    done, _ = deploy(OUT_OF_MEMORY, "--auto-tune", "--mem-fraction-static", "0.8")
    tries = [line.partition("Trying with ")[2] for line in done.stderr.splitlines() if "Trying with" in line]
    assert tries == ["--cuda-graph-max-bs-decode 32", "--cuda-graph-max-bs-decode 32 --mem-fraction-static 0.72",
                     "--mem-fraction-static 0.65 --disable-cuda-graph"]
    assert done.returncode == 3 and all(group_members(pid) == [] for pid in pids(done.stderr))


def test_a_start_that_takes_too_long_names_its_phase(deploy):
    done, _ = deploy(SILENT, "--timeout", "5")      # a busy machine takes its time to start Python
    assert done.returncode == 3 and "it was at: load" in done.stderr
    assert [group_members(pid) for pid in pids(done.stderr)] == [[]]


def test_logs_of_a_failed_start_stay(deploy):
    deploy(OUT_OF_MEMORY)
    done = subprocess.run([sys.executable, "-m", "toolkit", "deploy", "logs", "it", "-n", "3"], capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 3 and "sigquit" in done.stdout


def test_keys_reach_the_engine_in_a_file_for_its_owner_only(deploy):
    program = ("import os, sys\npath = sys.argv[sys.argv.index('--config') + 1]\n"
               "print('MODE', oct(os.stat(path).st_mode & 0o777), 'KEY' if 'open-sesame' in open(path).read() else '', flush=True)\n"
               "print('ARGS', *sys.argv, flush=True)\nsys.exit(1)\n")
    done, folder = deploy(program, "--api-key", "open-sesame")
    log = (folder / "it.log").read_text(encoding="utf-8")
    assert "MODE 0o600 KEY" in log and "open-sesame" not in log + done.stderr
    assert "open-sesame" not in json.dumps([path.name for path in folder.iterdir()]) and not list(folder.glob("*.keys.yaml"))
