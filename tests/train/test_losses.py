"""Every loss that the installed TRL knows trains a step; groups of equal reward are sampled anew or left out, exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM
from trl import GRPOTrainer
from trl.trainer import utils

from toolkit.config import choices_of
from toolkit.errors import InputError
from toolkit.rewards.compose import compose
from toolkit.run import Run
from toolkit.tasks.base import load_task
from toolkit.train.arguments import load_settings
from toolkit.train.dynamic_sampling import chosen_rows, varied
from toolkit.train.grpo import make_trainer
from toolkit.train.models import load
from toolkit.train.new_model import make_tokenizer
from toolkit.train.processes import common_arguments
from toolkit.train.speed import decoder, obstacle

LOSSES = choices_of("trl.trainer.grpo_config", "loss_type")
# replies to odd questions are paid by their length, to even ones all the same
REWARD = '''
def score(sample, text):
    return 0.5 if sample["question"].endswith("even?") else len(text) % 7 / 7
'''


def trainer(folder: Path, **over: Any) -> Any:
    """A trainer of a model of a few thousand parameters, as a run makes it."""
    (folder / "mine.py").write_text(REWARD, encoding="utf-8")
    questions = [f"Is {n} {'even' if n % 2 == 0 else 'odd'}?" for n in range(12)]
    (folder / "data.jsonl").write_text("".join(json.dumps({"question": q, "answer": "So.\n#### 1"}) + "\n" for q in questions),
                                       encoding="utf-8")
    (folder / "c.yaml").write_text(
        f"task: gsm8k\nmodel_name_or_path: {folder}/model\ntrain_data: {folder}/data.jsonl\noutput_dir: {folder}/run\nsystem_prompt: ''\n"
        f"rewards: {{'{folder}/mine.py:score': 1.0}}\nmax_steps: 1\nper_device_train_batch_size: 8\nnum_generations: 4\n"
        "max_completion_length: 5\nsave_strategy: 'no'\nlearning_rate: 0.01\n", encoding="utf-8")
    settings = load_settings(folder / "c.yaml", over)
    task = load_task("gsm8k")
    rows = [row for _, row in task.read(settings.train_data)]
    tokenizer = make_tokenizer(questions * 4, 40)
    torch.manual_seed(0)
    Qwen3ForCausalLM(Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, head_dim=8,
        intermediate_size=32, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    model, tokenizer = load(str(folder / "model"))
    run = Run(settings.output_dir, settings.to_config(), {})
    made, _ = make_trainer(settings, run, task, compose(task, settings.rewards), model, tokenizer, rows, [],
                           common_arguments(settings))
    return made


def metrics(folder: Path) -> dict[str, Any]:
    rows = [json.loads(line) for line in (folder / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return next(row for row in rows if "reward" in row)


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_of_the_installed_trl_trains_a_step(tmp_path: Path, loss: str) -> None:
    made = trainer(tmp_path, loss_type=loss, per_device_train_batch_size=16, importance_sampling_level="sequence" if loss == "luspo" else "token")
    before = made.model.lm_head.weight.detach().clone()
    made.train()
    assert metrics(tmp_path)["grad_norm"] > 0
    assert not before.equal(made.model.lm_head.weight)


@pytest.mark.parametrize(("written", "loss", "level"), [
    ("GSPO", "grpo", "sequence"), ("Dr. GRPO", "dr_grpo", None), ("dr-grpo", "dr_grpo", None), ("DAPO", "dapo", None)])
def test_losses_are_known_by_the_names_of_their_papers(tmp_path: Path, written: str, loss: str, level: str | None) -> None:
    (tmp_path / "c.yaml").write_text(f"model_name_or_path: m\ntrain_data: d.json\nloss_type: {written}\n", encoding="utf-8")
    settings = load_settings(tmp_path / "c.yaml")
    assert (settings.grpo["loss_type"], settings.grpo.get("importance_sampling_level")) == (loss, level)
    assert settings.translated


def test_an_unknown_loss_is_told_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("model_name_or_path: m\ntrain_data: d.json\nloss_type: dappo\n", encoding="utf-8")
    with pytest.raises(InputError, match=r'c.yaml:3 "loss_type" is .dappo.: the installed TRL has grpo, .*Did you mean "dapo"'):
        load_settings(tmp_path / "c.yaml")


@pytest.mark.parametrize(("loss", "level"), [*((loss, "token") for loss in LOSSES), ("grpo", "sequence"), ("luspo", "sequence")])
@pytest.mark.parametrize("lora", [False, True])
def test_what_is_saved_changes_neither_a_loss_nor_its_gradients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: str, level: str,
                                                                lora: bool) -> None:
    made = trainer(tmp_path, loss_type=loss, importance_sampling_level=level, beta=0.04, scale_rewards="none", entropy_coef=0.01,
                   **({"use_peft": True, "lora_target_modules": ["q_proj", "down_proj"], "gradient_checkpointing": True} if lora else {}))
    assert obstacle(decoder(made.model)) is None
    made.current_gradient_accumulation_steps = 1
    made.model.train()
    random = torch.Generator().manual_seed(2)
    for weights in made.model.parameters():             # an adapter begins at 0
        weights.data += 0.1 * torch.randn(weights.shape, generator=random)
    ids = torch.randint(5, 40, (8, 9), generator=random)
    ids[:, :4] = ids[:2, :4].repeat_interleave(4, dim=0)
    batch = {"prompt_ids": ids[:, :4], "prompt_mask": torch.ones(8, 4, dtype=torch.long), "completion_ids": ids[:, 4:],
             "completion_mask": (torch.arange(5) < torch.tensor([5, 1, 3, 2, 4, 5, 5, 2])[:, None]).long(),
             "ref_per_token_logps": torch.full((8, 5), -4.0), "old_per_token_logps": torch.full((8, 5), -3.5),
             "advantages": torch.tensor([0.0, 0.7, -0.7, 0.0, 1.0, -1.0, 0.5, -0.5]), "num_items_in_batch": torch.tensor(27)}

    def loss_and_gradients() -> list[torch.Tensor]:
        made.model.zero_grad()
        found = made._compute_loss(made.model, batch)
        found.backward()
        return [found.detach(), *(weights.grad.clone() for weights in made.model.parameters() if weights.grad is not None)]

    ours = loss_and_gradients()
    monkeypatch.setattr(type(made), "_get_per_token_logps_and_entropies", GRPOTrainer._get_per_token_logps_and_entropies)
    monkeypatch.setattr(utils, "_use_triton", lambda device: False, raising=False)
    stock = loss_and_gradients()
    assert len(stock) == len(ours) > 1 and stock[1].abs().max() > 0
    for before, after in zip(stock, ours, strict=True):
        torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_left_out_contributes_nothing_and_the_loss_is_the_mean_over_the_rest(tmp_path: Path, loss: str) -> None:
    made = trainer(tmp_path, loss_type=loss, beta=0.5, dynamic_sampling=0)
    made.current_gradient_accumulation_steps = 1
    made.model.train()
    ids = torch.randint(5, 40, (8, 9), generator=torch.Generator().manual_seed(2))
    whole = {"prompt_ids": ids[:, :4], "prompt_mask": torch.ones(8, 4, dtype=torch.long), "completion_ids": ids[:, 4:],
             "completion_mask": torch.ones(8, 5, dtype=torch.long), "ref_per_token_logps": torch.full((8, 5), -4.0),
             "advantages": torch.tensor([0.0, 0.0, 0.0, 0.0, 1.0, -1.0, 0.5, -0.5])}

    def loss_and_gradient(batch: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
        made.model.zero_grad()
        found = made._compute_loss(made.model, {**batch, "num_items_in_batch": batch["completion_mask"].sum()})
        found.backward()
        return found.detach(), made.model.lm_head.weight.grad.clone()

    kept = chosen_rows([whole], [[4, 5, 6, 7]], 8)
    alone = {name: value[4:] for name, value in whole.items()}
    for masked, expected in zip(loss_and_gradient({**kept, "rows_per_kept_row": torch.tensor(2.0)}), loss_and_gradient(alone), strict=True):
        torch.testing.assert_close(masked, expected, rtol=1e-5, atol=1e-6)


def test_groups_of_equal_reward_are_replaced_by_groups_that_differ(tmp_path: Path) -> None:
    made = trainer(tmp_path, dynamic_sampling=8)
    made.train()
    made.model.train()
    even, odd = made.train_dataset[0], made.train_dataset[1]
    batch = made._generate_and_score_completions([odd] * 4 + [even] * 4)
    assert metrics(tmp_path)["groups/left_out"] == 0
    assert batch["advantages"].view(2, 4).abs().amax(1).gt(0).all()
    assert batch["completion_mask"].sum(1).gt(0).all()
    assert made._metrics["train"]["groups/replaced"][-1] == 0.5
    assert len(made._metrics["train"]["reward"]) == 1           # of the first sampling alone


def test_without_rounds_they_are_left_out(tmp_path: Path) -> None:
    made = trainer(tmp_path, dynamic_sampling=0)
    made.model.train()
    even, odd = made.train_dataset[0], made.train_dataset[1]
    batch = made._generate_and_score_completions([odd] * 4 + [even] * 4)
    assert batch["completion_mask"].sum(1).gt(0).tolist() == [True] * 4 + [False] * 4
    assert batch["num_items_in_batch"] == batch["completion_mask"].sum()
    assert made._metrics["train"]["groups/left_out"] == [0.5]


def test_a_completion_without_a_score_has_no_say_in_whether_its_group_differs() -> None:
    nan = float("nan")
    rewards = torch.tensor([[1.0, 0.0], [nan, nan], [1.0, nan], [nan, nan], [nan, nan], [nan, nan], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    assert varied(rewards, torch.tensor([0.7, 0.3]), 3).tolist() == [False, False, True]


def test_dynamic_sampling_needs_whole_groups_in_a_process(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="whole groups in each process: 4 completions"):
        trainer(tmp_path, dynamic_sampling=1, num_generations=8, per_device_train_batch_size=4, num_processes=2)
