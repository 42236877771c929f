"""Base addresses of OpenAI-compatible servers, as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from toolkit.errors import InputError


def base_urls(given: Sequence[str]) -> list[str]:
    """`127.0.0.1:30000`, `http://host:30000/` and `https://host/v1/chat/completions` all become `…/v1`; other paths stay.

    Raises:
        InputError: for what is no http address, and for one given twice.
    """
    urls, problems = [], []
    for text in (word.strip() for words in given for word in words.split(",")):
        if not text:
            continue
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            known = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            known = False
        if not known:
            problems.append(f'--base-url "{text}" is no address. Example: http://127.0.0.1:30000')
            continue
        path = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
        url = f"{parts.scheme}://{parts.netloc}{path}" + (f"?{parts.query}" if parts.query else "")
        if url in urls:
            problems.append(f"--base-url {url} is given twice.")
        urls.append(url)
    if problems:
        raise InputError(problems)
    return urls


def joined(base: str, path: str) -> str:
    """The address of a path below a base, whose query (`?api-version=…`) stays."""
    url, mark, query = base.partition("?")
    return f"{url}{path}{mark}{query}"


def root(base: str) -> str:
    """The server's own address, without `/v1`."""
    return base.partition("?")[0].removesuffix("/v1")
