"""Bedrock over its real wire: what is sent, what is made of the answers, and of every error."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.generate.engines.base import EngineError, Reply, Request
from toolkit.generate.engines.bedrock import BedrockEngine
from toolkit.generate.gate import Pace
from toolkit.generate.prepared import reply_to_all

from .bedrock_server import KEY, REGION, SECRET, Bedrock, Written, listening
from .conftest import read, written

ROOT = Path(__file__).parents[3]
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "You are Sherlock Holmes. " * 200
REQUEST = Request("r", [{"role": "system", "content": PROFILE}, {"role": "user", "content": "你住在哪里？"}], 100, 0.5)
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"], "additionalProperties": False}


@pytest.fixture(autouse=True)
def credentials(monkeypatch, tmp_path):
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


def send(bedrock: Bedrock, *requests: Request, certificate: Path | None = None) -> list[Reply]:
    async def all_() -> list[Reply]:
        used = BedrockEngine(MODEL, REGION, url)
        await used.open(4)
        try:
            return [await used.send(0, request, 60) for request in requests]
        finally:
            await used.close()

    with listening(bedrock, certificate) as url:
        return asyncio.run(all_())


def test_a_request_in_the_words_of_converse_is_signed_and_its_reply_read():
    bedrock = Bedrock()
    first, second = send(bedrock, REQUEST, REQUEST)
    assert bedrock.models[0] == MODEL
    assert bedrock.bodies[0] == {
        "messages": [{"role": "user", "content": [{"text": "你住在哪里？"}]}],
        "system": [{"text": PROFILE}, {"cachePoint": {"type": "default"}}],
        "inferenceConfig": {"maxTokens": 100, "temperature": 0.5}}
    assert (first.content, first.finish_reason, first.usage.prompt_tokens, first.usage.completion_tokens) == ("伦敦", "stop", 1010, 5)
    assert (first.usage.cached_tokens, second.usage.cached_tokens) == (0, 1000)


def test_a_wrong_signature_is_seen():
    with pytest.raises(EngineError, match="InvalidSignatureException") as error:
        send(Bedrock(secret="another"), REQUEST)
    assert error.value.fatal


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with: botocore sends keys over https only")
def test_an_api_key_is_sent_as_a_bearer(monkeypatch, tmp_path):
    certificate = tmp_path / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate, "-out", tmp_path / "ca.pem"],
                   check=True, capture_output=True)
    certificate.write_bytes(certificate.read_bytes() + (tmp_path / "ca.pem").read_bytes())
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-1")
    assert send(Bedrock(bearer="bedrock-api-key-1"), REQUEST, certificate=certificate)[0].content == "伦敦"
    with pytest.raises(EngineError, match="expired"):
        send(Bedrock(bearer="bedrock-api-key-2"), REQUEST, certificate=certificate)


def test_a_schema_is_enforced_by_text_format_or_by_a_forced_tool():
    bedrock, asked = Bedrock(refuses=("outputConfig",)), Request("r", REQUEST.messages, schema=SCHEMA, extra={"top_p": 0.9, "top_k": 5})
    reply, _ = send(bedrock, asked, asked)
    assert reply.content == '{"answer":"伦敦"}' and reply.finish_reason == "stop"
    tool = bedrock.bodies[0]["toolConfig"]
    assert tool["tools"][0]["toolSpec"]["inputSchema"] == {"json": SCHEMA} and tool["tools"][0]["toolSpec"]["strict"] is True
    assert tool["toolChoice"] == {"tool": {"name": "reply"}}
    assert bedrock.bodies[0]["inferenceConfig"] == {"topP": 0.9}
    assert bedrock.bodies[0]["additionalModelRequestFields"] == {"top_k": 5}
    assert bedrock.counts["requests"] == 3        # one to learn it

    modern = Bedrock()
    send(modern, asked)
    text = modern.bodies[0]["outputConfig"]["textFormat"]
    assert text["type"] == "json_schema" and '"answer"' in text["structure"]["jsonSchema"]["schema"]


def test_a_model_that_cannot_cache_is_asked_without():
    bedrock = Bedrock(refuses=("cachePoint",))
    send(bedrock, REQUEST, REQUEST)
    assert bedrock.bodies[0]["system"] == [{"text": PROFILE}] and bedrock.counts["requests"] == 3


def test_turns_alternate_and_reasoning_is_kept_apart():
    bedrock = Bedrock(blocks=[{"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}, {"text": "Yes."}],
                      stop="max_tokens")
    reply, = send(bedrock, Request("r", [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]))
    assert bedrock.bodies[0]["messages"] == [{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]
    assert (reply.content, reply.reasoning, reply.finish_reason) == ("Yes.", "hm", "length")


@pytest.mark.parametrize("status, name, kind", [
    (429, "ThrottlingException", "busy"), (429, "ModelNotReadyException", "busy"), (503, "ServiceUnavailableException", "busy"),
    (500, "InternalServerException", "broken"), (408, "ModelTimeoutException", "broken"), (424, "ModelErrorException", "broken"),
    (400, "ValidationException", "refused"), (403, "AccessDeniedException", "fatal"), (404, "ResourceNotFoundException", "fatal"),
    (403, "ExpiredTokenException", "fatal")])
def test_errors_mean_what_the_service_says(status, name, kind):
    with pytest.raises(EngineError, match=f"{name}: made to fail") as error:
        send(Bedrock(errors=[(status, name, "made to fail")]), REQUEST)
    assert error.value.kind == kind and error.value.reason == name


def test_a_model_id_that_is_wrong_ends_the_run():
    with pytest.raises(EngineError, match="Check --model-id") as error:
        send(Bedrock(errors=[(400, "ValidationException", "The provided model identifier is invalid.")]), REQUEST)
    assert error.value.fatal


@pytest.mark.parametrize("blocks, stop, reason", [([], "end_turn", "empty reply"), ([{"text": "{"}], "malformed_model_output", "malformed_model_output")])
def test_replies_without_anything_in_them_are_asked_again(blocks, stop, reason):
    with pytest.raises(EngineError) as error:
        send(Bedrock(blocks=blocks, stop=stop), REQUEST)
    assert (error.value.kind, error.value.reason) == ("broken", reason)


def test_no_connection_is_no_attempt():
    async def ask() -> None:
        engine = BedrockEngine(MODEL, REGION, "http://127.0.0.1:9")
        await engine.open(1)
        await engine.send(0, REQUEST, 5)

    with pytest.raises(EngineError, match="cannot be reached") as error:
        asyncio.run(ask())
    assert error.value.kind == "unreachable"


def test_missing_settings_are_said_before_anything_is_sent(monkeypatch):
    with pytest.raises(EngineError, match="--region"):
        asyncio.run(BedrockEngine(MODEL).open(1))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(EngineError, match="no AWS credentials"):
        asyncio.run(BedrockEngine(MODEL, REGION).open(1))
    with pytest.raises(InputError, match="--model-id"):
        BedrockEngine(None)


def test_a_whole_run_through_throttling(tmp_path):
    bedrock = Bedrock(errors=[(429, "ThrottlingException", "slow down")] * 5 + [(500, "InternalServerException", "")] * 3, cut=2)
    requests, out = written(tmp_path / "requests.jsonl", 120), tmp_path / "replies.jsonl"
    with listening(bedrock) as url:
        totals = reply_to_all(requests, out, BedrockEngine(MODEL, REGION, url), Pace(16))
    assert sorted(row["id"] for row in read(out)) == sorted(f"r{n}" for n in range(120))
    assert bedrock.counts["requests"] == 130
    assert totals.sent.retries == {"ThrottlingException": 5, "InternalServerException": 3, "no reply in it": 2}


HANGS = """
import asyncio, socket, sys
from toolkit.generate.engines.base import Request
from toolkit.generate.engines.bedrock import BedrockEngine

