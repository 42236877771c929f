"""Which model a name means: a folder or hub name, a server, or Bedrock.

    outputs/run/final_model  owner/name             transformers, on this machine
    http://127.0.0.1:30000   https://host/v1#model  any OpenAI-compatible server (several addresses with commas)
    sglang://127.0.0.1:30000#model  sglang://gpu1   an SGLang server; its port is 30000 unless it is named
    my-server  sglang://my-server                   one that `toolkit deploy sglang --name my-server` started here; a folder of
                                                    that name goes before it
    bedrock://us.anthropic.claude-…?region=us-east-1
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.generate.engines.base import Engine

SGLANG_PORT = 30000
WIRES = {"http": "openai", "https": "openai", "sglang": "sglang", "bedrock": "bedrock"}
LOCAL_FILES = ("*.safetensors", "config.json", "generation_config.json", "adapter_config.json", "tokenizer*.json",
               "chat_template*", "special_tokens_map.json")


@dataclass(frozen=True, slots=True)
class Served:
    """A model behind a wire: `engine` is openai, sglang or bedrock."""

    engine: str
    urls: tuple[str, ...]
    model: str | None
    region: str | None = None

    def connect(self) -> Engine:
        """The engine, reached, with its model known; raises InputError when that fails."""
        from toolkit.generate.engines.choose import engine_named

        return engine_named(self.engine, self.urls, self.model, self.region)


def served(name: str) -> Served | None:
    """The server that a name means; None for a folder or hub name.

    Raises:
        InputError: a server's name that cannot be read.
    """
    scheme, found, rest = name.partition("://")
    if not found or scheme not in WIRES:
        return None if Path(name).exists() else _deployed(name)
    address, _, model = rest.partition("#")
    if scheme == "bedrock":
        identity, _, query = rest.partition("?")
        if not identity:
            raise InputError(f"{name} names no model. Example: bedrock://us.amazon.nova-lite-v1:0?region=us-east-1")
        return Served("bedrock", (), identity, next(iter(parse_qs(query).get("region", [])), None))
    if not address:
        raise InputError(f"{name} names no server. Example: {scheme}://127.0.0.1:30000#model")
    if scheme == "sglang":
        if started := _deployed(address, model or None):
            return started
        hosts = [host.removeprefix("sglang://") for host in address.split(",")]
        return Served("sglang", tuple(f"http://{_with_port(host)}" for host in hosts), model or None)
    return Served("openai", tuple(f"{scheme}://{address}".split(",")), model or None)


def _deployed(name: str, model: str | None = None) -> Served | None:
    """A server that was started here; its key is found by its address.

    Raises:
        InputError: it has ended.
    """
    from toolkit.serve.state import servers

    server = next((server for server in servers() if server.name == name), None)
    if server and not server.runs:
        raise InputError(f'the server "{name}" has ended. Start it again: toolkit deploy restart {name}')
    return Served("sglang", (server.url,), model) if server else None


def _with_port(host: str) -> str:
    name, slash, path = host.partition("/")
    return (name if ":" in name.rpartition("]")[2] else f"{name}:{SGLANG_PORT}") + slash + path


def local_identity(folder: Path) -> str:
    """A digest of everything that decides what a model replies: weights, configuration, tokenizer, chat template.

    Time: that of reading the files once.
    """
    digest = hashlib.sha256()
    for path in sorted({path for pattern in LOCAL_FILES for path in folder.glob(pattern)}):
        with path.open("rb") as data:
            digest.update(f"{path.name}:{hashlib.file_digest(data, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def hub_identity(name: str) -> str:
    """The revision that a hub name means on this machine; transformers has fetched it into its cache.

    Raises:
        InputError: when it cannot be found out.
    """
    from transformers.utils import cached_file

    try:
        found = cached_file(name, "config.json")
    except OSError as error:
        raise InputError(f"model {name} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
    commit = Path(str(found)).parent.name
    return f"{name}@{commit}"
