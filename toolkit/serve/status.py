"""What a deployed server does now, and its log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.serve import state
from toolkit.serve.client import ServerError, asked, asked_json
from toolkit.serve.state import Server, uptime


def status_of(server: Server, show_key: bool = False, timeout_s: float = 5.0) -> dict[str, Any]:
    """As JSON. `state`: ready, starting, not answering (its process lives), ended. The load is absent when it cannot be told; a
    router's is its workers'."""
    row: dict[str, Any] = {"name": server.name, "state": "ended", "url": server.url, "model_path": server.model_path, "pid": server.pid,
                           "log": server.log, "versions": server.versions}
    if show_key and server.api_key:
        row |= {"api_key": server.api_key, "admin_api_key": server.admin_api_key}
    if not server.runs:
        return row
    row |= {"state": "ready" if server.ready else "starting", "uptime": uptime(server), "uptime_s": round(time.time() - server.started)}
    try:
        asked(server, "/readiness" if server.workers else "/ready", timeout_s=timeout_s)
        row["state"] = "ready"
    except ServerError as error:
        if server.ready and error.status != 404:
            row["state"] = "not answering"
        return row
    try:
        ranks = [rank for one in (state.parts_of(server) if server.workers else [server]) if one.runs for rank in asked_json(one, "/v1/loads", timeout_s=timeout_s)["loads"]]
        row |= {"running": sum(rank["num_running_reqs"] for rank in ranks), "waiting": sum(rank["num_waiting_reqs"] for rank in ranks),
                "tokens_per_s": round(sum(rank.get("gen_throughput") or 0 for rank in ranks), 1),
                "cache_hits": round(sum(rank.get("cache_hit_rate") or 0 for rank in ranks) / max(len(ranks), 1), 3)}
    except (ServerError, KeyError, TypeError):
        pass
    return row


def render(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from toolkit.terminal import console, say

    if not rows:
        say("no server was deployed from here. Start one: toolkit deploy sglang --model-path DIR")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("name", "state", "address", "pid", "uptime", "running", "waiting", "tokens/s", "cache hits"):
        table.add_column(column, no_wrap=column in ("name", "address"), overflow="fold")
    for row in rows:
        hits = row.get("cache_hits")
        table.add_row(row["name"], row["state"], row["url"], str(row["pid"]), row.get("uptime", "-"), *(str(row.get(key, "-")) for key in (
            "running", "waiting", "tokens_per_s")), "-" if hits is None else f"{hits:.0%}")
    console.print(table)
    for row in rows:
        say(f"{row['name']}: {row['model_path']}" + (f"    key: {row['api_key']}" if "api_key" in row else ""))


def tail(name: str | None, lines: int, follow: bool) -> Iterator[str]:
    """The last lines of a log, then with `follow` what comes, until the server ends."""
    path, server = _log(name)
    with path.open(encoding="utf-8", errors="replace") as log:
        yield from (line.rstrip("\n") for line in deque(log, maxlen=lines))
        while follow:
            line = log.readline()
            if line:
                yield line.rstrip("\n")
            elif server is None or not server.runs:
                return
            else:
                time.sleep(0.3)


def _log(name: str | None) -> tuple[Path, Server | None]:
    """A log outlives its server: the reason of a failed start is in it."""
    path = state.folder() / f"{name}.log"
    known = {server.name: server for server in state.servers()}
    if name is None and not known:
        logs = sorted(state.folder().glob("*.log"), key=lambda log: log.stat().st_mtime)
        if not logs:
            raise InputError("there is no log: no server was deployed from here.")
        return logs[-1], None
    if name is not None and name not in known and path.is_file() and state.NAME.fullmatch(name):
        return path, None
    server = state.named(name)
    return Path(server.log), server
