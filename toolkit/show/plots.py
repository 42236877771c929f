"""Training curves of a run folder: PNG files for people, `summary.json` for machines, and inline SVG for the report.

    plot_run(Path("outputs/demo"))      →  plots/overview.png, reward.png, loss.png, length.png, loss_reward.png, kl.png,
                                          summary.json

Each stage has panels of its own: the steps of a cold start and of GRPO do not continue each other. A metric that was
not logged has no panel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.jsonl import write_json
from toolkit.run import read_metrics
from toolkit.show.curve import Curves, Points, curve_svg, curves_of, smooth

__all__ = ["curve_svg", "curves_of", "plot_run"]


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn together: `metrics` in the names of TRL's log, with the label of each."""

    title: str
    metrics: Mapping[str, str]
    better: str = ""                            # higher, lower, or neither
    low: float | None = None                    # fixed bounds of the vertical axis
    high: float | None = None
    against: str = ""                           # a metric that takes the place of the step


REWARD = Panel("Reward", {"reward": "training", "eval_reward": "held-out"}, "higher")
VERIFIED = Panel("Verified accuracy, held-out", {"eval/verified_accuracy": "greedy replies"}, "higher", 0, 1)
LENGTH = Panel("Length of completions (tokens)", {"completions/mean_length": "mean", "completions/max_length": "longest"})
LOSS = Panel("Loss", {"loss": "training", "eval_loss": "held-out"}, "lower")
LOSS_REWARD = Panel("Loss against reward", {"loss": "a step"}, against="reward")
KL = Panel("KL to the reference", {"kl": "KL"}, "lower")
OTHERS = (
    Panel("Spread of the reward", {"reward_std": "standard deviation"}),
    Panel("Groups without a signal (all rewards equal)", {"frac_reward_zero_std": "share of groups"}, "lower", 0, 1),
    Panel("Completions cut at the limit", {"completions/clipped_ratio": "share"}, "lower", 0, 1),
    Panel("Token accuracy", {"mean_token_accuracy": "training", "eval_mean_token_accuracy": "held-out"}, "higher",
          0, 1),
    Panel("Entropy (nats a token)", {"entropy": "policy"}),
    Panel("Gradient norm", {"grad_norm": "before clipping"}),
    Panel("Learning rate", {"learning_rate": "learning rate"}),
    Panel("Time of a step (s)", {f"time/{part}_s": part for part in ("generation", "reward", "forward", "backward", "optimizer", "data")}),
    Panel("Speed (tokens a second)", {"tokens_per_second": "prompts and completions"}),
)
COLOURS = ("#3b5bdb", "#0b8f6a", "#c2570c", "#8a3ab9", "#b8860b", "#555555")
STAGE_NAMES = {"read": "Reading", "sft": "Cold start (SFT)", "grpo": "GRPO"}
PART = re.compile(r"(eval_)?rewards/(.+)/mean")


def reward_parts(curves: Curves) -> Panel:
    """Each part of the reward that was logged, the user's own too."""
    found = [(metric, match) for metrics in curves.values() for metric in metrics if (match := PART.fullmatch(metric))]
    metrics = {metric: match[2].rpartition("/")[2] + (", held-out" if match[1] else "") for metric, match in found}
    inside = all(0 <= value <= 1 for points in curves.values() for metric in metrics for _, value in points.get(metric, []))
    return Panel("Reward parts (mean)", metrics, "higher", *((0, 1) if inside else (None, None)))


def files_of(curves: Curves) -> dict[str, Sequence[Panel]]:
    """Each file and what is drawn in it."""
    parts = reward_parts(curves)
    return {"overview.png": (REWARD, parts, VERIFIED, LENGTH, LOSS, LOSS_REWARD, KL, *OTHERS), "reward.png": (REWARD, parts, VERIFIED),
            "loss.png": (LOSS,), "length.png": (LENGTH,), "loss_reward.png": (LOSS_REWARD,), "kl.png": (KL,)}


def plot_run(run_folder: Path) -> list[Path]:
    """Draw a run's metrics into its `plots/`; returns the files written, `summary.json` last.

    Raises:
        InputError: when the folder holds no metrics.
    """
    run_folder = Path(run_folder)
    curves = curves_of(read_metrics(run_folder))
    if not curves:
        raise InputError(f"{run_folder / 'metrics.jsonl'} holds no metrics: nothing to plot. Name the folder of a run "
                         "that has logged a step.")
    folder = run_folder / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    files = files_of(curves)
    for name, panels in files.items():
        shown = {stage: [p for p in panels if any(m in found for m in p.metrics) and (not p.against or p.against in found)]
                 for stage, found in curves.items()}
        if any(shown.values()):
            _draw({stage: found for stage, found in shown.items() if found}, curves, folder / name, run_folder.name)
            written.append(folder / name)
    write_json(folder / "summary.json", summary(curves, files["overview.png"]), overwrite=True)
    return [*written, folder / "summary.json"]


