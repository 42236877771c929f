"""Replies from servers over real sockets, kept and resumed; what an engine failed is no wrong answer."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from stub_server import Stub
from stub_server import served as serving

from toolkit.errors import InputError
from toolkit.evaluate.named import local_identity, served
from toolkit.evaluate.records import read_records
from toolkit.evaluate.replies import CACHE, Sampling
from toolkit.evaluate.report import headline
from toolkit.evaluate.runner import evaluate
from toolkit.generate.engines.base import Request
from toolkit.generate.engines.bedrock import reply_of

PROMPTS = 18                                    # of the 24 samples some ask the same
REPLY = "<think>trade</think><answer>I am a baker.</answer>"


@pytest.mark.parametrize(("name", "engine", "urls", "model"), [
    ("http://127.0.0.1:8000#m", "openai", ("http://127.0.0.1:8000",), "m"),
    ("https://h/v1", "openai", ("https://h/v1",), None),
    ("sglang://gpu1", "sglang", ("http://gpu1:30000",), None),
    ("sglang://gpu1:31000,gpu2#base", "sglang", ("http://gpu1:31000", "http://gpu2:30000"), "base"),
    ("bedrock://us.amazon.nova-lite-v1:0?region=us-east-1", "bedrock", (), "us.amazon.nova-lite-v1:0")])
def test_a_name_says_which_engine_answers(name, engine, urls, model):
    found = served(name)
    assert (found.engine, found.urls, found.model) == (engine, urls, model)
    assert found.region == ("us-east-1" if engine == "bedrock" else None)


@pytest.mark.parametrize("name", ["outputs/run/final_model", "Qwen/Qwen3-0.6B", "modelscope://a/b", "./x"])
def test_folders_and_hub_names_are_of_this_machine(name):
    assert served(name) is None


@pytest.mark.parametrize("name", ["http://", "sglang://#m", "bedrock://"])
def test_an_address_without_a_server_or_model_is_named(name):
    with pytest.raises(InputError, match="Example"):
        served(name)


def test_a_server_is_evaluated_and_asked_each_prompt_once(data, rows, tmp_path):
    stub = Stub(content=REPLY)
    with serving(stub) as url:
        report = evaluate(f"{url}#stub", None, data, out=tmp_path / "eval")
        again = evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", overwrite=True)
        assert stub.counts["requests"] == PROMPTS
        evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", max_new_tokens=99, overwrite=True)
        assert stub.counts["requests"] == 2 * PROMPTS, "another length is another reply"
    baker = sum("baker" in row["answer"] for row in rows) / len(rows)
    assert report["trained"]["accuracy"] == again["trained"]["accuracy"] == pytest.approx(baker)
    assert report["trained"]["states"]["engine_failed"] == 0 and not report["blocked"]
    assert stub.bodies[0]["temperature"] == 0 and stub.bodies[0]["max_tokens"] == 256
    assert stub.bodies[0]["messages"][0]["role"] == "system"


def test_failures_of_the_engine_are_never_wrong_answers_block_the_headline_and_are_asked_again(data, tmp_path):
    stub = Stub(content=REPLY, faults={"400": 0.2}, seed=3)
    with serving(stub) as url:
        report = evaluate(f"{url}#stub", None, data, out=tmp_path / "eval")
        failed = report["trained"]["states"]["engine_failed"]
        assert 0 < failed < 12 and report["trained"]["n"] == 24 - failed
        assert report["blocked"] and headline(report).startswith("No conclusion")
        assert "the engine gave no reply" in report["notes"][0] and "nothing is concluded" in report["notes"][0]
        records = [r for r in read_records(tmp_path / "eval" / "records.jsonl") if r.state == "engine_failed"]
        assert all("400" in r.reason and r.score is None and not r.right for r in records)
        stub.faults = {}
        before = stub.counts["requests"]
        whole = evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", overwrite=True)
        assert 0 < stub.counts["requests"] - before <= failed
    assert whole["trained"]["n"] == 24 and not whole["blocked"]


def test_a_model_that_says_nothing_gives_no_answer_and_is_no_failure_of_its_server(data, tmp_path):
    stub = Stub(content="")
    with serving(stub) as url:
        report = evaluate(f"{url}#stub", None, data, out=tmp_path / "eval")
    assert (report["trained"]["states"]["no_answer"], report["trained"]["accuracy"], report["blocked"]) == (24, 0, False)
    assert stub.counts["requests"] == PROMPTS, "an empty reply is not asked for again"
    silent = reply_of(Request("s1", [], measured=True), "m", {"output": {"message": {"content": []}}, "stopReason": "end_turn"})
    assert (silent.content, silent.finish_reason) == ("", "stop")


def test_repeats_are_replies_of_their_own(data, rows, tmp_path):
    stub = Stub(content=REPLY)
    with serving(stub) as url:
        report = evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", repeats=3, temperature=0.7)
    assert stub.counts["requests"] == 3 * PROMPTS and len({body["seed"] for body in stub.bodies}) == 3
    assert report["n"] == 24 and report["trained"]["n"] == 72
    found = report["trained"]["repeats"]
    baker = sum("baker" in row["answer"] for row in rows) / len(rows)
    assert found["repeats"] == 3 and set(found["pass_at"]) == {"1", "2", "3"}
    assert found["pass_at"]["3"]["value"] == found["all"]["3"]["value"] == found["maj_at"]["3"]["value"] == pytest.approx(baker)


def test_bedrock_is_asked_over_its_own_wire(data, tmp_path, monkeypatch):
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(name, value)
    with serving(Stub(content=REPLY)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url)
        report = evaluate("bedrock://us.amazon.nova-lite-v1:0?region=us-east-1", None, data, out=tmp_path / "eval", limit=6)
    assert report["n"] == 6 and report["trained"]["states"]["engine_failed"] == 0


def test_a_reply_cut_off_by_a_crash_is_asked_again(data, tmp_path):
    stub = Stub(content=REPLY)
    with serving(stub) as url:
        evaluate(f"{url}#stub", None, data, out=tmp_path / "eval")
        cache = tmp_path / "eval" / CACHE
        cache.write_bytes(cache.read_bytes()[:-20])
        evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", overwrite=True)
    assert stub.counts["requests"] == PROMPTS + 1


def test_ctrl_c_keeps_what_was_paid_for_and_the_same_command_asks_only_for_the_rest(data, tmp_path):
    stub = Stub(content=REPLY, slots=2, latency_s=0.8)
    with serving(stub) as url:
        words = [sys.executable, "-m", "toolkit", "eval", f"{url}#stub", "--data", str(data), "--output-dir", str(tmp_path / "eval")]
        begun = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)
        while stub.counts["replies"] < 3:
            assert begun.poll() is None, begun.stderr.read()
            time.sleep(0.02)
        begun.send_signal(signal.SIGINT)        # begins nothing more, and waits for what is under way
        time.sleep(0.3)
        begun.send_signal(signal.SIGINT)        # waits for nothing
        said = begun.communicate(timeout=60)[1]
        assert begun.returncode == 130 and "Traceback" not in said and "the same command continues" in said
        kept = len((tmp_path / "eval" / CACHE).read_bytes().splitlines())
        assert 3 <= kept < PROMPTS and not (tmp_path / "eval" / "report.json").exists()
        stub.latency_s, before = 0.0, stub.counts["requests"]
        again = subprocess.run(words, capture_output=True, text=True, check=False)
    assert again.returncode == 0 and f"{kept} of them kept from before" in again.stderr
    assert stub.counts["requests"] - before == PROMPTS - kept


def test_the_key_knows_model_prompt_sampling_and_repeat():
    prompt = [{"role": "user", "content": "?"}]
    greedy, hot = Sampling(), Sampling(temperature=1.0)
    keys = [greedy.key("a", prompt, 0), greedy.key("b", prompt, 0), greedy.key("a", [*prompt, *prompt], 0),
            hot.key("a", prompt, 0), hot.key("a", prompt, 1), Sampling(temperature=1.0, seed=1).key("a", prompt, 0),
            Sampling(max_new_tokens=9).key("a", prompt, 0)]
    assert len(set(keys)) == len(keys)
    assert Sampling(seed=9).key("a", prompt, 0) == keys[0], "greedy replies do not hang on the seed"


def test_a_model_s_identity_follows_its_weights_and_template(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"1")
    first = local_identity(tmp_path)
    (tmp_path / "README.md").write_text("x")
    assert local_identity(tmp_path) == first
    (tmp_path / "chat_template.jinja").write_text("x")
    with_template = local_identity(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"2")
    assert len({first, with_template, local_identity(tmp_path)}) == 3


def test_a_server_that_is_not_there_is_named(data, tmp_path):
    with pytest.raises(InputError, match="cannot be reached"):
        evaluate("http://127.0.0.1:9", None, data, out=tmp_path / "eval")


def test_what_training_told_the_chat_template_is_told_again(data, tmp_path):
    stub = Stub(content=REPLY)
    with serving(stub) as url:
        evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", limit=3, template={"enable_thinking": False})
        first = stub.counts["requests"]
        evaluate(f"{url}#stub", None, data, out=tmp_path / "eval", limit=3, overwrite=True)
    assert stub.bodies[0]["chat_template_kwargs"] == {"enable_thinking": False}
    assert stub.counts["requests"] == 2 * first, "another template is another prompt"
