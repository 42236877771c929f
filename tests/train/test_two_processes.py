"""Two processes (DDP over gloo): what is saved changes nothing of what stock TRL trains."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from trl.trainer import utils

from toolkit.train import grpo

from .test_losses import trainer


def train(rank: int, port: int, folder: Path, stock: bool, over: dict[str, Any]) -> None:
    """One of two processes: three steps on completions that are given, and what they measured and learnt."""
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    for state in (AcceleratorState, GradientState, PartialState):
        state._reset_state()
    torch.set_num_threads(1)
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, so as not to import torch again")
@pytest.mark.parametrize("over", [{}, {"use_peft": True, "gradient_checkpointing": True}], ids=["full", "lora, recomputed"])
def test_two_processes_train_what_stock_trl_trains(tmp_path: Path, over: dict[str, Any]) -> None:
    found = []
    for stock in (True, False):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        folder = tmp_path / str(stock)
        both = [multiprocessing.get_context("fork").Process(target=train, args=(rank, port, folder, stock, over)) for rank in (0, 1)]
        for one in both:
            one.start()
        for one in both:
            one.join(120)
            one.kill()
        assert [one.exitcode for one in both] == [0, 0]
        found.append(json.loads((folder / "found.json").read_text(encoding="utf-8")))
    stock, ours = found
    assert len(stock["steps"]) == 3 and stock["steps"][0]["grad_norm"] > 0
    for before, after in zip(stock["steps"], ours["steps"], strict=True):
        assert after == pytest.approx(before, rel=1e-4, abs=1e-6)
    assert ours["weights"] == pytest.approx(stock["weights"], rel=1e-5)
