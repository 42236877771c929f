"""`--print`: the command, and the same as a Dockerfile, a compose service and a SLURM script. Keys are never printed."""

from __future__ import annotations

import shlex

from toolkit.errors import InputError, did_you_mean
from toolkit.serve.plan import Plan

FORMS = ("command", "dockerfile", "compose", "slurm")
IMAGE = "lmsysorg/sglang:v{version}"
INSIDE = "/model"


def printed(plan: Plan, form: str) -> str:
    if form not in FORMS:
        raise InputError(f'--print "{form}" is unknown.{did_you_mean(form, FORMS)} Known: {", ".join(FORMS)}.')
    return {"command": _command, "dockerfile": _dockerfile, "compose": _compose, "slurm": _slurm}[form](plan)


def _command(plan: Plan) -> str:
    environment = [f"{name}={shlex.quote(value)}" for name, value in plan.environment.items()]
    keys = ["--config", "KEYS.yaml"] if plan.secrets else []
    return " ".join([*environment, shlex.join(plan.command() + keys)])


def _inside(plan: Plan) -> list[str]:
    """SGLang's words in a container, where the model is mounted and every address is listened on."""
    words = []
    local = plan.model_path.startswith("/")
    for name, values in plan.flags.items():
        value = [INSIDE] if name == "model-path" and local else ["0.0.0.0"] if name == "host" else values
        if name != "weight-version":
            words += [f"--{name}", *value]
    return words


def _dockerfile(plan: Plan) -> str:
    words = ", ".join(f'"{word}"' for word in ["python3", "-m", "sglang.launch_server", *_inside(plan)])
    key = ' --api-key "$SGLANG_API_KEY"' if plan.secrets else ""
    return (f"FROM {IMAGE.format(version=plan.engine.versions['sglang'])}\n"
            f"# docker build -t {plan.name} - < Dockerfile && docker run --gpus all --ipc=host -p 127.0.0.1:{plan.port}:{plan.port} "
            f"-v {plan.model_path}:{INSIDE}:ro {plan.name}{key}\n"
            f"EXPOSE {plan.port}\nENTRYPOINT [{words}]\n")


def _compose(plan: Plan) -> str:
    import yaml

    gpus = str((plan.flags.get("tp-size") or ["1"])[0])
    service = {"image": IMAGE.format(version=plan.engine.versions["sglang"]),
               "entrypoint": ["python3", "-m", "sglang.launch_server"], "command": _inside(plan) + (["--api-key", "${SGLANG_API_KEY:?}"] if plan.secrets else []), "ipc": "host",
               "ports": [f"127.0.0.1:{plan.port}:{plan.port}"],
               "healthcheck": {"test": ["CMD", "curl", "-fsS", f"http://127.0.0.1:{plan.port}/ready"], "interval": "10s", "timeout": "5s",
                               "retries": 360}}
    if plan.model_path.startswith("/"):
        service["volumes"] = [f"{plan.model_path}:{INSIDE}:ro"]
    if "cpu" not in plan.flags.get("device", []):
        service["deploy"] = {"resources": {"reservations": {"devices": [{"driver": "nvidia", "count": int(gpus), "capabilities": ["gpu"]}]}}}
    return yaml.safe_dump({"services": {plan.name: service}}, sort_keys=False, allow_unicode=True)


def _slurm(plan: Plan) -> str:
    gpus = (plan.flags.get("tp-size") or ["1"])[0]
    lines = ["#!/bin/bash", f"#SBATCH --job-name={plan.name}", "#SBATCH --nodes=1", f"#SBATCH --gpus-per-node={gpus}",
             "#SBATCH --cpus-per-task=16", "#SBATCH --time=1-00:00:00", f"#SBATCH --output={plan.name}-%j.log", "set -euo pipefail"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in plan.environment.items()]
    key = ' --api-key "${SGLANG_API_KEY:?}"' if plan.secrets else ""
    return "\n".join([*lines, f'echo "serving on $(hostname):{plan.port}"', f"exec {shlex.join(plan.command())}{key}", ""])
