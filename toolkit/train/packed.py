"""A forward pass over the tokens that differ: each distinct prompt of a batch once, and no padding.

Embeddings, norms, projections and adapters work token by token, so the tokens of a batch can lie in one row. Attention alone
looks at others, and is given the rows that it would have had. Nothing is cached between layers, so the pass may be recomputed
(gradient checkpointing).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import torch
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

ATTENTION = "sdpa"
_REFUSED: WeakSet[Any] = WeakSet()      # models that do not hand the layout to every attention


class Layout:
    """Where the tokens of (B, T) rows lie in one row of N: prompts that differ, in turn, then completions, in turn.

    Args:
        ids: (B, T): prompts in `length` columns, padded on the left, then completions, padded on the right.
        mask: (B, T), 1 where a token is.
    """

    def __init__(self, ids: torch.Tensor, mask: torch.Tensor, length: int):
        rows, group = distinct(ids[:, :length] * mask[:, :length], mask[:, :length])
        self.shares = len(rows) < len(ids) and bool(mask[:, length:].any())
        if not self.shares:
            return
        prompts, replies = mask[rows, :length].bool(), mask[:, length:].bool()
        columns = torch.arange(ids.size(1), device=ids.device)
        self.ids = torch.cat([ids[rows, :length][prompts], ids[:, length:][replies]])[None]         # (1, N)
        # the position of a token is its column, as in the stock forward
        self.positions = torch.cat([columns[:length].expand_as(prompts)[prompts], columns[length:].expand_as(replies)[replies]])[None]
        count = prompts.sum()
        last = prompts.sum(1).cumsum(0) - 1
        self.predicting = torch.cat([last[group, None], _places(replies, count)], dim=1)            # (B, 1 + C)
        # attention reads rows that are padded on the right: what is later is hidden from a prompt without a mask
        prompts, replies = (columns[:int(there.sum(1).max())] < there.sum(1, keepdim=True) for there in (prompts, replies))
        self.prompts, self.replies = _places(prompts, 0), _places(replies, count)                   # (U, P), (B, C)
        self.keys = torch.cat([self.prompts[group], self.replies], dim=1)                           # (B, P + C)
        seen = torch.cat([prompts[group][:, None].expand(-1, replies.size(1), -1),
                          torch.ones_like(replies[0]).expand(len(replies), replies.size(1), -1).tril()], dim=2)
        self.mask = seen[:, None]                                                                   # (B, 1, C, P + C)
        self.prompt_tokens, self.reply_tokens = prompts.flatten().nonzero()[:, 0], replies.flatten().nonzero()[:, 0]
        self.length, self.attended = length, 0

    def attend(self, stock: Callable[..., Any], module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
               **rest: Any) -> tuple[torch.Tensor, None]:
        """(1, heads, N, dim) each → (1, N, heads, dim)."""
        query, key, value = (x[0].transpose(0, 1) for x in (query, key, value))
        ours, _ = stock(module, _rows(query, self.prompts), _rows(key, self.prompts), _rows(value, self.prompts), None, **rest)
        theirs, _ = stock(module, _rows(query, self.replies), _rows(key, self.keys), _rows(value, self.keys), self.mask, **rest)
        self.attended += 1
        return torch.cat([ours.flatten(0, 1)[self.prompt_tokens], theirs.flatten(0, 1)[self.reply_tokens]])[None], None

    def unpacked(self, hidden: torch.Tensor) -> torch.Tensor:
        """(1, N, hidden) → (B, T, hidden), 0 before the last token of the prompt: what comes earlier predicts no completion."""
        tail = _rows(hidden[0], self.predicting)
        return torch.cat([tail.new_zeros(len(tail), self.length - 1, tail.size(-1)), tail], dim=1)


def _places(there: torch.Tensor, start: Any) -> torch.Tensor:
    """(R, L) bool → for each token how many come before it, counted from `start`; 0 where none is."""
    return ((there.flatten().cumsum(0) - 1 + start) * there.flatten()).view_as(there)


def _rows(tokens: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """(N, ..., dim) at (R, L) places → (R, ..., L, dim)."""
    found = tokens.index_select(0, place.flatten()).view(*place.shape, *tokens.shape[1:])
    return found.transpose(1, 2) if tokens.dim() == 3 else found


def _attention(stock: Callable[..., Any]) -> Callable[..., Any]:
    def attention(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, *args: Any, layout: Layout | None = None,
                  **rest: Any) -> Any:
        if layout is None:
            return stock(module, query, key, value, attention_mask, *args, **rest)
        return layout.attend(stock, module, query, key, value, **rest)

    attention.reads_layouts = True      # type: ignore[attr-defined]
    return attention


@contextmanager
def packed_forward(backbone: Any, length: int) -> Iterator[None]:
    """Within it, `backbone` computes prompts of `length` tokens that are equal once, and no padding.

    Hidden states come back for every row, (B, T, hidden), from the last token of the prompt on.
    """
    if length < 1:
        yield
        return
    held = ALL_ATTENTION_FUNCTIONS[ATTENTION]
    if not hasattr(held, "reads_layouts"):      # and stays: a recomputed layer attends after the forward is over
        ALL_ATTENTION_FUNCTIONS[ATTENTION] = _attention(held)
    stock = backbone.forward

    def forward(input_ids: Any = None, attention_mask: Any = None, **rest: Any) -> Any:
        rest = {name: value for name, value in rest.items() if value is not None}
        layout = None
        plain = attention_mask is not None and all(value is False for value in rest.values())   # no cache, no router logits
        if plain and input_ids is not None and input_ids.size(1) > length and backbone not in _REFUSED:
            layout = Layout(input_ids, attention_mask, length)
        if layout is not None and layout.shares:
            # a mask of four dimensions is passed on as it is
            nothing = torch.empty(1, 1, 1, 1, device=input_ids.device)
            found = stock(input_ids=layout.ids, attention_mask=nothing, position_ids=layout.positions, layout=layout, **rest)
            if layout.attended == backbone.config.num_hidden_layers:
                found.last_hidden_state = layout.unpacked(found.last_hidden_state)
                return found
            _REFUSED.add(backbone)
        return stock(input_ids=input_ids, attention_mask=attention_mask, **rest)

    with instead(backbone, forward):
        yield


@contextmanager
def instead(owner: Any, method: Any) -> Iterator[None]:
    """Within it, `owner` has this method in place of its class's of the same name."""
    held = vars(owner).get(method.__name__)
    setattr(owner, method.__name__, method)
    try:
        yield
    finally:
        delattr(owner, method.__name__)
        if held is not None:
            setattr(owner, method.__name__, held)


def distinct(ids: Any, mask: Any) -> tuple[Any, Any]:
    """Rows that differ, (U,) positions in `ids`, and which of them each row equals, (B,)."""
    _, index = torch.unique(torch.cat([ids, mask], dim=1), dim=0, return_inverse=True)
    count = int(index.max()) + 1
    rows = torch.empty(count, dtype=torch.long, device=ids.device)
    rows[index] = torch.arange(len(ids), device=ids.device)
    return rows, index
