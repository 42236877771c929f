"""Reading drills: what pretraining has done for a hub model and not for a new one, learning to copy from the prompt.

A drill shows a profile of random tokens under real labels, and asks for its lines by label:

    <|system|>职业：桃K走\\n身高：柳7<|end|><|user|>身高<|end|><|assistant|><think>身高：柳7</think><answer>柳7</answer><|end|>

or a dialogue in which both speakers tell their value of the same thing, and asks for what one of them said:

    <|user|>走K柳7<|end|><|assistant|>桃<|end|><|user|>春<|end|><|assistant|>走K梅<|end|>
    <|user|>对方走K<|end|><|assistant|><think>对方：走K柳7</think><answer>柳7</answer><|end|>

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
# (kind, lines of the profile or things told, longest value in tokens, and the smoothed share of value tokens predicted right
# at which the next level begins: where two speakers compete, half is right by chance)
LEVELS = (("repeat", 3, 2, 0.75), ("ask", 2, 2, 0.75), ("ask", 3, 3, 0.75), ("ask", 4, 5, 0.75), ("turns", 1, 3, 0.85),
          ("turns", 2, 4, 0.9))


@dataclass(frozen=True, slots=True)
class Drill:
    ids: list[int]
    answers: list[bool]                         # which ids are the assistant's
    copied: list[bool]                          # which of them stand in the prompt and nowhere else


class Drills:
    """Makes drills from a tokenizer and the labels that profiles use."""

    def __init__(self, tokenizer: Any, labels: Sequence[str], speakers: Sequence[tuple[str, str]], rng: Random):
        """`labels`: as profile lines begin, `职业：`; `speakers`: names of user and role, `对方`."""
        def ids(text: str) -> list[int]:
            return tokenizer(text, add_special_tokens=False)["input_ids"]

        self.rng = rng
        self.labels = [(ids(label.rstrip(':：')), ids(label)) for label in labels]
        self.speakers = [(ids(user), ids(role)) for user, role in speakers]
        fixed = {t: tokenizer.convert_tokens_to_ids(t) for t in (
            "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<think>", "</think>", "<answer>", "</answer>")}
        self.mark = fixed
        self.newline, self.colon = ids("\n"), ids("：")
        taken = {*fixed.values(), tokenizer.pad_token_id, *self.newline}
        self.words = [i for i in range(len(tokenizer)) if i not in taken]

    def drill(self, kind: str, lines: int, longest: int) -> Drill:
        return {"repeat": self.repeat, "ask": self.ask, "turns": self.turns}[kind](lines, longest)

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

    def turns(self, things: int, longest: int) -> Drill:
        """A dialogue in which user and role both tell of the same things, and a question for each value."""
        rng, mark = self.rng, self.mark
        named = dict(zip(("<|user|>", "<|assistant|>"), rng.choice(self.speakers), strict=True))
        heads = [rng.sample(self.words, 2) for _ in range(things)]
        told = [(who, head, [rng.choice(self.words) for _ in range(rng.randint(1, longest))])
                for head in heads for who in named]
        rng.shuffle(told)
        text: list[int] = []
        for who, head, value in told:
            said, other = [*head, *value], rng.sample(self.words, 2)
            first, second = (said, other) if who == "<|user|>" else (other, said)
            text += [mark["<|user|>"], *first, mark["<|end|>"], mark["<|assistant|>"], *second, mark["<|end|>"]]
        answers, copied = [False] * len(text), [False] * len(text)
        rng.shuffle(told)
        for who, head, value in told:
            asked = [mark["<|user|>"], *named[who], *head, mark["<|end|>"], mark["<|assistant|>"]]
            source = [mark["<think>"], *named[who], *self.colon, *head]
            tail = [mark["</think>"], mark["<answer>"], *value, mark["</answer>"], mark["<|end|>"]]
            text += [*asked, *source, *value, *tail]
            answers += [False] * len(asked) + [True] * (len(source) + len(value) + len(tail))
            copied += [False] * (len(asked) + len(source)) + [True] * len(value) + [False] * len(tail)
        return Drill(text, answers, copied)


def learn_to_read(model: Any, tokenizer: Any, labels: Sequence[str], speakers: Sequence[tuple[str, str]], seed: int,
                  most_steps: int,
                  on_step: Callable[[int, float, float], None] = lambda step, loss, right: None) -> int:
    """Train `model` in place on drills until the longest are answered; returns the steps it took.

    Args:
        labels: as profile lines begin, `职业：`.
        speakers: what user and role are called in an answer's reasoning, `("对方", "我自己")`; none: no dialogues.
        most_steps: give up growing after so many steps.
        on_step: called with step, loss and the share of value tokens predicted right.
    """
    import torch

    if not most_steps:
        return 0
    drills = Drills(tokenizer, labels, speakers, Random(seed))
    levels = [level for level in LEVELS if speakers or level[0] != "turns"]
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    # Muon (Jordan et al. 2024) for the matrices forms the heads in half of AdamW's steps; at
    # twice this rate it took some seeds 1,000 steps
    optimizers = [torch.optim.Muon(matrices, lr=0.01, weight_decay=0.0),
                  torch.optim.AdamW(others, lr=0.01, betas=(0.9, 0.98), weight_decay=0.0)]

    def rate(step: int) -> float:
        return min(1.0, (step + 1) / WARMUP, 2 * (1 - step / most_steps))

    schedules = [torch.optim.lr_scheduler.LambdaLR(o, rate) for o in optimizers]
    model.train()
    level, smooth, step = 0, 0.0, 0
    for step in range(1, most_steps + 1):
        *shape, good = levels[level]
        ids, mask, targets, copied = _batch([drills.drill(*shape) for _ in range(BATCH)], tokenizer.pad_token_id)
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
        if smooth > good:
            level, smooth = level + 1, 0.0
            if level == len(levels):
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
