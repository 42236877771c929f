"""Keys and values of generation, written into room that was set aside."""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import DynamicLayer

ROOM = 32       # tokens set aside at a time


class RoomyLayer(DynamicLayer):
    """A `DynamicLayer` that appends in place.

    The stock layer copies everything it holds, (batch, heads, tokens, head_dim), for every token that it is given.
    """

    space: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
               ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        held = self.get_seq_length()
        length = held + key_states.shape[-2]
        if self.space is None or self.space[0].shape[-2] < length:
            room = (*key_states.shape[:-2], length + ROOM, key_states.shape[-1])
            self.space = key_states.new_empty(room), value_states.new_empty((*room[:-1], value_states.shape[-1]))
            if held:
                self.space[0][..., :held, :] = self.keys
                self.space[1][..., :held, :] = self.values
        self.space[0][..., held:length, :] = key_states
        self.space[1][..., held:length, :] = value_states
        self.keys, self.values = self.space[0][..., :length, :], self.space[1][..., :length, :]
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        super().batch_select_indices(indices)
        self.space = None           # the selected rows are a copy
