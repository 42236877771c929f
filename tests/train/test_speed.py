"""What is saved changes nothing: the numbers and gradients of the stock forward, and completions of the same distribution."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, GenerationConfig, Qwen3Config, Qwen3ForCausalLM
from trl.trainer import utils

from toolkit.train.packed import packed_forward
from toolkit.train.sampling import draw, shared_generate
from toolkit.train.speed import decoder, obstacle, score_completions_only, unmasked


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


def small(**changes: object) -> Qwen3ForCausalLM:
    torch.manual_seed(0)
    return Qwen3ForCausalLM(Qwen3Config(vocab_size=97, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                                        num_key_value_heads=1, head_dim=8, intermediate_size=32, pad_token_id=0,
                                        eos_token_id=1, **changes))


@pytest.mark.parametrize("side", ["right", "left"])
def test_leaving_out_the_mask_of_right_padding_is_exact(side: str) -> None:
    def trained(context: object) -> tuple[list[bool], torch.Tensor, torch.Tensor]:
        model = small()
        ids = torch.randint(2, 97, (3, 12), generator=torch.Generator().manual_seed(0))
        mask = torch.ones_like(ids)
        padded = slice(9, None) if side == "right" else slice(0, 3)
        mask[1, padded] = ids[1, padded] = 0
        masked = []
        model.model.layers[0].self_attn.register_forward_pre_hook(
            lambda module, args, kwargs: masked.append(kwargs["attention_mask"] is not None), with_kwargs=True)
        with context(model):
            loss = model(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(mask == 0, -100)).loss
        loss.backward()
        return masked, loss.detach(), model.model.embed_tokens.weight.grad

    (stock_masked, *stock), (ours_masked, *ours) = trained(nullcontext), trained(unmasked)
    assert stock_masked == [True]
    assert ours_masked == [side == "left"]
    for before, after in zip(stock, ours, strict=True):
        torch.testing.assert_close(before, after, rtol=1e-5, atol=1e-6)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Three prompts of 7 tokens, one of them padded by 3, in groups of 4 that were shuffled; completions of 5."""
    torch.manual_seed(1)
    prompts = torch.randint(2, 97, (3, 7))
    mask = torch.ones(3, 7, dtype=torch.long)
    mask[1, :3] = prompts[1, :3] = 0
    order = torch.randperm(12) % 3
    tails = torch.ones(12, 5, dtype=torch.long)
    tails[4, 2:] = 0
    return torch.cat([prompts[order], torch.randint(2, 97, (12, 5))], 1), torch.cat([mask[order], tails], 1)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("width", [torch.float32, torch.bfloat16])
def test_sharing_prompts_gives_the_same_scores_and_gradients(lora: bool, checkpointing: bool, width: torch.dtype) -> None:
    def scores(shared: bool) -> tuple[torch.Tensor, dict[str, torch.Tensor], int]:
        model = small(initializer_range=0.4).train()
        whole = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)) if lora else model
        if checkpointing:
            whole.gradient_checkpointing_enable({"use_reentrant": False})
            model.enable_input_require_grads()
        read, computed = [], []
        model.model.embed_tokens.register_forward_hook(lambda module, args, out: read.append(args[0].numel()))
        model.model.layers[0].input_layernorm.register_forward_hook(lambda *args: computed.append(1))
        utils.add_fused_lm_head(decoder(whole), temperature=1.0, outputs=("log_probs",))
        ids, mask = batch()
        labels = ids.masked_fill(mask == 0, -100)
        labels[:, :7] = -100
        assert obstacle(model) is None
        with packed_forward(model.model, 7) if shared else nullcontext(), torch.autocast("cpu", width, enabled=width != torch.float32):
            found = whole(input_ids=ids, attention_mask=mask, labels=labels, fused_lm_head=True).log_probs
        (found * torch.arange(found.numel()).view_as(found)).sum().backward()
        assert "forward" not in vars(model.model) and len(computed) == 1 + checkpointing
        return found.detach(), {n: p.grad for n, p in whole.named_parameters() if p.grad is not None}, sum(read)

    stock, ours = scores(False), scores(True)
    exact = width == torch.float32
    torch.testing.assert_close(stock[0], ours[0], **({"rtol": 1e-5, "atol": 1e-5} if exact else {"rtol": 0.02, "atol": 0.02}))
    assert stock[1].keys() == ours[1].keys()
    for name, gradient in stock[1].items():
        assert (gradient - ours[1][name]).norm() <= (1e-5 if exact else 0.03) * gradient.norm(), name
    assert (stock[2], ours[2]) == (12 * 12, 7 + 7 + 4 + 11 * 5 + 2)      # prompts once, and no padding


