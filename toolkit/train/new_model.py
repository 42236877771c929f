"""`model: new`: a small Qwen3-architecture model and its tokenizer, created on the spot and saved as any other checkpoint.

It exists so that the whole product can be run, tested and understood on a laptop without a hub. What is written is a plain
transformers directory (safetensors, tokenizer, chat template): from there on it is loaded like a model from a hub.

Choices that make copying a value from the prompt learnable in a minute of CPU time: every CJK character and every digit is a
token of its own, so that a value is tokenised alike in the profile and in the answer; the rotary base is small (the default
of 10,000 turns too slowly for contexts of a few hundred tokens); embeddings are tied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, did_you_mean

SPECIAL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
TAGS = ("<think>", "</think>", "<answer>", "</answer>")
CJK = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
CHAT_TEMPLATE = (
    "{%- for message in messages %}"
    "{%- if message.role == 'assistant' %}"
    "{{- '<|assistant|>' }}{% generation %}{{- message.content + '<|end|>' }}{% endgeneration %}"
    "{%- else %}{{- '<|' + message.role + '|>' + message.content + '<|end|>' }}{%- endif %}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}"
)


@dataclass(frozen=True)
class NewModel:
    """The `new_model:` section of a configuration; names are those of `Qwen3Config`."""

    vocab_size: int = 3000
    hidden_size: int = 96
    num_hidden_layers: int = 2
    num_attention_heads: int = 4
    intermediate_size: int = 256
    rope_theta: float = 500.0
    initializer_range: float = 0.05
    max_position_embeddings: int = 1024

    @classmethod
    def from_config(cls, section: dict[str, Any], where: str) -> NewModel:
        known = [f.name for f in fields(cls)]
        wrong = [f'{where} "new_model.{k}" is not a key.{did_you_mean(k, known)} Known: {", ".join(known)}.'
                 for k in section if k not in known]
        if wrong:
            raise InputError(wrong)
        return cls(**section)


def create(texts: Iterable[str], out: Path, shape: NewModel, seed: int) -> None:
    """Train a tokenizer on `texts`, initialise the model from `seed`, and save both to `out`."""
    from transformers import Qwen3Config, Qwen3ForCausalLM, set_seed

    tokenizer = make_tokenizer(texts, shape.vocab_size)
    set_seed(seed)
    model = Qwen3ForCausalLM(Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=shape.hidden_size, num_hidden_layers=shape.num_hidden_layers,
        num_attention_heads=shape.num_attention_heads, num_key_value_heads=shape.num_attention_heads,
        head_dim=shape.hidden_size // shape.num_attention_heads, intermediate_size=shape.intermediate_size,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        initializer_range=shape.initializer_range, max_position_embeddings=shape.max_position_embeddings,
        tie_word_embeddings=True, pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None))
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def make_tokenizer(texts: Iterable[str], vocab_size: int) -> Any:
    """Byte-level BPE that knows every CJK character of `texts` as one token, with a chat template.

    Unseen characters still encode, as bytes.
    """
    import re

    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    lines = list(texts)
    # a character must be merged into one token however rare it is: show each one often enough to be merged first
    characters = sorted(set(re.findall(CJK, "".join(lines))))
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(CJK), "isolated"),
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=max(vocab_size, 256 + int(1.2 * len(characters)) + 300 + len(SPECIAL) + len(TAGS)), min_frequency=2,
        special_tokens=list(SPECIAL), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    bpe.train_from_iterator([*lines, *(c * 1000 for c in characters)], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token=SPECIAL[0], eos_token=SPECIAL[1],
                                        padding_side="left", clean_up_tokenization_spaces=False)
    # ordinary tokens, not special ones: they must survive decoding, since the reward reads them
    tokenizer.add_tokens(list(TAGS))
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
