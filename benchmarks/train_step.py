"""A GRPO step of `toolkit train` against one of stock TRL, side by side on this machine, and where the time goes.

    python benchmarks/train_step.py [--rounds N] [--steps N] [--lora] [--small] [--json]

Three sides, each in a process of its own, take turns step block by step block, so that other load on the machine meets all of them:

    defaults    TRL's GRPOTrainer with its own defaults (bfloat16 autocast, gradient checkpointing)
    matched     the same in float32 without checkpointing, as `toolkit train` sets them where no GPU is
    toolkit     the trainer that `toolkit train` makes, with its metrics, watchdog and samples

Model (`new`, after a short cold start, so that its replies have the lengths of a run), data, rewards, completions a step, learning
rate and optimizer are the same (with --lora, an adapter of rank 16 on every linear layer, too); the learning rate is TRL's, 1e-6, so the model stays as it is and all sides sample from one
distribution. The ratio is of the mean step of a round, ours to theirs: its median and range over the rounds. On a busy machine the
processor time of the one thread that each side has says more than the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SIDES = ("defaults", "matched", "toolkit")
PARTS = {"generation": "_generate", "reward": "_calculate_rewards", "step": "training_step"}    # methods of GRPOTrainer
BATCH = {"per_device_train_batch_size": 64, "num_generations": 8, "max_completion_length": 60, "max_steps": 100_000}
SMALL = {"per_device_train_batch_size": 16, "num_generations": 4, "max_completion_length": 16, "max_steps": 100_000}


def prepare(folder: Path, small: bool) -> None:
    """Data by the offline engine and a model that knows the form of a reply."""
    from toolkit.demo import GENERATE, LANGUAGES, PROFILES
    from toolkit.generate.pipeline import Request, generate
    from toolkit.profiles import read_profiles
    from toolkit.resources import find
    from toolkit.train.pipeline import train

    profiles = [p for p in read_profiles(find(PROFILES)) if p.language in LANGUAGES]
    generate(profiles, Request(folder / "data", None, 160 if small else 600, seed=0, cold_start=80 if small else 1600, **GENERATE))
    train(settings_of(folder, small, {"stages": ["sft"], "output_dir": str(folder / "model"),
                                      "sft": {"max_steps": 5 if small else 200}, "new_model": {"reading_steps": 0}}))


LORA = {"use_peft": True, "lora_r": 16, "lora_alpha": 32, "lora_dropout": 0.0, "lora_target_modules": ["all-linear"]}


def settings_of(folder: Path, small: bool, over: Mapping[str, Any]) -> Any:
    from toolkit.resources import find
    from toolkit.train.arguments import load_settings

    return load_settings(find("configs/demo.yaml"), {
        **(SMALL if small else BATCH), "train_data": str(folder / "data/train.json"), "eval_data": "", "save_strategy": "no",
        "cold_start_data": str(folder / "data/cold_start.jsonl"), "learning_rate": 1e-6, "seed": 0, "torch_threads": 1, **over})


def side(name: str, folder: Path, steps: int, small: bool, lora: bool) -> None:
    """One side: after each line on stdin a block of steps, answered by a JSON line."""
    from toolkit.rewards.compose import compose
    from toolkit.run import Run
    from toolkit.tasks.base import load_task
    from toolkit.train.callbacks import SampleWriter
    from toolkit.train.grpo import Scoring, dataset_of, make_trainer
    from toolkit.train.models import load, quiet_libraries
    from toolkit.train.processes import common_arguments
    from toolkit.train.speed import keep_freed_memory

    quiet_libraries()
    import torch
    from trl import GRPOConfig, GRPOTrainer, ModelConfig, get_peft_config

    torch.set_num_threads(1)
    over = {"output_dir": str(folder / name), "stages": ["grpo"], "model_name_or_path": str(folder / "model/final_model"),
            **(LORA if lora else {})}
    settings = settings_of(folder, small, over)
    task = load_task(settings.task)
    reward = compose(task, settings.rewards)
    rows = [row for _, row in task.read(settings.train_data)]
    model, tokenizer = load(settings.model_name_or_path)
    run = Run(settings.output_dir, settings.to_config(), {})
    if name == "toolkit":
        keep_freed_memory()
        trainer, _ = make_trainer(settings, run, task, reward, model, tokenizer, rows, [], common_arguments(settings))
    else:
        same = {} if name == "defaults" else {"bf16": False, "gradient_checkpointing": False}
        scoring = Scoring(task, reward.scorers, False, SampleWriter(run, 0))
        trainer = GRPOTrainer(
            model=model, reward_funcs=scoring.functions(), processing_class=tokenizer,
            peft_config=get_peft_config(ModelConfig(**settings.model)),     # None without an adapter
            train_dataset=dataset_of(task, rows, settings.system_prompt),
            args=GRPOConfig(output_dir=str(settings.output_dir), report_to="none", save_strategy="no", disable_tqdm=True, seed=0,
                            use_cpu=not torch.cuda.is_available(), reward_weights=list(reward.weights.values()),
                            **(SMALL if small else BATCH), **same))
    turns(trainer, steps)
    trainer.train()


def turns(trainer: Any, steps: int) -> None:
    """Make a trainer work a block of `steps` after each line on stdin, and tell the seconds of each part of a step."""
    from transformers import PrinterCallback, TrainerCallback

    seconds: defaultdict[str, float] = defaultdict(float)
    lengths: list[float] = []

    def timed(part: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                seconds[part] += time.perf_counter() - began
        return call

    for part, method in PARTS.items():
        setattr(trainer, method, timed(part, getattr(trainer, method)))

    class Turns(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            sys.stdin.readline()
            self.began, self.processor = time.perf_counter(), time.process_time()

        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.optimizer = time.perf_counter()

        def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            seconds["optimizer"] += time.perf_counter() - self.optimizer

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            lengths.append(trainer._metrics["train"]["completions/mean_length"][-1])
            if state.global_step % steps:
                return
            whole = time.perf_counter() - self.began
            found = {"whole": whole, "processor": time.process_time() - self.processor, "generation": seconds["generation"], "reward": seconds["reward"],
                     "forward and backward": seconds["step"] - seconds["generation"] - seconds["reward"],
                     "optimizer": seconds["optimizer"], "data and the rest": whole - seconds["step"] - seconds["optimizer"]}
            print(json.dumps({"ms": {part: 1000 * s / steps for part, s in found.items()},
                              "length": statistics.fmean(lengths)}), flush=True)
            seconds.clear()
            lengths.clear()
            control.should_training_stop = not sys.stdin.readline()
            self.began, self.processor = time.perf_counter(), time.process_time()

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Turns())


def compare(folder: Path, rounds: int, steps: int, small: bool, lora: bool) -> dict[str, Any]:
    """Rounds of blocks of every side, after one block each that is not counted."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    children = {name: subprocess.Popen(
        [sys.executable, __file__, "--side", name, "--folder", str(folder), "--steps", str(steps), *(["--small"] if small else []),
         *(["--lora"] if lora else [])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) for name in SIDES}

    def block(name: str) -> dict[str, Any]:
        child = children[name]
        print("go", file=child.stdin, flush=True)
        for line in child.stdout:
            if line.startswith('{"ms"'):
                return json.loads(line)
        raise SystemExit(f"the side {name} ended with exit code {child.wait()}.")

    try:
        for name in SIDES:
            block(name)
        found = defaultdict(list)
        for turn in range(rounds):
            for name in SIDES if turn % 2 else reversed(SIDES):
                found[name].append(block(name))
    finally:
        for child in children.values():
            child.stdin.close()
            child.wait()

    def ratio(name: str, clock: str) -> dict[str, float]:
        return spread([ours["ms"][clock] / theirs["ms"][clock] for ours, theirs in zip(found["toolkit"], found[name], strict=True)])

    return {
        "rounds": rounds, "steps": steps, "load": round(os.getloadavg()[0], 2), "cores": os.cpu_count(),
        "ratio": {name: {"clock": ratio(name, "whole"), "processor": ratio(name, "processor")} for name in ("defaults", "matched")},
        "sides": {name: {"ms": {part: round(statistics.median(one["ms"][part] for one in blocks), 2) for part in blocks[0]["ms"]},
                         "completion_tokens": round(statistics.fmean(one["length"] for one in blocks), 1)}
                  for name, blocks in found.items()}}


