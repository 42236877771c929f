"""gen-data against real servers over the OpenAI wire, with any model, however small: SGLang where TOOLKIT_TEST_SGLANG_URL names
one, `transformers serve` where it is installed (`pip install 'transformers[serving]'`), with a model made on the spot.

What such a model writes is its own affair; what is tested is that every schema is accepted, tokens are counted, and no item is lost.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from toolkit.jsonl import read_rows

URL = os.environ.get("TOOLKIT_TEST_SGLANG_URL")
PROFILES = Path(__file__).parents[2] / "data" / "online_profiles.jsonl"
sglang = pytest.mark.skipif(not URL, reason="TOOLKIT_TEST_SGLANG_URL names no server")
transformers = pytest.mark.skipif(not all(map(find_spec, ("transformers", "fastapi", "uvicorn"))),
                                  reason="transformers serve needs pip install 'transformers[serving]'")


@contextmanager
def transformers_serve(log: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", "--host", "127.0.0.1", "--port",
               str(port), "--device", "cpu", "--continuous-batching", "--cb-num-blocks", "256", "--cb-block-size", "32"]
    with log.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + 180
    try:
        while not _healthy(url):
            assert server.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        yield url
    finally:
        server.kill()
        server.wait()


def _healthy(url: str) -> bool:
    try:
        return urlopen(f"{url}/health", timeout=5).status == 200
    except (URLError, OSError):
        return False


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """Address of `transformers serve`, and the model to ask for."""
    from toolkit.train.new_model import NewModel, create

    folder = tmp_path_factory.mktemp("served")
    shape = NewModel(vocab_size=300, hidden_size=32, intermediate_size=64, max_position_embeddings=8192, initializer_range=0.6)
    create(texts=["What is your trade? My trade is baker.", "Who are you? I am Odo."], out=folder / "model", shape=shape, seed=1)
    with transformers_serve(folder / "log") as url:
        yield url, folder / "model"


def gen_data(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "toolkit", "gen-data", *map(str, words), "--json"], capture_output=True, text=True,
                          encoding="utf-8", timeout=600, check=False)


def rejected_of(count: int, out: Path, *words: object) -> list[dict]:
    """What became of so many samples of all kinds: each is accepted or, as is returned, rejected."""
    done = gen_data("--profiles-file", PROFILES, "--output-dir", out, "--num-samples", count, "--kinds", "SBK,CM,SCK,RCB", *words)
    assert done.returncode in (0, 3), done.stderr           # 3: a model too small to write one good draft
    stats = json.loads(done.stdout)
    assert stats["samples"] + stats["rejected"] == count and not stats["failed"]
    assert stats["prompt_tokens"] > count * 500 and stats["completion_tokens"] > 0
    return [row for _, row in read_rows(out / "rejected.jsonl")] if stats["rejected"] else []


@sglang
def test_every_item_has_an_outcome_and_sglang_keeps_to_every_schema(tmp_path):
    rejected = rejected_of(8, tmp_path / "d", "--engine", "sglang", "--base-url", URL, "--max-tokens", 400, "--max-attempts", 2)
    assert all(row["draft"].lstrip().startswith("{") for row in rejected if row["code"] != "refusal")


@sglang
def test_the_servers_tokenizer_counts_for_the_estimate(tmp_path):
    done = gen_data("--engine", "sglang", "--base-url", URL, "--profiles-file", PROFILES, "--output-dir", tmp_path / "d",
                    "--num-samples", 4, "--dry-run")
    assert done.returncode == 0 and json.loads(done.stdout)["counted"]


@transformers
def test_every_item_has_an_outcome_with_transformers_serve(served, tmp_path):
    url, model = served
    rejected_of(4, tmp_path / "d", "--engine", "openai", "--base-url", url, "--model", model, "--max-tokens", 64, "--max-attempts", 1)


@transformers
def test_every_request_is_replied_to_by_transformers_serve(served, tmp_path):
    url, model = served
    requests, out = tmp_path / "requests.jsonl", tmp_path / "replies.jsonl"
    requests.write_text("".join(json.dumps({"id": f"q{n}", "prompt": f"Who are you, {n}?"}) + "\n" for n in range(12)))
    done = gen_data("--engine", "openai", "--base-url", url, "--model", model, "--requests", requests, "--out", out, "--max-tokens", 64)
    assert done.returncode == 0, done.stderr
    rows = [row for _, row in read_rows(out)]
    assert {row["id"] for row in rows} == {f"q{n}" for n in range(12)}
    assert all(row["usage"]["prompt_tokens"] > 3 and row["usage"]["completion_tokens"] > 0 for row in rows)