def test_rows_that_share_prompts_and_end_early_get_the_same_completions() -> None:
    ids, mask = (x[:, :7] for x in batch())
    model = small().eval()
    with torch.no_grad():
        first = model(input_ids=ids, attention_mask=mask).logits[:, -1].argmax(-1)
    # sampling so cold that it cannot differ; the word that some prompts begin their reply with ends it
    plan = GenerationConfig(max_new_tokens=12, do_sample=True, temperature=1e-6, top_k=0, top_p=1.0, pad_token_id=0,
                            eos_token_id=[1, first[0].item()])
    read = []
    model.model.embed_tokens.register_forward_hook(lambda module, args, out: read.append(args[0].numel()))
    stock = model.generate(input_ids=ids, attention_mask=mask, generation_config=plan)
    every = sum(read)
    read.clear()
    with shared_generate(model):
        ours = model.generate(input_ids=ids, attention_mask=mask, generation_config=plan)
    torch.testing.assert_close(stock, ours)
    assert (ours[:, 8:] == 0).all(-1).any() and sum(read) < every / 1.5


def test_sampling_follows_the_softmax() -> None:
    model = small().eval()
    ids = torch.randint(2, 97, (1, 5)).expand(20_000, 5)
    plan = GenerationConfig(max_new_tokens=1, do_sample=True, temperature=0.5, top_k=0, pad_token_id=0, eos_token_id=1)
    torch.manual_seed(4)
    with torch.no_grad(), shared_generate(model):
        drawn = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=plan)[:, -1]
        expected = torch.softmax(model(ids[:1]).logits[0, -1] / 0.5, -1)
    torch.testing.assert_close(torch.bincount(drawn, minlength=97) / 20_000, expected, atol=0.006, rtol=0)


def test_sampling_with_more_than_a_temperature_is_left_to_transformers() -> None:
    model = small().eval()
    ids = torch.randint(2, 97, (2, 5))
    plan = GenerationConfig(max_new_tokens=3, do_sample=True, top_k=1, pad_token_id=0, eos_token_id=1)
    with shared_generate(model):
        ours = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=plan)
    torch.testing.assert_close(ours, model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=plan))


def test_a_batch_whose_completions_are_all_left_out_is_scored_as_ever() -> None:
    model = small()
    ids, mask = batch()
    mask[:, 7:] = 0
    with packed_forward(model.model, 7):
        ours = model.model(input_ids=ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(ours, model.model(input_ids=ids, attention_mask=mask).last_hidden_state)


def test_models_whose_tokens_do_not_see_all_before_them_are_left_to_the_stock_forward() -> None:
    sliding = small(layer_types=["sliding_attention", "full_attention"], use_sliding_window=True, sliding_window=4)
    assert obstacle(small()) is None
    assert "qwen3" in obstacle(sliding) and "with sdpa" in obstacle(small(attn_implementation="eager"))
    assert "dropout" in obstacle(get_peft_model(small(), LoraConfig(lora_dropout=0.1, target_modules="all-linear")))


@pytest.mark.parametrize(("family", "shares"), [("llama", True), ("qwen2", True), ("mixtral", True), ("nemotron", False)])
def test_hidden_states_are_the_same_whether_or_not_a_family_hands_the_layout_on(family: str, shares: bool) -> None:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[family](
        vocab_size=97, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=8,
        intermediate_size=32, initializer_range=0.4, pad_token_id=0, bos_token_id=1, eos_token_id=1)).eval()
    ids, mask = batch()
    read = []
    model.model.embed_tokens.register_forward_hook(lambda module, args, out: read.append(args[0].numel()))
    stock = model.model(input_ids=ids, attention_mask=mask).last_hidden_state
    with packed_forward(model.model, 7):
        for _ in range(2):
            ours = model.model(input_ids=ids, attention_mask=mask).last_hidden_state
            torch.testing.assert_close(ours[:, 6:][mask[:, 6:].bool()], stock[:, 6:][mask[:, 6:].bool()], rtol=1e-4, atol=1e-5)
    assert read[1:] == ([75, 75] if shares else [75, 144, 144])


def test_drawing_gives_each_entry_its_share() -> None:
    torch.manual_seed(0)
    shares = torch.tensor([0.0, 0.5, 0.0, 0.3, 0.15, 0.05, 0.0])
    found = draw(shares.expand(40_000, -1))[:, 0].bincount(minlength=len(shares)) / 40_000
    assert found[shares == 0].sum() == 0
    torch.testing.assert_close(found, shares, rtol=0, atol=4 * (0.25 / 40_000) ** 0.5)
