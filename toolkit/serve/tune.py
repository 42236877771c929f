"""What helps when CUDA graphs do not fit: fewer of them, more room beside the KV cache, then none."""

from __future__ import annotations

from toolkit.serve.plan import STATIC, Plan

BATCH = ("cuda-graph-max-bs", "cuda-graph-max-bs-decode")       # until 0.5.18 or so, and since


def attempts(plan: Plan) -> list[dict[str, list[str]]]:
    """The flags that each further try adds, in order of what they cost; only those that this version of SGLang has."""
    share = float((plan.flags.get("mem-fraction-static") or [STATIC])[0])
    fewer = next(({name: ["32"]} for name in BATCH if f"--{name}" in plan.engine.flags), {})
    steps = [fewer, fewer | {"mem-fraction-static": [f"{share - 0.08:.2f}"]},
             {"mem-fraction-static": [f"{share - 0.15:.2f}"], "disable-cuda-graph": []}]
    return [step for step in steps if step]
