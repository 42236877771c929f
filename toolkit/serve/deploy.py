"""Start a plan, or its replicas and their router, with the phases shown; a start that fails or is stopped leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from toolkit.serve import state
from toolkit.serve.launch import NotReady, Watch, start, stop, wait_until_ready
from toolkit.serve.plan import Options, Plan
from toolkit.serve.processes import on_signals
from toolkit.serve.replicas import replicated
from toolkit.serve.state import Server
from toolkit.serve.tune import attempts
from toolkit.terminal import console, say


def deploy(plan: Plan, options: Options, timeout_s: float, keep: bool = False, auto_tune: bool = False) -> Server:
    """Returns the server, or the router of its replicas, when it has answered a real request.

    Args:
        options: what the plan was made from, for a restart.
        keep: Ctrl-C leaves what has been started.
        auto_tune: when memory runs out at graph capture, try again with the flags that help.

    Raises:
        NotReady: the cause, and nothing is left of it.
        InputError: no router for the replicas.
    """
    for note in plan.notes:
        say(note)
    words = [json.dumps(asdict(options) | {"name": plan.name}, ensure_ascii=False)]
    changes = [{}, *(attempts(plan) if auto_tune else [])]
    for number, change in enumerate(changes):
        try:
            server = _brought_up(replicated(replace(plan, flags=plan.flags | change), options.replicas), words, timeout_s, keep)
            break
        except NotReady as failure:
            for line in failure.tail:
                say(f"  | {line[:300]}")
            if failure.cause.kind != "memory at graph capture" or number + 1 == len(changes):
                raise
            added = [word for name, values in changes[number + 1].items() for word in (f"--{name}", *values)]
            say(f"{failure.cause.what} Trying with {' '.join(added)}")
    say(f"ready: {server.url}/v1 serves {server.name}")
    say(f"next: toolkit gen-data --engine sglang --base-url {server.name} …    toolkit deploy status | logs | stop {server.name}")
    return server


def _brought_up(plans: Sequence[Plan], words: Sequence[str], timeout_s: float, keep: bool) -> Server:
    """The last of the plans is the one that answers for all; it starts when the others are ready."""
    *workers, front = plans
    try:
        with on_signals(_interrupt), _phases() as watch:
            waiting = [(_started(plan, words), plan) for plan in workers]
            while waiting:
                server, plan = waiting.pop(0)
                wait_until_ready(server, plan, timeout_s, _watching(server, waiting, timeout_s, watch))
            return wait_until_ready(_started(front, words), front, timeout_s, watch)
    except BaseException as error:
        if keep and isinstance(error, KeyboardInterrupt):
            raise
        with on_signals(lambda number, frame: None):        # a second Ctrl-C would leave a part of it running
            ours = {plan.nonce for plan in plans}
            for server in state.servers():
                if server.nonce in ours:
                    stop(server)
        if isinstance(error, KeyboardInterrupt):
            say(f"stopped {front.name}")
        raise


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _started(plan: Plan, words: Sequence[str]) -> Server:
    """A signal waits until what was started is written down, so that it can be ended."""
    came: list[int] = []
    with on_signals(lambda number, frame: came.append(number)):
        server = start(plan, words)
    if came:
        raise KeyboardInterrupt
    what = f"the router of {len(plan.workers)}" if plan.workers else f"SGLang {plan.engine.versions['sglang']} with {plan.model_path}"
    say(f"starting {plan.name}: {what}, pid {server.pid}, log {server.log}")
    return server


def _watching(server: Server, others: Sequence[tuple[Server, Plan]], timeout_s: float, watch: Watch) -> Watch:
    """Tells the phases with the worker's name, and ends the wait when another worker has died meanwhile."""
    def told(phase: str, elapsed_s: float) -> None:
        watch(f"{server.name}: {phase}", elapsed_s)
        for other, plan in others:
            if not other.runs:
                wait_until_ready(other, plan, timeout_s, watch)

    return told


@contextmanager
def _phases() -> Iterator[Callable[[str, float], None]]:
    last = ""
    with console.status("starting") as spinner:
        def watch(phase: str, elapsed_s: float) -> None:
            nonlocal last
            spinner.update(f"{phase}, {elapsed_s:.0f} s")
            name = phase.rpartition(" ")[0] if phase.endswith("%") else phase
            name = name.removesuffix("%").rstrip(" 0123456789")
            if name != last:
                last = name
                console.print(f"  {elapsed_s:5.0f} s  {name}", markup=False)

        yield watch
