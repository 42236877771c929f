"""Start a planned server, watch its log until it answers, and say why when it does not."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from toolkit.errors import Refused
from toolkit.serve import state
from toolkit.serve.client import ServerError, asked, asked_json, chat
from toolkit.serve.container import remove
from toolkit.serve.log import PHASES, Cause, cause_of, percent_of, phase_of, without_noise
from toolkit.serve.plan import Plan
from toolkit.serve.processes import end_group, has_orphans, start_mark
from toolkit.serve.state import Server

POLL_S = 0.5
TAIL = 12               # log lines shown with a failure
HEALTH_S = 40.0         # /health generates a token; SGLang itself gives up after 20 s
Watch = Callable[[str, float], None]
"""Told the phase (with its percentage) and the seconds since the start, again and again."""


class NotReady(Refused):
    """The server did not come up; `cause` says why."""

    def __init__(self, cause: Cause, log: Path, lines: Sequence[str]):
        self.cause, self.log, self.tail = cause, log, without_noise(lines)[-TAIL:]
        super().__init__(f"{cause.what} {cause.fix} Log: {log}")


def start(plan: Plan, words: Sequence[str] = ()) -> Server:
    """The process, in a session and group of its own, writing to its log; what is known of it is saved before anything else."""
    folder = state.made_folder()
    log = folder / f"{plan.name}.log"
    secrets_file = folder / f"{plan.name}.keys.yaml"
    if plan.secrets:
        with os.fdopen(os.open(secrets_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.writelines(f'{name}: "{value}"\n' for name, value in plan.secrets.items())
    command = plan.command(str(secrets_file))
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
                                   env=os.environ | plan.environment)
    server = Server(plan.name, plan.model_path, plan.url, process.pid, start_mark(process.pid, ended=True) or "", process.pid, plan.nonce, str(log),
                    command, plan.environment, list(words), plan.engine.versions, plan.secrets.get("api-key"),
                    plan.secrets.get("admin-api-key"), time.time(), None, plan.part_of, list(plan.workers), plan.container)
    state.save(server)
    return server


def wait_until_ready(server: Server, plan: Plan, timeout_s: float, watch: Watch) -> Server:
    """Ready is: /ready, the process lives, it is this server and this model, and a real completion came.

    Raises:
        NotReady: it ended, said no, or took longer; it has been stopped by then, and nothing of it is left.
    """
    log = Path(server.log)
    phase, shown, position, lines = 0, "", 0, []
    while True:
        position, fresh = _read_on(log, position)
        for line in fresh:
            was, phase = phase, phase_of(line, phase)
            percent = percent_of(line)
            shown = f" {percent} %" if percent is not None else "" if phase != was else shown
        lines += fresh
        elapsed = time.time() - server.started
        watch(PHASES[phase][0] + shown, elapsed)
        code = _ended(server)
        if code is not None:
            _, rest = _read_on(log, position)
            raise _failed(server, cause_of(lines + rest, code), lines + rest)
        if elapsed > timeout_s:
            raise _failed(server, Cause("other", f"Not ready after {timeout_s:.0f} s; it was at: {PHASES[phase][0]}.", "A longer --timeout."), lines)
        if _is_up(server):
            break
        time.sleep(POLL_S)
    try:
        _same(server)
        watch("first completion", time.time() - server.started)
        if plan.chat:
            chat(server)
        else:
            asked(server, "/v1/completions", {"model": server.name, "prompt": "Hello", "max_tokens": 4}, timeout_s=120)
    except ServerError as error:
        lines += _read_on(log, position)[1]
        raise _failed(server, Cause("other", f"It came up, but {error}.", "The log tells more."), lines) from error
    ready = replace(server, ready=time.time())
    state.save(ready)
    return ready


def stop(server: Server) -> bool:
    """End the server's whole group, if it is still the process that was started, or processes that outlived it; then its replicas.

    Returns:
        whether there was something to end.

    Raises:
        Refused: the system does not let go of a process.
    """
    runs = server.runs
    if runs or has_orphans(server.pgid, server.mark):
        left = end_group(server.pid, server.pgid)
        if left:
            raise Refused(f'of "{server.name}" these processes are still there: {", ".join(map(str, left))}. They hang in the driver: reset the GPU.')
    if server.container:
        remove(server.container)
    for worker in state.parts_of(server):
        stop(worker)
    state.forget(server)
    (state.folder() / f"{server.name}.keys.yaml").unlink(missing_ok=True)
    return runs


def _failed(server: Server, cause: Cause, lines: Sequence[str]) -> NotReady:
    stop(server)
    return NotReady(cause, Path(server.log), lines)


def _ended(server: Server) -> int | None:
    """The exit code when the process has ended (137 when it cannot be told), else None."""
    if server.runs:
        return None
    try:
        _, status = os.waitpid(server.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status)
    except ChildProcessError:
        return 137


def _is_up(server: Server) -> bool:
    """/ready does not generate; versions without it have /health, which does. 503 is not ready. A router is up with all its workers."""
    try:
        if server.workers:
            return len(_routed(server)) == len(server.workers)
        asked(server, "/ready", timeout_s=5)
        return True
    except ServerError as error:
        if error.status != 404:
            return False
    try:
        asked(server, "/health", timeout_s=HEALTH_S)
        return True
    except ServerError:
        return False


def _routed(server: Server) -> set[str]:
    """Addresses of the workers that a router finds healthy."""
    return {worker["url"] for worker in asked_json(server, "/workers")["workers"] if worker["is_healthy"]}


def _same(server: Server) -> None:
    """Another server on that port would answer just as well."""
    if server.workers:
        if (there := _routed(server)) != set(server.workers):
            raise ServerError(f"{server.url} is another router (its workers: {', '.join(sorted(there))})")
        return
    info = asked_json(server, "/model_info", timeout_s=30)
    if info.get("weight_version") != server.nonce:
        raise ServerError(f"{server.url} is another server (it serves {info.get('model_path')})")


def _read_on(log: Path, position: int) -> tuple[int, list[str]]:
    """Whole lines from a position on; progress bars end theirs with a carriage return."""
    with log.open("rb") as data:
        data.seek(position)
        content = data.read()
    end = max(content.rfind(b"\n"), content.rfind(b"\r")) + 1
    return position + end, content[:end].decode(errors="replace").splitlines()
