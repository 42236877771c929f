"""gen-data with a model over the real wire: what it writes, how it resumes, what it refuses. The model is scripted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from stub_server import Stub, served

from toolkit.generate.outputs import journal_rows
from toolkit.jsonl import read_rows

PROFILES = Path(__file__).parents[2] / "data" / "online_profiles.jsonl"
ENV = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def command(url: str, out: Path, *words: object) -> list[str]:
    return [sys.executable, "-m", "toolkit", "gen-data", "--engine", "openai", "--base-url", url, "--profiles-file",
            str(PROFILES), "--output-dir", str(out), "--language", "zh", *map(str, words)]


def gen_data(url: str, out: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(url, out, *words), capture_output=True, text=True, encoding="utf-8", timeout=60, env=ENV,
                          check=False)


def rows(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server(scripted, every_profile):
    """A model that spoils one draft in five in some way, the same for the same prompt."""
    faults = ("evidence not in the profile", "key given away", "denied answer", "no json", "as an AI", "cut")

    def fault(step: str, number: int) -> str | None:
        spoilt = model.rng.random() < 0.2 and step == "sbk"
        return model.rng.choice(faults) if spoilt else None

    model = scripted.ScriptedModel(every_profile)
    model.fault = fault
    with served(scripted.stub(model)) as url:
        yield url, model


@pytest.fixture(scope="module")
def made(server, tmp_path_factory):
    out = tmp_path_factory.mktemp("made") / "training"
    done = gen_data(server[0], out, "--num-samples-per-profile", 10, "--kinds", "SBK=4,CM=4,SCK=1,RCB=1", "--cold-start", 7,
                    "--json", "--no-stress")
    assert done.returncode == 0, done.stderr
    return out, done


def test_the_data_set_is_whole_balanced_split_by_role_and_validates(made):
    out, done = made
    train, validation = rows(out / "train.json"), rows(out / "validation.json")
    stats = json.loads((out / "dataset_stats.json").read_text(encoding="utf-8"))
    assert len(train) + len(validation) + stats["rejected"] == 220 and stats["rejected"] < 12
    assert not {r["role_id"] for r in train} & {r["role_id"] for r in validation}
    kinds = Counter(r["kind"] for r in train + validation)
    assert kinds["SBK"] > 80 and kinds["CM"] > 80 and kinds["SCK"] > 15 and kinds["RCB"] > 15
    places = [r["provenance"]["index"] for r in train]
    assert places == sorted(places) and len({r["id"] for r in train}) == len(train)
    assert "0 errors" in done.stderr
    assert stats["refused_drafts"] and 0.7 < stats["accepted_at_once"] < 1
    assert stats["prompt_tokens"] > stats["completion_tokens"] > 0 and stats["requests"] > 220


def test_every_item_is_accepted_or_rejected_with_its_reason(made):
    out, done = made
    result = json.loads(done.stdout)
    rejected = [row for _, row in read_rows(out / "rejected.jsonl")]
    assert len(rejected) == result["rejected"] == sum(result["rejected_by_reason"].values())
    assert all(r["id"] and r["code"] and r["reason"] and len(r["refused"]) <= 6 for r in rejected)
    journal = {row["id"] for _, row in read_rows(out / "journal.jsonl")}
    assert len(journal) == 220


def test_cold_start_rows_are_training_prompts_with_the_samples_own_answer(made):
    out, _ = made
    train = rows(out / "train.json")
    cold = [row for _, row in read_rows(out / "cold_start.jsonl")]
    assert len(cold) == 7
    for sample, row in zip(train, cold, strict=False):
        assert row["prompt"][-1] == {"role": "user", "content": sample["question"]}
        assert sample["character_name"] in row["prompt"][0]["content"] and "<think>" in row["prompt"][0]["content"]
        assert row["completion"][0]["content"] == (
            f"<think>{sample['reasoning']}</think><answer>{sample['answer']}</answer>")


def test_the_card_says_how_it_was_made(made):
    out, _ = made
    text = (out / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\nlanguage:\n- zh") and "scripted" in text and "evidence_not_found" in text


def test_the_same_command_again_sends_nothing_and_keeps_the_files(server, made):
    url, model = server
    out, _ = made
    before, files = len(model.seen), {p.name: p.read_bytes() for p in out.iterdir() if p.suffix in (".json", ".jsonl")}
    done = gen_data(url, out, "--num-samples-per-profile", 10, "--kinds", "SBK=4,CM=4,SCK=1,RCB=1", "--cold-start", 7, "--no-stress")
    assert done.returncode == 0 and len(model.seen) == before
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.suffix in (".json", ".jsonl")} == files


def test_another_plan_is_refused_with_the_difference_or_extends_what_is_there(server, tmp_path):
    url, _ = server
    assert gen_data(url, tmp_path / "d", "--num-samples-per-profile", 1).returncode == 0
    done = gen_data(url, tmp_path / "d", "--num-samples-per-profile", 2, "--seed", 43)
    assert done.returncode == 3 and "samples_per_profile was 1, is 2" in done.stderr and "seed was 42, is 43" in done.stderr
    first = {row["id"] for _, row in read_rows(tmp_path / "d" / "journal.jsonl")}
    done = gen_data(url, tmp_path / "d", "--num-samples-per-profile", 2, "--seed", 43, "--extend")
    assert done.returncode == 0
    ids = [row["id"] for _, row in read_rows(tmp_path / "d" / "journal.jsonl")]
    assert first < set(ids) and len(ids) == len(set(ids)) == 44


def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_made_twice(scripted, every_profile, tmp_path):
    class Slow(scripted.ScriptedModel):
        def reply(self, messages, schema):
            time.sleep(0.002)
            return super().reply(messages, schema)

    model, out = Slow(every_profile), tmp_path / "d"
    words = ("--num-samples-per-profile", 12, "--concurrency", 8, "--no-stress")
    with served(scripted.stub(model)) as url:
        made_before: set[str] = set()
        for _ in range(3):
            process = subprocess.Popen(command(url, out, *words), env=ENV, stderr=subprocess.DEVNULL)
            at = len(model.seen)
            while len(model.seen) < at + 60 and process.poll() is None:
                time.sleep(0.01)
            process.kill()
            process.wait()
            usable = rows(out / "train.json"), rows(out / "validation.json")     # at this very moment
            assert made_before <= {row["id"] for row in usable[0] + usable[1]}
            kept = [(row["id"], row["status"]) for _, row in journal_rows(out / "journal.jsonl")]
            assert len(kept) == len(set(kept)) > len(made_before)
            made_before = {id for id, status in kept if status == "accepted"}
        done = gen_data(url, out, *words)
    assert done.returncode == 0, done.stderr
    ids = [row["id"] for _, row in read_rows(out / "journal.jsonl")]
    assert len(ids) == len(set(ids)) == 264
    stats = json.loads((out / "dataset_stats.json").read_text(encoding="utf-8"))
    assert stats["samples"] == len(rows(out / "train.json")) + len(rows(out / "validation.json")) > 250
    repeated = len(model.seen) - stats["requests"]
    assert repeated <= 3 * 8 * 4                # of each kill: what was in flight, with the requests of those items before


def test_interrupted_it_finishes_what_is_under_way_and_says_how_to_go_on(scripted, every_profile, tmp_path):
    class Slow(scripted.ScriptedModel):
        def reply(self, messages, schema):
            time.sleep(0.005)
            return super().reply(messages, schema)

    model, out = Slow(every_profile), tmp_path / "d"
    with served(scripted.stub(model)) as url:
        process = subprocess.Popen(command(url, out, "--num-samples-per-profile", 50, "--concurrency", 4), env=ENV,
                                   stderr=subprocess.PIPE, text=True)
        while len(model.seen) < 40:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "the same command continues" in said.lower()
    stats = json.loads((out / "dataset_stats.json").read_text(encoding="utf-8"))
    assert 0 < stats["samples"] == len(rows(out / "train.json")) + len(rows(out / "validation.json"))


def test_a_target_counts_accepted_samples(server, tmp_path):
    url, _ = server
    done = gen_data(url, tmp_path / "d", "--target-samples", 60, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["samples"] == 60


def test_the_budget_stops_the_run_and_leaves_what_was_paid_for(server, tmp_path):
    url, _ = server
    table = tmp_path / "prices.yaml"
    table.write_text('"openai/scripted": {input: 40, output: 120}\n', encoding="utf-8")
    done = gen_data(url, tmp_path / "d", "--num-samples-per-profile", 50, "--max-cost", 4, "--prices", table, "--json")
    stats = json.loads(done.stdout)
    assert done.returncode == 0 and "--max-cost is reached" in done.stderr, done.stderr
    assert 3.5 < stats["cost_usd"] <= 4 and 10 < stats["samples"] < 500
    by_hand = (stats["prompt_tokens"] * 40 + stats["completion_tokens"] * 120) / 1e6
    assert stats["cost_usd"] == pytest.approx(by_hand, abs=1e-3)


def test_a_dry_run_shows_rows_tokens_money_and_time_and_sends_nothing(server, tmp_path):
    url, model = server
    before = len(model.seen)
    table = tmp_path / "prices.yaml"
    table.write_text('"openai/*": {input: 1, output: 2}\n', encoding="utf-8")
    done = gen_data(url, tmp_path / "d", "--num-samples-per-profile", 10, "--dry-run", "--prices", table, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and len(model.seen) == before and not (tmp_path / "d").exists()
    assert found["rows"] == 220 and 300 < found["requests"] < 600 and not found["counted"]
    assert found["cost_usd"] == pytest.approx((found["prompt_tokens"] + 2 * found["completion_tokens"]) / 1e6, rel=1e-6)
    assert "estimated" in done.stderr and "nothing was sent" in done.stderr


def test_a_dry_run_counts_with_the_servers_tokenizer_and_its_key(tmp_path, monkeypatch):
    monkeypatch.setitem(ENV, "OPENAI_API_KEY", "k")
    with served(Stub(key="k", tokenizes=True)) as url:
        done = gen_data(url, tmp_path / "d", "--num-samples", 4, "--dry-run", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["counted"] and "prompts counted" in done.stderr


def test_a_preview_shows_samples_of_several_kinds_and_writes_nothing(server, tmp_path):
    done = gen_data(server[0], tmp_path / "d", "--preview", 3, "--json", "--no-stress")
    found = json.loads(done.stdout)["preview"]
    assert done.returncode == 0 and len(found) == 3 and not (tmp_path / "d").exists()
    assert {o["sample"]["kind"] for o in found if o["status"] == "accepted"} == {"SBK", "CM"}
    assert "question" in done.stderr and "nothing was written" in done.stderr


def test_a_data_set_is_made_through_every_fault_of_the_server(scripted, every_profile, tmp_path):
    retried = ("429", "500", "503", "drop", "cut", "truncated", "html", "no_choices", "empty")
    told = ("length", "refusal", "garbage")           # replies: they cost the draft an attempt
    stub = scripted.stub(scripted.ScriptedModel(every_profile), faults=dict.fromkeys((*retried, *told), 0.02), latency_s=0.002)
    with served(stub) as url:
        done = gen_data(url, tmp_path / "d", "--num-samples-per-profile", 8, "--concurrency", 16, "--json", "--no-stress")
    stats = json.loads(done.stdout)
    assert done.returncode == 0 and not stats["failed"], done.stderr
    assert stats["samples"] + stats["rejected"] == 176 and stats["samples"] > 165
    assert sum(stub.counts[fault] for fault in told) > 3
    assert stats["refused_drafts"]["length"] == stub.counts["length"] and stats["refused_drafts"]["refusal"] == stub.counts["refusal"]
    assert stub.counts["requests"] == stats["requests"] + sum(stub.counts[fault] for fault in retried)


@pytest.mark.parametrize("words", [("--preview", 3), ("--num-samples", 3)])
def test_a_server_that_refuses_every_request_is_quoted(tmp_path, words):
    with served(Stub(faults={"400": 1.0})) as url:
        done = gen_data(url, tmp_path / "d", *words)
    assert done.returncode == 2 and "none of 3 samples got its replies" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("answers HTTP 400: made to fail.")


@pytest.mark.parametrize("words, said", [
    (("--kinds", "SKB"), "Known: SBK"), (("--max-facts", 3), "--max-facts needs --engine offline"),
    (("--extra", "{"), "--extra is not JSON"), (("--extra", "[]"), "expected an object"),
    (("--max-cost", 1), "--max-cost needs a price"), (("--prompts-dir", "nowhere"), "is not a folder"),
    (("--target-samples", 3, "--num-samples", 3), "two answers to one question"),
    (("--prices", "nowhere.yaml"), "does not exist"), (("--model", "other"), "not served")])
def test_what_cannot_be_done_is_one_line(server, tmp_path, words, said):
    done = gen_data(server[0], tmp_path / "d", *words)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "d").exists()


def test_options_for_a_model_are_refused_by_the_offline_engine(tmp_path):
    done = subprocess.run([sys.executable, "-m", "toolkit", "gen-data", "--profiles-file", str(PROFILES), "--judge", "x",
                           "--preview", "2", "--output-dir", str(tmp_path / "d")], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "--judge, --preview need an engine with a model" in done.stderr


def test_a_data_set_of_another_engine_is_not_overwritten(server, tmp_path):
    (tmp_path / "train.json").write_text("[\n]\n", encoding="utf-8")
    done = gen_data(server[0], tmp_path)
    assert done.returncode == 2 and "already exists" in done.stderr
    assert (tmp_path / "train.json").read_text(encoding="utf-8") == "[\n]\n"


def test_second_looks_are_asked_on_the_command_line(server, tmp_path):
    done = gen_data(server[0], tmp_path / "d", "--num-samples", 12, "--closed-book-check", "--measure-difficulty", 2,
                    "--judge", "same", "--json", "--no-stress")
    stats = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert stats["train"]["by_difficulty"] == {"hard": stats["train"]["samples"]}       # it never answers right
    assert stats["requests"] >= 12 * 5


def test_a_server_without_constrained_decoding_gets_no_schema(server, tmp_path):
    url, model = server
    before = len(model.seen)
    done = gen_data(url, tmp_path / "d", "--num-samples", 2, "--no-schema", "--max-attempts", 1)
    rejected = [row for _, row in read_rows(tmp_path / "d" / "rejected.jsonl")]
    assert done.returncode == 3 and len(model.seen) == before + 2
    assert "none of 2 drafts passed (no_json 2)" in done.stderr
    assert {r["code"] for r in rejected} == {"no_json"} and len(rejected) == 2      # the script knows drafts by their schema


def test_prepared_requests_are_answered_row_by_row(server, tmp_path):
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"id": f"q{n}", "messages": [{"role": "user", "content": str(n)}]})
                                               + "\n" for n in range(20)), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "toolkit", "gen-data", "--engine", "openai", "--base-url", server[0],
                           "--requests", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")],
                          capture_output=True, text=True, env=ENV, check=False)
    assert done.returncode == 0, done.stderr
    assert {row["id"] for _, row in read_rows(tmp_path / "out.jsonl")} == {f"q{n}" for n in range(20)}


def test_the_wrapper_script_takes_the_reference_guides_flags(server, tmp_path):
    script = Path(__file__).parents[2] / "scripts" / "generate_data_with_sglang.py"
    done = subprocess.run([sys.executable, str(script), "--profiles_file", str(PROFILES), "--output_dir", str(tmp_path / "d"),
                           "--num_samples_per_profile", "2", "--include_cm", "--language", "zh", "--base_url", server[0]],
                          capture_output=True, text=True, env=ENV, check=False)
    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "d" / "train.json")) > 30
