"""What helps when CUDA graphs do not fit: fewer of them, more room beside the KV cache, then none."""

from __future__ import annotations

from toolkit.serve.plan import STATIC, Plan


def attempts(plan: Plan) -> list[dict[str, list[str]]]:
    """The flags of each further try, in order of what they cost; only those that this version of SGLang has."""
    share = float((plan.flags.get("mem-fraction-static") or [STATIC])[0])
    steps = [{"cuda-graph-max-bs": ["32"]}, {"cuda-graph-max-bs": ["32"], "mem-fraction-static": [f"{share - 0.08:.2f}"]},
             {"mem-fraction-static": [f"{share - 0.15:.2f}"], "disable-cuda-graph": []}]
    return [plan.flags | step for step in steps if all(f"--{name}" in plan.engine.flags for name in step)]
