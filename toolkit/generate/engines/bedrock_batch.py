"""Bedrock batch inference behind the same requests: half the price, for who can wait.

    s3://bucket/prefix/<job>/input.jsonl     {"recordId": …, "modelInput": {… Converse …}}
    s3://bucket/prefix/<job>/job.json        its records and, once it is submitted, its ARN
    s3://bucket/prefix/<job>/output/…        what Bedrock writes, in any order

Requests that come together become one job. A record's id is made from the request, so a run that is started again finds the
records of earlier jobs, finished or still running, and pays for none of them twice. What is too little for a job goes out at
once, at the usual price. https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html
"""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import IO, Any
from urllib.parse import urlsplit

import orjson

from toolkit.errors import InputError
from toolkit.generate.engines.base import EngineError, Load, Reply, Request
from toolkit.generate.engines.bedrock import BedrockEngine, converse_input, model_of, reply_of
from toolkit.terminal import say

MOST = 50_000                   # records of a job: Bedrock's default quota
AT_ONCE = 64                    # of what is too little for a job
ENDED = ("Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired")
IN_VAIN = ("Failed", "Stopped")  # the same job again would end the same way: a person looks first


@dataclass(eq=False)
class Job:
    """Args: name: its folder. model: the one that answers it. records: their ids. arn: once it is submitted."""

    name: str
    model: str
    records: list[str]
    arn: str = ""
    earlier: bool = False                         # made by an earlier run
    followed: asyncio.Task[None] | None = None


@dataclass(eq=False)
class Asked:
    """A request that waits for its record."""

    request: Request
    reply: asyncio.Future[dict[str, Any]]


@dataclass(eq=False)
class _State:
    """Of one opening: belongs to one event loop."""

    known: dict[str, Job] = field(default_factory=dict)          # by record id
    waiting: dict[str, list[Asked]] = field(default_factory=dict)
    fresh: dict[str, Asked] = field(default_factory=dict)         # in no job yet
    found: dict[str, tuple[int, int]] = field(default_factory=dict)   # record id → where its answer is in `answers`
    last: float = 0.0
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)


