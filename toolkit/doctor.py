"""`toolkit doctor`: what this machine has for training and serving; each line ok, warn or fail, with the fix.

Without `deep` nothing heavy is imported and nobody is asked who could take long; with it torch is loaded, AWS, the hub and
the deployed servers are asked, and on several GPUs NCCL reduces once.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

GB = 10**9
SOME_DISK, LITTLE_DISK = 100 * GB, 10 * GB      # a 14B checkpoint with its optimiser state is about 100 GB
REACH_S = 1.0
TRACKERS = {"wandb": ("WANDB_API_KEY", ".netrc"), "swanlab": ("SWANLAB_API_KEY", ".swanlab/.netrc")}


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` is empty where all is well."""

    name: str
    status: Literal["ok", "warn", "fail"]
    found: str
    fix: str = ""


def doctor(deep: bool = False, multi_gpu: bool = False) -> list[Finding]:
    """All findings, quick ones first.

    Args:
        deep: import torch, ask AWS, the hub and deployed servers.
        multi_gpu: reduce over all GPUs with NCCL, 5 s and its start at most (30 s).
    """
    checks: list[Callable[[], Iterator[Finding]]] = [_python, _packages, _gpus, _disk, _aws, _hub, _trackers, _servers]
    if deep:
        checks += [_torch, _aws_asked, _servers_asked]
    if multi_gpu:
        checks.append(_all_reduce)
    return [finding for check in checks for finding in check()]


def to_json(findings: list[Finding]) -> dict[str, Any]:
    return {"ok": not any(f.status == "fail" for f in findings), "findings": [asdict(f) for f in findings]}


def render(findings: list[Finding]) -> None:
    """A line each, to stderr, as everything for a person."""
    from rich.table import Table
    from rich.text import Text

    from toolkit.terminal import console

    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        colour = {"ok": "green", "warn": "yellow", "fail": "red"}[finding.status]
        text = finding.found + (f"\n→ {finding.fix}" if finding.fix else "")
        table.add_row(Text(finding.status, colour), Text(finding.name), Text(text))
    console.print(table)


def _python() -> Iterator[Finding]:
    yield Finding("Python", "ok", f"{platform.python_version()} ({sys.executable}), {platform.system()} {platform.machine()}")


