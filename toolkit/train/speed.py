"""Exact savings on devices without Triton."""

from __future__ import annotations


def score_completions_only() -> None:
    """Let TRL's fused LM head score only the positions whose label counts, on every device.

    TRL does so on Triton devices alone; elsewhere it projects every prompt position, too, and masks the result. The numbers
    are the same. What it avoids there, a recompilation whenever the count changes, does not exist in eager mode.
    """
    import torch
    from trl.trainer import utils

    if hasattr(utils, "_use_triton") and not torch.cuda.is_available():
        utils._use_triton = lambda device: True     # read in that module for this one decision
