"""Every fault of a server: what it costs, and what the user is told."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack, nullcontext
from itertools import count

import pytest
from aiohttp import web
from stub_server import Stub, served

from toolkit.generate.engines.base import EngineError
from toolkit.generate.engines.openai import OpenAIEngine
from toolkit.generate.gate import Pace
from toolkit.generate.prepared import reply_to_all

from .conftest import read, until_replies, written

RETRIED = ("429", "500", "502", "503", "drop", "cut", "truncated", "html", "no_choices", "empty")


def whole(rows: list[dict], count: int) -> None:
    assert sorted(row["id"] for row in rows) == sorted(f"r{n}" for n in range(count))


@pytest.mark.parametrize("fault", RETRIED)
def test_a_failed_request_is_asked_again_and_no_other(ask, fault):
    stub, totals, rows = ask(200, faults={fault: 0.1})
    whole(rows, 200)
    forced = stub.counts["faults"]
    assert forced >= 5
    assert stub.counts["requests"] == 200 + forced
    assert totals.sent.retries.total() == forced
    assert all(row["content"] == stub.content and row["finish_reason"] == "stop" for row in rows)


def test_all_faults_at_once_lose_and_repeat_nothing(ask):
    stub, totals, rows = ask(600, faults={fault: 0.02 for fault in RETRIED} | {"length": 0.02, "refusal": 0.02})
    whole(rows, 600)
    forced = totals.sent.retries.total()
    assert stub.counts["requests"] <= 600 + 1.02 * forced
    reasons = [row["finish_reason"] for row in rows]
    assert reasons.count("length") == stub.counts["length"] == totals.sent.cut
    assert reasons.count("refusal") == stub.counts["refusal"]


@pytest.mark.parametrize("share, lost", [(0.15, 0), (1.0, 20)])
def test_garbage_under_a_schema_is_asked_again_three_times_at_most(tmp_path, share, lost):
    requests, out = written(tmp_path / "requests.jsonl", 20), tmp_path / "replies.jsonl"
    rows = [row | {"schema": {"type": "object"}} for row in read(requests)]
    requests.write_text("".join(json.dumps(row) + "\n" for row in rows))
    stub = Stub(faults={"garbage": share}, write=lambda body: ('{"answer": "Yes."}', "stop"), seed=1)
    with served(stub) as url, pytest.raises(EngineError, match="were not JSON") if lost else nullcontext():
        reply_to_all(requests, out, OpenAIEngine([url]), Pace(1))
    assert [row["content"] for row in read(out)] == ['{"answer": "Yes."}'] * (20 - lost)
    assert stub.counts["requests"] == (60 if lost else 20 + stub.counts["garbage"]) and stub.counts["garbage"] > 0


def test_a_hanging_request_is_given_up_when_the_others_show_how_long_replies_take(ask, monkeypatch):
    monkeypatch.setattr("toolkit.generate.deadline.LEAST_S", 0.4)
    began = time.monotonic()
    stub, totals, rows = ask(200, faults={"hang": 0.02})
    whole(rows, 200)
    assert totals.sent.retries["timeout"] == stub.counts["hang"] >= 1
    assert time.monotonic() - began < 20          # the stub hangs for minutes


def test_a_server_that_stood_still_is_soon_used_again(ask, monkeypatch):
    monkeypatch.setattr("toolkit.generate.deadline.LEAST_S", 0.4)
    written_so_far = count()

    def write(body: dict) -> tuple[str, str]:
        if next(written_so_far) == 300:
            time.sleep(1.5)                       # the whole server: it has one loop
        return "Yes.", "stop"

    _, totals, rows = ask(1500, Pace(72), latency_s=0.02, write=write)
    whole(rows, 1500)
    assert 0 < totals.sent.retries["timeout"] <= 72
    assert totals.limit >= 24                     # was 72; 1 where a stall counts for each that waited


def test_slow_replies_are_waited_for(ask):
    stub, _, rows = ask(200, faults={"slow": 0.05}, latency_s=0.05)
    whole(rows, 200)
    assert stub.counts["requests"] == 200 and stub.counts["slow"] >= 3


def test_the_time_that_the_server_asks_for_is_kept(ask):
    stub, _, rows = ask(14, Pace(14), rate_per_s=5, burst=10, retry_after_s=0.5)
    whole(rows, 14)
    assert stub.refused_at and min(stub.admitted_at[10:]) - min(stub.refused_at) >= 0.45


def test_requests_that_are_wrong_fail_alone(ask, tmp_path):
    stub, totals, rows = ask(100, faults={"400": 0.1})
    failed = read(tmp_path / "replies.failed.jsonl")
    assert len(failed) == stub.counts["400"] == totals.failed["HTTP 400"] >= 3
    assert len(rows) + len(failed) == 100 == stub.counts["requests"]
    assert all("HTTP 400: made to fail" in row["error"] for row in failed)


def test_a_run_in_which_most_fails_is_ended(ask):
    with pytest.raises(EngineError, match=r"items failed, .* HTTP 400") as error:
        ask(2000, faults={"400": 1.0})
    assert error.value.fatal


def test_a_request_that_always_fails_is_given_up(ask):
    with pytest.raises(EngineError, match="not JSON"):
        ask(30, Pace(4, attempts=1), faults={"html": 1.0})


def test_the_last_requests_are_given_up_when_the_server_fails_at_them_alone(ask, monkeypatch, tmp_path):
    for name, value in {"FAILURES_DOWN": 3, "FIRST_LOOK_S": 0.01, "LAST_LOOK_S": 0.01}.items():
        monkeypatch.setattr(f"toolkit.generate.lane.{name}", value)
    monkeypatch.setattr("toolkit.generate.complete.LAST_RETRY_S", 0.01)

    def write(body: dict) -> tuple[str, str]:
        if body["messages"][-1]["content"].endswith("7"):
            raise web.HTTPInternalServerError
        return "Yes.", "stop"

    stub, totals, rows = ask(40, Pace(64, patience_s=20), write=write)
    assert len(rows) == 36 and totals.failed == {"HTTP 500": 4}
    assert stub.counts["requests"] == 36 + 4 * Pace().attempts


def test_a_server_that_only_fails_is_not_asked_several_times_as_often(tmp_path, monkeypatch):
    for name, value in {"lane.FAILURES_DOWN": 10_000, "complete.LAST_RETRY_S": 0.01,    # it never counts as down
                        "retry_budget.LEAST": 20, "retry_budget.TRICKLE_S": 0.03}.items():
        monkeypatch.setattr(f"toolkit.generate.{name}", value)
    requests, stub, began = written(tmp_path / "requests.jsonl", 400), Stub(faults={"500": 1.0}), time.monotonic()
    with served(stub) as url, pytest.raises(EngineError, match="20 of 20 items failed"):
        reply_to_all(requests, tmp_path / "replies.jsonl", OpenAIEngine([url]), Pace(8, patience_s=0.5))
    begun = 8 * 3 // 2 + 1 + 20
    assert stub.counts["requests"] <= begun + 20 + (time.monotonic() - began) / 0.03


@pytest.mark.parametrize("fault, told", [("401", "OPENAI_API_KEY"), ("404", "--model")])
def test_what_dooms_every_request_ends_the_run_in_one_line(ask, fault, told, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(EngineError, match=told) as error:
        ask(500, faults={fault: 0.05})
    assert error.value.fatal and "\n" not in str(error.value)


def test_a_key_that_expires_leaves_what_was_under_way(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "good")
    stub = Stub(slots=8, latency_s=0.05, key="good")
    requests, out = written(tmp_path / "requests.jsonl", 200), tmp_path / "replies.jsonl"
    with served(stub) as url:
        threading.Timer(0.3, setattr, (stub, "key", "new")).start()
        with pytest.raises(EngineError, match="OPENAI_API_KEY: the same command goes on"):
            reply_to_all(requests, out, OpenAIEngine([url]), Pace(16))
        before = len(read(out))
        assert 0 < before == stub.counts["replies"] < 200
        monkeypatch.setenv("OPENAI_API_KEY", "new")
        totals = reply_to_all(requests, out, OpenAIEngine([url]), Pace(16))
    assert (totals.skipped, totals.done) == (before, 200 - before)
    assert stub.counts["replies"] == 200
    whole(read(out), 200)


def test_no_server_is_said_at_once(tmp_path):
    requests = written(tmp_path / "requests.jsonl", 1)
    with pytest.raises(EngineError, match="cannot be reached: Connection refused"):
        reply_to_all(requests, tmp_path / "out.jsonl", OpenAIEngine(["http://127.0.0.1:9"]), Pace())


def test_a_server_that_dies_is_waited_for(tmp_path):
    requests, out = written(tmp_path / "requests.jsonl", 300), tmp_path / "replies.jsonl"
    first, second = Stub(slots=16, latency_s=0.03), Stub(slots=16, latency_s=0.03)
    with served(first, dies_after=60) as url, ExitStack() as open_:
        def come_back() -> None:
            until_replies(first, 60)
            time.sleep(0.7)
            open_.enter_context(served(second, int(url.rpartition(":")[2])))

        threading.Thread(target=come_back).start()
        seen: list[str] = []
        totals = reply_to_all(requests, out, OpenAIEngine([url]), Pace(18), progress=lambda totals: seen.append(totals.down))
    whole(read(out), 300)
    assert any("cannot be reached" in down for down in seen)
    assert first.counts["replies"] and second.counts["replies"]
    assert first.counts["requests"] + second.counts["requests"] <= 300 + 18
    assert totals.sent.requests <= 300 + 18


def test_patience_ends(tmp_path):
    requests, out = written(tmp_path / "requests.jsonl", 500), tmp_path / "replies.jsonl"
    stub = Stub(slots=4, latency_s=0.02)
    with served(stub, dies_after=20) as url, pytest.raises(EngineError, match="No endpoint has answered"):
        reply_to_all(requests, out, OpenAIEngine([url]), Pace(8, patience_s=0.5))
    assert 0 < len(read(out)) < 500


def test_a_server_that_never_gave_a_reply_is_not_waited_for_as_long(ask, monkeypatch):
    monkeypatch.setattr("toolkit.generate.batch.FIRST_PATIENCE_S", 0.5)
    with pytest.raises(EngineError, match=r"not JSON .* No endpoint has answered"):
        ask(100, Pace(32), faults={"html": 1.0})


def test_what_goes_wrong_with_telling_progress_ends_the_run(tmp_path):
    def tell(totals: object) -> None:
        raise OSError("no space")

    requests = written(tmp_path / "requests.jsonl", 100)
    with served(Stub(slots=1, latency_s=1)) as url, pytest.raises(OSError, match="no space"):
        reply_to_all(requests, tmp_path / "out.jsonl", OpenAIEngine([url]), Pace(2), progress=tell)
