"""What goes over the OpenAI wire, and what is made of the answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import orjson
import pytest
from stub_server import Stub, served

from toolkit.generate.batch import Totals
from toolkit.generate.engines.base import EngineError, Reply, Request
from toolkit.generate.engines.openai import OpenAIEngine, retry_after_s
from toolkit.generate.gate import Pace
from toolkit.generate.prepared import reply_to_all

from .conftest import written

MESSAGES = [{"role": "user", "content": "你住在哪里？"}]
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


def send(stub: Stub, request: Request, name: str = "sglang") -> Reply:
    async def one() -> Reply:
        engine = OpenAIEngine([url], name=name)
        await engine.open(1)
        try:
            return await engine.send(0, request, 10)
        finally:
            await engine.close()

    with served(stub) as url:
        return asyncio.run(one())


def test_a_request_in_the_words_of_the_wire():
    stub = Stub()
    reply = send(stub, Request("r", MESSAGES, 100, 0.0, SCHEMA, "profile", {"seed": 7, "chat_template_kwargs": {"enable_thinking": False}}))
    assert stub.bodies == [{
        "model": "stub", "messages": MESSAGES, "max_tokens": 100, "temperature": 0.0, "seed": 7,
        "chat_template_kwargs": {"enable_thinking": False},
        "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": SCHEMA, "strict": True}}}]
    assert (reply.id, reply.content, reply.finish_reason, reply.model) == ("r", stub.content, "stop", "stub")
    assert reply.usage.completion_tokens == len(stub.content) // 4 and reply.reasoning is None


def test_what_is_not_asked_for_is_left_to_the_server():
    stub = Stub()
    send(stub, Request("r", MESSAGES))
    assert stub.bodies == [{"model": "stub", "messages": MESSAGES}]


def test_the_key_of_the_engine_is_sent_and_no_other(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "of-another-service")
    with pytest.raises(EngineError, match="SGLANG_API_KEY"):
        send(Stub(key="local"), Request("r", MESSAGES))
    monkeypatch.setenv("SGLANG_API_KEY", "local")
    assert send(Stub(key="local"), Request("r", MESSAGES)).content


def reply_to(body: dict) -> Reply:
    return OpenAIEngine(["h:1"], "m")._reply(0, Request("r", MESSAGES), orjson.dumps(body))


@pytest.mark.parametrize("message, finish, content, reasoning, told", [
    ({"content": "a", "reasoning_content": "hm"}, "stop", "a", "hm", "stop"),
    ({"content": "a", "reasoning": "hm"}, "stop", "a", "hm", "stop"),
    ({"content": None, "reasoning_content": "hm"}, "length", "", "hm", "length"),      # all of it spent on thinking
    ({"content": None, "refusal": "No."}, "stop", "No.", None, "refusal"),
    ({"content": ""}, "content_filter", "", None, "content_filter")])
def test_replies_in_all_their_shapes(message, finish, content, reasoning, told):
    reply = reply_to({"choices": [{"message": message, "finish_reason": finish}]})
    assert (reply.content, reply.reasoning, reply.finish_reason) == (content, reasoning, told)
    assert reply.usage.prompt_tokens == 0 and reply.model == "m"


@pytest.mark.parametrize("body", [
    {}, {"choices": []}, {"choices": [{}]}, {"choices": [{"message": {"content": 5}}]}, [], None, "text",
    {"choices": [{"message": {"content": " \n"}, "finish_reason": "stop"}]},
    {"choices": [{"message": {"content": "a"}, "finish_reason": "abort"}]}])
def test_answers_without_a_reply_are_broken(body):
    with pytest.raises(EngineError) as error:
        reply_to(body)
    assert error.value.kind == "broken"


@pytest.mark.parametrize("code, kind", [(429, "busy"), (502, "broken"), (401, "fatal"), (400, "refused"), ("x", "broken")])
def test_an_error_in_a_200_is_what_it_says(code, kind):
    with pytest.raises(EngineError, match="upstream") as error:
        reply_to({"error": {"code": code, "message": "upstream"}})
    assert error.value.kind == kind


@pytest.mark.parametrize("headers, expected", [
    ({}, None), ({"Retry-After": "2"}, 2), ({"Retry-After": "0.5"}, 0.5), ({"retry-after-ms": "1500"}, 1.5),
    ({"Retry-After": "-3"}, 0), ({"Retry-After": "soon"}, None), ({"Retry-After": "nan"}, None), ({"Retry-After": "99999"}, 600)])
def test_how_long_to_wait(headers, expected):
    assert retry_after_s(headers) == expected


def test_how_long_to_wait_as_a_date():
    then = datetime.now(UTC) + timedelta(seconds=30)
    assert 28 <= retry_after_s({"Retry-After": format_datetime(then, usegmt=True)}) <= 30


def test_no_more_items_begin_than_the_server_can_soon_take(tmp_path):
    seen: list[Totals] = []
    with served(Stub(slots=4, latency_s=0.01)) as url:
        reply_to_all(written(tmp_path / "requests.jsonl", 1000), tmp_path / "replies.jsonl", OpenAIEngine([url]), Pace(),
                     progress=lambda totals: seen.append(replace(totals)))
    assert 4 < max(totals.working for totals in seen) <= 3 * max(totals.limit for totals in seen) + 1