async def ask():
    engine = BedrockEngine("m", "us-east-1", f"http://127.0.0.1:{server.getsockname()[1]}")
    await engine.open(1)
    try:
        async with asyncio.timeout(0.2):
            await engine.send(0, Request("r", [{"role": "user", "content": "a"}]), 300)
    except TimeoutError:
        print("given up")
    finally:
        await engine.close()

server = socket.create_server(("127.0.0.1", 0))      # takes connections, and never answers
asyncio.run(ask())
"""


def test_a_call_that_hangs_does_not_keep_the_process():
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "given up\n"


def test_gen_data_is_the_same_over_converse_with_the_judge_another_model(scripted, every_profile, tmp_path):
    bedrock = Written(scripted.ScriptedModel(every_profile))
    script, profiles = ROOT / "scripts" / "generate_data_with_bedrock.py", ROOT / "data" / "online_profiles.jsonl"
    with listening(bedrock) as url:
        done = subprocess.run([sys.executable, str(script), "--region", REGION, "--model_id", MODEL, "--base-url", url,
                               "--profiles_file", str(profiles), "--output_dir", str(tmp_path / "d"), "--num_samples_per_profile",
                               "2", "--include_cm", "--language", "zh", "--judge", "judge-v1"],
                              capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "d" / "train.json").read_text(encoding="utf-8"))
    assert len(rows) > 30 and {row["provenance"]["model"] for row in rows} == {MODEL}
    assert bedrock.counts["requests"] == len(bedrock.model.seen)
    assert set(bedrock.models) == {MODEL, "judge-v1"} and bedrock.models.count("judge-v1") >= len(rows)