def spread(values: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(values), 3), "min": round(min(values), 3), "max": round(max(values), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="blocks of each side (9)")
    parser.add_argument("--steps", type=int, default=5, help="steps of a block (5)")
    parser.add_argument("--lora", action="store_true", help="train an adapter")
    parser.add_argument("--small", action="store_true", help="16 short completions a step: only shows that it works")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        return side(options.side, options.folder, options.steps, options.small, options.lora)
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), options.small)
        found = compare(Path(folder), options.rounds, options.steps, options.small, options.lora)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, told in (("defaults", "TRL with its own defaults"), ("matched", "TRL in float32 without checkpointing")):
        clock, processor = (f"{one['median']:.2f} ({one['min']:.2f} to {one['max']:.2f})" for one in found["ratio"][name].values())
        print(f"a step, against {told}: {clock} of the time, {processor} of the processor time")
    print(f"{found['rounds']} rounds of {found['steps']} steps; load {found['load']} on {found['cores']} cores")
    for name, values in found["sides"].items():
        whole, processor = values["ms"].pop("whole"), values["ms"].pop("processor")
        shares = ", ".join(f"{part} {ms:.1f} ms ({ms / whole:.1%})" for part, ms in values["ms"].items())
        print(f"{name:8} {whole:7.1f} ms a step ({processor:.1f} ms of the processor), {values['completion_tokens']:.1f} tokens a "
              f"completion: {shares}")
    each = found["sides"]["toolkit"]["ms"]["reward"] / (SMALL if options.small else BATCH)["per_device_train_batch_size"]
    print(f"reward: {each:.3f} ms a completion, which is under 1 % of every step that takes more than {each / 10:.3f} s a completion")


if __name__ == "__main__":
    main()
