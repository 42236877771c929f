"""`toolkit doctor`: what this machine has for training and serving; each line ok, warn or fail, with the fix.

Without `deep` nothing heavy is imported and nobody is asked who could take long; with it torch is loaded, AWS, the hub and
the deployed servers are asked to generate.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

GB = 10**9
SOME_DISK, LITTLE_DISK = 100 * GB, 10 * GB      # a 14B checkpoint with its optimiser state is about 100 GB
REACH_S = 1.0
REDUCE_S = 5.0
HUB = "https://huggingface.co"
MIRRORS = ("https://hf-mirror.com", "https://modelscope.cn")
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
        multi_gpu: reduce over all GPUs with NCCL for 5 s; over gloo, shortly, where there is none.
    """
    checks: list[Callable[[], Iterator[Finding]]] = [_python, _packages, _gpus, _disk, _aws, _hub, _trackers, _servers]
    if deep:
        checks += [_torch, asked_of_aws, _servers_asked]
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
    if nccl := _version("nvidia-nccl-cu13") or _version("nvidia-nccl-cu12"):
        yield Finding("NCCL", "ok", f"{nccl}; --multi-gpu tries it")


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
    endpoint = os.environ.get("HF_ENDPOINT") or HUB
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        yield Finding("hub", "ok", "HF_HUB_OFFLINE is set: only what is in the cache")
        return
    token = "with a token" if os.environ.get("HF_TOKEN") or (Path.home() / ".cache/huggingface/token").is_file() else "no token"
    there, *mirrors = _reached([endpoint, *MIRRORS])
    proxy = getproxies().get(urlsplit(endpoint).scheme)
    way = f" through the proxy {urlsplit(proxy).hostname}" if proxy else ""
    if there:
        yield Finding("hub", "ok", f"{endpoint} answers{way}, {token}")
        return
    others = [url for url, answers in zip(MIRRORS, mirrors, strict=True) if answers]
    yield Finding("hub", "warn", f"{endpoint} cannot be reached{way}",
                  (f"{' and '.join(others)} can. " if others else "") + "Set HF_ENDPOINT to a mirror (such as https://hf-mirror.com), take "
                  "modelscope:// names, set HTTPS_PROXY, or HF_HUB_OFFLINE=1 with models in folders.")


def _reached(urls: Sequence[str]) -> list[bool]:
    """Whether a connection to each, or to the proxy before it, comes about; all at once, in threads that are left behind: a name
    server that does not answer would hold up everything else."""
    proxies = getproxies()
    reached = [False] * len(urls)

    def connect(number: int, url: str) -> None:
        parts = urlsplit(url)
        if (proxy := proxies.get(parts.scheme)) and not proxy_bypass(parts.hostname or ""):
            parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        with suppress(OSError, ValueError):
            socket.create_connection((parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)), timeout=REACH_S).close()
            reached[number] = True

    threads = [threading.Thread(target=connect, args=pair, daemon=True) for pair in enumerate(urls)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + REACH_S
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return list(reached)


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
    from toolkit.serve.status import status_of

    known = servers()
    for server in known:
        if server.runs:
            row = status_of(server, timeout_s=REACH_S)
            well = row["state"] != "not answering"
            yield Finding(f"server {server.name}", "ok" if well else "warn", f"{server.url}, pid {server.pid}, {row['state']}",
                          "" if well else f"toolkit deploy logs {server.name}, then: toolkit deploy restart {server.name}")
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


def asked_of_aws() -> Iterator[Finding]:
    """The identity, and whether Bedrock lists its models; nothing without credentials. Seconds."""
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


def _all_reduce() -> Iterator[Finding]:
    """In a process of its own: NCCL that hangs can only be ended from outside."""
    from toolkit.serve.gpus import gpus

    seconds = REDUCE_S if gpus() else 0.5
    try:
        done = subprocess.run([sys.executable, "-m", "toolkit.train.all_reduce", str(seconds)], capture_output=True, text=True, timeout=60,
                              check=False)
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
    except subprocess.TimeoutExpired:
        done, said = None, "no end after 60 s"
    if done is None or done.returncode:
        yield Finding("all-reduce", "fail", said, "Try NCCL_P2P_DISABLE=1; NCCL_DEBUG=INFO tells more.")
        return
    result = json.loads(done.stdout.splitlines()[-1])
    text = f"{result['backend']} over {result['processes']} {{}}, {result['rounds']} times 64 MiB, {result['gb_per_s']} GB/s"
    if result["backend"] == "gloo":
        yield Finding("all-reduce", "warn", text.format("processes on the CPU"), "There is no GPU that torch can use: NCCL was not tried.")
    elif result["processes"] == 1:
        yield Finding("all-reduce", "warn", text.format("GPU"), "One GPU has nobody to reduce with.")
    else:
        yield Finding("all-reduce", "ok", text.format("GPUs"))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
