"""Replies of a transformers model to many prompts, in batches that do not change the result.

Prompts are sorted by length and padded on the left; what a prompt gets does not depend on its neighbours, up to
floating point. Sampling is greedy over logits plus Gumbel noise from a generator of each prompt's own, which draws from
exactly the softmax (Maddison, Tarlow, Minka 2014, "A* sampling") and, unlike one global generator, is the same in any
batch.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from toolkit.errors import InputError
from toolkit.tasks.base import Message

ENGINE_FAILED = "engine_failed"
RENDERED = 256                                  # prompts that are turned into tokens together


@dataclass(frozen=True, slots=True)
class Completion:
    text: str                                   # of one that failed: why
    finish_reason: str                          # stop, length (it was cut), content_filter, refusal, engine_failed
    n_tokens: int                               # with the end token


def complete(model: Any, tokenizer: Any, prompts: Sequence[Sequence[Message]], *, max_new_tokens: int = 256,
             temperature: float = 0.0, batch_size: int = 32, seed: int = 42,
             progress: Callable[[int], None] | None = None,
             keep: Callable[[int, Completion], None] | None = None,
             template: Mapping[str, Any] = MappingProxyType({})) -> list[Completion]:
    """One completion a prompt, in the order of the prompts.

    Args:
        temperature: 0 is greedy.
        progress: is called with the number of completions just finished.
        keep: is given each completion with the place of its prompt as soon as it is there.
        template: what the chat template is told, as in training (`chat_template_kwargs`).

    Raises:
        InputError: when a prompt and its reply do not fit into the model's context (every such prompt is named).
    """
    import torch

    rendered = _render(tokenizer, prompts, template)
    _fits(model, rendered, max_new_tokens)
    # the longest first: a batch that does not fit into memory is met at the start, not at the end
    order = sorted(range(len(rendered)), key=lambda i: -len(rendered[i]))
    found: dict[int, Completion] = {}
    model.eval()
    todo = [order[start:start + batch_size] for start in range(0, len(order), batch_size)]
    while todo:
        batch = todo.pop(0)
        try:
            with torch.inference_mode():
                texts = _generate(model, tokenizer, [rendered[i] for i in batch], max_new_tokens, temperature, seed)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise
            torch.cuda.empty_cache()
            half = len(batch) // 2
            todo = [batch[:half], batch[half:], *todo]
            continue
        found.update(zip(batch, texts, strict=True))
        if keep:
            for place in batch:
                keep(place, found[place])
        if progress:
            progress(len(batch))
    return [found[i] for i in range(len(rendered))]


def _render(tokenizer: Any, prompts: Sequence[Sequence[Message]], template: Mapping[str, Any]) -> list[array[int]]:
    """Token ids, in 4 bytes each: as a list of Python's own a token takes 36."""
    from jinja2 import TemplateError

    found: list[array[int]] = []
    try:
        for start in range(0, len(prompts), RENDERED):
            ids = tokenizer.apply_chat_template([list(p) for p in prompts[start:start + RENDERED]], add_generation_prompt=True,
                                                tokenize=True, return_dict=True, **template)["input_ids"]
            found += [array("i", one) for one in ids]
        return found
    except TemplateError as error:
        raise InputError(f"the chat template of {tokenizer.name_or_path} cannot write this task's prompts: {error}. "
                         "Take a model whose template knows system, user and assistant.") from error


def _fits(model: Any, rendered: Sequence[Sequence[int]], max_new_tokens: int) -> None:
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    too_long = [n for n, ids in enumerate(rendered, start=1) if context and len(ids) + max_new_tokens > context]
    if too_long:
        raise InputError([f"prompt {n} has {len(rendered[n - 1])} tokens and with max_new_tokens {max_new_tokens} "
                          f"exceeds the model's context of {context}. Lower max_new_tokens, or leave that sample out."
                          for n in too_long])


def _generate(model: Any, tokenizer: Any, batch: Sequence[Sequence[int]], max_new_tokens: int, temperature: float,
              seed: int) -> list[Completion]:
    import torch
    from transformers import GenerationConfig, LogitsProcessorList

    width = max(map(len, batch))
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    ids = torch.full((len(batch), width), pad, dtype=torch.long)                   # (B, T)
    mask = torch.zeros_like(ids)                                                   # (B, T), 1 where a token is
    for row, tokens in enumerate(batch):
        ids[row, width - len(tokens):] = torch.tensor(tokens)
        mask[row, width - len(tokens):] = 1
    ends = _end_tokens(model, tokenizer)
    # a checkpoint's own generation_config may carry top_p, repetition_penalty, …: a measurement takes none of them
    own, model.generation_config = model.generation_config, GenerationConfig()
    try:
        out = model.generate(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device),
            generation_config=GenerationConfig(max_new_tokens=max_new_tokens, do_sample=False, pad_token_id=pad,
                                               eos_token_id=ends, use_cache=True, disable_compile=True),
            logits_processor=LogitsProcessorList([_Gumbel(batch, temperature, seed)] if temperature else []))
    finally:
        model.generation_config = own
    return [_completion(tokenizer, tokens, ends) for tokens in out[:, width:].tolist()]


def _end_tokens(model: Any, tokenizer: Any) -> list[int]:
    ends = getattr(model.generation_config, "eos_token_id", None)
    found = [*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id]
    return list(dict.fromkeys(token for token in found if token is not None))


def _completion(tokenizer: Any, tokens: list[int], ends: Sequence[int]) -> Completion:
    end = next((place for place, token in enumerate(tokens) if token in ends), None)
    kept = tokens if end is None else tokens[:end + 1]
    text = tokenizer.decode(kept, skip_special_tokens=True)
    return Completion(text, "length" if end is None else "stop", len(kept))


class _Gumbel:
    """Greedy over `logits / temperature + Gumbel noise` draws from the softmax at that temperature."""

    def __init__(self, batch: Sequence[Sequence[int]], temperature: float, seed: int):
        self.temperature, self.generators = temperature, []
        self.seeds = [int.from_bytes(hashlib.sha256(f"{seed}:{list(ids)}".encode()).digest()[:6]) for ids in batch]

    def __call__(self, input_ids: Any, scores: Any) -> Any:                        # (B, T), (B, V)
        import torch

        if not self.generators:
            self.generators = [torch.Generator(scores.device).manual_seed(s) for s in self.seeds]
        noise = torch.stack([torch.empty_like(row).exponential_(generator=generator)
                             for row, generator in zip(scores, self.generators, strict=True)])
        return scores / self.temperature - noise.log()
