"""What is known of the servers this user has started: one JSON file and one log each, in a folder nobody else reads.

`$TOOLKIT_STATE_DIR` → `$XDG_STATE_HOME/toolkit` → `~/.local/state/toolkit`, below it `servers/`.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from toolkit.errors import InputError, did_you_mean
from toolkit.serve.processes import is_same

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that was started here.

    Args:
        name: what people call it, and the served model's name.
        mark: start time of `pid` as the system tells it; with another one, `pid` is somebody else's process.
        nonce: given to the server as its weight version, so that its answers can be told from another server's.
        url: as a client on this machine writes it, without `/v1`.
        words: of the `toolkit deploy sglang` that started it, for restart.
        ready: seconds since the epoch; None while it starts.
        part_of: the deployment whose worker it is; empty for a server that stands alone, and for a router.
        workers: addresses of those behind a router.
        container: that it runs in, if any.
    """

    name: str
    model_path: str
    url: str
    pid: int
    mark: str
    pgid: int
    nonce: str
    log: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    api_key: str | None = None
    admin_api_key: str | None = None
    started: float = 0.0
    ready: float | None = None
    part_of: str = ""
    workers: list[str] = field(default_factory=list)
    container: str = ""

    @property
    def runs(self) -> bool:
        return is_same(self.pid, self.mark)


def folder() -> Path:
    base = os.environ.get("TOOLKIT_STATE_DIR")
    state = Path(base) if base else Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "toolkit"
    return state / "servers"


def made_folder() -> Path:
    made = folder()
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made


def save(server: Server) -> None:
    """Atomic, and readable by its owner only: it holds the key."""
    path = made_folder() / f"{server.name}.json"
    beside = path.with_suffix(".json.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(asdict(server), out, ensure_ascii=False, indent=1)
    os.replace(beside, path)


def forget(server: Server) -> None:
    """The log stays."""
    (folder() / f"{server.name}.json").unlink(missing_ok=True)


def servers() -> list[Server]:
    """All that are known, running or not, oldest first. A file that is none of ours is passed over."""
    known = {f.name for f in fields(Server)}
    found = []
    for path in sorted(folder().glob("*.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            found.append(Server(**{name: value for name, value in values.items() if name in known}))
        except (OSError, ValueError, TypeError, AttributeError):
            continue
    return sorted(found, key=lambda server: server.started)


def named(name: str | None) -> Server:
    """The server of that name; without a name the only one.

    Raises:
        InputError: there is none, or several and no name.
    """
    found = servers()
    names = [server.name for server in found]
    if name is None:
        whole = [server for server in found if not server.part_of]
        if len(whole) == 1:
            return whole[0]
        raise InputError(f"there are {len(whole)} servers ({', '.join(s.name for s in whole)}): name one." if whole else
                         "no server was deployed from here. Start one: toolkit deploy sglang --model-path DIR")
    if name not in names:
        raise InputError(f'there is no server "{name}".{did_you_mean(name, names)} Deployed: {", ".join(names) or "none"}.')
    return found[names.index(name)]


def parts_of(server: Server) -> list[Server]:
    """The workers of a deployment with replicas."""
    return [other for other in servers() if other.part_of == server.name]


def uptime(server: Server) -> str:
    seconds = int(time.time() - server.started)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds % 60:02d} s" if minutes else f"{seconds} s"