class BedrockBatchEngine:
    """Args:
    live: for what is too little for a job.
    place: `s3://bucket/prefix`.
    role: ARN of the role with which Bedrock reads and writes there.
    """

    name = "bedrock-batch"
    least = 100                                   # records of a job: Bedrock's default quota
    quiet_s, poll_s = 3.0, 30.0                   # without a new request, before a job is made; between looks at a job

    def __init__(self, live: BedrockEngine, place: str, role: str | None):
        parts = urlsplit(place)
        if parts.scheme != "s3" or not parts.netloc:
            raise InputError(f'--batch "{place}" is no place in S3. Example: s3://bucket/prefix')
        if not role:
            raise InputError("--batch needs --batch-role: the ARN of a role with which Bedrock may read and write there.")
        self.live, self.model, self.role = live, live.model, role
        self.bucket, self.prefix = parts.netloc, parts.path.strip("/")
        self.endpoints: Sequence[str] = [place]
        self._learned: set[str] = set()           # models
        self._writing = threading.Lock()

    async def open(self, in_flight: int) -> Sequence[EngineError | None]:
        errors = await self.live.open(AT_ONCE)
        await asyncio.to_thread(self._connect)
        self._state = _State()
        self._answers: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        for job in await asyncio.to_thread(self._earlier):
            self._state.known |= dict.fromkeys(job.records, job)
        self._keep(asyncio.create_task(self._gather_up()))
        return errors

    async def close(self) -> None:
        if hasattr(self, "_state"):
            for task in self._state.tasks:
                task.cancel()
            await asyncio.gather(*self._state.tasks, return_exceptions=True)
            self._answers.close()
        await self.live.close()

    async def load(self, endpoint: int) -> Load | None:
        return None

    async def send(self, endpoint: int, request: Request, timeout_s: float) -> Reply:
        state = self._state
        model = model_of(request, self.model)
        id = blake2b(orjson.dumps([model, request], option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
        if id not in state.found:
            asked = Asked(request, asyncio.get_running_loop().create_future())
            if job := state.known.get(id):
                state.waiting.setdefault(id, []).append(asked)
                self._follow(job)
            else:
                state.fresh[id] = asked
                state.last = asyncio.get_running_loop().time()
            answer = await asked.reply
            if "reply" in answer:
                return answer["reply"]
        begin, length = state.found[id]
        record = orjson.loads(os.pread(self._answers.fileno(), length, begin))
        if error := record.get("error"):
            del state.found[id]                   # asked again, it is in another job
            state.known.pop(id, None)
            code = int(error.get("errorCode") or 500)
            said = f"{request.id}: Bedrock answers {code} in a batch: {error.get('errorMessage', '')}"
            raise EngineError(said, "refused" if 400 <= code < 500 and code not in (408, 424, 429) else "broken", f"record {code}")
        return reply_of(request, model, record["modelOutput"])

    async def _gather_up(self) -> None:
        try:
            await self._make_jobs()
        except Exception as error:                # nothing would be sent any more: whoever waits is told
            for asked in self._state.fresh.values():
                _settle(asked, _fatal(error))
            self._state.fresh.clear()
            raise

    async def _make_jobs(self) -> None:
        """Make jobs of what has come, when nothing more comes for a while or a job is full."""
        state, loop = self._state, asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.quiet_s / 4)
            if not state.fresh or (len(state.fresh) < MOST and loop.time() - state.last < self.quiet_s):
                continue
            model = model_of(next(iter(state.fresh.values())).request, self.model)
            alike = [id for id, asked in state.fresh.items() if model_of(asked.request, self.model) == model]
            taken = {id: state.fresh.pop(id) for id in alike[:MOST]}
            if len(taken) < self.least:
                self._keep(asyncio.create_task(self._at_once(taken)))
                continue
            await self._learn(model, taken)
            job = Job(secrets.token_hex(12), model, list(taken))
            for id, asked in taken.items():
                state.known[id] = job
                state.waiting[id] = [asked]
            try:
                await asyncio.to_thread(self._put_input, job, taken)
            except EngineError as error:
                self._end(job, error)
                continue
            self._follow(job)

    async def _learn(self, model: str, taken: dict[str, Asked]) -> None:
        """Send one request with a schema at once: it shows how a model takes schemas, which a job could not tell."""
        id = next((id for id, asked in taken.items() if asked.request.schema is not None), None)
        if id is not None and model not in self._learned:
            self._learned.add(model)
            await self._at_once({id: taken.pop(id)})

    async def _at_once(self, taken: dict[str, Asked]) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def one(asked: Asked) -> None:
            async with room:
                try:
                    reply = await self.live.send(0, asked.request, 900.0)
                except EngineError as error:
                    _settle(asked, error)
                else:
                    _settle(asked, {"reply": reply})

        await asyncio.gather(*(one(asked) for asked in taken.values()))

    def _follow(self, job: Job) -> None:
        if job.followed is None:
            job.followed = self._keep(asyncio.create_task(self._until_ended(job)))

    async def _until_ended(self, job: Job) -> None:
        """Submit the job if it is not yet, wait for its end, and hand out its records."""
        try:
            if not job.arn:
                await asyncio.to_thread(self._submit, job)
            while True:
                status, said = await asyncio.to_thread(self._status, job)
                if status in ENDED:
                    break
                await asyncio.sleep(self.poll_s)
            self._state.found |= await asyncio.to_thread(self._fetch, job)
            say(f"batch job {job.arn}: {status}")
            why = f"Bedrock's batch job {job.arn} {'has' if status == 'Failed' else 'is'} {status.lower()}"
            if status in IN_VAIN and not job.earlier:
                raise EngineError(f"{why}: {said or 'no reason given'} The same command makes a new one of what it left.", "fatal",
                                  f"job {status}")
            self._end(job, EngineError(f"{why} without this record.", "broken", f"job {status}"))
        except Exception as error:
            self._end(job, error if isinstance(error, EngineError) else _fatal(error))

    def _end(self, job: Job, otherwise: EngineError) -> None:
        """Settle what waits for the job; what it did not answer gets the error, and may be asked in another job."""
        state = self._state
        for id in job.records:
            if id not in state.found:
                state.known.pop(id, None)
            for asked in state.waiting.pop(id, ()):
                _settle(asked, {} if id in state.found else otherwise)

    def _keep(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)
        return task

    # What follows talks to AWS and runs in threads.

    def _connect(self) -> None:
        import botocore.session
        from botocore.config import Config

        session = botocore.session.get_session()
        config = Config(retries={"mode": "standard", "max_attempts": 8}, connect_timeout=10)
        self._s3 = session.create_client("s3", region_name=self.live.region, config=config)
        self._jobs = session.create_client("bedrock", region_name=self.live.region, config=config)
        self._aws(self._s3.head_bucket, Bucket=self.bucket)

    def _aws(self, call: Any, **given: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(**given)
        except (BotoCoreError, ClientError) as error:
            what = f"s3://{self.bucket}" if "Bucket" in given else "Bedrock's batch jobs"
            raise EngineError(f"{what}: {' '.join(str(error).split())}", "fatal", type(error).__name__) from error

    def _key(self, *names: str) -> str:
        return "/".join(part for part in (self.prefix, *names) if part)

    def _listed(self, prefix: str) -> list[str]:
        keys: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = self._aws(self._s3.list_objects_v2, Bucket=self.bucket, Prefix=prefix, **more)
            keys += [entry["Key"] for entry in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return keys
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _earlier(self) -> list[Job]:
        jobs = []
        for key in self._listed(self._key("")):
            if key.endswith("/job.json"):
                job = orjson.loads(self._aws(self._s3.get_object, Bucket=self.bucket, Key=key)["Body"].read())
                jobs.append(Job(job["name"], job["model"], job["records"], job["arn"], earlier=bool(job["arn"])))
        return jobs

    def _put_input(self, job: Job, taken: dict[str, Asked]) -> None:
        with tempfile.TemporaryFile() as file:
            for id, asked in taken.items():
                call = converse_input(job.model, asked.request, self.live.structured, caches=False)
                del call["modelId"]
                file.write(orjson.dumps({"recordId": id, "modelInput": call}, option=orjson.OPT_APPEND_NEWLINE))
            file.seek(0)
            self._aws(self._s3.put_object, Bucket=self.bucket, Key=self._key(job.name, "input.jsonl"), Body=file)
        self._put_job(job)

    def _put_job(self, job: Job) -> None:
        body = orjson.dumps({"name": job.name, "model": job.model, "arn": job.arn, "records": job.records})
        self._aws(self._s3.put_object, Bucket=self.bucket, Key=self._key(job.name, "job.json"), Body=body)

    def _submit(self, job: Job) -> None:
        """Submit the job. Its token makes it the same job when this process ends before its ARN is written."""
        folder = f"s3://{self.bucket}/{self._key(job.name)}"
        made = self._aws(
            self._jobs.create_model_invocation_job, jobName=f"toolkit-{job.name}", roleArn=self.role, modelId=job.model,
            clientRequestToken=job.name, modelInvocationType="Converse",
            inputDataConfig={"s3InputDataConfig": {"s3Uri": f"{folder}/input.jsonl", "s3InputFormat": "JSONL"}},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"{folder}/output/"}})
        job.arn = made["jobArn"]
        self._put_job(job)
        say(f"batch job {job.arn}: {len(job.records):,} requests submitted")

    def _status(self, job: Job) -> tuple[str, str]:
        answer = self._aws(self._jobs.get_model_invocation_job, jobIdentifier=job.arn)
        return answer["status"], answer.get("message", "")

    def _fetch(self, job: Job) -> dict[str, tuple[int, int]]:
        """Copy the job's answers to this disk; returns where each one is."""
        places: dict[str, tuple[int, int]] = {}
        for key in self._listed(self._key(job.name, "output/")):
            if not key.endswith(".jsonl.out"):
                continue
            for line in self._aws(self._s3.get_object, Bucket=self.bucket, Key=key)["Body"].iter_lines(1 << 20):
                if line.strip():
                    with self._writing:
                        places[orjson.loads(line)["recordId"]] = (self._answers.seek(0, os.SEEK_END), len(line))
                        self._answers.write(line)
        with self._writing:
            self._answers.flush()
        return places


def _fatal(error: Exception) -> EngineError:
    return EngineError(f"batch: {type(error).__name__}: {error}", "fatal", type(error).__name__)


def _settle(asked: Asked, answer: dict[str, Any] | EngineError) -> None:
    if asked.reply.done():
        return
    if isinstance(answer, EngineError):
        asked.reply.set_exception(answer)
    else:
        asked.reply.set_result(answer)
