"""What loads a model and how: what is installed decides, is said, and is refused in one line where it is missing."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from toolkit.errors import InputError, Refused
from toolkit.train.arguments import TrainSettings, load_settings
from toolkit.train.loaders import import_loader, load_trained
from toolkit.train.new_model import make_tokenizer
from toolkit.train.preflight import preflight
from toolkit.train.processes import common_arguments


def settings(folder: Path, **over: Any) -> TrainSettings:
    (folder / "c.yaml").write_text(f"model_name_or_path: {folder}/model\ntrain_data: d.json\n", encoding="utf-8")
    return load_settings(folder / "c.yaml", over)


def model(folder: Path) -> str:
    tokenizer = make_tokenizer(["some words"], 40)
    Qwen3ForCausalLM(Qwen3Config(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                                 num_key_value_heads=2, head_dim=8, intermediate_size=32)).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    return str(folder / "model")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there flash-attn may be installed")
def test_the_attention_that_is_taken_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded, _ = load_trained(settings(tmp_path), model(tmp_path))
    assert loaded.config._attn_implementation == "sdpa"
    assert "attention: sdpa (no NVIDIA GPU)" in capsys.readouterr().err
    loaded, _ = load_trained(settings(tmp_path, attn_implementation="eager"), model(tmp_path))
    assert loaded.config._attn_implementation == "eager"
    assert "attention: eager (as asked)" in capsys.readouterr().err


@pytest.mark.skipif(find_spec("flash_attn") is not None or find_spec("kernels") is not None, reason="it is installed")
def test_attention_that_is_not_installed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"flash_attention_2, which is not installed\. Run: pip install flash-attn"):
        load_trained(settings(tmp_path, attn_implementation="flash_attention_2"), model(tmp_path))


@pytest.mark.skipif(find_spec("unsloth") is not None, reason="it is installed")
def test_unsloth_is_refused_in_a_line_where_it_is_not_installed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"loader: unsloth needs unsloth, which is not installed. Run: pip install unsloth"):
        preflight(settings(tmp_path, loader="unsloth"), 1000)
    with pytest.raises(InputError, match='"loader" is unsloth, which does not run here'):
        import_loader(settings(tmp_path, use_unsloth=True))


@pytest.mark.skipif(find_spec("triton") is not None, reason="it is installed")
def test_liger_is_refused_where_its_kernels_cannot_run(tmp_path: Path) -> None:
    with pytest.raises(Refused) as error:
        preflight(settings(tmp_path, use_liger_kernel=True), 1000)
    assert "use_liger_kernel needs triton, which is not installed. Run: pip install triton, on Linux with a GPU" in str(error.value)


@pytest.mark.parametrize(("version", "refused"), [("0.21.0", True), ("0.24.0+cu129", False), ("9.0", True)])
def test_the_version_of_vllm_must_be_one_that_trl_works_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, refused: bool) -> None:
    package = tmp_path / f"vllm-{version}.dist-info"
    package.mkdir()
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n", encoding="utf-8")
    (tmp_path / "vllm.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    try:
        preflight(settings(tmp_path, use_vllm=True), 1000)
    except Refused as error:
        assert refused and f"vllm {version} is installed" in str(error) and "works with vllm <=" in str(error)
    else:
        assert not refused


@pytest.mark.parametrize(("given", "said"), [
    ({"load_in_4bit": True}, "only an adapter over them"),
    ({"load_in_4bit": True, "load_in_8bit": True, "use_peft": True}, "Keep one of them"),
    ({"load_in_4bit": True, "use_peft": True, "bnb_4bit_quant_type": "nf8"}, "expected nf4 or fp4"),
    ({"use_bnb_nested_quant": True}, "is read with"),
    ({"vllm_mode": "server"}, "Set use_vllm: true"),
    ({"use_vllm": True, "vllm_mode": "servers"}, "expected colocate or server"),
    ({"use_vllm": True, "vllm_server_port": 8000}, "vllm_mode: server"),
    ({"use_vllm": True, "vllm_gpu_memory_utilization": 1.5}, "between 0 and 1"),
    ({"use_vllm": True, "vllm_tensor_parallel_size": 4, "num_processes": 6, "num_generations": 6}, "does not divide the 6"),
    ({"use_vllm": True, "vllm_max_model_length": 512}, "Raise it"),
    ({"loader": "unslot"}, "expected transformers or unsloth")])
def test_choices_that_do_not_go_together_are_refused(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        settings(tmp_path, **given)


@pytest.mark.parametrize(("gpu", "supported", "expected"), [(False, False, (False, None)), (True, True, (None, None)), (True, False, (False, True))])
def test_the_width_of_numbers_is_what_the_device_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu: bool, supported: bool,
                                                     expected: tuple[bool | None, bool | None]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: supported)
    found = common_arguments(settings(tmp_path))
    assert (found.get("bf16"), found.get("fp16")) == expected       # None: TRL's own, bfloat16
