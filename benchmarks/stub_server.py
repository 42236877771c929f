"""An OpenAI-compatible server (and Bedrock's Converse) without a model: slots, latency, limits, a prefix cache, and every fault a client meets.

    python benchmarks/stub_server.py --slots 512 --latency 0.5 --port 8000
    python benchmarks/stub_server.py --faults 429=0.05,cut=0.02,truncated=0.02 --rate 200

It counts what it did at `/stats`: requests, replies, faults, the most at once, tokens found in its cache.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import orjson
from aiohttp import web

TEXT = "He answers in his own voice, and the answer holds the key that the profile gives. " * 30  # 2.5 KB
FAULTS = ("429", "500", "502", "503", "400", "401", "404", "drop", "cut", "truncated", "html", "no_choices", "empty", "length", "refusal",
          "hang", "slow", "garbage")


@dataclass
class Stub:
    """Args:
    slots: requests computed at once; others wait, at most `queue` of them (then 503).
    latency_s: of each; or lognormal with this median and `sigma`.
    faults: share of the requests that each fault befalls.
    rate_per_s: a token bucket that holds `burst`; above it 429, with Retry-After when `retry_after_s` is set.
    prefixes: profiles (first messages) that the cache holds; one is ready `prefill_s` after its first request.
    write: content and finish reason of the reply to a request's body, instead of `content`.
    """

    slots: int = 512
    latency_s: float = 0.0
    sigma: float = 0.0
    queue: int = 1_000_000
    faults: dict[str, float] = field(default_factory=dict)
    rate_per_s: float = 0.0
    burst: float = 1.0
    retry_after_s: float | None = None
    prefixes: int = 0
    prefill_s: float = 0.0
    models: tuple[str, ...] = ("stub",)
    key: str = ""
    loads: bool = False
    tokenizes: bool = False
    content: str = TEXT
    write: Callable[[dict], tuple[str, str]] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        unknown = set(self.faults) - set(FAULTS)
        if unknown:
            raise SystemExit(f"unknown faults {', '.join(sorted(unknown))}; known: {', '.join(FAULTS)}")
        self.random = random.Random(self.seed)
        self.counts: Counter[str] = Counter()
        self.prompts: Counter[str] = Counter()       # replies given for each last message
        self.bodies: list[dict] = []                 # the first requests, as sent
        self.running = self.waiting = self.most = 0
        self.cache: OrderedDict[str, float] = OrderedDict()
        self.bucket, self.filled = self.burst, time.monotonic()
        self.admitted_at: list[float] = []
        self.refused_at: list[float] = []
        self.free = asyncio.Semaphore(self.slots)
        self.reply_head = self.head(self.content, "stop")

    def head(self, content: str, finish: str) -> bytes:
        """A reply up to its usage."""
        parts = orjson.dumps({"id": "stub", "object": "chat.completion", "model": self.models[0], "choices": [{
            "index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}]})
        return parts[:-1] + b',"usage":'

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path == "/stats":
            return _json(self.stats())
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return _json({"error": "Unauthorized"}, 401)
        if path == "/v1/models":
            return _json({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})
        if path == "/v1/loads" and self.loads:
            return _json({"loads": [{"dp_rank": 0, "num_running_reqs": self.running, "num_waiting_reqs": self.waiting,
                                     "max_running_requests": self.slots}]})
        if path == "/tokenize" and self.tokenizes:
            return _json({"count": len(orjson.loads(await request.read())["prompt"]) // 4})
        if path.startswith("/model/") and path.endswith("/converse"):
            return await self.converse(request)
        if path != "/v1/chat/completions":
            return _json({"detail": "Not Found"}, 404)
        return await self.chat(request)

    async def chat(self, request: web.BaseRequest) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        self.counts["requests"] += 1
        if len(self.bodies) < 1000:
            self.bodies.append(body)
        if not self.admit():
            self.counts["rate"] += 1
            return self.refuse(429)
        fault = self.fault()
        if fault:
            self.counts["faults"] += 1
            self.counts[fault] += 1
            early = await self.early(fault, request)
            if early is not None:
                return early
        if self.running >= self.slots and self.waiting >= self.queue:
            self.counts["queue full"] += 1
            return self.refuse(503)
        cached = self.look_up(body["messages"][0]["content"])
        self.waiting += 1
        async with self.free:
            self.waiting -= 1
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await asyncio.sleep(self.seconds() * (10 if fault == "slow" else 1))
            finally:
                self.running -= 1
        return await self.reply(request, body, fault, cached)

    async def converse(self, request: web.BaseRequest) -> web.StreamResponse:
        """Bedrock's wire, without faults; the signature is not looked at."""
        body = orjson.loads(await request.read())
        self.counts["requests"] += 1
        async with self.free:
            self.running += 1
            self.most = max(self.most, self.running)
            await asyncio.sleep(self.seconds())
            self.running -= 1
        self.counts["replies"] += 1
        self.prompts[body["messages"][-1]["content"][-1]["text"][-80:]] += 1
        return _json({"output": {"message": {"role": "assistant", "content": [{"text": self.content}]}},
                      "stopReason": "end_turn", "metrics": {"latencyMs": 500},
                      "usage": {"inputTokens": 800, "outputTokens": 600, "totalTokens": 1400}})

    def seconds(self) -> float:
        return self.random.lognormvariate(0, self.sigma) * self.latency_s if self.sigma else self.latency_s

    def admit(self) -> bool:
        if not self.rate_per_s:
            return True
        now = time.monotonic()
        self.bucket = min(self.burst, self.bucket + (now - self.filled) * self.rate_per_s)
        self.filled = now
        if self.bucket < 1:
            return False
        self.bucket -= 1
        self.admitted_at.append(now)
        return True

    def fault(self) -> str | None:
        if not self.faults:
            return None
        draw = self.random.random()
        for name, share in self.faults.items():
            if draw < share:
                return name
            draw -= share
        return None

    async def early(self, fault: str, request: web.BaseRequest) -> web.StreamResponse | None:
        """Faults that cost the server nothing."""
        if fault in ("429", "503"):
            return self.refuse(int(fault))
        if fault.isdigit():
            return _json({"object": "error", "message": "made to fail", "type": "fault", "code": int(fault)}, int(fault))
        if fault == "drop":
            return _drop(request)
        if fault == "hang":
            await asyncio.sleep(3600)
        return None

    async def reply(self, request: web.BaseRequest, body: dict, fault: str | None, cached: int) -> web.StreamResponse:
        prompt = sum(len(message["content"]) for message in body["messages"]) // 4
        content, finish = self.write(body) if self.write else (self.content, "stop")
        usage = orjson.dumps({"prompt_tokens": prompt, "completion_tokens": len(content) // 4,
                              "prompt_tokens_details": {"cached_tokens": cached}})
        whole = (self.head(content, finish) if self.write else self.reply_head) + usage + b"}"
        if fault == "cut":
            response = web.StreamResponse(headers={"Content-Length": str(len(whole)), "Content-Type": "application/json"})
            await response.prepare(request)
            await response.write(whole[:300])
            return _drop(request)
        if fault == "truncated":
            return web.Response(body=whole[:300], content_type="application/json")
        if fault == "html":
            return web.Response(text="<html><body>Bad gateway</body></html>", content_type="text/html")
        if fault == "no_choices":
            return _json({"error": {"message": "internal"}})
        if fault in ("empty", "length", "refusal", "garbage"):
            message = {"role": "assistant", "content": {"empty": "", "length": TEXT[:100], "garbage": "\x00{]"}.get(fault)}
            if fault == "refusal":
                message["refusal"] = "I cannot help with that."
            return _json({"model": "stub", "usage": orjson.loads(usage), "choices": [{
                "message": message, "finish_reason": "length" if fault == "length" else "stop"}]})
        self.counts["replies"] += 1
        self.counts["cached tokens"] += cached
        self.counts["prompt tokens"] += prompt
        self.prompts[body["messages"][-1]["content"][-80:]] += 1
        return web.Response(body=whole, content_type="application/json")

    def refuse(self, status: int) -> web.Response:
        self.refused_at.append(time.monotonic())
        headers = {"Retry-After": f"{self.retry_after_s:g}"} if self.retry_after_s is not None else {}
        return web.Response(status=status, headers=headers, body=b'{"object":"error","message":"too many requests"}')

    def look_up(self, prefix: str) -> int:
        """Tokens of the first message that are in the cache; it is there from now on."""
        if not self.prefixes:
            return 0
        now = time.monotonic()
        ready = self.cache.get(prefix)
        self.cache[prefix] = now + self.prefill_s if ready is None else ready
        self.cache.move_to_end(prefix)
        if len(self.cache) > self.prefixes:
            self.cache.popitem(last=False)
        return len(prefix) // 4 if ready is not None and ready <= now else 0

    def stats(self) -> dict:
        return {**self.counts, "most": self.most, "after 5 s": self.later(), "answered twice": sum(n - 1 for n in self.prompts.values())}

    def later(self) -> tuple[float, float]:
        """Under a rate: the share of it that was used from 5 s after the first request until most was done, and the share
        of requests refused in that time."""
        if not self.rate_per_s or len(self.admitted_at) < 100:
            return 0.0, 0.0
        begin, end = self.admitted_at[0] + 5, self.admitted_at[int(0.9 * len(self.admitted_at))]
        used, refused = (sum(begin < when < end for when in times) for times in (self.admitted_at, self.refused_at))
        return used / (end - begin) / self.rate_per_s, refused / (used + refused)