def _packages() -> Iterator[Finding]:
    """What this package asks for, with its `train` extra, against what is installed; then vLLM by what TRL declares."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in requires("toolkit") or ()]
    core = [r for r in wanted if not r.marker or r.marker.evaluate({"extra": ""})]
    train = [r for r in wanted if r not in core and r.marker and r.marker.evaluate({"extra": "train"})]
    for name, requirements, status, fix in (
            ("packages", core, "fail", "pip install -e ."), ("training packages", train, "warn", "pip install -e '.[train]'")):
        missing, wrong, right = [], [], []
        for requirement in requirements:
            has = _version(requirement.name)
            if has is None:
                missing.append(requirement.name)
            elif not requirement.specifier.contains(has, prereleases=True):
                wrong.append(f"{requirement.name} {has} (wanted {requirement.specifier})")
            else:
                right.append(f"{requirement.name} {has}")
        if wrong:
            yield Finding(name, "fail", "; ".join(wrong), f"{fix} -c constraints.txt")
        elif missing:
            yield Finding(name, status, f"missing: {', '.join(missing)}", f"{fix} -c constraints.txt")
        else:
            yield Finding(name, "ok", ", ".join(right))
    yield from _vllm()


def _vllm() -> Iterator[Finding]:
    has = _version("vllm")
    if has is None or _version("trl") is None:
        return
    from packaging.requirements import Requirement

    declared = [r for r in map(Requirement, requires("trl") or ()) if r.name == "vllm"]
    outside = [r for r in declared if not r.specifier.contains(has, prereleases=True)]
    if outside:
        yield Finding("vLLM", "fail", f"{has}; TRL {_version('trl')} takes {outside[0].specifier}", "pip install 'trl[vllm]'")
    else:
        yield Finding("vLLM", "ok", has)


def _gpus() -> Iterator[Finding]:
    from toolkit.serve.gpus import gpus, holders

    found = gpus()
    for gpu in found:
        busy = gpu.free_bytes < 0.5 * gpu.total_bytes
        text = (f"{gpu.name}, {gpu.free_bytes / GB:.0f} of {gpu.total_bytes / GB:.0f} GB free, driver {gpu.driver}, "
                f"compute capability {gpu.compute}")
        fix = f"Held by: {'; '.join(holders()) or 'processes of others'}." if busy else ""
        yield Finding(f"GPU {gpu.index}", "warn" if busy else "ok", text, fix)
    if not found:
        if platform.system() == "Darwin" and platform.machine() == "arm64":
            yield Finding("GPU", "ok", "Apple GPU (MPS); small models train on it")
        else:
            why = "nvidia-smi is there but shows none" if shutil.which("nvidia-smi") else "no nvidia-smi"
            yield Finding("GPU", "warn", f"none ({why})", "Small models train on the CPU; for others run where an NVIDIA driver is.")
    if platform.system() == "Linux" and _version("nvidia-nccl-cu13"):
        yield Finding("NCCL", "ok", f"{_version('nvidia-nccl-cu13')}; --multi-gpu tries it")


def _disk() -> Iterator[Finding]:
    cache = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    shm = Path("/dev/shm")
    for name, path in (("disk here", Path.cwd()), ("disk of the model cache", cache)):
        there = next(p for p in (path, *path.parents) if p.exists())
        free = shutil.disk_usage(there).free
        text = f"{free / GB:.0f} GB free ({path})"
        if free < LITTLE_DISK:
            yield Finding(name, "fail", text, "Free some: checkpoints of a large model need more than 10 GB.")
        elif free < SOME_DISK:
            yield Finding(name, "warn", text, "Enough for small models; a 14B checkpoint with optimiser state takes about 100 GB.")
        else:
            yield Finding(name, "ok", text)
    if shm.is_dir():
        free = shutil.disk_usage(shm).free
        left = len(list(shm.glob("sglang_loads_*")))
        note = f", {left} small leftovers of killed SGLang servers" if left else ""
        little = free < GB
        yield Finding("shared memory", "warn" if little else "ok", f"{free / GB:.1f} GB free in /dev/shm{note}",
                      "NCCL and data loaders want 1 GB; in a container: --shm-size 16g." if little else "")


def _aws() -> Iterator[Finding]:
    """Where credentials could come from; nobody is asked."""
    home = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    source = next((name for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE") if os.environ.get(name)),
                  str(home) if home.is_file() else None)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if source:
        yield Finding("AWS", "ok", f"credentials by {source}, region {region or 'as configured'}; --deep asks for them")
    else:
        yield Finding("AWS", "warn", "no credentials", "Only for --engine bedrock: set AWS_PROFILE, or AWS_BEARER_TOKEN_BEDROCK.")


def _hub() -> Iterator[Finding]:
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        yield Finding("hub", "ok", "HF_HUB_OFFLINE is set: only what is in the cache")
        return
    parts = urlsplit(endpoint)
    token = "with a token" if os.environ.get("HF_TOKEN") or (Path.home() / ".cache/huggingface/token").is_file() else "no token"
    if parts.hostname and _reached(parts.hostname, parts.port or 443):
        yield Finding("hub", "ok", f"{endpoint} answers, {token}")
    else:
        yield Finding("hub", "warn", f"{endpoint} cannot be reached",
                      "Set HF_ENDPOINT to a mirror, or HTTPS_PROXY, or HF_HUB_OFFLINE=1 with models in folders.")


def _reached(host: str, port: int) -> bool:
    """In a thread: a name server that does not answer would hold up everything else."""
    import threading

    reached = []

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=REACH_S).close()
            reached.append(True)
        except OSError:
            return

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(REACH_S)
    return bool(reached)


def _trackers() -> Iterator[Finding]:
    for package, (variable, file) in TRACKERS.items():
        if has := _version(package):
            key = bool(os.environ.get(variable)) or (Path.home() / file).is_file()
            yield Finding(package, "ok" if key else "warn", f"{has}, {'with a key' if key else 'no key'}",
                          "" if key else f"Set {variable}, or use report_to: tensorboard.")
    if has := _version("tensorboard"):
        yield Finding("tensorboard", "ok", has)


def _servers() -> Iterator[Finding]:
    from toolkit.serve.ports import holder, is_free
    from toolkit.serve.state import servers

    known = servers()
    for server in known:
        if server.runs:
            yield Finding(f"server {server.name}", "ok", f"{server.url}, pid {server.pid}")
        else:
            yield Finding(f"server {server.name}", "warn", "has ended by itself", f"toolkit deploy logs {server.name}")
    for port, what in ((30000, "SGLang"), (6006, "TensorBoard")):
        if not is_free("127.0.0.1", port) and not any(s.url.endswith(f":{port}") for s in known):
            yield Finding(f"port {port}", "warn", f"taken by {holder(port) or 'another user'}", f"The usual port of {what}: give another --port.")


def _torch() -> Iterator[Finding]:
    try:
        import torch
    except ImportError as error:
        yield Finding("torch", "fail", f"does not load: {error}", "pip install -e '.[train]' -c constraints.txt")
        return
    if torch.cuda.is_available():
        yield Finding("torch", "ok", f"{torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.device_count()} GPUs, "
                                     f"NCCL {'.'.join(map(str, torch.cuda.nccl.version()))}")
    elif torch.backends.mps.is_available():
        yield Finding("torch", "ok", f"{torch.__version__}, MPS")
    else:
        from toolkit.serve.gpus import gpus

        seen = bool(gpus())
        yield Finding("torch", "fail" if seen else "ok", f"{torch.__version__}, CPU only",
                      "There are GPUs, but this torch cannot use them: install a CUDA build, or a newer driver." if seen else "")


def _aws_asked() -> Iterator[Finding]:
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    session = botocore.session.get_session()
    quick = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1})
    region = os.environ.get("AWS_REGION") or session.get_config_variable("region") or "us-east-1"
    session.set_config_variable("metadata_service_num_attempts", 1)
    try:
        if session.get_credentials() is None:
            return
        who = session.create_client("sts", region_name=region, config=quick).get_caller_identity()["Arn"]
        yield Finding("AWS identity", "ok", who)
    except (BotoCoreError, ClientError) as error:
        yield Finding("AWS identity", "fail", str(error), "Check the credentials: aws sts get-caller-identity")
        return
    try:
        models = session.create_client("bedrock", region_name=region, config=quick).list_foundation_models()["modelSummaries"]
        yield Finding("Bedrock", "ok", f"{len(models)} models in {region}")
    except (BotoCoreError, ClientError) as error:
        yield Finding("Bedrock", "fail", str(error), "The role needs bedrock:ListFoundationModels and bedrock:InvokeModel in that region.")


def _servers_asked() -> Iterator[Finding]:
    from toolkit.serve.client import ServerError, asked
    from toolkit.serve.state import servers

    for server in servers():
        if server.runs:
            try:
                asked(server, "/health", timeout_s=30)
                yield Finding(f"health of {server.name}", "ok", "generates")
            except ServerError as error:
                yield Finding(f"health of {server.name}", "fail", str(error), f"toolkit deploy logs {server.name}")


REDUCE = """
import datetime, os, torch, torch.distributed as dist, torch.multiprocessing as mp
def work(rank, count):
    dist.init_process_group("nccl", f"tcp://127.0.0.1:{os.environ['PORT']}", rank=rank, world_size=count,
                            timeout=datetime.timedelta(seconds=5))
    torch.cuda.set_device(rank)
    x = torch.full((2**24,), rank + 1.0, device="cuda")
    dist.all_reduce(x)
    assert x[0].item() == count * (count + 1) / 2, x[0]
    dist.destroy_process_group()
if __name__ == "__main__":
    mp.spawn(work, (torch.cuda.device_count(),), torch.cuda.device_count())
    print(torch.cuda.device_count())
"""


def _all_reduce() -> Iterator[Finding]:
    from tempfile import TemporaryDirectory

    from toolkit.serve.gpus import gpus
    from toolkit.serve.ports import free_port

    if not gpus():
        yield Finding("all-reduce", "warn", "no GPU to try it on")
        return
    with TemporaryDirectory() as folder:        # spawned workers import the file: it cannot be given with -c
        script = Path(folder) / "reduce.py"
        script.write_text(REDUCE, encoding="utf-8")
        environment = {**os.environ, "PORT": str(free_port("127.0.0.1", 29500))}
        try:
            done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=30, check=False)
            right, said = done.returncode == 0, (done.stderr.strip().splitlines() or ["no word"])[-1]
        except subprocess.TimeoutExpired:
            right, said = False, "no end after 30 s"
    if right:
        yield Finding("all-reduce", "ok", f"NCCL over {done.stdout.strip()} GPUs, 64 MiB each")
    else:
        yield Finding("all-reduce", "fail", said, "Try NCCL_P2P_DISABLE=1; NCCL_DEBUG=INFO tells more.")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
