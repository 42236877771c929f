"""What a judge's verdicts come to, and how far they are to be trusted.

    dimensions   of each side the share of replies for which the statement holds; void points count nowhere
    pairs        wins / (wins + ties + losses) as RAIDEN counts, the test over the decided pairs
    seats        pairs whose winner changed with the seats, and which seat they favoured
    length       how often the longer reply won
    agreement    Cohen's kappa with human labels (`--calibrate`); without any the judge is called uncalibrated
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.generation import ENGINE_FAILED
from toolkit.evaluate.judge import FAILED, FIRST, SECOND, TIE, UNREADABLE, VOID, Duel, Judge, Point
from toolkit.evaluate.raiden import spoken
from toolkit.evaluate.records import BASE, TRAINED, read_records
from toolkit.evaluate.stats import (
    CANNOT_TELL,
    CONFIDENCE,
    cohen_kappa,
    holm,
    mcnemar_exact,
    paired_bootstrap,
    verdict,
    wilson,
)
from toolkit.jsonl import atomic_write, dumps, read_rows
from toolkit.samples import Sample

FOLDER, JUDGEMENTS, TO_LABEL = "judge", "judgements.jsonl", "to_label.jsonl"
LABELLED = 50                                   # replies offered to be labelled
FAILED_SHARE = 0.01                             # as for replies: more missing than that, and nothing is concluded

Points = Mapping[str, Point] | str


def judge_evaluation(folder: Path, samples: Iterable[Sample], judge: Judge, labels: Path | None, seed: int) -> dict[str, Any]:
    """Judge the replies of an evaluation's `records.jsonl`; writes what was said of each to `judge/judgements.jsonl`.

    Args:
        samples: those evaluated, and those that the labels name.
        labels: see `read_labels`; None leaves the judge uncalibrated.

    Raises:
        InputError: no such judge; labels that cannot be read.
    """
    known = {sample.id: sample for sample in samples}
    human = labels_of(labels, known.values(), judge)
    agreed = _agreement(judge, human, known) if human else None
    answers: dict[str, dict[str, str]] = {}      # by sample and side; of the records nothing else is kept
    roles: dict[str, str] = {}
    for record in read_records(folder / "records.jsonl"):
        if record.repeat == 0 and record.state != ENGINE_FAILED:
            answers.setdefault(record.id, {})[record.side] = spoken(record.completion, record.prefilled)
            roles[record.id] = record.role_id
    said = {(name, side): answer for name, by_side in answers.items() for side, answer in by_side.items() if answer}
    items = [(known[name], answer) for (name, _), answer in said.items()]
    points = dict(zip(said, judge.points(items), strict=True))
    pairs = {name: (by_side[BASE], by_side[TRAINED]) for name, by_side in answers.items() if len(by_side) == 2}
    asked = [name for name, (base, trained) in pairs.items() if base and trained and base != trained]
    duels = dict(zip(asked, judge.duels([(known[name], *pairs[name]) for name in asked]), strict=True))
    with atomic_write(folder / FOLDER / JUDGEMENTS, overwrite=True) as out:
        out.writelines(dumps({"id": name, "side": side, "points": found if isinstance(found, str) else
                              {dimension: asdict(point) for dimension, point in found.items()}}) + "\n"
                       for (name, side), found in points.items())
        out.writelines(dumps({"id": name, "winner": _side_of(duel.winner), "votes": [_side_of(v.winner) for v in duel.votes],
                              "quotes": [v.quote for v in duel.votes]}) + "\n" for name, duel in duels.items())
    if agreed is None:
        _write_to_label(folder / FOLDER / TO_LABEL, said, asked, pairs, judge)
    missing = [*(found for found in points.values() if isinstance(found, str)),
               *(vote.winner for duel in duels.values() for vote in duel.votes)]
    counts = Counter(missing)
    total = len(points) + 2 * len(duels)
    blocked = counts[FAILED] > FAILED_SHARE * total
    return {
        "judge": judge.name, "calibrated": agreed is not None, "agreement": agreed, "judgements": total, "blocked": blocked,
        "failed": counts[FAILED], "unreadable": counts[UNREADABLE],
        "void": sum(p.holds is None for found in points.values() if not isinstance(found, str) for p in found.values()) + counts[VOID],
        "dimensions": dimensions(points, judge.rubric, roles, seed, blocked),
        "pairs": against(pairs, duels, roles, seed, blocked) if any(BASE in by_side for by_side in answers.values()) else None}


def dimensions(points: Mapping[tuple[str, str], Points], rubric: Iterable[str], roles: Mapping[str, str], seed: int,
               blocked: bool = False) -> dict[str, dict[str, Any]]:
    """Of each dimension both sides' shares and their difference, with p adjusted (Holm) for the number of dimensions."""
    found: dict[str, dict[str, Any]] = {}
    for dimension in rubric:
        holds = {side: {name: point.holds for (name, of_side), by in points.items() if of_side == side and not isinstance(by, str)
                        and (point := by.get(dimension)) and point.holds is not None} for side in (BASE, TRAINED)}
        both = [name for name in holds[BASE] if name in holds[TRAINED]]
        found[dimension] = {side: _rate(values.values()) for side, values in holds.items()}
        found[dimension]["difference"] = _paired([holds[BASE][n] for n in both], [holds[TRAINED][n] for n in both],
                                                 [roles[n] for n in both], seed, blocked)
    compared = [by["difference"] for by in found.values() if by["difference"]]
    for difference, adjusted in zip(compared, holm([d["p_value"] for d in compared]), strict=True):
        difference["p_holm"] = adjusted
        if adjusted >= 1 - CONFIDENCE:
            difference["verdict"] = CANNOT_TELL
    return found


