"""SGLang and any other OpenAI-compatible server: chat completions over aiohttp.

The OpenAI client costs 3 ms of CPU a request, this 0.2: with hundreds of requests under way the client is the limit.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import orjson

from toolkit import __version__
from toolkit.errors import InputError, did_you_mean
from toolkit.generate.engines.addresses import base_urls, deployed_key, joined, root
from toolkit.generate.engines.base import EngineError, Load, Reply, Request, Usage

if TYPE_CHECKING:
    import aiohttp

BUSY = (429, 503, 529)
REFUSED = (400, 405, 406, 409, 410, 411, 412, 413, 414, 415, 422, 431, 451, 501)
OPEN_S, LOAD_S = 20.0, 2.0


class OpenAIEngine:
    """Args:
    urls: base addresses of servers that serve the same model.
    model: its name there; None: the one that they serve.
    name: `sglang` or `openai`.
    key_from: environment variable with the API key.
    """

    def __init__(self, urls: Sequence[str], model: str | None = None, name: str = "openai", key_from: str | None = None):
        self.name = name
        self.endpoints = base_urls(urls)
        if not self.endpoints:
            raise InputError(f"--engine {name} needs --base-url. Example: http://127.0.0.1:30000, or the name of a deployed server")
        self.model = model or ""
        default = "SGLANG_API_KEY" if name == "sglang" else "OPENAI_API_KEY"
        self.key = os.environ.get(key_from or default, "").strip() or ("" if key_from else deployed_key(urls))
        if key_from and not self.key:
            raise InputError(f"--api-key-env {key_from} is not set.")
        self._key_from = key_from or default
        self._limit_field = "max_tokens"
        self._no_load: set[int] = set()
        self._session: aiohttp.ClientSession | None = None

    async def open(self, in_flight: int) -> list[EngineError | None]:
        import aiohttp
        from yarl import URL

        self._aiohttp = aiohttp
        headers = {"Content-Type": "application/json", "User-Agent": f"toolkit/{__version__}"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, keepalive_timeout=60),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10), headers=headers,
            cookie_jar=aiohttp.DummyCookieJar())
        self._chat = [URL(joined(url, "/chat/completions")) for url in self.endpoints]
        self._proxies = [_proxy(url) for url in self.endpoints]
        found = await asyncio.gather(*(self._models(number) for number in range(len(self.endpoints))))
        errors = [answer if isinstance(answer, EngineError) else None for answer in found]
        if all(errors):
            raise EngineError("; ".join(str(error) for error in errors), "fatal", "unreachable")
        self._choose([answer for answer in found if not isinstance(answer, EngineError)])
        return errors

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def send(self, endpoint: int, request: Request, timeout_s: float) -> Reply:
        body = self._body(request)
        status, headers, content = await self._exchange(endpoint, "POST", self._chat[endpoint], body)
        if status != 200:
            if status == 400 and self._limit_field == "max_tokens" and b"max_completion_tokens" in content:
                self._limit_field = "max_completion_tokens"      # newer models of OpenAI's refuse the older name
                return await self.send(endpoint, request, timeout_s)
            raise self._error(endpoint, status, headers, content, request.id)
        return self._reply(endpoint, request, content)

    async def load(self, endpoint: int) -> Load | None:
        if self.name != "sglang" or endpoint in self._no_load:
            return None
        from yarl import URL

        try:
            async with asyncio.timeout(LOAD_S):
                status, _, content = await self._exchange(
                    endpoint, "GET", URL(root(self.endpoints[endpoint]) + "/v1/loads?include=core"), None)
            if status != 200:
                self._no_load.add(endpoint)
                return None
            ranks = orjson.loads(content)["loads"]
            slots = sum(rank.get("max_running_requests", 0) for rank in ranks)
            return Load(slots or None, sum(rank["num_running_reqs"] for rank in ranks),
                        sum(rank["num_waiting_reqs"] for rank in ranks))
        except (EngineError, TimeoutError):
            return None
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):   # an older version, or a router
            self._no_load.add(endpoint)
            return None

    def _body(self, request: Request) -> bytes:
        body: dict[str, Any] = {"model": self.model, "messages": request.messages}
        if request.max_tokens is not None:
            body[self._limit_field] = request.max_tokens
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {
                "name": "reply", "schema": request.schema, "strict": True}}
        return orjson.dumps(body | dict(request.extra) if request.extra else body)

    async def _exchange(self, endpoint: int, method: str, url: Any, body: bytes | None) -> tuple[int, Mapping[str, str], bytes]:
        """One request on the wire; what can go wrong there becomes an EngineError."""
        assert self._session is not None
        aiohttp = self._aiohttp
        where = self.endpoints[endpoint]
        try:
            async with self._session.request(method, url, data=body, allow_redirects=False,
                                             proxy=self._proxies[endpoint]) as response:
                return response.status, response.headers, await response.read()
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError) as error:
            raise EngineError(f"{where} does not speak TLS as expected: {error}.", "fatal", "TLS") from error
        except aiohttp.InvalidURL as error:
            raise EngineError(f"{where} is no address.", "fatal", "address") from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            number = getattr(error, "errno", None)
            why = os.strerror(number) if number and number > 0 else "no such host" if number else "no answer in 10 s"
            raise EngineError(f"{where} cannot be reached: {why}. Is the server running there?", "unreachable",
                              "unreachable") from error
        except (aiohttp.ClientError, ConnectionError, TimeoutError, OSError) as error:
            raise EngineError(f"{where} cut the connection ({type(error).__name__}).", "broken", "connection cut") from error

    async def _models(self, endpoint: int) -> list[str] | EngineError | None:
        """The models that an endpoint names; None when it names none; an error when it cannot be used for now."""
        from yarl import URL

        try:
            async with asyncio.timeout(OPEN_S):
                status, headers, content = await self._exchange(
                    endpoint, "GET", URL(joined(self.endpoints[endpoint], "/models")), None)
        except TimeoutError:
            return EngineError(f"{self.endpoints[endpoint]} has not answered in {OPEN_S:.0f} s.", "unreachable", "timeout")
        except EngineError as error:
            if error.fatal:
                raise
            return error
        if status in (401, 403):
            raise self._error(endpoint, status, headers, content, "models")
        if status in (502, 503, 504):
            return self._error(endpoint, status, headers, content, "models")
        try:
            names = [model["id"] for model in orjson.loads(content)["data"]] if status == 200 else None
        except (orjson.JSONDecodeError, KeyError, TypeError):
            names = None
        return names or None

    def _choose(self, found: Sequence[list[str] | None]) -> None:
        """The model: as named, and served everywhere; or the only one."""
        told = [names for names in found if names]
        if not self.model:
            everywhere = [name for name in (told[0] if told else []) if all(name in names for names in told)]
            if len(everywhere) != 1:
                served = "; ".join(", ".join(names[:8]) for names in told) or "none that they name"
                raise EngineError(f"--model is needed: {', '.join(self.endpoints)} serve {served}.", "fatal", "model")
            self.model = everywhere[0]
        for names in told:
            if self.model not in names:
                raise EngineError(f'--model "{self.model}" is not served.{did_you_mean(self.model, names)} There is: '
                                  f"{', '.join(names[:20])}.", "fatal", "model")

    def _error(self, endpoint: int, status: int, headers: Mapping[str, str], content: bytes, id: str) -> EngineError:
        where, said = self.endpoints[endpoint], _said(content)
        reason = f"HTTP {status}"
        message = f"{where} answers {reason}" + (f": {said}" if said else "") + ("" if said.endswith(".") else ".")
        if status in (401, 403):
            fix = f"Check or renew the key in {self._key_from}: the same command goes on." if self.key else f"It wants a key: set {self._key_from}."
            return EngineError(f"{message} {fix}", "fatal", reason)
        if status == 402 or b"insufficient_quota" in content:
            return EngineError(f"{message} The account has no credit left.", "fatal", "no credit")
        if status == 404 or (status == 400 and b"model_not_found" in content):
            return EngineError(f"{message} Check --base-url and --model ({self.model}).", "fatal", reason)
        if 300 <= status < 400:
            return EngineError(f"{message} It points to {headers.get('Location', 'elsewhere')}: name that as --base-url.",
                               "fatal", reason)
        if status in BUSY:
            return EngineError(message, "busy", reason, retry_after_s(headers))
        if status in REFUSED:
            if b"context length" in content:
                message += " Lower --max-tokens, or serve the model with a longer context."
            return EngineError(f"{id}: {message}", "refused", reason)
        return EngineError(message, "broken", reason, retry_after_s(headers))

    def _reply(self, endpoint: int, request: Request, content: bytes) -> Reply:
        """Raises EngineError when the body is not what it should be, although the status says so."""
        where = self.endpoints[endpoint]
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise EngineError(f"{where} sent {len(content)} bytes that are not JSON ({content[:40]!r} …).",
                              "broken", "not JSON") from error
        try:
            choice = body["choices"][0]
            message = choice["message"]
            finish = choice.get("finish_reason") or "stop"
            text, reasoning = message.get("content") or "", message.get("reasoning_content") or message.get("reasoning")
            if not text and message.get("refusal"):
                text, finish = message["refusal"], "refusal"
            usage = _usage(body.get("usage") or {})
            if not isinstance(text, str):
                raise TypeError
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            said = _said(content)
            code = body["error"].get("code") if isinstance(body, dict) and isinstance(body.get("error"), dict) else None
            if isinstance(code, int) and 400 <= code < 600:      # gateways that answer 200 for the server behind them
                raise self._error(endpoint, code, {}, content, request.id) from error
            raise EngineError(f"{where} sent JSON without a reply{': ' + said if said else ''}.", "broken",
                              "no reply in it") from error
        if finish == "abort":
            raise EngineError(f"{where} aborted the request.", "broken", "aborted")
        if not text.strip() and finish == "stop" and not request.measured:
            raise EngineError(f"{request.id}: {where} sent an empty reply.", "broken", "empty reply")
        return Reply(request.id, text, reasoning or None, finish, usage, body.get("model") or self.model)


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    return Usage(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0, details.get("cached_tokens") or 0)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header (a number, or a date)."""
    if milliseconds := headers.get("retry-after-ms"):
        text, scale = milliseconds, 0.001
    elif not (text := headers.get("Retry-After")):
        return None
    else:
        scale = 1.0
    try:
        wait_s = float(text) * scale
    except ValueError:
        from datetime import UTC, datetime
        from email.utils import parsedate_to_datetime

        try:
            then = parsedate_to_datetime(text)
        except ValueError:
            return None
        wait_s = (then - datetime.now(UTC if then.tzinfo else None)).total_seconds()
    return min(max(wait_s, 0.0), 600.0) if wait_s == wait_s else None


def _said(content: bytes) -> str:
    """What a server's error body says, in one short line: the shapes of OpenAI, SGLang, FastAPI, and none."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        text = content[:120].decode(errors="replace") if not content.lstrip().startswith(b"<") else ""
        return " ".join(text.split())
    for name in ("error", "message", "detail"):
        if isinstance(body, dict) and body.get(name):
            body = body[name]
            if isinstance(body, dict) and body.get("message"):
                body = body["message"]
            break
    text = body if isinstance(body, str) else orjson.dumps(body).decode()
    return " ".join(text.split())[:200]


def _proxy(url: str) -> str | None:
    """The proxy of the environment for an address, looked up once (aiohttp would look for each request)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)
