"""Lines of the report on what stands beside the main result: dimensions with the paper's row, other names, the judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.evaluate.numbers import change, percent, span
from toolkit.evaluate.records import BASE, TRAINED

# Landis, Koch 1977 (Biometrics 33:159): up to 0.40 fair at most
WEAK_KAPPA = 0.4


def further(report: Mapping[str, Any]) -> list[str]:
    return [*_dimensions(report), *_anonymised(report), *_judge(report.get("judge"))]


def _dimensions(report: Mapping[str, Any]) -> Iterator[str]:
    rows = report.get("dimensions") or []
    for row in rows:
        paper = f", the paper's {100 * row['paper']:.2f} %" if row["paper"] is not None else ""
        if row["accuracy"] is not None:
            base = f", base {percent(row['base'])}" if row["base"] is not None else ""
            yield f"{row['dimension']} ({row['n']}): {percent(row['accuracy'])} ({span(row)}){base}{paper}"
    if source := next((row["source"] for row in rows if row["source"]), None):
        yield f"The paper's: {source}; other samples than these, so to look at, not to test"


def _anonymised(report: Mapping[str, Any]) -> Iterator[str]:
    if not (found := report.get("anonymised")):
        return
    for side in (BASE, TRAINED):
        if found[side] is None or not (by_name := found["by_name"].get(side)):
            continue
        yield (f"Anonymised, {side} ({found['n']}): {percent(found[side]['accuracy'])} with the names of the roles replaced; the names are worth "
               f"{change(by_name)}: "
               + {"better": "it remembers roles, and does not only read the profile",
                  "worse": "it answers better under names it cannot know"}.get(by_name["verdict"], "no sign that it remembers roles"))


def _judge(found: Mapping[str, Any] | None) -> Iterator[str]:
    if not found:
        return
    lost = [f"{found[name]} {word}" for name, word in (("void", "points void (the quote is not in the reply)"),
                                                       ("unreadable", "unreadable"), ("failed", "without a reply")) if found[name]]
    yield f"{_trust(found)} {found['judgements']} judgements{', ' if lost else ''}{', '.join(lost)}" + (
        ": too many are missing, so nothing is concluded" if found["blocked"] else "")
    for name, sides in found["dimensions"].items():
        if sides[TRAINED]["share"] is None:
            continue
        paired = sides["difference"]
        told = f", {change(paired)}: {paired['verdict']}" if paired else ""
        before = f"{percent(sides[BASE]['share'])} → " if sides[BASE]["share"] is not None else ""
        yield f"Judge, {name} ({sides[TRAINED]['n']}): {before}{percent(sides[TRAINED]['share'])}{told}"
    if not (pairs := found["pairs"]) or not pairs["n"]:
        return
    yield (f"Judge, pairs ({pairs['n']}): {pairs['wins']} won, {pairs['ties']} ties, {pairs['losses']} lost, score {percent(pairs['score'])}: "
           f"{pairs['difference']['verdict']}")
    seats, length = pairs["seats"], pairs["length"]
    biased = seats["p_value"] < 0.05
    favours = f", it favours the {'first' if seats['first_seat'] > seats['second_seat'] else 'second'} seat" if biased else ""
    yield (f"Judge, seats: the winner changed with the seats in {seats['changed_winner']} of {pairs['asked']} pairs "
           f"({seats['first_seat']} for the first, {seats['second_seat']} for the second{favours})")
    if length["n"]:
        yield f"Judge, length: the longer reply won {length['longer_won']} of {length['n']} decided pairs, {percent(length['share'])} ({span(length)})"


def _trust(found: Mapping[str, Any]) -> str:
    if not found["calibrated"]:
        return f"Uncalibrated judge {found['judge']} (no human labels; fill in judge/to_label.jsonl and pass it as --calibrate):"
    agreed = {name: by for name, by in found["agreement"].items() if name != "labels"}
    kappas = [f"{name} {'—' if by['kappa'] is None else format(by['kappa'], '.2f')} ({by['n']})" for name, by in agreed.items()]
    weak = any(by["kappa"] is None or by["kappa"] <= WEAK_KAPPA for by in agreed.values()) or not agreed
    return (f"Judge {found['judge']}, kappa with {found['agreement']['labels']} human labels: {', '.join(kappas) or 'none readable'}"
            f"{'; 0.40 or less is weak' if weak else ''}:")
