"""Batch inference: jobs made, followed and collected through a real S3 server and Bedrock's job wire on loopback."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import pytest

from toolkit.errors import InputError
from toolkit.generate.batch import Totals
from toolkit.generate.engines.base import EngineError
from toolkit.generate.engines.bedrock import BedrockEngine
from toolkit.generate.engines.bedrock_batch import BedrockBatchEngine
from toolkit.generate.gate import Pace
from toolkit.generate.prepared import reply_to_all

from .bedrock_server import Bedrock, Written, listening
from .conftest import read, written

ROLE = "arn:aws:iam::123456789012:role/batch"


class Jobs:
    """Bedrock's control plane: a job is done when it was looked at so often."""

    cut = 0

    def __init__(self, s3):
        self.s3, self.looks, self.status, self.fail, self.drop = s3, 2, "Completed", 0, 0
        self.reply = lambda asked: f"reply to {asked['messages'][-1]['content'][0]['text']}"
        self.jobs: dict[str, dict] = {}
        self.records: Counter[str] = Counter()

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, str, dict]:
        if body:
            return 200, "", self.create(orjson.loads(body))
        return 200, "", self.get(unquote(path.removeprefix("/model-invocation-job/")))

    def create(self, body: dict) -> dict:
        for arn, job in self.jobs.items():
            if job["clientRequestToken"] == body["clientRequestToken"]:
                return {"jobArn": arn}
        arn = f"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{len(self.jobs):012d}"
        self.jobs[arn] = {**body, "looks": 0}
        return {"jobArn": arn}

    def get(self, arn: str) -> dict:
        job = self.jobs[arn]
        job["looks"] += 1
        if job["looks"] < self.looks:
            return {"jobArn": arn, "status": "InProgress"}
        status = job.setdefault("status", self.status)
        if status != "Failed" and not job.get("computed"):
            job["computed"] = True
            self.compute(job)
        return {"jobArn": arn, "status": status, "message": "made to fail"}

    def compute(self, job: dict) -> None:
        bucket, key = re.fullmatch("s3://([^/]+)/(.*)", job["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]).groups()
        out = job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].removeprefix(f"s3://{bucket}/")
        lines = []
        for line in self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines():
            record = orjson.loads(line)
            self.records[record["recordId"]] += 1
            if self.drop:
                self.drop -= 1
                continue
            if self.fail:
                self.fail -= 1
                lines.append({**record, "error": {"errorCode": 500, "errorMessage": "made to fail"}})
            else:
                lines.append({**record, "modelOutput": {
                    "output": {"message": {"role": "assistant", "content": [{"text": self.reply(record["modelInput"])}]}},
                    "stopReason": "end_turn", "usage": {"inputTokens": 10, "outputTokens": 5}}})
        body = b"".join(orjson.dumps(line) + b"\n" for line in reversed(lines))
        self.s3.put_object(Bucket=bucket, Key=f"{out}abc123/input.jsonl.out", Body=body)
        self.s3.put_object(Bucket=bucket, Key=f"{out}abc123/manifest.json.out", Body=b"{}")


@pytest.fixture
def jobs(aws, monkeypatch, tmp_path):
    import botocore.session

    s3 = botocore.session.get_session().create_client("s3", region_name="us-east-1")
    bucket = re.sub("[^a-z0-9]", "-", tmp_path.name.lower())[:60].strip("-")
    s3.create_bucket(Bucket=bucket)
    made = Jobs(s3)
    made.place = f"s3://{bucket}/runs/one"

    with listening(made) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", url)
        yield made


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(BedrockBatchEngine, "quiet_s", 0.1)
    monkeypatch.setattr(BedrockBatchEngine, "poll_s", 0.02)


def ask(jobs: Jobs, folder: Path, count: int, bedrock: Bedrock | None = None) -> Totals:
    requests = written(folder / "requests.jsonl", count)
    with listening(bedrock or Bedrock(errors=[(400, "ValidationException", "not in this test")] * 99)) as url:
        engine = BedrockBatchEngine(BedrockEngine("m", "us-east-1", url), jobs.place, ROLE)
        return reply_to_all(requests, folder / "replies.jsonl", engine, Pace(400, follows=False))


def whole(folder: Path, count: int) -> None:
    rows = {row["id"]: row["content"] for row in read(folder / "replies.jsonl")}
    assert rows == {f"r{n}": f"reply to question {n}" for n in range(count)}


def test_requests_become_a_job_and_its_output_the_replies(jobs, tmp_path):
    totals = ask(jobs, tmp_path, 150)
    whole(tmp_path, 150)
    (job,) = jobs.jobs.values()
    assert (job["modelId"], job["roleArn"], job["modelInvocationType"]) == ("m", ROLE, "Converse")
    assert totals.sent.prompt_tokens == 1500 and set(jobs.records.values()) == {1}


def test_what_is_too_little_for_a_job_goes_out_at_once(jobs, tmp_path):
    bedrock = Bedrock()
    ask(jobs, tmp_path, 20, bedrock)
    assert bedrock.counts["replies"] == 20 == len(read(tmp_path / "replies.jsonl")) and not jobs.jobs


def test_a_run_that_was_killed_pays_for_no_record_again(jobs, tmp_path):
    ask(jobs, tmp_path, 150)
    (tmp_path / "replies.jsonl").unlink()         # all that the first run wrote is lost
    (tmp_path / "replies.plan.json").unlink()
    ask(jobs, tmp_path, 150)
    whole(tmp_path, 150)
    assert len(jobs.jobs) == 1 and set(jobs.records.values()) == {1}


def test_a_job_that_was_not_submitted_yet_is_submitted_by_the_next_run(jobs, tmp_path, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(BedrockBatchEngine, "_submit", lambda self, job: (_ for _ in ()).throw(EngineError("gone", "fatal", "gone")))
        with pytest.raises(EngineError, match="gone"):
            ask(jobs, tmp_path, 150)
    ask(jobs, tmp_path, 150)
    whole(tmp_path, 150)
    assert len(jobs.jobs) == 1 and set(jobs.records.values()) == {1}


def test_records_that_failed_or_are_missing_are_asked_again(jobs, tmp_path):
    jobs.fail, jobs.drop, jobs.status = 110, 100, "PartiallyCompleted"
    ask(jobs, tmp_path, 300)
    whole(tmp_path, 300)
    assert jobs.records.total() == 300 + 210


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_fails_ends_the_run_with_its_reason_and_the_next_run_makes_another(jobs, tmp_path, status):
    jobs.status = status
    jobs.drop = 150
    with pytest.raises(EngineError, match="made to fail"):
        ask(jobs, tmp_path, 150)
    jobs.status, jobs.drop = "Completed", 0
    ask(jobs, tmp_path, 150, Bedrock(blocks=[{"text": "reply at once"}]))
    replies = [row["content"] for row in read(tmp_path / "replies.jsonl")]
    assert len(replies) == 150 and len(jobs.jobs) == 2 and replies.count("reply at once") <= 20


def test_requests_for_another_model_are_in_a_job_of_their_own(jobs, tmp_path):
    requests = written(tmp_path / "requests.jsonl", 300)
    rows = [{**row, "extra": {"model": "judge"}} if n % 2 else row for n, row in enumerate(read(requests))]
    requests.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with listening(Bedrock()) as url:
        reply_to_all(requests, tmp_path / "replies.jsonl", BedrockBatchEngine(BedrockEngine("m", "us-east-1", url), jobs.place, ROLE),
                     Pace(400, follows=False))
    whole(tmp_path, 300)
    assert sorted(job["modelId"] for job in jobs.jobs.values()) == ["judge", "m"]
    assert {row["model"] for row in read(tmp_path / "replies.jsonl")} == {"judge", "m"}


def test_a_bucket_that_is_not_there_is_said(jobs, tmp_path):
    jobs.place = "s3://no-such-bucket/x"
    with pytest.raises(EngineError, match=r"s3://no-such-bucket: .*404"):
        ask(jobs, tmp_path, 150)
    with pytest.raises(InputError, match="no place in S3"):
        BedrockBatchEngine(BedrockEngine("m"), "bucket/x", ROLE)
    with pytest.raises(InputError, match="--batch-role"):
        BedrockBatchEngine(BedrockEngine("m"), "s3://bucket/x", None)


PROFILES = Path(__file__).parents[3] / "data" / "online_profiles.jsonl"
# the command line, not waiting as long for more requests, nor between looks at a job
IMPATIENT = """
from toolkit.generate.engines.bedrock_batch import BedrockBatchEngine
BedrockBatchEngine.quiet_s, BedrockBatchEngine.poll_s = 0.5, 0.05
from toolkit.cli import main
main()
"""


def test_gen_data_submits_is_killed_and_collects_over_the_same_plan(jobs, tmp_path, scripted, every_profile):
    live, out = Written(scripted.ScriptedModel(every_profile)), tmp_path / "training"
    jobs.reply, jobs.looks = live.draft, 10**6
    with listening(live) as url:
        command = [sys.executable, "-c", IMPATIENT, "gen-data", "--engine", "bedrock", "--region", "us-east-1", "--model-id", "m",
                   "--base-url", url, "--batch", jobs.place, "--batch-role", ROLE, "--profiles-file", str(PROFILES), "--language",
                   "zh", "--output-dir", str(out), "--num-samples", "240", "--no-stress", "--json"]
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = first.stderr.readline()
        assert "239 requests submitted" in said, said + first.stderr.read()
        first.kill()
        first.wait()
        jobs.looks = 1
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 0, second.stderr
    stats = json.loads(second.stdout)
    assert stats["samples"] + stats["rejected"] == 240 and stats["samples"] > 225
    assert set(jobs.records.values()) == {1}      # no record was computed twice
    assert len(jobs.jobs) == 2                    # the questions about the dialogues are the second
    assert len({row["id"] for row in read(out / "journal.jsonl")}) == 240
    assert stats["engine"] == "bedrock-batch" and "0 errors" in second.stderr
