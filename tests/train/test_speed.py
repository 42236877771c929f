"""Scoring only completion positions gives the numbers and gradients that scoring every position gives."""

from __future__ import annotations

import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM
from trl.trainer import utils

from toolkit.train.speed import score_completions_only


def scored() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(Qwen3Config(vocab_size=97, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                                         num_key_value_heads=2, head_dim=8, intermediate_size=32))
    utils.add_fused_lm_head(model, temperature=0.7, outputs=("log_probs", "entropy"))
    ids = torch.randint(0, 97, (3, 12))
    labels = ids.clone()
    labels[:, :7] = -100
    found = model(input_ids=ids, labels=labels, fused_lm_head=True)
    (found.log_probs.sum() + found.entropy.sum()).backward()
    return found.log_probs.detach(), found.entropy.detach(), model.model.embed_tokens.weight.grad


@pytest.mark.skipif(torch.cuda.is_available(), reason="there TRL does this by itself")
def test_scoring_completions_only_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "_use_triton", lambda device: False)
    every = scored()
    score_completions_only()
    assert utils._use_triton(torch.device("cpu"))
    for stock, ours in zip(every, scored(), strict=True):
        torch.testing.assert_close(stock, ours, rtol=1e-5, atol=1e-6)
