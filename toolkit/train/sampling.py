"""Sampling that reads each distinct prompt of a batch once and leaves out rows that have ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import DynamicCache

from toolkit.train.cache import RoomyLayer
from toolkit.train.packed import distinct, instead

DROP_AT = 0.85      # share of a batch still being written at which the rest is dropped


@contextmanager
def shared_generate(model: Any) -> Iterator[None]:
    """Within it, `model.generate` reads each distinct prompt of a batch once and drops rows that have ended.

    What it samples has the same distribution. Sampling that is more than a temperature is left to transformers.
    """
    stock = model.generate

    def generate(input_ids: Any, attention_mask: Any, generation_config: Any = None, **rest: Any) -> Any:
        if rest.keys() - {"disable_compile"} or not _plain_sampling(generation_config) or input_ids.size(1) < 2:
            return stock(input_ids=input_ids, attention_mask=attention_mask, generation_config=generation_config, **rest)
        return _sample(model, input_ids, attention_mask, generation_config)

    with instead(model, generate):
        yield


def _plain_sampling(config: Any) -> bool:
    """Whether completions are drawn from the softmax at a temperature, and nothing else."""
    neutral = {"top_k": (0, None), "top_p": (1.0, None), "min_p": (None,), "repetition_penalty": (1.0, None),
               "num_beams": (1, None), "num_return_sequences": (1, None), "stop_strings": (None,)}
    return (config is not None and bool(config.do_sample) and config.max_new_tokens is not None
            and all(getattr(config, name, values[0]) in values for name, values in neutral.items()))


def _sample(model: Any, input_ids: Any, attention_mask: Any, config: Any) -> Any:
    """Sample up to `config.max_new_tokens` tokens a row; (B, P) prompts → (B, P + new), padded after the end token."""
    rows, index = distinct(input_ids, attention_mask)
    # as transformers counts positions: from the first token that is no padding
    positions = (attention_mask.long().cumsum(-1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    cache.layers = [RoomyLayer() for _ in cache.layers]
    # through the whole model, whose forward has the run's width of numbers
    model(input_ids=input_ids[rows, :-1], attention_mask=attention_mask[rows, :-1], position_ids=positions[rows, :-1],
          past_key_values=cache, use_cache=True, logits_to_keep=1)
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
    if probabilities.device.type != "cpu":
        return torch.multinomial(probabilities, 1)
    reached = probabilities.double().cumsum(-1)
    aim = torch.rand(len(reached), 1, dtype=torch.float64) * reached[:, -1:]
    return torch.searchsorted(reached, aim, right=True)


