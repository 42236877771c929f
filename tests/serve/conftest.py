"""A small checkpoint without weights worth the name, and a folder of its own for what deploy remembers."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import pytest

CONFIG = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "num_hidden_layers": 2, "num_attention_heads": 6,
          "num_key_value_heads": 2, "hidden_size": 48, "head_dim": 8, "max_position_embeddings": 512, "vocab_size": 100,
          "dtype": "bfloat16"}
SERVER_ARGS = 'class ServerArgs:\n    max_running_requests: int = 0\n    tp_size: int = 1\n    ' + "\n    ".join(
    f"{name}: str = ''" for name in (
        "model_path", "served_model_name", "host", "port", "weight_version", "device", "attention_backend", "dtype", "context_length",
        "mem_fraction_static", "max_total_tokens", "constrained_json_disable_any_whitespace", "ep_size", "chat_template",
        "tool_call_parser", "reasoning_parser", "trust_remote_code", "api_key"))


def write_safetensors(path: Path, size: int = 64) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    write_safetensors(folder / "model.safetensors")
    return folder


@pytest.fixture
def state(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("TOOLKIT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    monkeypatch.delenv("SGLANG_API_KEY", raising=False)
    return tmp_path / "state"


@pytest.fixture
def engine_python(tmp_path: Path, monkeypatch) -> str:
    """An interpreter in whose environment a package called sglang is, with arguments and architectures to read. It cannot serve:
    what a server does is tested against the real one."""
    packages = tmp_path / "packages"
    (packages / "sglang" / "srt" / "models").mkdir(parents=True)
    (packages / "sglang" / "__init__.py").write_text("raise SystemExit('sglang must not be imported')", encoding="utf-8")
    (packages / "sglang" / "srt" / "server_args.py").write_text(SERVER_ARGS, encoding="utf-8")
    (packages / "sglang" / "srt" / "models" / "qwen3.py").write_text("EntryClass = [Qwen3ForCausalLM]\n", encoding="utf-8")
    info = packages / "sglang-0.5.23.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sglang\nVersion: 0.5.23\n", encoding="utf-8")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return str(python)
