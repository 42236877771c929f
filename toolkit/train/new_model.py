"""`model: new`: a small Qwen3-architecture model and its tokenizer, created on the spot and saved as any other checkpoint.

It exists so that the whole product can be run, tested and understood on a laptop without a hub. What is written is a plain
transformers directory (safetensors, tokenizer, chat template): from there on it is loaded like a model from a hub.

Choices that make copying a value from the prompt learnable in seconds of CPU time: every CJK character and every digit is a
token of its own, so that a value is tokenised alike in the profile and in the answer; the first two layers start as an
induction circuit (`_induction`); reading drills (`toolkit.train.reading`) do what pretraining has done for a hub model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, did_you_mean
from toolkit.jsonl import read_rows

SPECIAL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
TAGS = ("<think>", "</think>", "<answer>", "</answer>")
TEXT_FIELDS = ("prompt", "completion", "content", "character_profile", "conversation_history", "question", "answer",
               "reasoning")
VALUE_GAIN = 0.5
SLOT_GAIN = 0.3
HEAD_GAIN = 3.0                 # of the norms of queries and keys: how sharply a head looks
CONTEXT = 60                    # tokens over which content is compared at the start
LOOK_BACK_FREQUENCIES = 3       # the fastest rotary frequencies, those that tell neighbours apart
TURN_FREQUENCIES = (0.015, 0.11)    # radians a token: they tell a marker from one two tokens before it, within 30 tokens
TURN_BIAS = 3.0                 # how far a key points elsewhere when it is no turn marker
CJK = r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef]"      # with full-width punctuation
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

    vocab_size: int = 1200                      # merges beyond bytes and CJK characters
    hidden_size: int = 96
    num_hidden_layers: int = 2
    num_attention_heads: int = 6
    head_dim: int = 24
    intermediate_size: int = 256
    rope_theta: float = 10000.0
    initializer_range: float = 0.05
    max_position_embeddings: int = 1024
    reading_steps: int = 1000                   # at most; drills end when they are answered (about 200)

    @classmethod
    def from_config(cls, section: dict[str, Any], where: str) -> NewModel:
        known = [f.name for f in fields(cls)]
        wrong = [f'{where} "new_model.{k}" is not a key.{did_you_mean(k, known)} Known: {", ".join(known)}.'
                 for k in section if k not in known]
        if wrong:
            raise InputError(wrong)
        shape = cls(**section)
        if shape.num_attention_heads < shape.hidden_size // shape.head_dim or shape.head_dim % 2 or shape.num_hidden_layers < 2:
            raise InputError(f'{where} "new_model": needs an even head_dim, at least hidden_size / head_dim heads '
                             f"({shape.hidden_size // shape.head_dim}) and 2 layers.")
        return shape


def texts_of(paths: Iterable[Path]) -> tuple[list[str], list[str]]:
    """The text of data files (samples or cold-start rows) for the tokenizer, and the labels of their profile lines.

    Raises:
        InputError: when no profile line of the form `label: value` is found.
    """
    import re

    texts: dict[str, None] = {}
    labels: dict[str, None] = {}

    def walk(value: Any) -> None:
        if isinstance(value, str):
            texts.setdefault(value)
            for found in re.finditer(r"^([^\n:：]{1,30}[:：]) ?[^\n]", value, re.MULTILINE):
                labels.setdefault(found[1])
        elif isinstance(value, dict):
            for name, inner in value.items():
                if name in TEXT_FIELDS:
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    for path in paths:
        for _, row in read_rows(path):
            walk(row)
    if len(labels) < 8:
        raise InputError(f"{', '.join(map(str, paths))}: a new model learns to read from profile lines such as "
                         f"\"Occupation: blacksmith\", and only {len(labels)} labels were found. Name a model instead.")
    return list(texts), list(labels)


def speakers_of(texts: Iterable[str]) -> list[tuple[str, str]]:
    """What the reasoning of answers about a dialogue calls user and role, in the languages of `texts`."""
    from toolkit.attributes import LANGUAGES, templates

    known = [(names["user"], names["role"]) for names in (templates(language)["speakers"] for language in LANGUAGES)]
    said = [text for text in texts if text.startswith("<think>")]
    return [pair for pair in known if any(text.startswith(f"<think>{name}") for name in pair for text in said)]


def joins_of(texts: Sequence[str]) -> list[str]:
    """What stands between two questions asked at once, in the languages of `texts`."""
    from toolkit.attributes import LANGUAGES, templates

    joins = [join.format(first="", second="").strip() for language in LANGUAGES for join in templates(language)["joins"]]
    return [join for join in dict.fromkeys(joins) if join and any(join in text for text in texts)]


def create(texts: Iterable[str], out: Path, shape: NewModel, seed: int) -> None:
    """Train a tokenizer on `texts`, initialise the model from `seed`, and save both to `out`."""
    from transformers import Qwen3Config, Qwen3ForCausalLM, set_seed

    texts = list(texts)
    speakers = speakers_of(texts)
    tokenizer = make_tokenizer(texts, shape.vocab_size, [name for names in speakers for name in names])
    set_seed(seed)
    model = Qwen3ForCausalLM(Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=shape.hidden_size, num_hidden_layers=shape.num_hidden_layers,
        num_attention_heads=shape.num_attention_heads, num_key_value_heads=shape.num_attention_heads,
        head_dim=shape.head_dim, intermediate_size=shape.intermediate_size,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        initializer_range=shape.initializer_range, attention_bias=True, max_position_embeddings=shape.max_position_embeddings,
        tie_word_embeddings=True, pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None))
    _induction(model)
    _turns(model, tokenizer, speakers)
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _induction(model: Any) -> None:
    """Initialise the first two layers as an induction circuit (Olsson et al. 2022, arXiv 2209.11895).

    Copying from the prompt needs two heads in a row: one that tells each token what stood before it, and one that looks for
    the place where the same thing stood before and reads the token there. Left to themselves they form late and suddenly, if
    at all. Here heads 0 to 2 of the first layer start out looking 1, 2, 3 tokens back (biases, which the rotary embedding
    turns into a preference for a distance) and write what they see into a slot of the residual stream each; head h of the
    second layer starts out comparing slot h of the query with slot h + 1 of the keys (slot 0 is the token itself). Which of
    it to use, what to look up and what to answer is left to training, as is everything else.
    """
    import torch

    width, size = model.config.hidden_size, model.config.head_dim
    heads = width // size                       # slots; a head beyond them is left to others
    frequencies = model.config.rope_parameters["rope_theta"] ** (-torch.arange(0, size // 2) / (size / 2))
    # content is compared in the slow frequencies alone: the fast ones would compare positions
    slow = torch.where(frequencies.repeat(2) * CONTEXT < 1.5, 1.0, 0.1)[:, None]
    basis, _ = torch.linalg.qr(torch.randn(width, width))
    slots = [basis[h * size:(h + 1) * size] for h in range(heads)]      # each (size, width)
    first, second = (layer.self_attn for layer in model.model.layers[:2])
    with torch.no_grad():
        for attention in (first, second):
            attention.q_norm.weight.fill_(HEAD_GAIN)
            attention.k_norm.weight.fill_(HEAD_GAIN)
            rotation, _ = torch.linalg.qr(torch.randn(attention.v_proj.weight.shape))
            attention.v_proj.weight.copy_(VALUE_GAIN * rotation)
            attention.o_proj.weight.copy_(VALUE_GAIN * rotation.T)
        for head in range(heads - 1):
            own = slice(head * size, (head + 1) * size)
            query, key = torch.zeros(size), torch.zeros(size)
            for n in range(min(LOOK_BACK_FREQUENCIES, size // 2)):
                angle = -(head + 1) * frequencies[n]
                key[n], query[n], query[n + size // 2] = 1.0, torch.cos(angle), torch.sin(angle)
            first.q_proj.bias[own], first.k_proj.bias[own] = query, key
            first.q_proj.weight[own] *= 0.1
            first.k_proj.weight[own] *= 0.1
            first.v_proj.weight[own] = VALUE_GAIN * slots[0]
            first.o_proj.weight[:, own] = SLOT_GAIN * slots[head + 1].T
            second.q_proj.weight[own] = 0.5 * slow * slots[head]
            second.k_proj.weight[own] = 0.5 * slow * slots[head + 1]


def _turns(model: Any, tokenizer: Any, speakers: Sequence[tuple[str, str]]) -> None:
    """Initialise the last head of the first layer to tell each token whose turn it stands in, or who is quoted.

    The markers of user and assistant, and the names that reasoning gives them, share a direction that the head looks for,
    the nearest one winning (slow rotary frequencies fall with distance), and differ in another, which it copies to every
    token that follows. Left to itself, who said what is learnt last.
    """
    import torch

    config = model.config
    size, last = config.head_dim, config.num_attention_heads - 1
    frequencies = config.rope_parameters["rope_theta"] ** (-torch.arange(0, size // 2) / (size / 2))
    low, high = TURN_FREQUENCIES
    near = [n for n in range(size // 2) if low < frequencies[n] < high]
    marker, speaker = torch.linalg.qr(torch.randn(config.hidden_size, 2))[0].T
    attention = model.model.layers[0].self_attn
    own = slice(last * size, (last + 1) * size)
    with torch.no_grad():
        embeddings = model.get_input_embeddings().weight
        norm = embeddings.norm(dim=-1).median()
        embeddings -= torch.outer(embeddings @ marker, marker) + torch.outer(embeddings @ speaker, speaker)
        for names in (("<|user|>", "<|assistant|>"), *speakers):
            for name, sign in zip(names, (1.0, -1.0), strict=True):
                embeddings[tokenizer.convert_tokens_to_ids(name)] = norm / 2 ** 0.5 * (marker + sign * speaker)
        query, key = torch.zeros(size), torch.zeros(size)
        attention.q_proj.weight[own] *= 0.1
        attention.k_proj.weight[own] *= 0.1
        attention.k_proj.weight[own][near] = marker
        query[near], key[size // 2 - 1] = 1.0, TURN_BIAS
        attention.q_proj.bias[own], attention.k_proj.bias[own] = query, key
        attention.v_proj.weight[own][0] = VALUE_GAIN * speaker
        attention.o_proj.weight[:, own] *= 0.3
        attention.o_proj.weight[:, own][:, 0] = SLOT_GAIN * speaker


def make_tokenizer(texts: Iterable[str], vocab_size: int, words: Sequence[str] = ()) -> Any:
    """Byte-level BPE with a chat template that knows each of `words` and every CJK character of `texts` as one token.

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
        vocab_size=vocab_size + 256 + int(1.2 * len(characters)), min_frequency=2,
        special_tokens=list(SPECIAL), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    bpe.train_from_iterator([*lines, *(c * 1000 for c in characters)], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token=SPECIAL[0], eos_token=SPECIAL[1],
                                        padding_side="left", clean_up_tokenization_spaces=False)
    # ordinary tokens, not special ones: they must survive decoding, since the reward reads them
    tokenizer.add_tokens([*TAGS, *words])
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
