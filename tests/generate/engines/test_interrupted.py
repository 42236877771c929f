"""Whatever ends the process, the same command goes on: nothing lost, nothing twice, little asked again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stub_server import Stub, served

from .conftest import read, written

IN_FLIGHT = 16


def command(url: str, folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "toolkit", "gen-data", "--engine", "openai", "--base-url", url, "--requests",
            str(folder / "requests.jsonl"), "--out", str(folder / "replies.jsonl"), "--concurrency", str(IN_FLIGHT), *more]


def finish(url: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(url, folder, *more), capture_output=True, text=True, timeout=60, check=False)


def rows_at_least(path: Path, count: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and (not path.exists() or path.read_bytes().count(b"\n") < count):
        time.sleep(0.005)


def until_running(stub: Stub) -> None:
    until = time.monotonic() + 20
    while not stub.running and time.monotonic() < until:
        time.sleep(0.01)


@pytest.fixture
def stub():
    return Stub(slots=IN_FLIGHT, latency_s=0.02)


def test_kill_9_at_any_moment_loses_and_repeats_nothing_but_what_was_under_way(tmp_path, stub):
    written(tmp_path / "requests.jsonl", 400)
    out = tmp_path / "replies.jsonl"
    moment, kills = random.Random(4), 4
    with served(stub) as url:
        for kill in range(kills):
            process = subprocess.Popen(command(url, tmp_path), stderr=subprocess.DEVNULL)
            rows_at_least(out, 80 * kill + moment.randrange(1, 60))
            process.kill()
            process.wait()
            if kill % 2:                          # a power cut could leave half a row, too
                os.truncate(out, out.stat().st_size - 7)
        before = out.read_bytes().count(b"\n")
        done = finish(url, tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["skipped"], told["done"], told["missing"]) == (before, 400 - before, 0)
    assert sorted(row["id"] for row in read(out)) == sorted(f"r{n}" for n in range(400))
    assert stub.counts["requests"] <= 400 + kills * IN_FLIGHT + kills // 2


def test_ctrl_c_finishes_what_is_under_way_and_says_how_to_go_on(tmp_path, stub):
    written(tmp_path / "requests.jsonl", 400)
    out = tmp_path / "replies.jsonl"
    with served(stub) as url:
        process = subprocess.Popen(command(url, tmp_path), stderr=subprocess.PIPE, text=True)
        rows_at_least(out, 50)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 130 and "the same command goes on" in said
        assert 50 <= len(read(out)) == stub.counts["requests"] < 400    # none was given up
        assert finish(url, tmp_path).returncode == 0
    assert stub.counts["requests"] == len(read(out)) == 400


def test_ctrl_c_twice_stops(tmp_path):
    written(tmp_path / "requests.jsonl", 40)
    stub = Stub(slots=IN_FLIGHT, latency_s=30)
    with served(stub) as url:
        process = subprocess.Popen(command(url, tmp_path), stderr=subprocess.PIPE, text=True)
        until_running(stub)
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "finishing the 16 requests under way; Ctrl-C again stops at once. The same command goes on.\n"
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)          # well before the replies come
    assert process.returncode == 130 and "Traceback" not in said


def test_a_second_process_on_the_same_output_is_refused(tmp_path):
    written(tmp_path / "requests.jsonl", 100)
    stub = Stub(slots=IN_FLIGHT, latency_s=30)
    with served(stub) as url:
        process = subprocess.Popen(command(url, tmp_path), stderr=subprocess.DEVNULL)
        until_running(stub)
        second = finish(url, tmp_path)
        process.kill()
        process.wait()
    assert second.returncode == 2 and "another process" in second.stderr and second.stderr.count("\n") == 1
    assert stub.counts["requests"] <= IN_FLIGHT


def test_changed_requests_are_refused_or_extended(tmp_path, stub):
    requests = written(tmp_path / "requests.jsonl", 20)
    with served(stub) as url:
        assert finish(url, tmp_path).returncode == 0
        written(requests, 30)
        refused = finish(url, tmp_path)
        assert refused.returncode == 3 and "requests rows was 20, is 30" in refused.stderr
        assert stub.counts["requests"] == 20
        assert finish(url, tmp_path, "--extend").returncode == 0
    assert stub.counts["requests"] == len(read(tmp_path / "replies.jsonl")) == 30


def test_wrong_rows_are_all_named_and_nothing_is_sent(tmp_path, stub):
    (tmp_path / "requests.jsonl").write_text(
        '{"id": "a", "prompt": "Hi"}\n{"id": "a", "prompt": "Hi"}\n{"id": 3, "messages": []}\n'
        '{"id": "d", "prompt": "Hi", "temprature": 1}\n')
    with served(stub) as url:
        done = finish(url, tmp_path)
    assert done.returncode == 2 and stub.counts["requests"] == 0
    for told in (":2 field \"id\" is 'a' again", ':3 field "id" is 3', ':3 field "messages"', 'Did you mean "temperature"'):
        assert told in done.stderr


def test_options_for_samples_are_refused_beside_requests(tmp_path):
    done = finish("http://127.0.0.1:9", tmp_path, "--kinds", "SBK", "--cold-start", "3")
    assert done.returncode == 2 and "are for making samples" in done.stderr
    assert "--kinds" in done.stderr and "--cold-start" in done.stderr


def test_a_dry_run_counts_and_sends_nothing(tmp_path):
    written(tmp_path / "requests.jsonl", 20)
    done = finish("http://127.0.0.1:9", tmp_path, "--dry-run", "--json", "--max-tokens", "100")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rows"] == 20 and told["most_completion_tokens"] == 2000 and told["prompt_tokens"] > 1000
    assert not (tmp_path / "replies.jsonl").exists()