def against(pairs: Mapping[str, tuple[str, str]], duels: Mapping[str, Duel], roles: Mapping[str, str], seed: int,
            blocked: bool = False) -> dict[str, Any]:
    """Trained against base. A reply that says nothing loses unasked; two that say the same are a tie.

    Args:
        pairs: of each sample the base's reply and the trained model's.
        duels: of the pairs that were asked; the base is `first`.
    """
    winners = {name: duels[name].winner if name in duels else TIE if base == trained else FIRST if base else SECOND
               for name, (base, trained) in pairs.items()}
    winners = {name: winner for name, winner in winners.items() if winner in (FIRST, SECOND, TIE)}
    counts = Counter(winners.values())
    decided = {name: winner for name, winner in winners.items() if winner != TIE and name in duels}
    longer = [(len(pairs[name][1]) > len(pairs[name][0])) == (winner == SECOND) for name, winner in decided.items()
              if len(pairs[name][0]) != len(pairs[name][1])]
    # a vote for the seat, not the reply: first in both orders, or second in both
    flipped = [duel.votes[0].winner for duel in duels.values() if {v.winner for v in duel.votes} == {FIRST, SECOND}]
    first_seat = flipped.count(FIRST)
    return {
        "n": len(winners), "asked": len(duels), "wins": counts[SECOND], "ties": counts[TIE], "losses": counts[FIRST],
        "score": counts[SECOND] / len(winners) if winners else None,
        "difference": _paired([w == FIRST for w in winners.values()], [w == SECOND for w in winners.values()],
                              [roles[name] for name in winners], seed, blocked),
        "seats": {"changed_winner": len(flipped), "first_seat": first_seat, "second_seat": len(flipped) - first_seat,
                  "p_value": mcnemar_exact(first_seat, len(flipped) - first_seat)},
        "length": {"longer_won": sum(longer), **_rate(longer)}}


def labels_of(path: Path | None, samples: Iterable[Sample], judge: Judge) -> list[dict[str, Any]]:
    """The human labels for a judge; none without a file."""
    return read_labels(path, {sample.id: sample for sample in samples}, judge.rubric) if path else []


