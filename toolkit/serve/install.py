"""SGLang in an environment of its own. With CUDA it is one package; on a CPU its pins would pull CUDA, hence the longer list."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from toolkit.errors import InputError, Refused
from toolkit.serve.engine import managed, probe
from toolkit.terminal import say

# What a CPU server of 0.5.23 imports; its own metadata asks for CUDA besides.
TORCH = "torch==2.13.0"
TORCHVISION = "torchvision==0.28.0"
CPU_PACKAGES = [
    "transformers==5.19.0", "compressed-tensors==0.18.0", "openai==2.8.0", "xgrammar==0.2.7", "sentencepiece==0.2.1",
    "triton", "aiohttp", "distro", "einops", "fastapi", "gguf", "ipython", "msgspec", "orjson", "partial-json-parser",
    "pillow", "prometheus-client", "psutil", "pybase64", "python-multipart", "pyzmq", "scipy", "setproctitle",
    "soundfile", "tiktoken", "uvicorn", "uvloop", "watchfiles", "zstandard", "requests", "dill", "jsonschema",
]
CPU_VERSION = "0.5.23"
ROUTER = "sglang-router==0.3.2"     # for --replicas


def install(engine: str, version: str, cpu: bool, folder: str | None) -> str:
    """Returns the interpreter; an environment that is complete already is left as it is.

    Raises:
        InputError: another engine, a version that has no CPU recipe, a folder with something else in it.
        Refused: pip failed.
    """
    if engine != "sglang":
        raise InputError(f'"{engine}" cannot be installed here. Known: sglang.')
    if cpu and version != CPU_VERSION:
        raise InputError(f"--cpu is known for SGLang {CPU_VERSION}, not for {version}.")
    if sys.platform != "linux":
        raise InputError("SGLang has packages for Linux only.")
    home = Path(folder).expanduser() if folder else managed() / f"sglang-{version}{'-cpu' if cpu else ''}"
    python = str(home / "bin" / "python")
    if (there := probe(python)) and there.versions["sglang"] == version:
        say(f"{home} holds SGLang {version} already.")
        return python
    if home.exists() and any(home.iterdir()) and not (home / "pyvenv.cfg").is_file():
        raise InputError(f"{home} is not empty and no environment. Name another --folder.")
    _run([sys.executable, "-m", "venv", str(home)])
    pip = [python, "-m", "pip", "install", "--quiet"]
    if cpu:
        # The index of CPU builds, where the usual one has only CUDA's.
        index = os.environ.get("TORCH_INDEX_URL")
        _run([*pip, TORCH, *(["--index-url", index] if index else [])])
        _run([*pip, "--no-deps", f"sglang=={version}", TORCHVISION])
        _run([*pip, *CPU_PACKAGES, ROUTER])
    else:
        _run([*pip, "--pre", f"sglang=={version}", ROUTER])
    if probe(python) is None:
        raise Refused(f"pip has ended well, but {python} holds no SGLang.")
    return python


def _run(command: list[str]) -> None:
    say(" ".join(command))
    code = subprocess.run(command, check=False).returncode
    if code:
        raise Refused(f"that command ended with code {code}; its own words are above.")
