"""Two processes over gloo: what is saved changes nothing of what stock TRL trains, and nothing waits for the other process."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from trl.trainer import utils

from toolkit.train import grpo
from toolkit.train.packed import packed_forward

from .test_losses import trainer
from .test_speed import batch, small

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, so as not to import torch again")


def join(rank: int, port: int) -> None:
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)


def both(work: Callable[..., None], *given: Any) -> None:
    """Two processes that work, until they are done."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    processes = [multiprocessing.get_context("fork").Process(target=work, args=(rank, port, *given)) for rank in (0, 1)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(120)
        one.kill()
    assert [one.exitcode for one in processes] == [0, 0]


def train(rank: int, port: int, folder: Path, stock: bool, over: dict[str, Any]) -> None:
    """One of two processes: three steps on completions that are given, and what they measured and learnt."""
    join(rank, port)
    for state in (AcceleratorState, GradientState, PartialState):
        state._reset_state()
    utils._use_triton = lambda device: False
    if stock:
        grpo.prompt_sharing, grpo.score_completions_only = (lambda trainer_class: trainer_class), (lambda: None)
    (folder / str(rank)).mkdir(parents=True)
    made = trainer(folder / str(rank), max_steps=3, beta=0.04, learning_rate=1e-3, ddp_backend="gloo", **over)
    random = torch.Generator().manual_seed(rank)

    def written(prompt_ids: list[list[int]], *rest: Any) -> tuple[list[list[int]], None]:
        return [torch.randint(5, 40, (int(torch.randint(1, 6, (1,), generator=random)),), generator=random).tolist() for _ in prompt_ids], None

    made._generate_single_turn = written
    made.train()
    if rank == 0:
        names = ("loss", "grad_norm", "kl", "entropy", "reward")
        found = [{name: row[name] for name in names} for row in made.state.log_history if "loss" in row]
        weights = [weights.double().norm().item() for weights in made.model.parameters() if weights.requires_grad]
        (folder / "found.json").write_text(json.dumps({"steps": found, "weights": weights}), encoding="utf-8")
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("over", [{}, {"use_peft": True, "gradient_checkpointing": True}], ids=["full", "lora, recomputed"])
def test_two_processes_train_what_stock_trl_trains(tmp_path: Path, over: dict[str, Any]) -> None:
    found = []
    for stock in (True, False):
        both(train, tmp_path / str(stock), stock, over)
        found.append(json.loads((tmp_path / f"{stock}/found.json").read_text(encoding="utf-8")))
    stock, ours = found
    assert len(stock["steps"]) == 3 and stock["steps"][0]["grad_norm"] > 0
    for before, after in zip(stock["steps"], ours["steps"], strict=True):
        assert after == pytest.approx(before, rel=1e-4, abs=1e-6)
    assert ours["weights"] == pytest.approx(stock["weights"], rel=1e-5)


def score_sharded(rank: int, port: int) -> None:
    """Scores and gradients under FSDP2, stock and packed, where only the first process has prompts to share."""
    join(rank, port)
    torch.distributed.init_process_group("gloo")
    mesh = init_device_mesh("cpu", (2,))
    ids, mask = batch()
    if rank == 1:
        ids = torch.randint(2, 97, ids.shape)
    labels = ids.masked_fill(mask == 0, -100)
    labels[:, :7] = -100
    found = []
    for context in (nullcontext(), None):
        model = small(initializer_range=0.4).train()
        model.gradient_checkpointing_enable({"use_reentrant": False})
        for part in (*model.model.layers, model):
            fully_shard(part, mesh=mesh)
        with context or packed_forward(model.model, 7):
            loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        found.append([loss.detach(), *(weights.grad.full_tensor() for weights in model.parameters())])
    for before, after in zip(*found, strict=True):
        torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-5)
    torch.distributed.destroy_process_group()


def test_processes_that_hold_shards_of_a_model_need_not_share_alike() -> None:
    both(score_sharded)
