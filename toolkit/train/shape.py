"""What a model's config.json says about its size, without torch: parameters, layers, the cache of a token."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.resources import yaml_file

DENSE = ("qwen2", "qwen3", "llama", "mistral")      # decoders whose every matrix the formula below names
# PEFT's usual targets of these decoders: TRL passes none, PEFT then takes query and value
LORA_DEFAULT = ("q_proj", "v_proj")


@dataclass(frozen=True)
class Shape:
    """A dense decoder. Counts are numbers of parameters."""

    name: str
    kind: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    inner: int                                  # of the gated MLP
    vocabulary: int
    tied: bool
    biased: bool                                # query, key and value have biases

    @property
    def matrices(self) -> dict[str, tuple[int, int]]:
        """The linear layers of one block: name → (in, out)."""
        query, key = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return {"q_proj": (self.hidden, query), "k_proj": (self.hidden, key), "v_proj": (self.hidden, key),
                "o_proj": (query, self.hidden), "gate_proj": (self.hidden, self.inner),
                "up_proj": (self.hidden, self.inner), "down_proj": (self.inner, self.hidden)}

    @property
    def linear(self) -> int:
        """All linear layers of all blocks: what quantisation shrinks."""
        return self.layers * sum(a * b for a, b in self.matrices.values())

    @property
    def block(self) -> int:
        return self._block_extra + sum(a * b for a, b in self.matrices.values())

    @property
    def _block_extra(self) -> int:
        biases = (self.heads + 2 * self.kv_heads) * self.head_dim if self.biased else 0
        return biases + 2 * self.hidden + (2 * self.head_dim if self.kind == "qwen3" else 0)

    @property
    def embedding(self) -> int:
        return self.vocabulary * self.hidden

    @property
    def parameters(self) -> int:
        return self.layers * self.block + self.embedding * (1 if self.tied else 2) + self.hidden

    def lora(self, rank: int, targets: Sequence[str] | str | None) -> int:
        """Parameters of a LoRA adapter (Hu et al. 2021): rank × (in + out) a target matrix."""
        names = list(self.matrices) if targets == "all-linear" else [targets] if isinstance(targets, str) else targets
        return self.layers * sum(rank * sum(self.matrices[n]) for n in names or LORA_DEFAULT if n in self.matrices)

    def cache_bytes(self, tokens: int, width: int) -> int:
        """Keys and values of so many tokens, `width` bytes a number."""
        return tokens * self.layers * 2 * self.kv_heads * self.head_dim * width

    def block_activation_bytes(self, tokens: int, width: int) -> int:
        """What autograd keeps of one block for so many tokens, with fused attention (no T × T matrix).

        Per token, in numbers: each RMSNorm its input in float32 and its output, the inputs of the projections, query, key
        and value before and after the rotation, the attention's output, and of the gated MLP gate, up, the activated gate
        and the product.
        """
        query, key = self.heads * self.head_dim, self.kv_heads * self.head_dim
        kept = 2 * self.hidden + 3 * query + 3 * key + 4 * self.inner
        return tokens * (width * kept + 2 * 4 * self.hidden)


def shape_of(name: str) -> Shape:
    """The shape of a model folder or hub name.

    Raises:
        InputError: when there is no config.json to read, or the model is no dense decoder.
    """
    return shape_from(_config(name), name)


def shape_from(config: Mapping[str, Any], name: str) -> Shape:
    """The shape that a config.json describes."""
    config = {**config, **(config.get("text_config") or {})}
    kind = str(config.get("model_type", ""))
    if kind not in DENSE:
        raise InputError(f'{name} is of type "{kind}": its memory is not planned; known types: {", ".join(DENSE)}. '
                         "Training it is not affected.")
    try:
        heads = int(config["num_attention_heads"])
        return Shape(
            name=name, kind=kind, hidden=int(config["hidden_size"]), layers=int(config["num_hidden_layers"]), heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_dim=int(config.get("head_dim") or config["hidden_size"] // heads), inner=int(config["intermediate_size"]),
            vocabulary=int(config["vocab_size"]), tied=bool(config.get("tie_word_embeddings", False)),
            biased=kind == "qwen2" or bool(config.get("attention_bias")))
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(f"the config.json of {name} does not say its size: {error}.") from error


def _config(name: str) -> dict[str, Any]:
    file = Path(name) / "config.json"
    if Path(name).is_dir() or file.is_file():
        try:
            return dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise InputError(f"{file} cannot be read: {error}.") from error
    known = yaml_file("configs/models.yaml")
    # fine-tunes of a size share its shape: -Instruct, -Base, a quantised copy of another owner
    base = name.rpartition("/")[2].lower()
    for suffix in ("-instruct", "-base", "-bnb-4bit", "-unsloth"):
        base = base.replace(suffix, "")
    for public, config in known.items():
        if public.rpartition("/")[2].lower() == base:
            return dict(config)
    return _from_hub(name)


def _from_hub(name: str) -> dict[str, Any]:
    from toolkit.sources import model_folder

    model_folder(name)          # raises in one line when there is no such model, or no way to it
    from huggingface_hub import hf_hub_download

    try:
        return dict(json.loads(Path(hf_hub_download(name, "config.json")).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"the config.json of {name} cannot be read: {' '.join(str(error).split())[:200]}") from error
