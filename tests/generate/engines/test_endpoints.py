"""Several servers, caches, limits: where requests go, and when."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack

import pytest
from stub_server import Stub, served

from toolkit.errors import InputError
from toolkit.generate.batch import first_of_each_ahead
from toolkit.generate.engines.addresses import base_urls
from toolkit.generate.engines.base import EngineError
from toolkit.generate.engines.choose import engine_named
from toolkit.generate.engines.openai import OpenAIEngine
from toolkit.generate.gate import Pace
from toolkit.generate.prepared import Defaults, prepared, reply_to_all
from toolkit.generate.prices import Price
from toolkit.generate.replies import send

from .conftest import read, written


def profiles_of(stub: Stub) -> set[str]:
    return {body["messages"][0]["content"] for body in stub.bodies}


def test_profiles_share_the_servers_and_each_stays_with_one(tmp_path):
    requests, out = written(tmp_path / "requests.jsonl", 400), tmp_path / "replies.jsonl"
    stubs = [Stub(slots=16, latency_s=0.01) for _ in range(3)]
    with ExitStack() as open_:
        urls = [open_.enter_context(served(stub)) for stub in stubs]
        reply_to_all(requests, out, OpenAIEngine(urls), Pace(48))
    assert len(read(out)) == 400
    seen = [profiles_of(stub) for stub in stubs]
    assert sum(map(len, seen)) == 50              # none at two
    assert min(stub.counts["replies"] for stub in stubs) > 60


def test_when_one_server_goes_the_others_take_its_work(tmp_path):
    requests, out = written(tmp_path / "requests.jsonl", 400), tmp_path / "replies.jsonl"
    dies, stays = Stub(slots=16, latency_s=0.02), Stub(slots=16, latency_s=0.02)
    with served(stays) as second, served(dies, dies_after=30) as first:
        totals = reply_to_all(requests, out, OpenAIEngine([first, second]), Pace(36))
    assert len({row["id"] for row in read(out)}) == 400
    assert dies.counts["replies"] > 0 and not totals.failed
    assert dies.counts["requests"] + stays.counts["requests"] <= 400 + 36


def test_a_server_that_is_down_at_the_start_is_left_out(tmp_path):
    requests, out = written(tmp_path / "requests.jsonl", 40), tmp_path / "replies.jsonl"
    with served(Stub(latency_s=0.005)) as url:
        totals = reply_to_all(requests, out, OpenAIEngine(["http://127.0.0.1:9", url]), Pace(16))
    assert totals.done == 40


@pytest.mark.parametrize("grouped", [True, False])
def test_rows_of_one_profile_find_it_in_the_cache(tmp_path, grouped):
    requests, out = written(tmp_path / "requests.jsonl", 800), tmp_path / "replies.jsonl"
    if not grouped:                               # round robin: row 0 of each profile, then row 1, …
        lines = requests.read_text().splitlines()
        requests.write_text("\n".join(lines[n] for r in range(8) for n in range(r, 800, 8)) + "\n")
    stub = Stub(slots=32, latency_s=0.02, prefixes=40)
    with served(stub) as url:
        reply_to_all(requests, out, OpenAIEngine([url]), Pace(36))
    hits = stub.counts["cached tokens"] / (stub.counts["replies"] * 103)
    assert hits > 0.85 if grouped else hits < 0.05


def test_the_first_of_each_profile_goes_ahead_and_the_order_stays(tmp_path):
    items = list(prepared(written(tmp_path / "requests.jsonl", 40)))
    ordered = list(first_of_each_ahead(items, lambda: 10))
    assert sorted(item.id for item in ordered) == sorted(item.id for item in items)
    place = {item.id: n for n, item in enumerate(ordered)}
    groups = defaultdict(list)
    for item in items:
        groups[item.affinity].append(place[item.id])
    for number, places in enumerate(groups.values()):
        assert places == sorted(places)
        if number > 1:
            assert places[1] - places[0] >= 8


def test_no_more_at_once_than_asked_for(ask):
    stub, _, rows = ask(200, Pace(7))
    assert len(rows) == 200 and stub.most <= 7


def test_requests_a_minute_are_kept(ask):
    began = time.monotonic()
    ask(60, Pace(64, rpm=3600))
    assert 0.85 <= time.monotonic() - began < 15


def test_tokens_a_minute_are_kept(ask):
    began = time.monotonic()
    _, totals, _ = ask(60, Pace(64, tpm=60 * 20_000))
    used = totals.sent.prompt_tokens + totals.sent.completion_tokens
    assert used / (time.monotonic() - began + 1.0) <= 1.1 * 20_000


def test_the_money_for_requests_is_spent_and_not_exceeded(tmp_path):
    requests = written(tmp_path / "requests.jsonl", 400)
    with served(Stub(latency_s=0.005)) as url:
        done = send(requests, tmp_path / "replies.jsonl", OpenAIEngine([url], "stub"), Pace(), Defaults(),
                    Price("any", output=1000), max_cost_usd=60)
    assert 58 < done["cost_usd"] <= 60 and 0 < done["missing"] == 400 - done["done"]


def test_slots_that_sglang_tells_are_used(ask):
    stub, totals, _ = ask(300, Pace(None), name="sglang", loads=True, slots=40, latency_s=0.02)
    assert totals.limit == 45 and stub.most == 40


def test_a_full_queue_is_not_flooded(ask):
    began = time.monotonic()
    stub, _, rows = ask(700, Pace(256), slots=8, queue=4, latency_s=0.02)
    assert len(rows) == 700
    assert sum(when - began > 1 for when in stub.refused_at) < 0.3 * 700


def test_the_model_is_found_and_checked():
    with served(Stub(models=("qwen",))) as url, served(Stub(models=("qwen", "lora"))) as other:
        assert engine_named("sglang", [url]).model == "qwen"
        assert engine_named("openai", [url, other]).model == "qwen"
        with pytest.raises(EngineError, match=r'"qwn" is not served. Did you mean "qwen"\?'):
            engine_named("openai", [url], "qwn")
        with pytest.raises(EngineError, match=r"--model is needed: .* serve qwen, lora"):
            engine_named("openai", [other])


@pytest.mark.parametrize("arguments, told", [
    (("sglan", ["x"]), 'Did you mean "sglang"'), (("openai", []), "needs --base-url"), (("openai", ["ftp://x"]), "no address"),
    (("bedrock", [], None), "--model-id"), (("sglang", ["h"], None, None, None, "s3://b/x"), "--batch is for bedrock"), (("sglang", ["http://x"], None, "us-east-1"), "--region is for bedrock")])
def test_options_that_do_not_fit_are_said(arguments, told):
    with pytest.raises(InputError, match=told):
        engine_named(*arguments)


@pytest.mark.parametrize("given, url", [
    ("127.0.0.1:30000", "http://127.0.0.1:30000/v1"), ("http://h:1/", "http://h:1/v1"), ("https://h/v1", "https://h/v1"),
    ("https://h/v1/chat/completions", "https://h/v1"), ("https://h/openai/v1?api-version=2", "https://h/openai/v1?api-version=2")])
def test_addresses_as_people_write_them(given, url):
    assert base_urls([given]) == [url]
