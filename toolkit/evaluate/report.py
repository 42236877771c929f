"""The report: `report.json` and `records.jsonl` as one HTML file that opens anywhere, and as a table in the terminal.

The page needs nothing from outside. What a model wrote is text everywhere in it: the template escapes by default, no
record is put into a script, and the page's own policy lets no script run but the one shipped here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.cards import OUTCOMES, STATE_NAMES, Card, cards, filters
from toolkit.evaluate.records import read_records
from toolkit.jsonl import atomic_write, existing
from toolkit.show.curve import curve_svg
from toolkit.terminal import console

PAGE = Path(__file__).parent / "page"
SIZE_BYTES = 1_900_000                          # mail and chat programs take 2 MB gladly
SHOWN = 500                                     # samples on the page; the rest are counted and stay in records.jsonl
CLIPS = (6000, 3000, 1500, 800, 400, 200)       # characters shown of a text: the first length that fits into the page
SLICE_NAMES = {"by_kind": "Kind", "by_difficulty": "Difficulty", "by_language": "Language", "by_form": "Question form",
               "by_distance": "Memory distance"}
TERMINAL_SLICES = {name: SLICE_NAMES[name] for name in ("by_kind", "by_difficulty", "by_language")}
KIND_NAMES = {"SBK": "SBK · profile", "CM": "CM · memory"}


def write_report(folder: Path, metrics: Iterable[Mapping[str, Any]] = ()) -> Path:
    """Write `report.html` from the `report.json` and `records.jsonl` in `folder`; returns its path.

    Args:
        metrics: rows of the run's metrics.jsonl (`toolkit.run.read_metrics`), for the training curves.
    """
    import orjson

    folder = Path(folder)
    source = existing(folder / "report.json", "report")
    try:
        report = orjson.loads(source.read_bytes())
        page = html(report, cards(read_records(folder / "records.jsonl")), curve_svg(metrics))
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{source} is no evaluation report ({type(error).__name__}: {error}). "
                         "Evaluate again to write it.") from error
    path = folder / "report.html"
    with atomic_write(path, overwrite=True) as out:
        out.write(page)
    return path


def html(report: Mapping[str, Any], samples: Sequence[Card], curves: str = "") -> str:
    """The page, with as much of each text as keeps it under `SIZE_BYTES`.

    Args:
        curves: trusted SVG of `curve_svg`.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    # the page holds text written by models: escaping is on for every variable
    environment = Environment(loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(percent=percent, points=points, p=p_text)
    script = (PAGE / "report.js").read_text(encoding="utf-8")
    shown = list(samples[:SHOWN])
    values = {
        "report": report, "rows": table(report), "curves": Markup(curves), "filters": filters(shown),
        "total": len(samples), "headline": headline(report), "state_names": STATE_NAMES,
        "outcome_names": {**OUTCOMES, **({} if report["base"] else {"wrong": "Wrong", "right": "Right"})},
        "style": Markup((PAGE / "report.css").read_text(encoding="utf-8")), "script": Markup(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    template = environment.get_template("report.html")
    page = ""
    for clip in CLIPS:
        page = template.render(values, cards=[card.clipped(clip) for card in shown])
        if len(page.encode()) <= SIZE_BYTES:
            break
    return page


def headline(report: Mapping[str, Any]) -> str:
    """One sentence: what was found."""
    trained, found = report["trained"], report["difference"]
    if trained["accuracy"] is None:
        return "No reply could be scored"
    if found is None or report["verdict"] is None:
        return f"{percent(trained['accuracy'])} right"
    word = {"better": "Better than the base", "worse": "Worse than the base"}.get(
        report["verdict"], "Cannot tell it from the base")
    return f"{word}: {percent(report['base']['accuracy'])} → {percent(trained['accuracy'])}"


def table(report: Mapping[str, Any], slices: Mapping[str, str] = SLICE_NAMES) -> list[dict[str, Any]]:
    """Rows of the results table: everything, then each slice with more than one value."""
    base, trained, differences = report["base"], report["trained"], report["differences"]
    rows = [{"group": "", "name": "All", "base": base, "trained": trained, "difference": report["difference"]}]
    for field, group in slices.items():
        values = trained.get(field, {})
        if len(values) < 2 and field != "by_kind":
            continue
        for value, found in values.items():
            rows.append({"group": group, "name": KIND_NAMES.get(value, value.replace("_", " ")),
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
                      f"{points(found['high'])}, McNemar {p_text(found['p_value'])}", soft_wrap=True)
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    names = ("", "n", "base", "trained", "diff.", "95 %", "gained", "lost") if paired else ("", "n", "right", "95 %")
    for name in names:
        grid.add_column(name, justify="right" if name else "left", no_wrap=True, style="dim" if name == "95 %" else "")
    for row in table(report, TERMINAL_SLICES):
        cells = [escape(row["name"]), str(row["trained"]["n"])]
        cells += [percent(row["base"]["accuracy"] if row["base"] else None)] if paired else []
        cells.append(percent(row["trained"]["accuracy"]))
        found = row["difference"]
        if paired:
            cells += [points(found["value"]), f"{points(found['low'])} to {points(found['high'])}",
                      str(found["gained"]), str(found["lost"])] if found else ["—", "", "", ""]
        elif row["trained"]["accuracy"] is not None:
            cells.append(f"{100 * row['trained']['low']:.1f} to {100 * row['trained']['high']:.1f}")
        grid.add_row(*cells)
    console.print(grid)
    for note in report["notes"]:
        console.print(f"Note: {note}", markup=False, soft_wrap=True)


def percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"


def points(share: float) -> str:
    """A difference in percentage points, with its sign."""
    rounded = round(100 * share, 1)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded):.1f}"


def p_text(p: float) -> str:
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"