def summary(curves: Curves, panels: Iterable[Panel]) -> dict[str, dict[str, dict[str, Any]]]:
    """Stage → metric → first, last and best value with its step; `best` is null where neither end is better."""
    better = {metric: panel.better for panel in panels if not panel.against for metric in panel.metrics}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for stage, metrics in curves.items():
        found[stage] = {}
        for metric, points in metrics.items():
            pick = {"higher": max, "lower": min}.get(better.get(metric, ""))
            best = pick(points, key=lambda p: p[1]) if pick else None
            found[stage][metric] = {
                "first": points[0][1], "last": points[-1][1], "best": best[1] if best else None,
                "best_step": best[0] if best else None, "last_step": points[-1][0], "points": len(points)}
    return found


def _draw(shown: Mapping[str, Sequence[Panel]], curves: Curves, path: Path, run_name: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    across = max(1, min(3, max(map(len, shown.values()))))
    heights = [-(-len(panels) // across) for panels in shown.values()]
    figure = Figure(figsize=(4.7 * across + 0.4, 2.9 * sum(heights) + 0.5 * len(shown) + 0.4), layout="constrained")
    figure.suptitle(_plain(run_name), fontsize=11, color="#555", x=0.012, ha="left")
    blocks = figure.subfigures(len(shown), 1, height_ratios=heights, squeeze=False)[:, 0]
    for block, rows, (stage, panels) in zip(blocks, heights, shown.items(), strict=True):
        block.suptitle(_plain(STAGE_NAMES.get(stage, stage)), fontsize=14, fontweight="bold", x=0.012, ha="left")
        axes = block.subplots(rows, across, squeeze=False).ravel()
        for axis, panel in zip(axes, panels, strict=False):
            lines = {m: curves[stage][m] for m in panel.metrics if m in curves[stage]}
            if panel.against:
                _against(axis, panel, lines, dict(curves[stage][panel.against]))
            else:
                _panel(axis, panel, lines)
            _dressed(axis, panel)
        for axis in axes[len(panels):]:
            axis.set_visible(False)
    temporary = path.with_name(f".{path.name}")
    figure.savefig(temporary, dpi=110, format="png")
    temporary.replace(path)


def _panel(axis: Any, panel: Panel, lines: Mapping[str, Points]) -> None:
    for colour, (metric, points) in zip(COLOURS, lines.items(), strict=False):
        steps, values = _columns(points)
        label = panel.metrics[metric]
        if metric.startswith("eval_") or len(points) < 8:
            axis.plot(steps, values, "o-", color=colour, markersize=4, linewidth=1.2, label=label)
        else:
            axis.plot(steps, values, ".", color=colour, alpha=0.35, markersize=4, markeredgewidth=0)
            axis.plot(steps, smooth(values), color=colour, linewidth=1.9, label=label)
    values = [value for points in lines.values() for _, value in points]
    if panel.low is not None:
        axis.set_ylim(panel.low - 0.03, panel.high + 0.03)
    elif min(values) == max(values):            # a constant: matplotlib would magnify rounding
        reach = abs(values[0]) / 2 or 0.5
        axis.set_ylim(values[0] - reach, values[0] + reach)
    if len(lines) > 1:                          # between the title and the lines, which it must not hide
        axis.legend(fontsize=7.5, frameon=False, loc="lower left", bbox_to_anchor=(-0.01, 0.98), ncol=3, handlelength=1.2, columnspacing=1.2)


def _against(axis: Any, panel: Panel, lines: Mapping[str, Points], other: Mapping[float, float]) -> None:
    """One metric over another, a point a step: the later, the darker."""
    for points in lines.values():
        both = [(other[step], value, step) for step, value in points if step in other]
        if both:
            across, up, steps = zip(*both, strict=True)
            axis.scatter(across, up, c=steps, cmap="Blues", vmin=steps[0] - (steps[-1] - steps[0]) / 2, s=12, linewidths=0)


def _dressed(axis: Any, panel: Panel) -> None:
    legend = axis.get_legend()
    rows = -(-len(legend.get_texts()) // 3) if legend else 0
    axis.set_title(panel.title, fontsize=10.5, loc="left", pad=6 + 13 * rows)
    axis.set_xlabel(f"{panel.against} (darker: later)" if panel.against else "step", fontsize=8.5, color="#555")
    axis.tick_params(labelsize=8.5, colors="#444")
    axis.grid(True, color="#e6e6e6", linewidth=0.7)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    axis.ticklabel_format(useOffset=False)


def _columns(points: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    steps, values = zip(*points, strict=True)
    return list(steps), list(values)


def _plain(text: str) -> str:
    """Text that matplotlib does not read as mathematics."""
    return text.replace("$", r"\$")
