"""An adapter from its cold start to the model that is left: trained on, continued, kept, merged."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from toolkit.errors import InputError
from toolkit.run import read_metrics
from toolkit.train.callbacks import Recorder
from toolkit.train.checkpoints import checkpoints_of, fault_of
from toolkit.train.models import base_of, load

from .small_run import metrics, start


def settings(folder: Path, **more: Any) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    cold_start = folder / "cold_start.jsonl"
    cold_start.write_text("".join(json.dumps({"prompt": [{"role": "user", "content": f"What is {n} + 1?"}],
                                              "completion": [{"role": "assistant", "content": f"{n + 1}"}]}) + "\n"
                                  for n in range(16)), encoding="utf-8")
    return {"stages": ["sft", "grpo"], "cold_start_data": str(cold_start), "use_peft": True, "lora_r": 4, "lora_target_modules": "all-linear",
            "sft": {"max_steps": 4, "learning_rate": 0.01}, "save_steps": 1, "beta": 0.04, "learning_rate": 0.01, "preflight": "off",
            "eval_data": str(folder / "data.jsonl"), "eval_steps": 2, "eval_samples": 2, **more}


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(torch.arange(20, 40)[None]).logits


def test_grpo_goes_on_with_the_adapter_of_the_cold_start_also_after_a_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    start(whole, **settings(whole))
    stock = Recorder.on_log

    def stops(self: Any, args: Any, state: Any, *rest: Any, **more: Any) -> None:
        stock(self, args, state, *rest, **more)
        if state.global_step == 3 and self.stage == "grpo":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "on_log", stops)
        with pytest.raises(KeyboardInterrupt):
            start(broken, **settings(broken))
    newest = checkpoints_of(broken / "run")[-1] / "adapter_model.safetensors"
    newest.write_bytes(newest.read_bytes()[:-8])
    assert fault_of(newest.parent) == "adapter_model.safetensors is cut off"
    start(broken, **settings(broken))
    assert metrics(whole)[0]["kl"] == pytest.approx(0, abs=1e-6)       # the reference is the cold start
    for one, other in zip(metrics(broken), metrics(whole), strict=True):
        for name in ("loss", "kl", "reward", "grad_norm", "entropy"):
            assert one[name] == pytest.approx(other[name], abs=1e-5), name
    base, _ = load(str(whole / "run/new_model"))
    started, _ = load(str(whole / "run/cold_start"))
    trained, _ = load(str(checkpoints_of(whole / "run")[-1]))
    plain = AutoModelForCausalLM.from_pretrained(whole / "run/final_model")
    assert (logits(base) - logits(started)).abs().max() > 0.01 < (logits(started) - logits(trained)).abs().max()
    torch.testing.assert_close(logits(plain), logits(trained), rtol=1e-3, atol=1e-4)


def test_the_best_adapter_names_its_base_and_is_read_from_anywhere_and_after_a_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from peft import AutoPeftModelForCausalLM

    (tmp_path / "at").mkdir()
    monkeypatch.chdir(tmp_path / "at")
    start(tmp_path / "at/one", **settings(tmp_path / "at/one", max_steps=2, output_dir="one/run"))
    monkeypatch.chdir(tmp_path)
    best = tmp_path / "at/one/run/best"
    assert not (best / "ref").exists() and not list(best.glob("*.pt"))
    found = logits(AutoPeftModelForCausalLM.from_pretrained(best))
    torch.testing.assert_close(logits(load(str(best))[0]), found)
    start(tmp_path / "more", model_name_or_path=str(best), max_steps=1, preflight="off")     # an adapter is gone on with by its name
    assert (tmp_path / "more/run/final_model/config.json").is_file()
    (tmp_path / "at").rename(tmp_path / "moved")
    best = tmp_path / "moved/one/run/best"
    assert base_of(best) == str(tmp_path / "moved/one/run/new_model")
    torch.testing.assert_close(logits(load(str(best))[0]), found)


def test_a_cold_start_alone_leaves_a_plain_model(tmp_path: Path) -> None:
    start(tmp_path, **settings(tmp_path, stages=["sft"]))
    assert {row["stage"] for row in read_metrics(tmp_path / "run")} == {"sft"}
    base = AutoModelForCausalLM.from_pretrained(tmp_path / "run/new_model")
    trained = AutoModelForCausalLM.from_pretrained(tmp_path / "run/final_model")
    assert (logits(base) - logits(trained)).abs().max() > 0.01


@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="pip install bitsandbytes")
@pytest.mark.parametrize("quantised", [{"load_in_4bit": True, "use_bnb_nested_quant": True}, {"load_in_8bit": True}], ids=["nf4", "8 bits"])
def test_an_adapter_over_quantised_weights_ends_as_a_plain_model(tmp_path: Path, quantised: dict[str, Any]) -> None:
    start(tmp_path, **settings(tmp_path, gradient_checkpointing=True, max_steps=2, preflight="warn", **quantised))
    assert all(row["grad_norm"] > 0 for row in metrics(tmp_path))
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "run/final_model")
    assert plain.dtype == torch.bfloat16 and not hasattr(plain.config, "quantization_config")
    adapted, _ = load(str(tmp_path / "run/adapter"), {"dtype": "bfloat16"})
    torch.testing.assert_close(logits(plain), logits(adapted), rtol=0.05, atol=0.1)


def test_an_adapter_that_names_no_base_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="does not say what it was trained on"):
        load(str(tmp_path))
