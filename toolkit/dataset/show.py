"""A validation report for the person at the terminal: a table of the files, then the problems, worst first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.dataset.stats import BALANCE
from toolkit.dataset.validate import Report
from toolkit.errors import SHOWN_PROBLEMS
from toolkit.terminal import console, say

SHOWN_WORST = 6                                 # stress replies that were judged wrongly


def render(report: Report, shown: int = SHOWN_PROBLEMS) -> None:
    """Print the report to stderr.

    Args:
        shown: lines for each of errors and warnings; the rest is counted by code.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column("file", overflow="fold")
    for heading in ("samples", "roles", *(":".join(wanted) for wanted in BALANCE.values()), "errors", "warnings"):
        table.add_column(heading, justify="right", no_wrap=True)
    for file in report.files:
        by = file.stats.by
        table.add_row(Text(file.file), f"{file.samples:,}", f"{len(file.stats.roles):,}",
                      *(":".join(str(by[name][value]) for value in wanted) for name, wanted in BALANCE.items()),
                      Text(f"{file.errors:,}", style="red" if file.errors else ""),
                      Text(f"{file.warnings:,}", style="yellow" if file.warnings else ""))
    console.print(table)
    for severity, total in (("error", report.errors), ("warning", report.warnings)):
        lines = report.lines(severity)[:shown]
        for line in lines:
            say(f"{severity}: {line}")
        if total > len(lines):
            codes = ", ".join(f"{code} {n:,}" for (kind, code), n in report.counts.most_common() if kind == severity)
            say(f"{severity}: … {total - len(lines):,} more. In all: {codes}. The --json output lists them.")
    if report.stress:
        _render_stress(report.stress)
    for note in report.notes:
        say(f"note: {note}")
    say(summary(report))


def _render_stress(found: Mapping[str, Any], shown: int = SHOWN_WORST) -> None:
    for name, what in (("false_pay", "adversarial replies paid"), ("false_deny", "honest replies denied")):
        side = found[name]
        kinds = sorted(side["by_kind"].items(), key=lambda kind: -kind[1]["failed"])[:5]
        most = ", ".join(f"{kind} {n['failed']} of {n['of']}" for kind, n in kinds if n["failed"])
        say(f"stress: {side['rate']:.2%} of {side['of']:,} {what}{f' ({most})' if most else ''}")
    for case in found["worst"][:shown]:
        text = " ".join(case["text"].split())
        say(f"stress: {case['id']} {case['kind']}: {text if len(text) <= 160 else '…' + text[-160:]} → {case['reason']}")
    if len(found["worst"]) > shown:
        say(f"stress: … {len(found['worst']) - shown} more examples. The --json output lists them.")


def summary(report: Report) -> str:
    """One line: how many samples, how many problems, how long."""
    def count(n: int, noun: str) -> str:
        return f"{n:,} {noun}{'' if n == 1 else 's'}"

    return (f"{count(report.samples, 'sample')} in {count(len(report.files), 'file')}: "
            f"{count(report.errors, 'error')}, {count(report.warnings, 'warning')} ({report.seconds:.1f} s).")
