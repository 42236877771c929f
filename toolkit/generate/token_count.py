"""How many tokens a prompt has, asked of the server that will read it (SGLang's and vLLM's `/tokenize`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from urllib.error import URLError
from urllib.request import Request, urlopen

from toolkit.generate.engines.addresses import root
from toolkit.tasks.base import Message

TIMEOUT_S = 5.0


def server_counter(url: str, model: str, key: str) -> Callable[[Sequence[Message]], int] | None:
    """Counts the tokens of messages; None when no server is there, or it does not count."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})

    def count(messages: Sequence[Message]) -> int:
        text = "\n".join(message["content"] for message in messages)
        body = json.dumps({"model": model, "prompt": text}).encode()
        request = Request(f"{root(url)}/tokenize", body, headers)
        with urlopen(request, timeout=TIMEOUT_S) as answer:
            return int(json.load(answer)["count"])

    try:
        count([{"role": "user", "content": "?"}])
    except (URLError, OSError, ValueError, KeyError, TypeError):
        return None
    return count
