"""What a model folder says of itself, read without torch: config.json, the weights' sizes, the tokenizer, the template."""

from __future__ import annotations

import json
import os
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError

WEIGHTS = ("*.safetensors", "*.bin", "*.gguf", "*.pt")
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tiktoken.model", "tokenizer_config.json")
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
HEADER_MOST = 100 * 2**20       # safetensors' own limit of a header


@dataclass(frozen=True)
class Checkpoint:
    """A folder and its `config.json`; `text` is the language model's part of it (of a multimodal model: nested)."""

    folder: Path
    config: dict[str, Any]

    @property
    def text(self) -> dict[str, Any]:
        nested = self.config.get("text_config")
        return nested if isinstance(nested, dict) else self.config

    @property
    def architecture(self) -> str:
        return (self.config.get("architectures") or [""])[0]

    @property
    def context(self) -> int | None:
        return self.text.get("max_position_embeddings")

    @property
    def dtype(self) -> str:
        return self.text.get("dtype") or self.text.get("torch_dtype") or self.config.get("dtype") or self.config.get("torch_dtype") or "float32"

    @property
    def weight_files(self) -> list[Path]:
        for pattern in WEIGHTS:
            if files := sorted(self.folder.glob(pattern)):
                return files
        return []

    @property
    def weight_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.weight_files)

    @property
    def experts(self) -> int:
        names = ("num_experts", "n_routed_experts", "num_local_experts")
        return next((self.text[name] for name in names if self.text.get(name)), 0)

    @property
    def code(self) -> list[str]:
        """Python files of the checkpoint that would run."""
        maps = self.config.get("auto_map") or _json(self.folder / "tokenizer_config.json").get("auto_map")
        return sorted(path.name for path in self.folder.glob("*.py")) or (["auto_map"] if maps else []) if maps else []

    @property
    def has_template(self) -> bool:
        return bool((self.folder / "chat_template.jinja").is_file() or (self.folder / "chat_template.json").is_file()
                    or (self.folder / "chat_templates").is_dir() or _json(self.folder / "tokenizer_config.json").get("chat_template"))

    def kv_bytes_per_token(self) -> int | None:
        """Of all layers, in the dtype that SGLang takes (half precision); None when config.json does not say.

        Two vectors a head and layer; with multi-head latent attention one compressed vector and the rotary part a layer
        (DeepSeek-V2, https://arxiv.org/abs/2405.04434, section 2.1.4).
        """
        text = self.text
        try:
            layers = text["num_hidden_layers"]
            if "kv_lora_rank" in text:
                return layers * (text["kv_lora_rank"] + text["qk_rope_head_dim"]) * 2
            heads = text.get("num_key_value_heads") or text["num_attention_heads"]
            size = text.get("head_dim") or text["hidden_size"] // text["num_attention_heads"]
        except (KeyError, TypeError):
            return None
        return 2 * layers * heads * size * 2

    def problems(self) -> list[str]:
        """What keeps any engine from loading it."""
        found = []
        if not self.config.get("model_type"):
            found.append(f'{self.folder / "config.json"} has no "model_type". Copy config.json from the base model.')
        found += self._weight_problems()
        if not any((self.folder / name).is_file() for name in TOKENIZERS[:-1]):
            found.append(f"{self.folder} has no tokenizer ({', '.join(TOKENIZERS[:-1])}). Copy the base model's tokenizer files.")
        return found

    def _weight_problems(self) -> list[str]:
        if not self.weight_files:
            return [f"{self.folder} has no weights ({', '.join(WEIGHTS)}). Is it a checkpoint folder?"]
        found = []
        for index in self.folder.glob("*.index.json"):
            named = set(_json(index).get("weight_map", {}).values())
            missing = sorted(name for name in named if not (self.folder / name).is_file())
            if missing:
                found.append(f"{index} names {len(missing)} files that are not there, such as {missing[0]}. Copy or download them again.")
        for path in self.weight_files:
            if path.suffix == ".safetensors" and (short := cut_off(path)):
                found.append(f"{path} {short}. Copy or download it again.")
        return found


def cut_off(path: Path) -> str | None:
    """What is wrong with a safetensors file by its header: 8 bytes of length, JSON, then the tensors it describes."""
    size = path.stat().st_size
    try:
        with path.open("rb") as data:
            length = struct.unpack("<Q", data.read(8))[0]
            if not 0 < length <= HEADER_MOST:
                return "is no safetensors file"
            header = json.loads(data.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (struct.error, ValueError, KeyError, TypeError, AttributeError):
        return "is cut off or no safetensors file"
    wanted = 8 + length + max(ends, default=0)
    return f"is cut off: {size} of {wanted} bytes" if size < wanted else None


def read_checkpoint(model: str) -> Checkpoint | None:
    """A folder, or a hub name that is in the cache; None for a hub name that is yet to be downloaded.

    Raises:
        InputError: neither a folder nor a hub name; a folder without a readable config.json; a hub name while offline.
    """
    folder = Path(model).expanduser()
    if not folder.is_dir():
        words = model.split("/")
        if len(words) != 2 or not all(words) or words[0] in (".", "..", "~") or model.startswith(("/", ".")):
            raise InputError(f'--model-path "{model}" is neither a folder nor a hub name such as Qwen/Qwen3-8B.')
        cached = _cached(model)
        if cached is None:
            if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
                raise InputError(f'--model-path "{model}": no such folder, not in the hub\'s cache, and HF_HUB_OFFLINE is set. '
                                 "Unset it, or name a folder.")
            return None
        folder = cached
    path = folder / "config.json"
    if not path.is_file():
        below = sorted(p.parent.relative_to(folder) for p in folder.glob("*/config.json"))
        raise InputError(f"{folder} has no config.json. " + (f"Did you mean {folder / below[-1]}?" if below else "Is it a model folder?"))
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    if not isinstance(config, dict):
        raise InputError(f"{path} is no JSON object.")
    return Checkpoint(folder, config)


def _cached(name: str) -> Path | None:
    """The snapshot of a hub name in the cache, as huggingface_hub lays it out."""
    repository = _cache() / ("models--" + name.replace("/", "--"))
    try:
        snapshot = repository / "snapshots" / (repository / "refs" / "main").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return snapshot if (snapshot / "config.json").is_file() else None


def _cache() -> Path:
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub")


def disk_of_cache() -> tuple[Path, int]:
    """Where the hub's downloads go, and the bytes that are free there."""
    cache = _cache()
    return cache, shutil.disk_usage(next(path for path in (cache, *cache.parents) if path.exists())).free


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
