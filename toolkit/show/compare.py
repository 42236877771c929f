"""`toolkit compare RUN…`: runs and their stages in one table: time, memory, reward, and the score on held-out roles.

Runs evaluated on the same samples are paired with the first of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from toolkit.errors import InputError
from toolkit.run import read_manifest, read_metrics
from toolkit.show.curve import curves_of, smooth
from toolkit.terminal import console

MEMORY = "peak_memory_gb"
# what tells how well a stage went: the first of these that it logged
SCORES = {"rewards/accuracy/mean": "accuracy", "reward": "reward", "mean_token_accuracy": "token accuracy", "loss": "loss"}


def compare_runs(folders: Sequence[Path], seed: int = 42) -> list[dict[str, Any]]:
    """A row a run: `stages` with seconds, steps, memory and first and last score, and `evaluation` where there is one.

    Raises:
        InputError: for a folder that is no run.
    """
    missing = [f"{folder} is no run folder: manifest.json is missing." for folder in folders
               if not (Path(folder) / "manifest.json").is_file()]
    if missing:
        raise InputError(missing)
    rows = [_run(Path(folder)) for folder in folders]
    first = rows[0]
    for row in rows[1:]:
        row["against_first"] = _paired(first, row, seed)
    return rows


def _run(folder: Path) -> dict[str, Any]:
    manifest, metrics = read_manifest(folder), read_metrics(folder)
    curves = curves_of(metrics)
    stages = {}
    for stage in _in_order(list(manifest["stages"]), list(curves)):
        done: Mapping[str, Any] = manifest["stages"].get(stage, {})
        logged = curves.get(stage, {})
        score = next((name for name in SCORES if name in logged), None)
        # the ends of the line that the charts draw: a single step is mostly noise
        values = smooth([value for _, value in logged[score]]) if score else []
        memory = [value for _, value in logged.get(MEMORY, [])]
        steps = max((int(points[-1][0]) for points in logged.values()), default=done.get("steps"))
        stages[stage] = {"finished": done.get("finished"), "seconds": done.get("seconds"), "steps": steps,
                         "memory_gb": max(memory, default=None), "score": score,
                         "first": values[0] if values else None, "last": values[-1] if values else None}
    return {"run": str(folder), "stages": stages, "evaluation": _evaluation(folder)}


def _in_order(finished: list[str], logged: list[str]) -> list[str]:
    """All stages: those that only logged (drills, what was stopped) before the one that they logged before."""
    for stage, following in pairwise([*logged, ""]):
        if stage not in finished:
            finished.insert(finished.index(following) if following in finished else len(finished), stage)
    return finished


def _evaluation(folder: Path) -> dict[str, Any] | None:
    path = folder / "eval" / "report.json"
    if not path.is_file():
        return None
    try:
        report = orjson.loads(path.read_bytes())
        trained, base, found = report["trained"], report["base"], report["difference"]
        return {"n": report["n"], "accuracy": trained["accuracy"], "low": trained["low"], "high": trained["high"],
                "base": base["accuracy"] if base else None, "difference": found["value"] if found else None,
                "verdict": report["verdict"], "data_sha256": report["data"]["sha256"], "folder": str(path.parent)}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no evaluation report ({type(error).__name__}: {error}).") from error


def _paired(first: Mapping[str, Any], other: Mapping[str, Any], seed: int) -> dict[str, Any] | None:
    """The difference of two runs' models on the samples that both were asked; None unless the data is the same."""
    from toolkit.evaluate.compare import difference
    from toolkit.evaluate.records import TRAINED, read_records
    from toolkit.evaluate.tally import mark

    one, two = first["evaluation"], other["evaluation"]
    if not one or not two or one["data_sha256"] != two["data_sha256"]:
        return None
    sides = [{r.id: mark(r) for r in read_records(Path(e["folder"]) / "records.jsonl") if r.side == TRAINED and r.repeat == 0}
             for e in (one, two)]
    common = [name for name in sides[0] if name in sides[1]]
    before, after = ([replace(side[name], index=place) for place, name in enumerate(common)] for side in sides)
    return difference(before, after, seed) if common else None


def render(rows: Sequence[Mapping[str, Any]]) -> None:
    """The table on stderr."""
    from rich.table import Table
    from rich.text import Text

    from toolkit.evaluate.numbers import percent, points

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("run", overflow="fold")
    table.add_column("stage")
    for name in ("steps", "time", "memory"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("score", no_wrap=True)
    for row in rows:
        lines = []
        for stage, found in row["stages"].items():
            ends = "" if found["last"] is None else f"{SCORES[found['score']]} {found['first']:.3f} → {found['last']:.3f}"
            lines.append((stage, _number(found["steps"]), _time(found["seconds"]),
                          "" if found["memory_gb"] is None else f"{found['memory_gb']:.1f} GB", ends))
        if found := row["evaluation"]:
            was = "" if found["base"] is None else f"{percent(found['base'])} → "
            lines.append(("held out", f"n {found['n']:,}", "", "", was + percent(found["accuracy"]) +
                          ("" if found["accuracy"] is None else f" ({100 * found['low']:.1f} to {100 * found['high']:.1f})")))
        for place, line in enumerate(lines or [("nothing finished", "", "", "", "")]):
            table.add_row(Text("" if place else row["run"]), *line, end_section=place == len(lines) - 1)
    console.print(table)
    for row in rows[1:]:
        if found := row.get("against_first"):
            console.print(f"{row['run']} against {rows[0]['run']}: {points(found['value'])} points "
                          f"({points(found['low'])} to {points(found['high'])}), {found['verdict']}", markup=False)


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s" if minutes else f"{rest} s"
