"""`--also gsm8k:200` (what else the model must still do) and `--fail-if-worse gsm8k:2` (exit 3 for CI)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError, did_you_mean
from toolkit.evaluate.stats import CANNOT_TELL, CONFIDENCE, holm


@dataclass(frozen=True, slots=True)
class Sister:
    """A task evaluated beside the main one, with so many samples of its data (None: its own examples)."""

    task: str
    limit: int | None
    data: str | None


def sisters(given: Sequence[str]) -> list[Sister]:
    """`gsm8k`, `gsm8k:200`, `gsm8k:200=data/test.jsonl`.

    Raises:
        InputError: for what cannot be read, and a task named twice.
    """
    found: list[Sister] = []
    for text in given:
        head, _, data = text.partition("=")
        task, colon, limit = head.partition(":")
        if not task or (colon and not (limit.isdecimal() and int(limit) > 0)):
            raise InputError(f'--also "{text}" cannot be read. Example: gsm8k:200, or gsm8k:200=data/test.jsonl')
        if task in [sister.task for sister in found]:
            raise InputError(f"--also names {task} twice.")
        found.append(Sister(task, int(limit) if colon else None, data or None))
    return found


def limits(given: Sequence[str], tasks: Sequence[str]) -> dict[str, float]:
    """`gsm8k:2` → the loss in points above which the evaluation fails.

    Raises:
        InputError: for a task that is not evaluated here, or no number.
    """
    found = {}
    for text in given:
        task, _, points = text.rpartition(":")
        if task not in tasks:
            raise InputError(f'--fail-if-worse "{text}" names no task of this evaluation.{did_you_mean(task, tasks)} '
                             f"There is: {', '.join(tasks)}. Example: {tasks[0]}:2")
        try:
            found[task] = float(points)
        except ValueError:
            found[task] = -1.0
        if not 0 <= found[task] <= 100:
            raise InputError(f'--fail-if-worse "{text}" has no loss in points, from 0 to 100. Example: {task}:2')
    return found


def adjust(reports: Sequence[dict[str, Any]]) -> None:
    """p-values of the tasks' differences, adjusted (Holm) for testing so many tasks: `p_holm` beside each `p_value`.

    A task whose difference is no longer told then says so.
    """
    compared = [report for report in reports if report["difference"]]
    for report, adjusted in zip(compared, holm([r["difference"]["p_value"] for r in compared]), strict=True):
        report["difference"]["p_holm"] = adjusted
        if adjusted >= 1 - CONFIDENCE and report["verdict"] != CANNOT_TELL:
            report["notes"].append(f"{report['task']}: {report['verdict']} by itself, but not among {len(compared)} tasks (Holm, p = {adjusted:.3f}).")
            report["verdict"] = CANNOT_TELL


def losses(reports: Sequence[Mapping[str, Any]], allowed: Mapping[str, float]) -> list[str]:
    """A line for each task that lost more than is allowed, or where that cannot be known."""
    problems = []
    for report in reports:
        if report["task"] not in allowed:
            continue
        limit, found = allowed[report["task"]], report["difference"]
        if found is None or report["blocked"]:
            problems.append(f"{report['task']}: there is no difference to judge. Compare with a base (--against), and see the notes.")
        elif -100 * found["value"] > limit:
            problems.append(f"{report['task']} lost {-100 * found['value']:.1f} points (95 % interval "
                            f"{100 * found['low']:.1f} to {100 * found['high']:.1f}), more than the {limit:g} allowed.")
    return problems
