"""What a report holds beside the main result, as tables under the names a reader has for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.evaluate.numbers import change, p_text, percent, points, span
from toolkit.evaluate.records import BASE, TRAINED
from toolkit.show.blocks import Block, blocks

# parts of a report with a place of their own on the page; every other one is shown as it is
PLACED = ("difference", "base", "trained", "weighted", "differences", "notes", "data", "sampling", "versions", "refused")


def sections(report: Mapping[str, Any]) -> dict[str, list[Block]]:
    """By title; parts that are not known here under their own name."""
    found: dict[str, list[Block]] = {}
    for name, value in report.items():
        if name in PLACED or not isinstance(value, Mapping | list) or not value:
            continue
        title, made = KNOWN.get(name, (name.replace("_", " ").capitalize(), blocks))
        if shown := made(value):
            found[title] = shown
    return found


def _rate(side: Mapping[str, Any] | None) -> str:
    """A rate with its interval, of a summary or of a judge."""
    share = (side or {}).get("accuracy", (side or {}).get("share"))
    return "—" if side is None or share is None else f"{percent(share)} ({span(side)})"


def _change(found: Mapping[str, Any] | None) -> str:
    return "—" if found is None else change(found)


def _tasks(also: list[Mapping[str, Any]]) -> list[Block]:
    rows = tuple((task["task"], str(task["n"]), _rate(task.get("base")), _rate(task["trained"]), _change(task["difference"]), task["verdict"] or "—",
                  task.get("folder", "")) for task in also)
    return [Block("", ("Task", "n", "Base", "Trained", "Difference", "Verdict", "Report in"), rows)]


def _dimensions(rows: list[Mapping[str, Any]]) -> list[Block]:
    found = [Block("", ("Dimension", "n", "Base", "Trained", "Paper"), tuple(
        (row["dimension"], str(row["n"]), percent(row["base"]), _rate(row),
         "—" if row["paper"] is None else f"{100 * row['paper']:.2f} %") for row in rows))]
    source = next((row["source"] for row in rows if row["source"]), None)
    return [*found, Block("", (), (("Paper", f"{source}; other samples than these"),))] if source else found


def _anonymised(found: Mapping[str, Any]) -> list[Block]:
    rows = tuple((side.capitalize(), str(found["n"]), _rate(found[side]), _change(found["by_name"].get(side)),
                  (found["by_name"].get(side) or {}).get("verdict", "—")) for side in (BASE, TRAINED) if found[side])
    return [Block("", ("Model", "n", "Under other names", "What the names are worth", "Under its own names"), rows),
            Block("", (), (("Report in", found["folder"]),))]


def _judge(found: Mapping[str, Any]) -> list[Block]:
    about = [("Judge", found["judge"]), ("Calibrated", "yes" if found["calibrated"] else "no: no human labels were given"),
             ("Judgements", f"{found['judgements']:,}"), ("Void: the quote is not in the reply", str(found["void"])),
             ("Unreadable", str(found["unreadable"])), ("Without a reply", str(found["failed"]))]
    made = [Block("", (), tuple(about)), Block("Rubric", ("Dimension", "n", "Base", "Trained", "Difference", "Verdict"), tuple(
        (name.replace("_", " "), str(by[TRAINED]["n"]), _rate(by[BASE]), _rate(by[TRAINED]), _change(by["difference"]),
         (by["difference"] or {}).get("verdict", "—")) for name, by in found["dimensions"].items()))]
    if (pairs := found["pairs"]) and pairs["n"]:
        seats, length = pairs["seats"], pairs["length"]
        made.append(Block("Pairs in both orders", (), (
            ("Won, ties, lost", f"{pairs['wins']}, {pairs['ties']}, {pairs['losses']} of {pairs['n']}"),
            ("Score", percent(pairs["score"])), ("Difference", f"{_change(pairs['difference'])}: {pairs['difference']['verdict']}"),
            ("Winner changed with the seats", f"{seats['changed_winner']} of {pairs['asked']}: {seats['first_seat']} for the first, "
             f"{seats['second_seat']} for the second seat, {p_text(seats['p_value'])}"),
            ("The longer reply won", f"{length['longer_won']} of {length['n']} decided pairs"))))
    if found["agreement"]:
        made.append(Block(f"Agreement with {found['agreement']['labels']} human labels", ("", "n", "Agree", "Cohen's kappa"), tuple(
            (name.replace("_", " "), str(by["n"]), percent(by["agree"]), "—" if by["kappa"] is None else f"{by['kappa']:.2f}")
            for name, by in found["agreement"].items() if name != "labels")))
    return made


def _contamination(found: Mapping[str, Any]) -> list[Block]:
    return [Block("", (), (
        ("Rows of training data", f"{found['training_rows']:,}"), ("Samples evaluated", f"{found['samples']:,}"),
        ("Roles in both", ", ".join(found["roles"]) or "none"), ("Prompts in both", ", ".join(found["prompts"]) or "none"),
        (f"Samples that share {found['n']} words in a row with it", str(found["samples_with_ngrams"]))))]


def _plan(found: Mapping[str, Any]) -> list[Block]:
    told = [(f"Smallest gain told when {100 * float(changed):.0f} % change", f"{100 * gain:.1f} points, at {percent(found['power'])} power")
            for changed, gain in (found["detectable_gain"] or {}).items()]
    return [Block("", (), (
        ("Samples", f"{found['samples']:,} of {found['roles']:,} roles"), ("Replies", f"{found['replies']:,}, {found['kept']:,} of them kept from before"),
        ("Longest reply", f"{found['max_new_tokens']:,} tokens"), *told,
        ("Interval of one model's accuracy", f"± {points(found['half_width']).lstrip('+')} points at its widest")))]


def _rescored(found: Mapping[str, Any]) -> list[Block]:
    moved = tuple((was.replace("_", " "), now.replace("_", " "), str(count)) for was, now, count in found["changed"])
    return [Block("", (), (("Replies of", found["from"]),)), *([Block("Verdicts that changed", ("Was", "Is", "Replies"), moved)] if moved else [])]


KNOWN = {"also": ("Other tasks", _tasks), "dimensions": ("Dimensions beside the paper's", _dimensions), "judge": ("Judge", _judge),
         "anonymised": ("Names of the roles replaced", _anonymised), "contamination": ("Overlap with the training data", _contamination),
         "plan": ("What was planned", _plan), "rescored": ("Scored anew", _rescored)}