def read_labels(path: Path, samples: Mapping[str, Sample], rubric: Iterable[str]) -> list[dict[str, Any]]:
    """Human verdicts, one a line; null is not labelled yet.

        {"id": "s01", "reply": "…", "holds": {"in_character": true}}
        {"id": "s01", "first": "…", "second": "…", "better": "first"}       first, second, tie

    Raises:
        InputError: naming the line.
    """
    found, known = [], set(rubric)
    for line, row in read_rows(path, "labels file"):
        where = f"{path}:{line}"
        if not isinstance(row, Mapping) or str(row.get("id")) not in samples:
            raise InputError(f'{where} names no sample of the data (field "id").')
        if isinstance(row.get("reply"), str) and isinstance(row.get("holds"), Mapping):
            if unknown := sorted(set(row["holds"]) - known):
                raise InputError(f'{where} labels "{unknown[0]}", which the rubric does not have. It has: {", ".join(known)}.')
            if wrong := [name for name, value in row["holds"].items() if value is not None and not isinstance(value, bool)]:
                raise InputError(f'{where} field "holds.{wrong[0]}" is {row["holds"][wrong[0]]!r}, expected true, false or null.')
            if any(value is not None for value in row["holds"].values()):
                found.append(dict(row))
        elif isinstance(row.get("first"), str) and isinstance(row.get("second"), str):
            if row.get("better") not in (FIRST, SECOND, TIE, None):
                raise InputError(f'{where} field "better" is {row["better"]!r}, expected "first", "second", "tie" or null.')
            if row.get("better"):
                found.append(dict(row))
        else:
            raise InputError(f'{where} is no label. It has "id" and either "reply" and "holds", or "first", "second" and "better".')
    if not found:
        raise InputError(f"{path} holds no label: every one is null.")
    return found


def _agreement(judge: Judge, labels: Sequence[Mapping[str, Any]], samples: Mapping[str, Sample]) -> dict[str, Any]:
    alone = [row for row in labels if "holds" in row]
    pairs = [row for row in labels if "better" in row]
    points = judge.points([(samples[str(row["id"])], row["reply"]) for row in alone])
    duels = judge.duels([(samples[str(row["id"])], row["first"], row["second"]) for row in pairs])
    ratings: dict[str, list[tuple[Any, Any]]] = {}
    for row, said in zip(alone, points, strict=True):
        for dimension, human in row["holds"].items():
            point = said.get(dimension) if not isinstance(said, str) else None
            if human is not None and point and point.holds is not None:
                ratings.setdefault(dimension, []).append((human, point.holds))
    ratings["pairs"] = [(row["better"], duel.winner) for row, duel in zip(pairs, duels, strict=True)
                        if duel.winner in (FIRST, SECOND, TIE)]
    return {"labels": sum(sum(v is not None for v in row["holds"].values()) for row in alone) + len(pairs),
            **{name: {"n": len(both), "agree": sum(a == b for a, b in both) / len(both),
                      "kappa": cohen_kappa([a for a, _ in both], [b for _, b in both])} for name, both in ratings.items() if both}}


def _paired(before: Sequence[bool], after: Sequence[bool], roles: Sequence[str], seed: int, blocked: bool) -> dict[str, Any] | None:
    if not before:
        return None
    found = paired_bootstrap([float(b) for b in before], [float(a) for a in after], roles, seed=seed)
    gained = sum(a > b for b, a in zip(before, after, strict=True))
    lost = sum(a < b for b, a in zip(before, after, strict=True))
    p_value = mcnemar_exact(gained, lost)
    return {"value": found.value, "low": found.low, "high": found.high, "gained": gained, "lost": lost, "n": len(before),
            "p_value": p_value, "verdict": CANNOT_TELL if blocked else verdict(found, p_value)}


def _rate(values: Iterable[bool]) -> dict[str, Any]:
    values = list(values)
    if not values:
        return {"share": None, "low": None, "high": None, "n": 0}
    found = wilson(sum(values), len(values))
    return {"share": found.value, "low": found.low, "high": found.high, "n": len(values)}


def _side_of(winner: str) -> str:
    return {FIRST: BASE, SECOND: TRAINED}.get(winner, winner)


def _write_to_label(path: Path, said: Mapping[tuple[str, str], str], asked: Sequence[str], pairs: Mapping[str, tuple[str, str]],
                    judge: Judge) -> None:
    """A form for people: the same replies, spread over the data, without saying whose they are or what the judge thinks."""
    def some(names: Sequence[Any]) -> Sequence[Any]:
        return names[::max(1, len(names) // LABELLED)][:LABELLED]

    with atomic_write(path, overwrite=True) as out:
        for name, side in some(list(said)):
            out.write(dumps({"id": name, "reply": said[name, side], "holds": dict.fromkeys(judge.rubric)}) + "\n")
        for number, name in enumerate(some(asked)):
            first, second = pairs[name][::-1] if number % 2 else pairs[name]
            out.write(dumps({"id": name, "first": first, "second": second, "better": None}) + "\n")
