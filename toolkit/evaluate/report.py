"""The report: `report.json` and `records.jsonl` as one HTML file that opens anywhere, and as a table in the terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.cards import cards
from toolkit.evaluate.lines import further
from toolkit.evaluate.numbers import change, p_text, percent, points, span
from toolkit.evaluate.records import read_records
from toolkit.evaluate.sections import sections
from toolkit.jsonl import atomic_write, existing
from toolkit.run import read_manifest, read_metrics, run_of
from toolkit.show.blocks import blocks
from toolkit.show.cards import LONGEST_TAG, STATE_NAMES, Card, cut
from toolkit.show.curve import curve_svg
from toolkit.show.html import SHOWN, page
from toolkit.terminal import console

SLICE_NAMES = {"by_kind": "Kind", "by_difficulty": "Difficulty", "by_language": "Language", "by_form": "Question form",
               "by_question_type": "Question type", "by_distance": "Memory distance", "by_role": "Role"}
MOST_VALUES = 40                                # rows of a slice in the table; the rest are in report.json
AGAIN = "outputs/eval-again"
_OUTPUT = re.compile(r" --overwrite\b| --output-dir[ =](?:'[^']*'|\S+)")
STYLE = (('"as an AI"', "ai_leak_rate", percent), ("speaks of another role", "other_role_rate", percent), ("language kept", "language_kept", percent),
         ("repetition", "repetition", percent), ("distinct-1", "distinct_1", percent), ("distinct-2", "distinct_2", percent),
         ("characters", "mean_answer_characters", "{:.0f}".format))
FIRST_SLICES = {name: SLICE_NAMES[name] for name in ("by_kind", "by_difficulty", "by_language")}
KIND_NAMES = {"SBK": "SBK · profile", "CM": "CM · memory"}


def write_report(folder: Path, run: Path | None = None) -> Path:
    """Write `report.html` from the `report.json` and `records.jsonl` in `folder`; returns its path.

    Args:
        run: the run whose curves and manifest the page shows; default: the one that the evaluated model or `folder` lies in.
    """
    import orjson

    folder = Path(folder)
    source = existing(folder / "report.json", "report")
    try:
        report = orjson.loads(source.read_bytes())
        run = run or (run_of(model) if (model := Path(report["model"])).exists() else run_of(folder))
        whole = html(report, *cards(read_records(folder / "records.jsonl")), curve_svg(read_metrics(run)) if run else "",
                     read_manifest(run) if run else {})
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{source} is no evaluation report ({type(error).__name__}: {error}). "
                         "Evaluate again to write it.") from error
    path = folder / "report.html"
    with atomic_write(path, overwrite=True) as out:
        out.write(whole)
    return path


def html(report: Mapping[str, Any], samples: Sequence[Card], total: int, curves: str = "", manifest: Mapping[str, Any] = MappingProxyType({})) -> str:
    """The page.

    Args:
        curves: trusted SVG of `curve_svg`.
    """
    from markupsafe import Markup

    note = f"{SHOWN} of {total} samples are on this page: what changed comes first. All are in records.jsonl."
    about = {"model": report["model"], "compared with": report["against"],
             "data": f"{report['data']['path']}, sha256 {report['data']['sha256']}", "sampling": facts(report["sampling"]),
             "versions": facts(report["versions"]), "began as": report["command"], "written": f"{report['written']}, after {report['seconds']} s"}
    return page(
        "report.html", samples, functions={"percent": percent, "points": points, "significance": significance, "bounds": bounds},
        report={"refused": [], **report}, title=headline(report), rows=table(report, FIRST_SLICES), beside=beside(report), curves=Markup(curves),
        more_rows=[row for row in table(report, {k: v for k, v in SLICE_NAMES.items() if k not in FIRST_SLICES}) if row["group"]],
        note=note if total > SHOWN else "", command=repeat(report), about=blocks(about), manifest=blocks(manifest) if manifest else [],
        sections=sections(report))


def repeat(report: Mapping[str, Any]) -> str:
    """The command that evaluates the same once more, beside this one: as it was given, or what the settings of a demo or a program come to."""
    if report["command"].startswith("toolkit eval "):
        return f"{_OUTPUT.sub('', report['command'])} --output-dir {AGAIN}"
    words = ["toolkit", "eval", report["model"], "--against", report["against"] or "none", "--data", report["data"].get("given") or report["data"]["path"],
             "--task", report["task"]]
    for name in ("system_prompt", "limit", "max_new_tokens", "temperature", "repeats", "batch_size", "seed"):
        if report["sampling"].get(name) not in (None, ""):
            words += [f"--{name.replace('_', '-')}", str(report["sampling"][name])]
    return shlex.join([*words, "--output-dir", AGAIN])


def facts(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value not in (None, ""))


def headline(report: Mapping[str, Any]) -> str:
    """One sentence: what was found."""
    trained, found = report["trained"], report["difference"]
    if trained["accuracy"] is None:
        return "No reply could be scored"
    if report.get("blocked"):
        return "No conclusion: too many replies have no verdict"
    if found is None or report["verdict"] is None:
        return f"{percent(trained['accuracy'])} right"
    word = {"better": "Better than the base", "worse": "Worse than the base"}.get(
        report["verdict"], "Cannot tell it from the base")
    return f"{word}: {percent(report['base']['accuracy'])} → {percent(trained['accuracy'])}"


def table(report: Mapping[str, Any], slices: Mapping[str, str] = SLICE_NAMES) -> list[dict[str, Any]]:
    """Rows of the results table: everything, then each slice with more than one value."""
    base, trained, differences = report["base"], report["trained"], report["differences"]
    rows = [{"group": "", "name": "All", "base": base, "trained": trained, "difference": report["difference"]}]
    if trained["of_completed"]["n"] and trained["of_completed"]["n"] < trained["n"]:
        rows.append({"group": "", "name": "of completed", "base": base and base["of_completed"],
                     "trained": trained["of_completed"], "difference": None})
    for field, group in slices.items():
        values = trained.get(field, {})
        if len(values) < 2 and field != "by_kind":
            continue
        for value, found in list(values.items())[:MOST_VALUES]:
            rows.append({"group": group, "name": KIND_NAMES.get(value, cut(value.replace("_", " "), LONGEST_TAG)),
                         "base": base[field].get(value) if base else None, "trained": found,
                         "difference": (differences or {}).get(field, {}).get(value)})
    return rows


def render(report: Mapping[str, Any]) -> None:
    """The result as a table in the terminal (stderr)."""
    from rich.markup import escape
    from rich.table import Table

    paired = report["base"] is not None
    console.print(f"\n[bold]{headline(report)}[/bold]")
    if found := report["difference"]:
        console.print(f"Difference {points(found['value'])} points, 95 % interval {points(found['low'])} to "
                      f"{points(found['high'])}, {significance(found)}")
        console.print(bounds(found))
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    names = ("", "n", "base", "trained", "diff.", "95 %", "gained", "lost") if paired else ("", "n", "right", "95 %")
    for name in names:
        grid.add_column(name, justify="right" if name else "left", no_wrap=True, style="dim" if name == "95 %" else "")
    for row in table(report, FIRST_SLICES):
        cells = [escape(row["name"]), str(row["trained"]["n"])]
        cells += [percent(row["base"]["accuracy"] if row["base"] else None)] if paired else []
        cells.append(percent(row["trained"]["accuracy"]))
        found = row["difference"]
        if paired:
            cells += [points(found["value"]), f"{points(found['low'])} to {points(found['high'])}",
                      str(found["gained"]), str(found["lost"])] if found else ["—", "", "", ""]
        elif row["trained"]["accuracy"] is not None:
            cells.append(span(row["trained"]))
        grid.add_row(*cells)
    console.print(grid)
    for line in beside(report):
        console.print(line, markup=False)
    for note in report["notes"]:
        console.print(f"Note: {note}", markup=False, soft_wrap=True)


def significance(found: Mapping[str, Any]) -> str:
    """The test of a difference and what it says."""
    p_mid = found.get("p_mid")
    mid = f" (mid-{p_text(p_mid)})" if p_mid is not None and p_text(p_mid) != p_text(found["p_value"]) else ""
    return f"{found.get('test', 'exact McNemar')} {p_text(found['p_value'])}{mid}"


def bounds(found: Mapping[str, Any]) -> str:
    """What a difference rules out, and what it would take to tell more."""
    said = (f"No loss larger than {100 * found.get('no_loss_larger_than', max(0.0, -found['low'])):.1f} points, "
            f"no gain larger than {100 * found.get('no_gain_larger_than', max(0.0, found['high'])):.1f}")
    if found.get("needs_n"):
        said += f"; to tell a difference of {points(found['value'])} would need n ≈ {found['needs_n']:,}"
    if found.get("detectable"):
        said += f"; from {100 * found['detectable']:.1f} points on it would be told (power 80 %)"
    return said + "."


def beside(report: Mapping[str, Any]) -> list[str]:
    """Lines below the table: the weighted score, states that count as wrong, repeats, style, sister tasks."""
    trained, base, weighted = report["trained"], report["base"], report["weighted"]
    lines = []
    if weighted["trained"] is not None:
        was = f"{percent(weighted['base'])} → " if weighted["base"] is not None else ""
        line = f"Weighted score ({weighted['sbk_weight']} SBK + {weighted['cm_weight']} CM): {was}{percent(weighted['trained'])}"
        if found := weighted.get("difference"):
            line += f", {change(found)}"
        lines.append(line)
    named = [f"{count} {STATE_NAMES.get(state, state)}" for state, count in trained["states"].items() if count]
    lines.append(f"States: {', '.join(named)}")
    if found := trained.get("repeats"):
        lines.append(f"Of {found['repeats']} replies a prompt: " + ", ".join(
            f"{name}{k} {percent(value['value'])}" for table, name in (("pass_at", "pass@"), ("all", "all-"), ("maj_at", "maj@"))
            for k, value in found[table].items()))
    if found := trained.get("style"):
        before = (base or {}).get("style") or {}
        lines.append("Style: " + ", ".join(
            f"{name} {said(before[field]) + ' → ' if before.get(field) is not None else ''}{said(found[field])}"
            for name, field, said in STYLE if found.get(field) is not None))
    for sister in report.get("also", []):
        found = sister["difference"]
        cut = sister["trained"]["states"]["truncated"]
        lines.append(f"Also {sister['task']} ({sister['n']}): {percent(sister['trained']['accuracy'])}{f', {change(found)}' if found else ''}"
                     + (f": {sister['verdict']}" if sister["verdict"] else "") + (f"; {cut} cut off" if cut else ""))
    return [*lines, *further(report)]
