"""Phases only go forward; the cause is the error that is known, not the noise after it."""

from __future__ import annotations

import pytest

from toolkit.serve.log import PHASES, cause_of, percent_of, phase_of

STARTED = ["[2026-11-21 16:36:40] server_args={'model_path': '/m', 'trust_remote_code': False}",
           "[2026-11-21 16:36:50] Ignore import error when loading sglang.srt.models.inkling: No module named 'cutlass'",
           "[2026-11-21 16:36:58] Init torch distributed begin.", "[2026-11-21 16:36:59] Load weight begin. avail mem=20 GB",
           "Multi-thread loading shards:  50% Completed | 1/2 [00:00<?, ?it/s]"]
END = ["[2026-11-21 16:37:10] Received sigquit from a child process. It usually means the child failed."]


def test_phases_of_a_start():
    phase, names = 0, []
    for line in [*STARTED, "[…] KV Cache is allocated. #tokens: 8192", "Capture cuda graph begin.", "max_total_num_tokens=8192",
                 "The server is fired up and ready to roll!", "[…] Init torch distributed ends"]:
        phase = phase_of(line, phase)
        names.append(PHASES[phase][0])
    assert list(dict.fromkeys(names)) == ["arguments", "process groups", "load", "KV cache", "graph capture", "warm-up", "ready"]
    assert percent_of(STARTED[-1]) == 50


@pytest.mark.parametrize(("lines", "kind", "words"), [
    (["torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"], "memory at load", "--tp-size"),
    (["[…] KV Cache is allocated.", "[…] Capture cuda graph begin.", "torch.OutOfMemoryError: CUDA out of memory."], "memory at graph capture", "--auto-tune"),
    (["RuntimeError: Not enough memory. Please try to increase --mem-fraction-static."], "memory at load", "Raise --mem-fraction-static"),
    (["OSError: [Errno 98] Address already in use"], "port", "--port"),
    (["ImportError: libcuda.so.1: cannot open shared object file"], "driver", "--device cpu"),
    (["RuntimeError: NCCL error in: ProcessGroupNCCL.cpp:31, unhandled system error"], "network", "NCCL_DEBUG"),
    (["ValueError: Model architectures ['X'] are not supported for now."], "architecture", "newer SGLang"),
    (["RuntimeError: The size of tensor a (64) must match the size of tensor b (96) at non-singleton dimension 1"], "files", "config.json"),
    (["Traceback (most recent call last):", "KeyError: 'deep'", "RuntimeError: shallow"], "other", "KeyError: 'deep'"),
])
def test_causes(lines, kind, words):
    cause = cause_of([*STARTED, *lines, *END], 1)
    assert cause.kind == kind and words in f"{cause.what} {cause.fix}"


def test_a_process_killed_without_a_word():
    assert cause_of([*STARTED, *END], -9).kind == "killed"
