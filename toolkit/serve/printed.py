"""`--print`: the commands, and the same as a Dockerfile, a compose service and a SLURM script. Keys are never printed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from toolkit.errors import InputError, did_you_mean
from toolkit.serve.container import CACHE, MODEL, inside
from toolkit.serve.plan import LAUNCH, Plan

FORMS = ("command", "dockerfile", "compose", "slurm")
IMAGE = "lmsysorg/sglang:v{version}"
ROUTER = ("-m", "sglang_router.launch_router")      # the images of SGLang have it


def printed(plans: Sequence[Plan], form: str) -> str:
    """Of the workers and their router last, or of one plan."""
    if form not in FORMS:
        raise InputError(f'--print "{form}" is unknown.{did_you_mean(form, FORMS)} Known: {", ".join(FORMS)}.')
    return {"command": _commands, "dockerfile": _dockerfile, "compose": _compose, "slurm": _slurm}[form](plans)


def _commands(plans: Sequence[Plan]) -> str:
    return "\n".join(" ".join([*(f"{name}={shlex.quote(value)}" for name, value in plan.environment.items()),
                               shlex.join(plan.command("KEYS.yaml"))]) for plan in plans)


def _inside(plan: Plan) -> list[str]:
    return ["python3", *(ROUTER if plan.workers else LAUNCH)]


def _words(plan: Plan) -> list[str]:
    """Without the nonce, by which `deploy` knows its own servers; a router finds the workers by the names of their services."""
    flags = {name: values for name, values in plan.flags.items() if name != "weight-version"}
    if plan.workers:
        flags["worker-urls"] = [url.replace("127.0.0.1", f"{plan.name}-{number}") for number, url in enumerate(plan.workers, 1)]
    return inside(replace(plan, flags=flags))


def _image(plan: Plan) -> str:
    return plan.image or IMAGE.format(version=plan.engine.versions["sglang"])


def _volume(plan: Plan, hub: str) -> str:
    return f"{plan.model_path}:{MODEL}:ro" if plan.model_path.startswith("/") else f"{hub}:{CACHE}"


def _dockerfile(plans: Sequence[Plan]) -> str:
    """Of one server; several of them and a router are several containers, hence compose."""
    import json

    plan = plans[0]
    key = ' --api-key "$SGLANG_API_KEY"' if plan.secrets else ""
    volume = _volume(plan, "$HOME/.cache/huggingface")
    return (f"FROM {_image(plan)}\n"
            f"# docker build -t {plan.name} - < Dockerfile && docker run --gpus all --ipc=host -p 127.0.0.1:{plan.port}:{plan.port} "
            f"-v {volume} {plan.name}{key}\n"
            f"EXPOSE {plan.port}\nENTRYPOINT {json.dumps([*_inside(plan), *_words(plan)])}\n")


def _compose(plans: Sequence[Plan]) -> str:
    import yaml

    services = {plan.name: _service(plan) for plan in plans}
    if len(plans) > 1:
        services[plans[-1].name]["depends_on"] = {plan.name: {"condition": "service_healthy"} for plan in plans[:-1]}
    return yaml.safe_dump({"services": services}, sort_keys=False, allow_unicode=True)


def _service(plan: Plan) -> dict[str, Any]:
    key = ["--api-key", "${SGLANG_API_KEY:?}"] if plan.secrets else []
    path = "readiness" if plan.workers else "ready"
    service: dict[str, Any] = {"image": _image(plan), "entrypoint": _inside(plan), "command": _words(plan) + key, "ipc": "host"}
    if not plan.part_of:
        service["ports"] = [f"127.0.0.1:{plan.port}:{plan.port}"]
    service["healthcheck"] = {"test": ["CMD", "curl", "-fsS", f"http://127.0.0.1:{plan.port}/{path}"], "interval": "10s", "timeout": "5s",
                              "retries": 360}
    if plan.workers:
        return service
    service["volumes"] = [_volume(plan, "~/.cache/huggingface")]
    if plan.gpus:
        chosen = plan.environment.get("CUDA_VISIBLE_DEVICES")
        which = {"device_ids": chosen.split(",")} if chosen else {"count": plan.gpus}
        service["deploy"] = {"resources": {"reservations": {"devices": [{"driver": "nvidia", **which, "capabilities": ["gpu"]}]}}}
    return service


def _slurm(plans: Sequence[Plan]) -> str:
    front, gpus = plans[-1], sum(plan.gpus for plan in plans)
    lines = ["#!/bin/bash", f"#SBATCH --job-name={front.name}", "#SBATCH --nodes=1", *([f"#SBATCH --gpus-per-node={gpus}"] if gpus else []),
             "#SBATCH --cpus-per-task=16", "#SBATCH --time=1-00:00:00", f"#SBATCH --output={front.name}-%j.log", "set -euo pipefail"]
    key = ' --api-key "${SGLANG_API_KEY:?}"' if front.secrets else ""
    for number, plan in enumerate(plans, 1):
        environment = shlex.join(["env", *(f"{name}={value}" for name, value in plan.environment.items())])
        command = f"{environment} {shlex.join(plan.command())}{key}"
        if plan is front:
            lines += [f"until curl -fsS -o /dev/null {url}/ready; do kill -0 $worker{number}; sleep 5; done"     # -e: a dead one ends the job
                      for number, url in enumerate(plan.workers, 1)]
            lines += [f'echo "serving on $(hostname):{plan.port}"', f"exec {command}", ""]
        else:
            lines.append(f"{command} &\nworker{number}=$!")
    return "\n".join(lines)
