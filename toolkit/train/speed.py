"""Exact savings: the same numbers and gradients, up to floating point, for less computing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DROP_AT = 0.85      # share of a batch still being written at which the rest is dropped
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
    from trl.kernels import chunked_logprob
    from trl.trainer import utils

    if hasattr(utils, "_use_triton") and not torch.cuda.is_available():
        utils._use_triton = lambda device: True     # read in that module for this one decision
        chunked_logprob.TOKEN_CHUNK_SIZE = SCORED_TOKENS


def right_padding_unmasked(trainer_class: type) -> type:
    """An SFTTrainer that passes no attention mask where it hides nothing: in batches padded on the right.

    A causal model never looks at what comes later, and padding has no label. Without the mask, attention skips the half of
    each score matrix that causality hides. Loss and gradients are the same.
    """

    class UnmaskedTrainer(trainer_class):
        def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            with unmasked(self.accelerator.unwrap_model(model)):
                return super().compute_loss(model, inputs, *args, **kwargs)

    return UnmaskedTrainer


@contextmanager
def unmasked(model: Any) -> Iterator[None]:
    """Within it, the model's backbone gets no attention mask for rows that are padded on the right alone."""
    backbone = model.base_model
    if not is_plain(model) or backbone is model:
        yield
        return
    stock = backbone.forward

    def forward(input_ids: Any, attention_mask: Any = None, **rest: Any) -> Any:
        if attention_mask is not None and bool((attention_mask[:, 1:] <= attention_mask[:, :-1]).all()):
            attention_mask = None
        return stock(input_ids=input_ids, attention_mask=attention_mask, **rest)

    with _instead(backbone, forward):
        yield


def prompt_sharing(trainer_class: type) -> type:
    """A GRPOTrainer that computes each distinct prompt of a batch once.

    The completions of a group share their prompt, so stock TRL computes its keys and values `num_generations` times, in
    generation and again in the training forward and backward. Here they are computed once and expanded to the group. Rows
    whose completion has ended leave the batch.
    """

    class SharedPromptTrainer(trainer_class):
        def _get_per_token_logps_and_entropies(self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int,
                                               *args: Any, **kwargs: Any) -> Any:
            with shared_forward(self.accelerator.unwrap_model(model), input_ids.size(1) - logits_to_keep):
                return super()._get_per_token_logps_and_entropies(model, input_ids, attention_mask, logits_to_keep,
                                                                  *args, **kwargs)

        def _generate_single_turn(self, *args: Any, **kwargs: Any) -> Any:
            with shared_generate(self.accelerator.unwrap_model(self.model_wrapped)):
                return super()._generate_single_turn(*args, **kwargs)

    return SharedPromptTrainer


def is_plain(model: Any) -> bool:
    """Whether a token sees exactly the tokens before it, by torch's own attention."""
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    return model.config is config and kinds == {"full_attention"} and config._attn_implementation in ("sdpa", "eager")


def can_share(model: Any) -> bool:
    """Whether keys and values may be computed apart: plain attention over all that came before, one device, no recomputing."""
    recomputes = any(getattr(module, "gradient_checkpointing", False) for module in model.modules())
    return is_plain(model) and not recomputes and not hasattr(model, "hf_device_map")


@contextmanager
def shared_forward(model: Any, length: int) -> Iterator[None]:
    """Within it, the model's backbone computes the first `length` tokens of equal rows once.

    Hidden states come back for every row and position, (B, T, hidden), as ever. Models that cannot share are left alone.
    """
    from transformers import DynamicCache

    backbone = model.base_model
    if not can_share(model) or backbone is model or length < 1:
        yield
        return
    import torch

    stock = backbone.forward

    def forward(input_ids: Any, attention_mask: Any, use_cache: bool = False, **rest: Any) -> Any:
        rows, index = _distinct(input_ids[:, :length], attention_mask[:, :length])
        if len(rows) == len(input_ids) or input_ids.size(1) <= length:
            return stock(input_ids=input_ids, attention_mask=attention_mask, use_cache=use_cache, **rest)
        cache = DynamicCache(config=model.config)
        prompts = stock(input_ids=input_ids[rows, :length], attention_mask=attention_mask[rows, :length],
                        past_key_values=cache, use_cache=True, **rest)
        cache.batch_select_indices(index)
        found = stock(input_ids=input_ids[:, length:], attention_mask=attention_mask, past_key_values=cache,
                      use_cache=True, **rest)
        found.last_hidden_state = torch.cat([prompts.last_hidden_state[index], found.last_hidden_state], dim=1)
        return found

    with _instead(backbone, forward):
        yield


