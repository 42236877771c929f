"""Base addresses of OpenAI-compatible servers, as people write them; a server of `toolkit deploy` by its name."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from toolkit.errors import InputError, did_you_mean
from toolkit.serve.state import NAME, Server, servers


def base_urls(given: Sequence[str]) -> list[str]:
    """`127.0.0.1:30000`, `http://host:30000/` and `https://host/v1/chat/completions` all become `…/v1`; other paths stay.
    The name of a deployed server becomes its address.

    Raises:
        InputError: for what is no http address, for one given twice, and for a deployed server that has ended.
    """
    urls, problems = [], []
    for text in _words(given):
        server = _deployed(text)
        if server and not server.runs:
            problems.append(f'the server "{text}" has ended. Start it again: toolkit deploy restart {text}')
            continue
        text = server.url if server else text
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            known = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            known = False
        if not known:
            names = [server.name for server in servers()]
            problems.append(f'--base-url "{text}" is no address and no deployed server.{did_you_mean(text, names)} '
                            "Example: http://127.0.0.1:30000")
            continue
        path = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
        url = f"{parts.scheme}://{parts.netloc}{path}" + (f"?{parts.query}" if parts.query else "")
        if url in urls:
            problems.append(f"--base-url {url} is given twice.")
        urls.append(url)
    if problems:
        raise InputError(problems)
    return urls


def deployed_key(given: Sequence[str]) -> str:
    """The key of the deployed servers among these, by name or address; empty when none has one.

    Raises:
        InputError: they have different ones.
    """
    addresses = {root(url) for url in base_urls(given)}
    keys = {server.api_key for server in servers() if server.url in addresses and server.runs and server.api_key}
    if len(keys) > 1:
        raise InputError("these deployed servers have different keys. Deploy them with the same --api-key.")
    return keys.pop() if keys else ""


def _words(given: Sequence[str]) -> list[str]:
    return [word.strip() for words in given for word in words.split(",") if word.strip()]


def _deployed(text: str) -> Server | None:
    """A name wins over a host of that name: `localhost` and addresses with a port are never looked up."""
    if not NAME.fullmatch(text) or text == "localhost":
        return None
    return next((server for server in servers() if server.name == text), None)


def joined(base: str, path: str) -> str:
    """The address of a path below a base, whose query (`?api-version=…`) stays."""
    url, mark, query = base.partition("?")
    return f"{url}{path}{mark}{query}"


def root(base: str) -> str:
    """The server's own address, without `/v1`."""
    return base.partition("?")[0].removesuffix("/v1")
