"""The model tried on a few prompts before it is trained: what it sees, what it writes, what that earns, and whether it can learn.

    preflight: stop                 # the default: a run that cannot learn is refused
    preflight: warn                 # it is only said
    preflight: off

A group of completions teaches only when their rewards differ. A run is refused when none of `ENOUGH` groups or more differs:
then, with 95 % confidence, fewer than one group in twenty would. (A cold-started model that learns well can begin with one in
eight.) A run that sees fewer groups than that is never refused for them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

from toolkit.errors import Refused
from toolkit.evaluate.runner import subset
from toolkit.jsonl import dumps, write_list
from toolkit.rewards.compose import SHAPE, Reward, highest
from toolkit.run import Run
from toolkit.terminal import say
from toolkit.train.arguments import TrainSettings
from toolkit.train.callbacks import SampleWriter
from toolkit.train.grpo import Scoring
from toolkit.train.models import prefills_think
from toolkit.train.prompts import Prompts, end_tokens, length_problems, one_line, prompts_of, show_prompt, trl_value
from toolkit.train.watchdog import MAX_CLIPPED, MAX_ZERO_STD, NEAR_FULL

AT_ONCE = 8                 # prompts sampled first; as many again as long as none of their groups differs
ENOUGH = 59                 # 0.95 ** 59 = 0.049
MOST = 64                   # prompts sampled in all
SECONDS = 40.0              # of writing, at most
EQUAL = 1e-6                # rewards nearer to each other are the same
NEVER = "To train nevertheless: --set preflight=warn"


@dataclass(frozen=True)
class Rehearsal:
    """What the completions of the model as it is were worth; shares are between 0 and 1."""

    groups: int
    generations: int                            # completions of a group
    reward: float | None                        # the mean; None: nothing could be scored
    parts: dict[str, float | None]              # the mean of each part
    zero_variance: float                        # share of groups that teach nothing
    truncated: float                            # share of completions cut at max_completion_length
    unscored: float
    mean_tokens: float
    seconds: float
    whole: bool                                 # False: the time was up before the completions ended, and nothing is judged


def rehearse(settings: TrainSettings, run: Run, reward: Reward, model: Any, tokenizer: Any, rows: Sequence[Any], seen: int,
             state: Any) -> None:
    """Show the prompt, sample the model as training will, score, show and record it: in the manifest, and as step 0 of `samples/`.

    Args:
        seen: prompts that the run itself will see; no more are sampled.
        state: accelerate's PartialState.

    Raises:
        Refused: the run cannot learn from what it would see, or prompts do not fit.
    """
    prompts = prompts_of(settings, reward.task, tokenizer)
    show_prompt(prompts, rows[0], model)
    problems = (length_problems(prompts, rows, settings, model, tell=True)
                or _tried(settings, run, reward, prompts, model, list(islice(cycle(subset(rows, MOST)), min(MOST, seen))), state))
    if problems and settings.preflight == "stop":
        raise Refused([f"{problem} {NEVER}" for problem in problems])
    for problem in problems:
        say(f"  preflight: {problem}")


def _tried(settings: TrainSettings, run: Run, reward: Reward, prompts: Prompts, model: Any, rows: Sequence[Any], state: Any) -> list[str]:
    import torch

    home, began = model.device, time.monotonic()
    try:
        wrote = _write(settings, run, reward, prompts, model, rows) if _move(model, state.device) else None
    except torch.OutOfMemoryError:
        torch.cuda.empty_cache()
        wrote = None
    if str(state.distributed_type).rpartition(".")[2] in ("FSDP", "DEEPSPEED"):
        _move(model, home)                      # what shards a model takes it from where it was loaded
    if wrote is None:
        say("  preflight: the whole model and its completions do not fit on one device beside what is there; it was not sampled")
        return []
    found, whole = wrote
    result = _result(found, settings, reward, time.monotonic() - began, whole)
    _show(found, result, reward)
    write_list(run.folder / "samples" / "step-000000.json", [{"step": 0, **row} for row in found], overwrite=True)
    run.manifest["preflight"] = asdict(result)
    run.save()
    return problems_of(result, settings, reward)


def _move(model: Any, device: Any) -> bool:
    """Put a model where it will be trained; False when it does not fit there as a whole."""
    import torch

    if getattr(model, "is_quantized", False) or model.device == device:
        return True
    size = sum(tensor.numel() * tensor.element_size() for tensor in model.parameters())
    if device.type == "cuda" and torch.cuda.mem_get_info(device)[0] < 1.5 * size:      # half as much for keys, values and logits
        return False
    model.to(device)
    if device.type == "cpu":
        torch.cuda.empty_cache()
    return True


def _write(settings: TrainSettings, run: Run, reward: Reward, prompts: Prompts, model: Any, rows: Sequence[Any]
           ) -> tuple[list[dict[str, Any]], bool]:
    """Scored completions, `num_generations` a row, in the layout of `samples/`; and whether the time sufficed."""
    writer = SampleWriter(run, 0)
    ends = end_tokens(model, prompts.tokenizer)
    scoring = Scoring(reward.task, reward.scorers, prefills_think(prompts.tokenizer, prompts.template), writer, ends)
    generations, limit = (trl_value(settings, name) for name in ("num_generations", "max_completion_length"))
    found: list[dict[str, Any]] = []
    until, whole = time.monotonic() + SECONDS, False
    for start in range(0, len(rows), AT_ONCE):
        group = rows[start:start + AT_ONCE]
        texts, ids = _sample(settings, model, prompts, group, generations, until - time.monotonic(), settings.seed + start, ends)
        in_time = all(one[-1] in ends or len(one) >= limit for one in ids)
        if found and not in_time:
            break                               # what was written before is whole
        whole = in_time
        each = [row for row in group for _ in range(generations)]
        arguments = {"prompts": [prompts.messages(row) for row in each], "sample": [dumps(row.to_row()) for row in each],
                     "completions": [[{"role": "assistant", "content": text}] for text in texts], "completion_ids": ids}
        for score in scoring.functions():
            score(**arguments)
        for row in writer.rows:
            earned = [reward.weights[part] * row[part] for part in reward.weights if row[part] is not None]
            found.append({**row, "reward": sum(earned) if earned else None})
        groups = _groups(found, generations)
        if not whole or time.monotonic() > until or any(map(_differs, groups)) or not any(groups):
            break
    return found, whole


def _sample(settings: TrainSettings, model: Any, prompts: Prompts, rows: Sequence[Any], generations: int, seconds: float,
            seed: int, ends: Sequence[int]) -> tuple[list[str], list[list[int]]]:
    """Texts and their tokens up to the end, row by row; the random state of the run stays as it was."""
    import torch
    from transformers import GenerationConfig

    tokenizer = prompts.tokenizer
    pad = tokenizer.pad_token_id
    sampling = {name: trl_value(settings, name) for name in ("temperature", "top_p", "top_k", "min_p", "repetition_penalty")}
    config = GenerationConfig(**{
        "max_new_tokens": trl_value(settings, "max_completion_length"), "do_sample": True, "pad_token_id": pad, "eos_token_id": list(ends),
        "bos_token_id": tokenizer.bos_token_id, **sampling, **(settings.grpo.get("generation_kwargs") or {}),
        "num_return_sequences": generations, "max_time": max(seconds, 1.0), "disable_compile": True})
    ids = prompts.ids(rows)
    width = max(map(len, ids))
    padded = torch.tensor([[pad] * (width - len(one)) + one for one in ids], device=model.device)                   # (B, T)
    mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in ids], device=model.device)            # (B, T)
    devices = [model.device] if model.device.type == "cuda" else []
    own, model.generation_config, training = model.generation_config, GenerationConfig(), model.training
    model.eval()
    try:
        with torch.random.fork_rng(devices), torch.inference_mode():
            torch.manual_seed(seed)
            out = model.generate(input_ids=padded, attention_mask=mask, generation_config=config)[:, width:].tolist()
    finally:
        model.generation_config = own
        model.train(training)
    kept = [tokens[:next((place for place, token in enumerate(tokens, start=1) if token in ends), None)] for tokens in out]
    return [tokenizer.decode(tokens, skip_special_tokens=True) for tokens in kept], kept


def _groups(found: Sequence[dict[str, Any]], generations: int) -> list[list[float]]:
    """The rewards of each group that could be scored."""
    return [[row["reward"] for row in found[start:start + generations] if row["reward"] is not None]
            for start in range(0, len(found), generations)]


def _differs(rewards: Sequence[float]) -> bool:
    return len(rewards) > 1 and max(rewards) - min(rewards) > EQUAL


def _result(found: Sequence[dict[str, Any]], settings: TrainSettings, reward: Reward, seconds: float, whole: bool) -> Rehearsal:
    generations = trl_value(settings, "num_generations")
    groups = _groups(found, generations)
    return Rehearsal(
        groups=len(groups), generations=generations, reward=_mean(row["reward"] for row in found),
        parts={part: _mean(row[part] for row in found) for part in reward.weights},
        zero_variance=sum(not _differs(one) for one in groups) / len(groups),
        truncated=sum(row["finish_reason"] == "length" for row in found) / len(found),
        unscored=sum(row["reward"] is None for row in found) / len(found),
        mean_tokens=statistics.fmean(row["n_tokens"] for row in found), seconds=round(seconds, 2), whole=whole)


def _mean(values: Any) -> float | None:
    numbers = [value for value in values if value is not None]
    return statistics.fmean(numbers) if numbers else None


def problems_of(result: Rehearsal, settings: TrainSettings, reward: Reward) -> list[str]:
    """Why nothing can be learnt, with the fix; empty when something can, or when too little was seen to tell."""
    if not result.whole:
        return []
    limit = trl_value(settings, "max_completion_length")
    if result.reward is None:
        return ["not one completion could be scored: the reward fails, or the replies cannot be read. The reasons are in "
                f"samples/step-000000.json and training.log; toolkit reward preview tries the reward {' + '.join(reward.weights)} alone."]
    if result.truncated == 1.0 and settings.grpo.get("mask_truncated_completions"):
        return [f"every completion is cut at max_completion_length {limit}, and mask_truncated_completions leaves none to learn "
                "from. Raise max_completion_length."]
    if result.groups < ENOUGH or result.zero_variance < 1.0:
        return []
    seen = f"none of {result.groups} groups has completions of different reward (all earn {result.reward:.2f} of {reward.full:g} on average)"
    shape = [part for part in reward.weights if part in SHAPE]
    if reward.full > 0 and result.reward >= NEAR_FULL * reward.full:
        fix = "the model knows all answers already. Give harder data, or leave out what it answers"
    elif result.truncated > NEAR_FULL:
        fix = (f"{result.truncated:.0%} are cut at max_completion_length {limit}. Raise it, or ask for shorter replies; a model that "
               "does not know how to end needs a cold start (stages: [sft, grpo])")
    elif shape and all((result.parts[part] or 0.0) <= 0.0 for part in shape):
        fix = "no reply has the form that is asked for. Give a cold start (stages: [sft, grpo]), or say the form in system_prompt"
    else:
        fix = ("the data is too hard for this model, or the reward pays everything alike. Give easier data, a cold start (stages: "
               "[sft, grpo]), a larger model, or more num_generations; toolkit reward audit tells whether the reward is the cause")
    return [f"{seen}, so nothing would be learnt: {fix}."]


def _show(found: Sequence[dict[str, Any]], result: Rehearsal, reward: Reward) -> None:
    if not result.whole:
        say(f"  preflight: {len(found)} completions were not written to their end in {SECONDS:.0f} s ({result.mean_tokens:.0f} tokens "
            "each): too slow here to be judged beforehand; the watchdog looks at the run")
    else:
        parts = ", ".join(f"{part.rpartition('/')[2]} {'–' if mean is None else f'{mean / highest(reward.task, part):.0%}'}"
                          for part, mean in result.parts.items())
        say(f"  preflight: {result.groups} prompts × {result.generations} completions in {result.seconds:.1f} s: reward "
            f"{'–' if result.reward is None else f'{result.reward:.2f}'} of {reward.full:g} ({parts}); {result.zero_variance:.0%} of "
            f"groups without variance; {result.truncated:.0%} truncated; {result.mean_tokens:.0f} tokens on average")
        if result.zero_variance >= MAX_ZERO_STD:
            say(f"  warning: {result.zero_variance:.0%} of groups teach nothing: the data is too hard or too easy for this model")
        if result.truncated > MAX_CLIPPED:
            say(f"  warning: {result.truncated:.0%} of completions are cut at max_completion_length and so can hardly be right: raise it")
    scored = sorted((row for row in found if row["reward"] is not None), key=lambda row: -row["reward"]) or list(found)
    for place in dict.fromkeys((0, len(scored) // 2, len(scored) - 1)):
        row = scored[place]
        score = "–" if row["reward"] is None else f"{row['reward']:.2f}"
        say(f"    {score} ({row['reason']}) {one_line(row['question'], 80)!r} → {one_line(row['completion'], 160)!r}")
