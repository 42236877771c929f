"""Reading drills: what pretraining has done for a hub model and not for a new one, learning to copy from the prompt.

A drill shows a profile of random tokens under real labels, and asks for its lines by label, one or two at once:

    <|system|>职业：桃K走\\n身高：柳7<|end|><|user|>身高<|end|><|assistant|><think>身高：柳7</think><answer>柳7</answer><|end|>
    <|user|>身高另外，职业<|end|><|assistant|><think>身高：柳7\\n职业：桃K走</think><answer>柳7另外，职业：桃K走</answer><|end|>

or a dialogue in which both speakers tell their value of the same thing, and asks for what one of them said:

    <|user|>走K柳7<|end|><|assistant|>桃<|end|><|user|>春<|end|><|assistant|>走K梅<|end|>
    <|user|>对方走K<|end|><|assistant|><think>对方：走K柳7</think><answer>柳7</answer><|end|>

Nothing in it can be known by heart, so the loss falls only with the two heads that look a token up by the one before it
(induction heads: Olsson et al., arXiv 2209.11895). They form suddenly, and late on long prompts: drills start short and grow
when the answers are right (a curriculum), which takes seconds where a fixed length takes minutes or never gets there.
Dialogues come first and never stop: the head that tells whose turn it is (`new_model._turns`) is lost in a hundred steps
that have no use for it, and takes hundreds to come back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

BATCH = 32
WARMUP = 20
EARLIER = 0.4                                   # share of drills of the levels before, lest they are forgotten
HEAD = (2, 5)                                   # tokens before the value of something told, fewest and most
# (kind, lines of the profile or things told, longest value in tokens, and the smoothed share of value tokens predicted right
# at which the next level begins: where two speakers compete, half is right by chance)
LEVELS = (("turns", 1, 3, 0.88), ("ask", 2, 2, 0.75), ("ask", 3, 3, 0.75), ("ask", 4, 5, 0.85), ("turns", 2, 4, 0.92))


@dataclass(frozen=True, slots=True)
class Drill:
    ids: list[int] = field(default_factory=list)
    answers: list[bool] = field(default_factory=list)      # which ids are the assistant's
    copied: list[bool] = field(default_factory=list)       # which of them stand in the prompt and nowhere else

    def show(self, *ids: int) -> None:
        self._add(ids, answer=False, copied=False)

    def answer(self, *ids: int) -> None:
        self._add(ids, answer=True, copied=False)

    def copy(self, *ids: int) -> None:
        self._add(ids, answer=True, copied=True)

    def _add(self, ids: Sequence[int], answer: bool, copied: bool) -> None:
        self.ids.extend(ids)
        self.answers.extend([answer] * len(ids))
        self.copied.extend([copied] * len(ids))


class Drills:
    """Makes drills from a tokenizer and the labels that profiles use."""

    def __init__(self, tokenizer: Any, labels: Sequence[str], speakers: Sequence[tuple[str, str]], joins: Sequence[str],
                 rng: Random):
        """`labels`: as profile lines begin, `职业：`; `speakers`: names of user and role, `对方`; `joins`: `另外，`."""
        def ids(text: str) -> list[int]:
            return tokenizer(text, add_special_tokens=False)["input_ids"]

        self.rng = rng
        self.labels = [(ids(label.rstrip(':：')), ids(label)) for label in labels]
        self.speakers = [(ids(user), ids(role)) for user, role in speakers]
        self.mark = {t: tokenizer.convert_tokens_to_ids(t) for t in (
            "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<think>", "</think>", "<answer>", "</answer>")}
        self.joins = [ids(join) for join in joins] or [[]]
        self.newline, self.colon = ids("\n"), ids("：")
        taken = {*self.mark.values(), tokenizer.pad_token_id, *self.newline,
                 *(i for names in self.speakers for name in names for i in name)}
        self.words = [i for i in range(len(tokenizer)) if i not in taken]

    def drill(self, kind: str, lines: int, longest: int) -> Drill:
        return {"ask": self.ask, "turns": self.turns}[kind](lines, longest)

    def ask(self, lines: int, longest: int) -> Drill:
        """A profile under real labels, and questions for all its lines, one or two at once."""
        rng, mark, drill = self.rng, self.mark, Drill()
        told = [(*labels, self._words(1, longest)) for labels in rng.sample(self.labels, lines)]
        drill.show(mark["<|system|>"])
        for n, (_, head, value) in enumerate(told):
            drill.show(*(self.newline if n else ()), *head, *value)
        drill.show(mark["<|end|>"])
        rng.shuffle(told)
        while told:
            asked = [told.pop() for _ in range(min(len(told), rng.choice((1, 1, 2))))]
            join = rng.choice(self.joins)
            drill.show(mark["<|user|>"])
            for n, (label, _, _) in enumerate(asked):
                drill.show(*(join if n else ()), *label)
            drill.show(mark["<|end|>"], mark["<|assistant|>"])
            drill.answer(mark["<think>"])
            for n, (_, head, value) in enumerate(asked):
                drill.answer(*(self.newline if n else ()), *head)
                drill.copy(*value)
            drill.answer(mark["</think>"], mark["<answer>"])
            for n, (_, head, value) in enumerate(asked):
                drill.answer(*([*join, *head] if n else ()), *value)
            drill.answer(mark["</answer>"], mark["<|end|>"])
        return drill

    def turns(self, things: int, longest: int) -> Drill:
        """A dialogue in which user and role both tell of the same things, and a question for each value."""
        rng, mark, drill = self.rng, self.mark, Drill()
        named = dict(zip(("<|user|>", "<|assistant|>"), rng.choice(self.speakers), strict=True))
        told = [(who, head, self._words(1, longest)) for head in [self._words(*HEAD) for _ in range(things)] for who in named]
        rng.shuffle(told)
        for who, head, value in told:
            said, other = [*head, *value], self._words(2, 2)
            first, second = (said, other) if who == "<|user|>" else (other, said)
            drill.show(mark["<|user|>"], *first, mark["<|end|>"], mark["<|assistant|>"], *second, mark["<|end|>"])
        rng.shuffle(told)
        for who, head, value in told:
            drill.show(mark["<|user|>"], *named[who], *head, mark["<|end|>"], mark["<|assistant|>"])
            drill.answer(mark["<think>"], *named[who], *self.colon, *head)
            drill.copy(*value)
            drill.answer(mark["</think>"], mark["<answer>"], *value, mark["</answer>"], mark["<|end|>"])
        return drill

    def _words(self, fewest: int, most: int) -> list[int]:
        return self.rng.sample(self.words, self.rng.randint(fewest, most))


def learn_to_read(model: Any, tokenizer: Any, labels: Sequence[str], speakers: Sequence[tuple[str, str]],
                  joins: Sequence[str], seed: int, most_steps: int,
                  on_step: Callable[[int, float, float], None] = lambda step, loss, right: None) -> int:
    """Train `model` in place on drills until the longest are answered; returns the steps it took.

    Args:
        labels: as profile lines begin, `职业：`.
        speakers: what user and role are called in an answer's reasoning, `("对方", "我自己")`; none: no dialogues.
        joins: what stands between two questions asked at once, `另外，`.
        most_steps: give up growing after so many steps.
        on_step: called with step, loss and the share of value tokens predicted right.
    """
    import torch

    if not most_steps:
        return 0
    rng = Random(seed)
    drills = Drills(tokenizer, labels, speakers, joins, rng)
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
        shown = [levels[rng.randrange(level)] if level and rng.random() < EARLIER else levels[level] for _ in range(BATCH)]
        ids, mask, targets, copied = _batch([drills.drill(*shape) for *shape, _ in shown], tokenizer.pad_token_id)
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
        if smooth > levels[level][-1]:
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