@contextmanager
def shared_generate(model: Any) -> Iterator[None]:
    """Within it, `model.generate` reads each distinct prompt of a batch once and drops rows that have ended.

    What it samples has the same distribution. Models that cannot share, and sampling that is more than a temperature, are
    left to transformers.
    """
    if not can_share(model) or model.base_model is model:
        yield
        return
    stock = model.generate

    def generate(input_ids: Any, attention_mask: Any, generation_config: Any = None, **rest: Any) -> Any:
        if rest.keys() - {"disable_compile"} or not _plain_sampling(generation_config) or input_ids.size(1) < 2:
            return stock(input_ids=input_ids, attention_mask=attention_mask, generation_config=generation_config, **rest)
        return _sample(model, input_ids, attention_mask, generation_config)

    with _instead(model, generate):
        yield


@contextmanager
def _instead(owner: Any, method: Any) -> Iterator[None]:
    """Within it, `owner` has this method in place of its class's of the same name."""
    setattr(owner, method.__name__, method)
    try:
        yield
    finally:
        delattr(owner, method.__name__)


def _plain_sampling(config: Any) -> bool:
    """Whether completions are drawn from the softmax at a temperature, and nothing else."""
    neutral = {"top_k": (0, None), "top_p": (1.0, None), "min_p": (None,), "repetition_penalty": (1.0, None),
               "num_beams": (1, None), "num_return_sequences": (1, None), "stop_strings": (None,)}
    return (config is not None and bool(config.do_sample) and config.max_new_tokens is not None
            and all(getattr(config, name, values[0]) in values for name, values in neutral.items()))


def _sample(model: Any, input_ids: Any, attention_mask: Any, config: Any) -> Any:
    """Sample up to `config.max_new_tokens` tokens a row; (B, P) prompts → (B, P + new), padded after the end token."""
    import torch
    from transformers import DynamicCache

    from toolkit.train.cache import RoomyLayer

    distinct, index = _distinct(input_ids, attention_mask)
    # as transformers counts positions: from the first token that is no padding
    positions = (attention_mask.long().cumsum(-1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    cache.layers = [RoomyLayer() for _ in cache.layers]
    model.base_model(input_ids=input_ids[distinct, :-1], attention_mask=attention_mask[distinct, :-1],
                     position_ids=positions[distinct, :-1], past_key_values=cache, use_cache=True)
    cache.batch_select_indices(index)
    ends = torch.as_tensor(config.eos_token_id, device=input_ids.device)
    found = torch.full((len(input_ids), config.max_new_tokens), config.pad_token_id, device=input_ids.device)
    live = torch.arange(len(input_ids), device=input_ids.device)        # which row each row of the batch is
    ended = torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
    token, mask, positions = input_ids[:, -1:], attention_mask, positions[:, -1:]
    for step in range(config.max_new_tokens):
        logits = model(input_ids=token, attention_mask=mask, position_ids=positions, past_key_values=cache,
                       use_cache=True).logits[:, -1].float()
        token = draw(torch.softmax(logits / (config.temperature or 1.0), dim=-1))
        found[live[~ended], step] = token[~ended, 0]
        ended |= torch.isin(token[:, 0], ends)
        left = int((~ended).sum())
        if not left:
            break
        if left <= DROP_AT * len(ended):        # moving the keys and values costs about a step
            keep = (~ended).nonzero()[:, 0]
            cache.batch_select_indices(keep)
            live, token, mask, positions, ended = live[keep], token[keep], mask[keep], positions[keep], ended[keep]
        mask, positions = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1), positions + 1
    return torch.cat([input_ids, found[:, :step + 1]], dim=1)


def draw(probabilities: Any) -> Any:
    """One index a row, (B, V) → (B, 1).

    `torch.multinomial` draws a random number for each entry, on a CPU one after the other: a third of the time of writing a
    token with a small model. One a row is enough.
    """
    import torch

    if probabilities.device.type != "cpu":
        return torch.multinomial(probabilities, 1)
    reached = probabilities.double().cumsum(-1)
    aim = torch.rand(len(reached), 1, dtype=torch.float64) * reached[:, -1:]
    return torch.searchsorted(reached, aim, right=True)


def _distinct(ids: Any, mask: Any) -> tuple[Any, Any]:
    """Rows that differ, (U,) positions in `ids`, and which of them each row equals, (B,)."""
    import torch

    _, index = torch.unique(torch.cat([ids, mask], dim=1), dim=0, return_inverse=True)
    count = int(index.max()) + 1
    rows = torch.empty(count, dtype=torch.long, device=ids.device)
    rows[index] = torch.arange(len(ids), device=ids.device)
    return rows, index
