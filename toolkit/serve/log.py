"""SGLang's log: which phase it is in, and why it ended. The cause stands 20-100 lines above the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# In the order in which they appear; lines of 0.5.18-0.5.23.
PHASES = (
    ("imports", re.compile(r"^$a")),        # from the start on; no line says so
    ("arguments", re.compile(r"server_args=|ServerArgs\(")),
    ("download", re.compile(r"Downloading|Fetching \d+ files")),
    ("process groups", re.compile(r"Init (torch distributed|parallel)")),
    ("load", re.compile(r"Load weight begin|Loading.*shards")),
    ("KV cache", re.compile(r"KV Cache is allocated|Load weight end")),
    ("graph capture", re.compile(r"Capture.*cuda graph", re.IGNORECASE)),
    ("warm-up", re.compile(r"max_total_num_tokens=|Uvicorn running|Application startup complete")),
    ("ready", re.compile(r"fired up and ready to roll")),
)
PERCENT = re.compile(r"(?:shards|files).*?(\d+)%")

Kind = Literal["memory at load", "memory at graph capture", "memory", "port", "template", "architecture", "driver", "network",
               "arguments", "files", "killed", "other"]


@dataclass(frozen=True, slots=True)
class Cause:
    kind: Kind
    what: str
    fix: str


# (what a line says, kind, the cause in a sentence, the fix)
CAUSES: tuple[tuple[re.Pattern[str], Kind, str, str], ...] = tuple((re.compile(p), k, w, f) for p, k, w, f in (
    (r"Capture (?:\w+ )?(?:cuda|CUDA) graph failed", "memory at graph capture", "The GPU ran out of memory while CUDA graphs were captured.",
     "Lower --mem-fraction-static (such as 0.75), or let --auto-tune try."),
    (r"OutOfMemoryError|CUDA out of memory", "memory", "The GPU ran out of memory.", "A larger --tp-size, a quantized model, or GPUs that nobody else uses."),
    (r"[Nn]ot enough memory.*mem.fraction.static|Raise --mem-fraction-static|increas\w* --mem-fraction-static", "memory at load",
     "No memory was left for the KV cache after the weights.", "Raise --mem-fraction-static, shorten --context-length, or a larger --tp-size."),
    (r"[Aa]ddress already in use|port .*is already in use", "port", "The port was taken meanwhile.", "Another --port, or --port auto."),
    (r"CUDA driver version is insufficient|driver.*too old", "driver", "The NVIDIA driver is older than this torch needs.", "Update the driver, or install SGLang with an older CUDA."),
    (r"libcuda\.so|No accelerator|Found no NVIDIA driver", "driver", "SGLang found no GPU.", "--device cpu for a small model, or run where an NVIDIA driver is."),
    (r"no kernel image is available", "driver", "This build of the kernels does not know the GPU.", "See toolkit doctor for the compute capability; take a newer SGLang."),
    (r"NCCL.*(error|timeout|Timeout)|ncclSystemError|ncclUnhandled|gloo.*(timed out|Connection refused)", "network", "The processes could not talk to each other.",
     "NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME name the network; NCCL_DEBUG=INFO tells more; toolkit doctor --multi-gpu tries it."),
    (r"[Pp]lease pass .*trust_remote_code", "files", "The model brings code of its own.", "--trust-remote-code, after reading it."),
    (r"Model architectures? .*not supported|are not supported for now|does not recognize this architecture|has no SGlang implementation", "architecture",
     "This version of SGLang does not know the architecture.", "A newer SGLang: toolkit deploy install sglang --version …"),
    (r"SafetensorError|Cannot find any model weights|incomplete metadata", "files", "The weights cannot be read.", "Copy or download them again."),
    (r"size of tensor a .* must match|[Ss]hape mismatch|size mismatch for", "files", "The weights do not have the shapes that config.json says.",
     "Take the config.json that belongs to them."),
    (r"No module named", "arguments", "The environment of SGLang lacks a package.", "Install it there, or make the environment anew: toolkit deploy install sglang"),
    (r"launch_server\.py: error:|sglang.*: error:", "arguments", "SGLang refuses an option.", "Correct it; toolkit deploy sglang --print command shows the whole command."),
    (r"context.length.*(greater|longer|larger) than", "arguments", "The context is longer than the model's.", "A smaller --context-length."),
))
EXCEPTION = re.compile(r"^(?:\[[^\]]*\] )?((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt)): (.+)")
NOISE = re.compile(r"Received sigquit|Ignore import error|kill_process_tree called|py-spy|nanobind|leaked (?:shared_memory|semaphore)|resource_tracker|Subprocess .* crashed|"
                   r"DeprecationWarning|FutureWarning|UserWarning")


def phase_of(line: str, now: int) -> int:
    """The phase that a line tells of; phases only go forward."""
    return next((number for number in range(len(PHASES) - 1, now, -1) if PHASES[number][1].search(line)), now)


def percent_of(line: str) -> int | None:
    found = PERCENT.search(line)
    return int(found.group(1)) if found else None


def without_noise(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.strip() and not NOISE.search(line)]


def cause_of(lines: Iterable[str], code: int | None = None) -> Cause:
    """The known cause that a line tells of, else the first exception, which is the innermost; else how the process ended."""
    lines = without_noise(lines)
    phase, first, seen = 0, None, []
    for line in lines:
        phase = phase_of(line, phase)
        if first is None and (found := EXCEPTION.match(line)):
            first = f"{found.group(1).rpartition('.')[2]}: {found.group(2)}"
        seen += [(number, phase) for number, (pattern, *_) in enumerate(CAUSES)
                 if pattern.search(line) and not line.lstrip().startswith(("File ", "#")) and not PHASES[1][1].search(line)]
    if seen:
        number, then = min(seen, key=lambda pair: pair[0])
        _, kind, what, fix = CAUSES[number]
        if kind == "memory":
            at = PHASES[then][0]
            kind = "memory at graph capture" if at == "graph capture" else "memory at load" if at in ("load", "KV cache") else kind
            if kind == "memory at graph capture":
                _, kind, what, fix = CAUSES[0]
        return Cause(kind, f"{what} {first[:300] if first else ''}".strip(), fix)
    if first:
        return Cause("other", f"SGLang ended with {first[:300]}", "The log tells more.")
    if code in (-9, 137):
        return Cause("killed", "SGLang was killed without a word, as the system does when memory runs out.",
                     "Look at dmesg; give the machine more memory, or the model less: --mem-fraction-static.")
    return Cause("other", f"SGLang ended with code {code} and no error that is known here.", "The log tells more.")
