"""How many tokens a prompt has, asked of the server that will read it (SGLang's and vLLM's `/tokenize`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from urllib.error import URLError
from urllib.request import Request, urlopen

from toolkit.generate.engines.addresses import base_urls, root
from toolkit.tasks.base import Message

TIMEOUT_S = 5.0


def server_counter(urls: Sequence[str], model: str | None) -> Callable[[Sequence[Message]], int] | None:
    """Counts the tokens of messages; None when no server is there, or it does not count."""
    where = [f"{root(url)}/tokenize" for url in base_urls(urls)][:1]
    if not where:
        return None

    def count(messages: Sequence[Message]) -> int:
        text = "\n".join(message["content"] for message in messages)
        body = json.dumps({"model": model or "", "prompt": text}).encode()
        request = Request(where[0], body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=TIMEOUT_S) as answer:
            return int(json.load(answer)["count"])

    try:
        count([{"role": "user", "content": "?"}])
    except (URLError, OSError, ValueError, KeyError, TypeError):
        return None
    return count
