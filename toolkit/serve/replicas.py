"""N copies of a server on GPUs of their own, and SGLang's router in front: one address.

The router (`sglang-router`) sends a request to the worker that has most of its prompt in its cache, and again to another when a
worker is lost. It knows chat, completions and /generate; what changes weights or adapters goes to each worker, whose address
`toolkit deploy status` shows.
"""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from toolkit.errors import InputError
from toolkit.serve.engine import Engine
from toolkit.serve.gpus import gpus
from toolkit.serve.plan import Plan, worker_name
from toolkit.serve.ports import free_port

PACKAGE = "sglang-router"
ROUTE = Path(__file__).parent / "router" / "route.py"
LOOPBACK = "127.0.0.1"
# A request is tried 5 times; a worker that is lost counts as such only after 10 failures by default, so that the first requests after
# its loss would fail.
LOST = {"cb-failure-threshold": ["2"], "health-failure-threshold": ["2"], "health-check-interval-secs": ["10"]}
METRICS_PORT = 29000        # the router's own default; it ends when that is taken


def replicated(plan: Plan, count: int) -> list[Plan]:
    """The workers, then the router, which has the name and the address of the plan; for one replica the plan alone.

    Raises:
        InputError: no interpreter with sglang-router.
    """
    if count == 1:
        return [plan]
    python = _router_python(plan.engine)
    visible = [str(gpu.index) for gpu in gpus()]
    workers, port = [], plan.port
    for number in range(count):
        port = free_port(LOOPBACK, port + 1)
        nonce = f"{plan.nonce}-{number + 1}"
        own = {"CUDA_VISIBLE_DEVICES": ",".join(visible[number * plan.gpus:(number + 1) * plan.gpus])} if plan.gpus else {}
        at = {"host": [LOOPBACK], "port": [str(port)], "weight-version": [nonce]}
        workers.append(replace(plan, name=worker_name(plan.name, number), host=LOOPBACK, port=port, nonce=nonce, part_of=plan.name,
                               flags=plan.flags | at, environment=plan.environment | own))
    urls = tuple(worker.url for worker in workers)
    flags = {"worker-urls": list(urls), "host": [plan.host], "port": [str(plan.port)], "policy": ["cache_aware"],
             "prometheus-host": [LOOPBACK], "prometheus-port": [str(free_port(LOOPBACK, METRICS_PORT))], "log-level": ["warn"]} | LOST
    router = replace(plan, nonce=secrets.token_hex(6), engine=replace(plan.engine, python=python), flags=flags, image="", gpus=0,
                     program=("-P", str(ROUTE)), workers=urls)
    return [*workers, router]


def _router_python(engine: Engine) -> str:
    """This interpreter, else SGLang's, where the router imports all of SGLang first (20 s on a CPU)."""
    if find_spec(PACKAGE.replace("-", "_")):
        return sys.executable
    if PACKAGE in engine.versions:
        return engine.python
    where = sys.executable if engine.python == "docker" else engine.python
    raise InputError(f"--replicas needs {PACKAGE}, which is not installed. {where} -m pip install {PACKAGE}")
