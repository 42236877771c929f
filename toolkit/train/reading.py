"""Reading drills: what pretraining has done for a hub model and not for a new one, learning to copy from the prompt.

A drill shows a profile of random tokens under real labels, and asks for its lines by label:

    <|system|>职业：桃K走\\n身高：柳7<|end|><|user|>身高<|end|><|assistant|><think>身高：柳7</think><answer>柳7</answer><|end|>

Nothing in it can be known by heart, so the loss falls only with the two heads that look a token up by the one before it
(induction heads: Olsson et al., arXiv 2209.11895). They form suddenly, and late on long prompts: drills start short and grow
when the answers are right (a curriculum), which takes seconds where a fixed length takes minutes or never gets there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

BATCH = 32
WARMUP = 20
# smoothed share of value tokens predicted right at which the next level begins
GOOD = 0.75
# (kind, lines of the profile, longest value in tokens)
LEVELS = (("repeat", 3, 2), ("ask", 2, 2), ("ask", 3, 3), ("ask", 4, 5))


@dataclass(frozen=True, slots=True)
class Drill:
    ids: list[int]
    answers: list[bool]                         # which ids are the assistant's
    copied: list[bool]                          # which of them stand in the prompt and nowhere else


class Drills:
    """Makes drills from a tokenizer and the labels that profiles use."""

    def __init__(self, tokenizer: Any, labels: Sequence[str], rng: Random):
        """`labels`: as profile lines begin, `职业：`."""
        def ids(text: str) -> list[int]:
            return tokenizer(text, add_special_tokens=False)["input_ids"]

        self.rng = rng
        self.labels = [(ids(label.rstrip(':：')), ids(label)) for label in labels]
        fixed = {t: tokenizer.convert_tokens_to_ids(t) for t in (
            "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<think>", "</think>", "<answer>", "</answer>")}
        self.mark = fixed
        self.newline, self.colon = ids("\n"), ids("：")
        taken = {*fixed.values(), tokenizer.pad_token_id, *self.newline}
        self.words = [i for i in range(len(tokenizer)) if i not in taken]

    def drill(self, kind: str, lines: int, longest: int) -> Drill:
        return self.repeat(lines, longest) if kind == "repeat" else self.ask(lines, longest)

    def repeat(self, lines: int, longest: int) -> Drill:
        """Lines of random tokens, then the same lines in another order: nothing but copying."""
        rng, mark = self.rng, self.mark
        heads = [[word, *self.colon] for word in rng.sample(self.words, lines)]
        values = [[rng.choice(self.words) for _ in range(longest)] for _ in heads]
        text, answers, copied = [mark["<|system|>"]], [False], [False]
        for head, value in zip(heads, values, strict=True):
            line = [*head, *value, *self.newline]
            text, answers, copied = text + line, answers + [False] * len(line), copied + [False] * len(line)
        for n in rng.sample(range(lines), lines):
            text += [*heads[n], *values[n], *self.newline]
            # which line comes next cannot be known: the first token of a line is not asked for
            answers += [False, *[True] * (len(self.colon) + longest + len(self.newline))]
            copied += [False] * len(heads[n]) + [True] * longest + [False] * len(self.newline)
        return Drill(text, answers, copied)

    def ask(self, lines: int, longest: int) -> Drill:
        """A profile under real labels, and a question for each line."""
        rng, mark = self.rng, self.mark
        chosen = rng.sample(self.labels, lines)
        values = [[rng.choice(self.words) for _ in range(rng.randint(1, longest))] for _ in chosen]
        text = [mark["<|system|>"]]
        for (_, head), value in zip(chosen, values, strict=True):
            text += [*head, *value, *self.newline]
        text[-1:] = [mark["<|end|>"]]
        answers, copied = [False] * len(text), [False] * len(text)
        order = list(range(lines))
        rng.shuffle(order)
        for n in order:
            asked = [mark["<|user|>"], *chosen[n][0], mark["<|end|>"], mark["<|assistant|>"]]
            head, value = [mark["<think>"], *chosen[n][1]], values[n]
            tail = [mark["</think>"], mark["<answer>"], *value, mark["</answer>"], mark["<|end|>"]]
            text += [*asked, *head, *value, *tail]
            answers += [False] * len(asked) + [True] * (len(head) + len(value) + len(tail))
            copied += [False] * (len(asked) + len(head)) + [True] * len(value) + [False] * len(tail)
        return Drill(text, answers, copied)


def learn_to_read(model: Any, tokenizer: Any, labels: Sequence[str], seed: int, most_steps: int,
                  on_step: Callable[[int, float, float], None] = lambda step, loss, right: None) -> int:
    """Train `model` in place on drills until the longest are answered; returns the steps it took.

    Args:
        labels: as profile lines begin, `职业：`.
        most_steps: give up growing after so many steps.
        on_step: called with step, loss and the share of value tokens predicted right.
    """
    import torch

    if not most_steps:
        return 0
    drills = Drills(tokenizer, labels, Random(seed))
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    # Muon (Jordan et al. 2024) for the matrices forms the heads in half of AdamW's steps
    optimizers = [torch.optim.Muon(matrices, lr=0.02, weight_decay=0.0),
                  torch.optim.AdamW(others, lr=0.01, betas=(0.9, 0.98), weight_decay=0.0)]

    def rate(step: int) -> float:
        return min(1.0, (step + 1) / WARMUP, 2 * (1 - step / most_steps))

    schedules = [torch.optim.lr_scheduler.LambdaLR(o, rate) for o in optimizers]
    model.train()
    level, smooth, step = 0, 0.0, 0
    for step in range(1, most_steps + 1):
        ids, mask, targets, copied = _batch([drills.drill(*LEVELS[level]) for _ in range(BATCH)], tokenizer.pad_token_id)
        hidden = model.model(input_ids=ids, attention_mask=mask).last_hidden_state[:, :-1]
        chosen = targets[:, 1:] != -100
        logits, targets, copied = model.lm_head(hidden[chosen]), targets[:, 1:][chosen], copied[:, 1:][chosen]
        loss = torch.nn.functional.cross_entropy(logits, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        right = (logits.argmax(-1) == targets)[copied].float().mean().item()
        smooth = 0.9 * smooth + 0.1 * right
        on_step(step, loss.item(), right)
        if smooth > GOOD:
            level, smooth = level + 1, 0.0
            if level == len(LEVELS):
                break
    return step


def _batch(drills: Sequence[Drill], pad: int) -> tuple[Any, Any, Any, Any]:
    """ids, attention mask, targets, copied: (B, T) each, right padded, targets -100 outside the answers."""
    import torch

    longest = max(len(d.ids) for d in drills)
    ids = torch.full((len(drills), longest), pad)
    mask = torch.zeros_like(ids)
    targets = torch.full_like(ids, -100)
    copied = torch.zeros_like(ids, dtype=torch.bool)
    for n, drill in enumerate(drills):
        row = torch.tensor(drill.ids)
        ids[n, :len(row)] = row
        mask[n, :len(row)] = 1
        targets[n, :len(row)] = torch.where(torch.tensor(drill.answers), row, -100)
        copied[n, :len(row)] = torch.tensor(drill.copied)
    return ids, mask, targets, copied
