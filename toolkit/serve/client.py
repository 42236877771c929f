"""Questions to a deployed server, by the standard library: no client library is needed to ask whether it lives."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from toolkit.serve.state import Server

CHAT_S = 120.0


class ServerError(Exception):
    """No answer, or not the one hoped for; `status` is None when there was none at all."""

    def __init__(self, message: str, status: int | None = None):
        super().__init__(message)
        self.status = status


def asked(server: Server, path: str, body: Any = None, timeout_s: float = 5.0) -> bytes:
    """GET, or POST with a body, past any proxy.

    Raises:
        ServerError: no connection, no answer in time, a status other than 200.
    """
    headers = {"Content-Type": "application/json"}
    if server.api_key:
        headers["Authorization"] = f"Bearer {server.api_key}"
    request = urllib.request.Request(server.url + path, None if body is None else json.dumps(body).encode(), headers)
    try:
        with _direct.open(request, timeout=timeout_s) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        said = error.read(2000).decode(errors="replace")
        raise ServerError(f"{path} answers {error.code}: {_message(said)}", error.code) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise ServerError(f"{path}: {reason}") from error


def asked_json(server: Server, path: str, body: Any = None, timeout_s: float = 5.0) -> Any:
    content = asked(server, path, body, timeout_s)
    try:
        return json.loads(content)
    except ValueError as error:
        raise ServerError(f"{path} answers no JSON: {content[:80]!r}") from error


def chat(server: Server) -> str:
    """A real completion of a few tokens, greedy; its text (which a random model may leave empty)."""
    body = {"model": server.part_of or server.name, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4, "temperature": 0}
    answer = asked_json(server, "/v1/chat/completions", body, CHAT_S)
    try:
        if answer["usage"]["completion_tokens"] < 1:
            raise ServerError("the chat answered without a token")
        return answer["choices"][0]["message"]["content"] or ""
    except (KeyError, IndexError, TypeError) as error:
        raise ServerError(f"the chat answered {str(answer)[:120]}") from error


def _message(said: str) -> str:
    try:
        value = json.loads(said)
    except ValueError:
        return " ".join(said.split())[:300]
    for name in ("error", "message"):
        if isinstance(value, dict) and value.get(name):
            value = value[name]
    return str(value)[:300]


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
