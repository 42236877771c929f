"""Exact savings: the same numbers and gradients, up to floating point, for less computing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

SCORED_TOKENS = 128     # whose logits over a small vocabulary fit in a processor's second-level cache
KEPT_BYTES = 1 << 30    # freed blocks up to this size stay with the process
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3       # malloc.h of the GNU C library


def keep_freed_memory() -> None:
    """Let the GNU C library keep large freed blocks for the next tensors of their size.

    By default it gives them back to the kernel, which hands them out again page by page, zeroed: on a CPU that is a tenth to
    a quarter of a training step. Other C libraries are left alone.
    """
    import ctypes
    import sys

    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        # older versions take no threshold above 32 MiB
        mallopt(_M_MMAP_THRESHOLD, KEPT_BYTES) or mallopt(_M_MMAP_THRESHOLD, 1 << 25)
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_M_TOP_PAD, KEPT_BYTES // 16)


def score_completions_only() -> None:
    """Let TRL's fused LM head score only the positions whose label counts, on every device.

    TRL does so on Triton devices alone; elsewhere it projects every prompt position, too, and masks the result. The numbers
    are the same. What it avoids there, a recompilation whenever the count changes, does not exist in eager mode. On a CPU the
    logits are made in pieces that stay in its cache.
    """
    import torch
    from trl.trainer import utils

    if hasattr(utils, "_use_triton") and not torch.cuda.is_available():     # TRL 1.16; before it, without Triton, there is no such head
        from trl.kernels import chunked_logprob

        utils._use_triton = lambda device: True     # read in that module for this one decision
        chunked_logprob.TOKEN_CHUNK_SIZE = SCORED_TOKENS


def right_padding_unmasked(trainer_class: type) -> type:
    """An SFTTrainer that passes no attention mask where it hides nothing: in batches padded on the right.

    A causal model never looks at what comes later, and padding has no label. Without the mask, attention skips the half of
    each score matrix that causality hides. Loss and gradients are the same.
    """

    class UnmaskedTrainer(trainer_class):
        def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            with unmasked(decoder(self.accelerator.unwrap_model(model))):
                return super().compute_loss(model, inputs, *args, **kwargs)

    return UnmaskedTrainer


@contextmanager
def unmasked(model: Any) -> Iterator[None]:
    """Within it, the model's backbone gets no attention mask for rows that are padded on the right alone."""
    from toolkit.train.packed import instead

    backbone = model.base_model
    if not is_plain(model) or backbone is model:
        yield
        return
    stock = backbone.forward

    def forward(input_ids: Any, attention_mask: Any = None, **rest: Any) -> Any:
        if attention_mask is not None and bool((attention_mask[:, 1:] <= attention_mask[:, :-1]).all()):
            attention_mask = None
        return stock(input_ids=input_ids, attention_mask=attention_mask, **rest)

    with instead(backbone, forward):
        yield


def prompt_sharing(trainer_class: type) -> type:
    """A GRPOTrainer that computes each distinct prompt of a batch once, and no padding.

    The completions of a group share their prompt, so stock TRL computes it `num_generations` times, in generation and again
    in the training forward and backward. Rows whose completion has ended leave the batch.
    """
    from toolkit.train.packed import packed_forward
    from toolkit.train.sampling import shared_generate

    class SharedPromptTrainer(trainer_class):
        def _get_per_token_logps_and_entropies(self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int,
                                               *args: Any, **kwargs: Any) -> Any:
            plain = decoder(self.accelerator.unwrap_model(model))
            shared = not self.args.torch_compile and obstacle(plain) is None
            with packed_forward(plain.base_model, input_ids.size(1) - logits_to_keep) if shared else nullcontext():
                return super()._get_per_token_logps_and_entropies(model, input_ids, attention_mask, logits_to_keep,
                                                                  *args, **kwargs)

        def _generate_single_turn(self, *args: Any, **kwargs: Any) -> Any:
            with self._sampling():
                return super()._generate_single_turn(*args, **kwargs)

        def _sampling(self) -> AbstractContextManager[None]:
            plain = decoder(self.accelerator.unwrap_model(self.model_wrapped))
            # over shards every process must run the model equally often
            sharded = self.is_fsdp_enabled or (self.is_deepspeed_enabled and not self.args.ds3_gather_for_generation)
            return nullcontext() if sharded or self.args.torch_compile or obstacle(plain) else shared_generate(plain)

    return SharedPromptTrainer


def decoder(model: Any) -> Any:
    """The causal model itself, without the adapter around it (whose layers stay in it)."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def is_plain(model: Any) -> bool:
    """Whether a token sees exactly the tokens before it, by torch's own attention."""
    config = model.config.get_text_config()
    kinds = getattr(config, "layer_types", None)
    whole = set(kinds) == {"full_attention"} if kinds else getattr(config, "sliding_window", None) is None
    return model.config is config and whole and not model._is_stateful and config._attn_implementation in ("sdpa", "eager")


def obstacle(model: Any) -> str | None:
    """Why a causal model cannot compute its prompts once for all their completions; None when it can."""
    import torch

    config = model.config
    if config._attn_implementation != "sdpa":
        return f"attn_implementation is {config._attn_implementation}; with sdpa it is"
    # rotary positions are relative, so it does not matter from where they are counted
    if not is_plain(model) or not model._supports_attention_backend or not getattr(config, "rope_parameters", None):
        return f"attention of {config.model_type} models is more than torch's over all tokens before"
    if len(set(getattr(model, "hf_device_map", {"": 0}).values())) > 1:
        return "the model lies on several devices"
    drops = any(isinstance(module, torch.nn.Dropout) and module.p > 0 for module in model.modules())
    if drops or getattr(model.config, "attention_dropout", 0) or getattr(model.config, "attn_pdrop", 0):
        return "dropout is drawn for each; with lora_dropout: 0 it is"
    return None