def _json(value: dict, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def listen(stub: Stub, port: int = 0) -> tuple[web.ServerRunner, int]:
    runner = web.ServerRunner(web.Server(stub.handle, access_log=None), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=4096)
    await site.start()
    return runner, site._server.sockets[0].getsockname()[1]


@contextmanager
def served(stub: Stub, port: int = 0, dies_after: int | None = None) -> Iterator[str]:
    """The stub in a thread of this process; gives its address. It may die after so many replies, with all that is under way."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner, port = asyncio.run_coroutine_threadsafe(listen(stub, port), loop).result()
    if dies_after is not None:
        asyncio.run_coroutine_threadsafe(_die(runner, stub, dies_after), loop)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(_close(runner), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _die(runner: web.ServerRunner, stub: Stub, replies: int) -> None:
    while stub.counts["replies"] < replies:
        await asyncio.sleep(0.001)
    await _close(runner)


async def _close(runner: web.ServerRunner) -> None:
    await runner.cleanup()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def serve(stub: Stub, port: int) -> None:
    _, port = await listen(stub, port)
    print(f"http://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--slots", type=int, default=512)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--sigma", type=float, default=0.0, help="lognormal around the latency")
    parser.add_argument("--queue", type=int, default=1_000_000)
    parser.add_argument("--faults", default="", help=f"name=share,…: {' '.join(FAULTS)}")
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second")
    parser.add_argument("--burst", type=float, default=1.0)
    parser.add_argument("--retry-after", type=float)
    parser.add_argument("--prefixes", type=int, default=0, help="profiles that the cache holds")
    parser.add_argument("--prefill", type=float, default=0.0, help="seconds until a profile is in the cache")
    parser.add_argument("--models", default="stub")
    parser.add_argument("--key", default="")
    parser.add_argument("--loads", action="store_true", help="answer /v1/loads as SGLang does")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    faults = {name: float(share) for name, _, share in (pair.partition("=") for pair in given.faults.split(",") if pair)}
    stub = Stub(given.slots, given.latency, given.sigma, given.queue, faults, given.rate, given.burst, given.retry_after,
                given.prefixes, given.prefill, tuple(given.models.split(",")), given.key, given.loads, seed=given.seed)
    asyncio.run(serve(stub, given.port))


if __name__ == "__main__":
    main()
