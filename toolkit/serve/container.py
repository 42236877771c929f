"""`deploy sglang --docker`: the same server in a container, whose model is mounted and whose port is published on one address."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.serve.engine import Engine

if TYPE_CHECKING:
    from toolkit.serve.plan import Plan

IMAGE = "lmsysorg/sglang:v0.5.23"
MODEL, KEYS, CACHE = "/model", "/run/keys.yaml", "/root/.cache/huggingface"     # inside


def engine_in(image: str) -> Engine:
    """The engine of an image: its version is the tag's, and what it understands is only known inside.

    Raises:
        InputError: no docker, or one that does not answer.
    """
    if not shutil.which("docker"):
        raise InputError("--docker: there is no docker here. Install it, or leave --docker out and name an interpreter with --python.")
    try:
        done = subprocess.run(["docker", "info", "--format", "{{.ServerVersion}}"], capture_output=True, text=True, timeout=20, check=False)
        said = done.stderr.strip().splitlines()
    except subprocess.TimeoutExpired:
        done, said = None, ["no answer after 20 s"]
    if done is None or done.returncode:
        raise InputError(f"--docker: the Docker engine does not answer ({said[-1] if said else 'without a word'}). "
                         "Start it, or join the group docker.")
    return Engine("docker", Path(), {"sglang": image.rpartition(":")[2].removeprefix("v")})


def inside(plan: Plan) -> list[str]:
    """SGLang's words in a container, where the model is mounted and every address is listened on."""
    words = []
    for name, values in plan.flags.items():
        value = [MODEL] if name == "model-path" and plan.model_path.startswith("/") else ["0.0.0.0"] if name == "host" else values
        words += [f"--{name}", *value]
    return words


def run_command(plan: Plan, secrets_file: str | None = None) -> list[str]:
    """`docker run` in the foreground: it hands on TERM and ends with the server."""
    words = ["docker", "run", "--rm", "--init", "--name", plan.container, "--ipc=host", "-p", f"{plan.host}:{plan.port}:{plan.port}"]
    if plan.gpus:
        chosen = plan.environment.get("CUDA_VISIBLE_DEVICES")
        words += ["--gpus", f'"device={chosen}"' if chosen else "all"]
    if plan.model_path.startswith("/"):
        words += ["-v", f"{plan.model_path}:{MODEL}:ro", "-e", "HF_HUB_OFFLINE=1"]
    else:
        home = os.environ.get("HF_HOME") or str(Path.home() / ".cache" / "huggingface")
        words += ["-v", f"{home}:{CACHE}", "-e", "HF_TOKEN", "-e", "HF_ENDPOINT"]       # handed on where they are set
    if "cpu" in plan.flags.get("device", []):
        words += ["-e", "SGLANG_USE_CPU_ENGINE=1"]
    keys = secrets_file and plan.secrets
    words += ["-v", f"{secrets_file}:{KEYS}:ro"] if keys else []
    return [*words, "-e", "PYTHONUNBUFFERED=1", plan.image, "python3", *plan.program, *inside(plan), *(["--config", KEYS] if keys else [])]


def remove(container: str) -> None:
    """A killed `docker run` leaves its container running; one that has ended is gone by --rm."""
    if shutil.which("docker"):
        subprocess.run(["docker", "rm", "--force", container], capture_output=True, timeout=60, check=False)
