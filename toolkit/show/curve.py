"""Metric rows to curves, and curves to inline SVG: no library, so that a report needs nothing but this package."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

Points = list[tuple[float, float]]              # (step, value), by step
Curves = dict[str, dict[str, Points]]           # stage → metric → points

WIDTH, HEIGHT = 460, 230                        # of one chart, in SVG units
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 30
MOST_POINTS = 240                               # drawn in a chart: more cannot be told apart and make the page heavy

# per stage: the metric that tells the story, its title, and whether its axis is 0…1
_STORY = {
    "read": (("loss", "Reading: loss", False),),
    "sft": (("loss", "Cold start: loss", False),),
    "grpo": (("rewards/accuracy/mean", "GRPO: accuracy reward", True), ("reward", "GRPO: reward", False)),
}


def curves_of(rows: Iterable[Mapping[str, Any]]) -> Curves:
    """Finite numbers by stage and metric. A resumed run logs some steps twice: the later row counts."""
    found: dict[str, dict[str, dict[float, float]]] = {}
    for row in rows:
        if not isinstance(row, Mapping) or not isinstance(row.get("step"), int | float):
            continue
        metrics = found.setdefault(str(row.get("stage", "train")), {})
        for metric, value in row.items():
            usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if usable and metric not in ("step", "epoch"):
                metrics.setdefault(metric, {})[row["step"]] = value
    return {stage: {metric: sorted(points.items()) for metric, points in metrics.items()}
            for stage, metrics in found.items() if metrics}


def smooth(values: Sequence[float]) -> list[float]:
    """A centred moving mean over about a twelfth of the run: it does not lag behind, as exponential smoothing does."""
    half = max(1, len(values) // 24)
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    out = []
    for place in range(len(values)):
        start, end = max(0, place - half), min(len(values), place + half + 1)
        out.append((sums[end] - sums[start]) / (end - start))
    return out


def curve_svg(rows: Iterable[Mapping[str, Any]]) -> str:
    """One SVG a stage, raw points under a smoothed line; empty when nothing was logged.

    Colours come from the CSS variables `--accent`, `--muted` and `--line` of the page, with fallbacks.
    """
    curves = curves_of(rows)
    charts = []
    for stage, metrics in curves.items():
        story = _STORY.get(stage, (*_STORY["grpo"], ("loss", f"{stage}: loss", False)))
        chosen = next((s for s in story if s[0] in metrics), None)
        if chosen and len(metrics[chosen[0]]) > 1:
            charts.append(_chart(chosen[1], metrics[chosen[0]], metrics.get(f"eval_{chosen[0]}", []), chosen[2]))
    return "".join(charts)


def _chart(title: str, points: Points, held_out: Points, share: bool) -> str:
    smoothed = list(zip([p[0] for p in points], smooth([p[1] for p in points]), strict=True))
    raw, line = _thinned(points), _thinned(smoothed)
    every = [p[1] for p in [*raw, *held_out]]
    low, high = (0.0, 1.0) if share else _bounds(min(every), max(every))
    first, last = points[0][0], points[-1][0]

    def x(step: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / ((last - first) or 1), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / ((high - low) or 1), 1)

    grid = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(v)}" y2="{y(v)}" stroke="var(--line, #ddd)"/>'
        f'<text x="{LEFT - 8}" y="{y(v) + 4}" text-anchor="end">{_tick(v, share)}</text>'
        for v in (low + (high - low) * part / 4 for part in range(5)))
    steps = "".join(f'<text x="{x(s)}" y="{HEIGHT - 10}" text-anchor="{anchor}">{label}</text>'
                    for s, anchor, label in ((first, "start", f"step {first:g}"), (last, "end", f"{last:g}")))
    dots = "".join(f'<circle cx="{x(s)}" cy="{y(v)}" r="1.6"/>' for s, v in raw)
    held = "".join(f'<circle cx="{x(s)}" cy="{y(v)}" r="3.5" fill="none" stroke="currentColor"/>' for s, v in held_out)
    path = " ".join(f"{x(s)},{y(v)}" for s, v in line)
    name = escape(title)
    ends = f"{_tick(smoothed[0][1], share)} → {_tick(smoothed[-1][1], share)}"
    return (f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}, {ends}" '
            f'font-size="12" fill="var(--muted, #666)"><text x="0" y="16" font-size="14" font-weight="600" '
            f'fill="currentColor">{name}</text><text x="{WIDTH - RIGHT}" y="16" text-anchor="end">{ends}</text>{grid}'
            f'{steps}<g fill="var(--accent, #3b5bdb)" opacity="0.3">{dots}</g><polyline points="{path}" fill="none" '
            f'stroke="var(--accent, #3b5bdb)" stroke-width="2.2" stroke-linejoin="round"/>{held}</svg>')


def _bounds(low: float, high: float) -> tuple[float, float]:
    """Round numbers around the values: four steps of 1, 2, 2.5 or 5 times a power of ten."""
    span = (high - low) or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(span / 4))
    for step in (1, 2, 2.5, 5, 10, 20):
        bottom = math.floor(low / (step * power)) * step * power
        if bottom + 4 * step * power >= high:
            return bottom, bottom + 4 * step * power
    return low, high


def _thinned(points: Points) -> Points:
    every = max(1, -(-len(points) // MOST_POINTS))
    return points if every == 1 else [*points[:-1:every], points[-1]]


def _tick(value: float, share: bool) -> str:
    return f"{value:.0%}" if share else f"{round(value, 4):g}"
