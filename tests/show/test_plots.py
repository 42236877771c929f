"""Curves of a run: what is drawn, what is left out, and what the numbers beside them say."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest

from toolkit.errors import InputError
from toolkit.jsonl import dumps
from toolkit.show.curve import curve_svg, curves_of, smooth
from toolkit.show.plots import plot_run, reward_parts

PNG = b"\x89PNG\r\n\x1a\n"


def write(folder, rows):
    folder.mkdir(exist_ok=True)
    (folder / "metrics.jsonl").write_text("".join(dumps(row) + "\n" for row in rows))
    return folder


def run_rows():
    cold = [{"stage": "sft", "step": n, "loss": 5 - n / 10, "learning_rate": 1e-3} for n in range(1, 31)]
    rl = [{"stage": "grpo", "step": n, "loss": 0.01 * (-1) ** n, "reward": n / 40, "reward_std": 0.2,
           "rewards/accuracy/mean": n / 40, "rewards/format/mean": 1.0, "completions/mean_length": 20 + n % 3,
           "kl": 0.0, "frac_reward_zero_std": 0.5} for n in range(1, 31)]
    return cold + rl


def test_a_run_is_drawn_and_summarised(tmp_path):
    pytest.importorskip("matplotlib")
    written = plot_run(write(tmp_path / "run $x$", run_rows()))
    assert [p.name for p in written] == ["overview.png", "reward.png", "loss.png", "length.png", "loss_reward.png", "kl.png",
                                         "summary.json"]
    assert all(p.read_bytes().startswith(PNG) for p in written[:-1])
    assert {p.name for p in (tmp_path / "run $x$" / "plots").iterdir()} == {p.name for p in written}
    summary = json.loads(written[-1].read_text())
    assert summary["grpo"]["reward"] == {"first": 1 / 40, "last": 0.75, "best": 0.75, "best_step": 30, "last_step": 30,
                                         "points": 30}
    assert (summary["sft"]["loss"]["best"], summary["sft"]["loss"]["best_step"]) == (2.0, 30)
    # longer is neither better nor worse
    assert summary["grpo"]["completions/mean_length"]["best"] is None
    assert "reward" not in summary["sft"]


def test_metrics_that_were_not_logged_are_left_out(tmp_path):
    pytest.importorskip("matplotlib")
    written = plot_run(write(tmp_path / "run", [{"stage": "sft", "step": 1, "loss": 2.0}]))
    assert [p.name for p in written] == ["overview.png", "loss.png", "summary.json"]


def test_every_part_of_the_reward_is_drawn_whatever_its_name_and_range():
    found = reward_parts(curves_of([{"stage": "grpo", "step": 1, "rewards/correctness/mean": 1.5, "rewards/a/mine.py:polite/mean": 0.5,
                                     "rewards/correctness/std": 0.1, "eval_rewards/correctness/mean": 0.2}]))
    assert dict(found.metrics) == {"rewards/correctness/mean": "correctness", "rewards/a/mine.py:polite/mean": "mine.py:polite",
                                   "eval_rewards/correctness/mean": "correctness, held-out"}
    assert (found.low, found.high) == (None, None)


def test_plotting_again_follows_the_run(tmp_path):
    pytest.importorskip("matplotlib")
    folder = write(tmp_path / "run", run_rows()[:40])
    first = plot_run(folder)[0].read_bytes()
    write(folder, run_rows())
    assert plot_run(folder)[0].read_bytes() != first


def test_a_folder_without_metrics_is_named(tmp_path):
    with pytest.raises(InputError, match=r"metrics\.jsonl holds no metrics"):
        plot_run(tmp_path)


def test_a_step_that_was_repeated_after_a_resume_counts_once_and_later_rows_add_to_it():
    rows = [{"stage": "grpo", "step": 2, "reward": 0.1}, {"stage": "grpo", "step": 1, "reward": 0.0},
            {"stage": "grpo", "step": 2, "reward": 0.3}, {"stage": "grpo", "step": 2, "train_loss": 0.5}]
    assert curves_of(rows) == {"grpo": {"reward": [(1, 0.0), (2, 0.3)], "train_loss": [(2, 0.5)]}}


def test_what_is_no_finite_number_is_no_point():
    rows = [{"stage": "grpo", "step": 1, "reward": float("nan"), "loss": None, "note": "x", "flag": True, "kl": 1},
            {"stage": "grpo", "reward": 1.0}, "not a row"]
    assert curves_of(rows) == {"grpo": {"kl": [(1, 1)]}}


def test_smoothing_keeps_constants_and_lines_and_calms_noise():
    assert smooth([3.0] * 50) == pytest.approx([3.0] * 50)
    line = [float(n) for n in range(100)]
    assert smooth(line)[10:90] == pytest.approx(line[10:90])
    noisy = smooth([float(n % 2) for n in range(200)])
    assert max(noisy[10:190]) - min(noisy[10:190]) < 0.15
    assert smooth([]) == [] and smooth([1.0]) == [1.0]


def test_the_svg_is_well_formed_has_a_chart_a_stage_and_says_first_and_last():
    found = ElementTree.fromstring(f"<p>{curve_svg(run_rows())}</p>")
    labels = [chart.attrib["aria-label"] for chart in found]
    assert len(labels) == 2
    assert labels[0].startswith("Cold start: loss") and labels[1].startswith("GRPO: accuracy reward")
    for chart in found:
        points = [tuple(map(float, p.split(","))) for p in chart.find("polyline").attrib["points"].split()]
        assert len(points) == 30
        assert all(0 <= x <= 460 and 0 <= y <= 230 for x, y in points)
    # a rising reward rises on the page, where y grows downwards
    assert points[0][1] > points[-1][1]


def test_the_svg_of_a_long_run_stays_small_and_escapes_the_stage_name():
    rows = [{"stage": "<b>&", "step": n, "loss": n % 7} for n in range(20_000)]
    svg = curve_svg(rows)
    assert len(svg) < 40_000
    assert "<b>" not in svg and ElementTree.fromstring(svg) is not None


def test_a_constant_metric_and_nothing_at_all_are_drawn_without_failing():
    assert curve_svg([]) == ""
    flat = curve_svg([{"stage": "sft", "step": n, "loss": 0.0} for n in range(5)])
    assert "nan" not in flat and ElementTree.fromstring(flat) is not None
