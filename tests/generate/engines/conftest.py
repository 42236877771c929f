from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from stub_server import Stub, served

from toolkit.generate.batch import Totals
from toolkit.generate.engines.openai import OpenAIEngine
from toolkit.generate.gate import Pace
from toolkit.generate.prepared import reply_to_all


def written(path: Path, count: int, per_profile: int = 8) -> Path:
    """A file of requests: so many, of profiles of eight."""
    with path.open("w", encoding="utf-8") as out:
        for n in range(count):
            out.write(json.dumps({"id": f"r{n}", "messages": [
                {"role": "system", "content": f"profile {n // per_profile} " + "x" * 400},
                {"role": "user", "content": f"question {n}"}], "max_tokens": 800}) + "\n")
    return path


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def until_replies(stub: Stub, count: int) -> None:
    """Wait until a stub has given so many replies (at most 20 s)."""
    end = time.monotonic() + 20
    while stub.counts["replies"] < count and time.monotonic() < end:
        time.sleep(0.005)


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., tuple[Stub, Totals, list[dict]]]:
    """Sends rows to a stub server; gives the stub, the totals and the rows of the answer file."""

    def ask(count: int, pace: Pace | None = None, name: str = "openai", model: str | None = "stub", **stub: object):
        server = Stub(**{"slots": 64, "latency_s": 0.005, **stub})
        requests, out = written(tmp_path / "requests.jsonl", count), tmp_path / "replies.jsonl"
        with served(server) as url:
            totals = reply_to_all(requests, out, OpenAIEngine([url], model, name), pace or Pace(64))
        return server, totals, read(out)

    return ask
