"""`toolkit gen-data --task countdown`: problems that can be solved, because each is made from its solution.

Numbers are drawn, then joined two by two by a random sign until one value is left; a whole value from 1 to `highest` is the target.
A set of numbers with its target occurs once, and in one split only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

from toolkit.errors import InputError
from toolkit.jsonl import atomic_write, dumps, write_json
from toolkit.verify.arithmetic import joined

TRIES = 2000                                    # in a row without a new problem: there are no more of this kind


@dataclass(frozen=True, slots=True)
class Made:
    nums: tuple[int, ...]
    target: int
    solution: str


def sizes_of(text: str) -> tuple[int, int]:
    """`3-4` → (3, 4), `4` → (4, 4).

    Raises:
        InputError: when it is no range within 2 to 6.
    """
    low, _, high = text.partition("-")
    if not (low.strip().isdecimal() and (high or low).strip().isdecimal() and 2 <= int(low) <= int(high or low) <= 6):
        raise InputError(f'--numbers "{text}" is no range of how many numbers a problem has. Write 3-4, within 2 to 6.')
    return int(low), int(high or low)


def problems(count: int, sizes: tuple[int, int], highest: int, seed: int) -> Iterator[Made]:
    """`count` different problems with numbers and target from 1 to `highest`.

    Raises:
        InputError: when there are not so many.
    """
    rng = Random(seed)
    seen: set[tuple[tuple[int, ...], int]] = set()
    vain = 0
    while len(seen) < count:
        nums = tuple(rng.randint(1, highest) for _ in range(rng.randint(*sizes)))
        made = _made(nums, highest, rng)
        if made is None or (tuple(sorted(nums)), made.target) in seen:
            vain += 1
            if vain > TRIES:
                raise InputError(f"only {len(seen)} different problems were found with {sizes[0]} to {sizes[1]} numbers up to "
                                 f"{highest}. Lower --num, or raise --max or --numbers.")
            continue
        vain = 0
        seen.add((tuple(sorted(nums)), made.target))
        yield made


def _made(nums: tuple[int, ...], highest: int, rng: Random) -> Made | None:
    parts = [(Fraction(n), str(n), 2) for n in nums]
    while len(parts) > 1:
        left, right = (parts.pop(rng.randrange(len(parts))) for _ in range(2))
        sign = rng.choice("++--*/")             # sums more often: products leave the range of the target soon
        if sign == "/" and not right[0]:
            return None
        parts.append(joined(left, sign, right))
    value, text, _ = parts[0]
    whole = value.denominator == 1 and 1 <= value <= highest
    return Made(nums, int(value), text) if whole else None


def write_problems(folder: Path, count: int, sizes: tuple[int, int], highest: int, train_ratio: float, seed: int,
                   cold_start: int, mistakes: float, system_prompt: str, overwrite: bool) -> dict[str, Any]:
    """Write train.jsonl and validation.jsonl (`nums`, `target`), and cold_start.jsonl when asked; returns their statistics.

    Args:
        cold_start: so many conversations about problems of the training split.
        mistakes: share of them whose expression has the right numbers and any signs: its teacher knows the form alone.
        system_prompt: prompt file of the conversations; the task's own when empty.
    """
    made = list(problems(count, sizes, highest, seed))
    cut = round(count * train_ratio)
    splits = {"train": made[:cut], "validation": made[cut:]}
    for name, rows in splits.items():
        with atomic_write(folder / f"{name}.jsonl", overwrite) as out:
            out.writelines(dumps({"id": f"countdown-{name}-{n}", "nums": m.nums, "target": m.target}) + "\n"
                           for n, m in enumerate(rows, start=1))
    if cold_start:
        with atomic_write(folder / "cold_start.jsonl", overwrite) as out:
            out.writelines(dumps(row) + "\n" for row in conversations(splits["train"], cold_start, mistakes, seed,
                                                                            system_prompt))
    by_size = {str(n): sum(len(m.nums) == n for m in made) for n in range(sizes[0], sizes[1] + 1)}
    stats = {"task": "countdown", "samples": count, "train": cut, "validation": count - cut, "by_numbers": by_size,
             "highest": highest, "seed": seed, "cold_start": cold_start}
    write_json(folder / "dataset_stats.json", stats, overwrite)
    return stats


def conversations(made: list[Made], count: int, mistakes: float, seed: int, system_prompt: str = "") -> Iterator[dict[str, Any]]:
    """Cold-start rows: the prompt of a problem, and an expression in the form that the task asks for; problems come again when
    there are fewer than `count`."""
    from toolkit.tasks.countdown import Countdown, Puzzle

    task, rng = Countdown(), Random(f"cold start {seed}")
    for n, problem in enumerate(islice(cycle(made), count)):
        row = Puzzle(str(n), problem.nums, problem.target)
        said = problem.solution
        if rng.random() < mistakes:
            first, *rest = rng.sample(problem.nums, len(problem.nums))
            said = str(first) + "".join(rng.choice("+-*/") + str(number) for number in rest)
        yield {"prompt": task.prompt(row, system_prompt), "completion": [
            {"role": "assistant", "content": f"<think>{' '.join(map(str, problem.nums))} → {problem.target}</think><answer>{said}</answer>"}]}
