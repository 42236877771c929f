"""`toolkit show FILE|RUN`: data sets, training rollouts and evaluation records, to read in the terminal or as one HTML file.

Every row becomes a card, whatever it was; the records of one sample stand side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.jsonl import atomic_write, read_rows
from toolkit.show.cards import STATE_NAMES, Card, Side, cut, length_name, pieces
from toolkit.show.html import SHOWN, page
from toolkit.terminal import console, counter, visible

SAID = 300                                      # characters of a fact in the terminal
# beside numbers that are scores, a rollout has these
PLACES = ("step", "index", "n_tokens", "repeat", "memory_distance", "score")


def samples(path: Path) -> Iterator[Card]:
    """The rows of a file, or of a run's `samples/` (rollouts, in the order of the steps).

    Raises:
        InputError: nothing readable there, with what is.
    """
    for file in _files(Path(path)):
        for _, rows in groupby(enumerate(_rows(file)), lambda numbered: _pair(*numbered)):
            yield sample([row for _, row in rows])


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    for line, row in read_rows(file):
        if not isinstance(row, Mapping):
            raise InputError(f"{file}:{line} is no object.")
        yield row


def _pair(place: int, row: Mapping[str, Any]) -> Any:
    """The same for the records of one sample and repeat, which follow one another."""
    return (row["index"], row.get("repeat", 0)) if _compared(row) else str(place)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted((path / "samples").glob("*.json*")) or [file for name in ("train.json", "validation.json", "records.jsonl")
                                                          if (file := path / name).is_file()]
    if not found:
        inside = ", ".join(sorted(p.name for p in path.iterdir())[:8]) if path.is_dir() else "no such folder"
        raise InputError(f"{path} holds no samples to show ({inside}). Name a data file, a data folder, a run, or an evaluation.")
    return found


def sample(rows: list[Mapping[str, Any]]) -> Card:
    """A data sample, a rollout, a conversation, or the evaluation records of one sample."""
    row = rows[0]
    if isinstance(row.get("prompt"), list):     # a cold-start conversation
        turns = _turns(row["prompt"])
        said = row.get("completion")
        reply = "\n".join(text for _, text in _turns(said)) if isinstance(said, list) else _text(row, "completion")
        return Card(_text(row, "id"), turns[-1][1] if turns else "", (_reply("reply", reply),), turns[:-1])
    if _compared(row):
        from toolkit.evaluate.cards import card
        from toolkit.evaluate.records import Record

        known = {f.name for f in fields(Record)}
        return card({row["side"]: Record(**{name: value for name, value in row.items() if name in known}) for row in rows})
    if "completion" in row:
        return _rollout(row)
    keys = tuple(str(key.get("canonical", "")) if isinstance(key, Mapping) else str(key) for key in row.get("keys") or row.get("keywords") or ())
    answer = _text(row, "answer") or _text(row, "response")
    facts = {"distractors": " · ".join(map(str, row.get("distractors") or ())), "profile": _text(row, "character_profile"),
             "refused for": _text(row, "reasons") or _text(row, "reason")}
    return Card(
        _text(row, "id"), _text(row, "question"), (_reply("answer", answer, keys),), _turns(row.get("conversation_history")), keys,
        tuple(str(quote["quote"]) for quote in row.get("evidence") or () if isinstance(quote, Mapping) and quote.get("quote")),
        tuple((name, text) for name, text in facts.items() if text), _tags(row))


def _compared(row: Mapping[str, Any]) -> bool:
    """Whether it is a record of an evaluation."""
    return row.get("side") in ("base", "trained") and "index" in row and "completion" in row


def _rollout(row: Mapping[str, Any]) -> Card:
    scores = {name: f"{value:g}" for name, value in row.items()
              if isinstance(value, int | float) and not isinstance(value, bool) and name not in PLACES}
    state = _text(row, "state") or ("right" if row.get("accuracy") == 1 else "wrong" if "accuracy" in row else "")
    length = length_name(row["n_tokens"]) if row.get("n_tokens") else ""
    side = Side("reply", pieces(_text(row, "completion"), row.get("matched") or ()), state, _text(row, "reason"))
    return Card(_text(row, "id"), _text(row, "question"), (side,), _turns(row.get("history")), tuple(map(str, row.get("keys") or ())),
                tuple(map(str, row.get("evidence") or ())), tuple(scores.items()), _tags(row, state=state, length=length, step=_text(row, "step")))


def _reply(name: str, text: str, keys: Iterable[str] = ()) -> Side:
    """A reply that nobody scored: the keys are marked where they first stand."""
    return Side(name, pieces(text, [(at, at + len(key), key) for key in keys if key and (at := text.find(key)) >= 0]))


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _tags(row: Mapping[str, Any], **more: str) -> dict[str, str]:
    metadata = row.get("metadata")
    form = row.get("form") or (metadata.get("form") if isinstance(metadata, Mapping) else "")
    distance = row.get("memory_distance")
    found = {**{name: _text(row, name) for name in ("kind", "difficulty", "language")}, "form": str(form or "").replace("_", " "),
             "memory": f"{distance} back" if distance else "", "role": _text(row, "character_name") or _text(row, "role_id")}
    return {name: value for name, value in {**found, **more}.items() if value}


def _turns(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(turn.get("role", "")), str(turn.get("content", ""))) if isinstance(turn, Mapping) else ("", str(turn))
                 for turn in value) if isinstance(value, list) else ()


def chosen(found: Iterable[Card], wanted: Mapping[str, str]) -> Iterator[Card]:
    """Cards whose tags are as wanted."""
    return (one for one in found if all(one.tags.get(name) == value for name, value in wanted.items()))


def show(found: Iterable[Card], limit: int) -> int:
    """Print to stdout; returns how many."""
    from rich.console import Console
    from rich.text import Text

    out, count = Console(highlight=False, soft_wrap=True), 0
    for one in islice(found, limit):
        count += 1
        out.print(Text(visible(f"\n{one.id}  {' · '.join(one.tags.values())}".rstrip()), style="dim"))
        for who, text in one.history:
            out.print(Text(visible(f"  {who}: {text}"), style="dim"))
        out.print(Text(visible(one.question), style="bold"))
        for side in one.sides:
            out.print(_said(side, named=len(one.sides) > 1))
        for name, text in (("keys", " · ".join(one.keys)), ("evidence", " · ".join(one.evidence)), *one.facts):
            if text and name != "profile":
                out.print(Text(visible(f"  {name}: {cut(text, SAID)}"), style="cyan"))
    if not count:
        console.print("Nothing there matches.")
    return count


def _said(side: Side, named: bool) -> Any:
    """A reply with what matched in ⟦…⟧ (a pipe has no colours), and its reason on the next line."""
    from rich.text import Text

    said = Text(f"{side.name}, {side.state_name}: " if named else "", style="")
    for piece in side.pieces:
        text = visible(piece.text)
        said.append(f"⟦{text}⟧" if piece.key else text, style="bold reverse" if piece.key else "dim" if piece.part in ("think", "tag") else "")
    if not side.pieces:
        said.append("(empty)")
    if side.reason:
        said.append(visible(f"\n  reason: {cut(side.reason, SAID)}"), style="cyan")
    return said


def write_page(path: Path, wanted: Mapping[str, str], out: Path, overwrite: bool = False) -> tuple[int, int]:
    """Samples as one HTML file, evenly taken where there are more than it holds, with the curves of a run.

    Returns:
        how many samples are on the page, and of how many.
    """
    from markupsafe import Markup

    from toolkit.run import read_metrics
    from toolkit.show.curve import curve_svg

    seen: dict[str, Counter[str]] = {name: Counter() for name in ("kind", "difficulty", "language", "state", "role")}
    total, kept, every = 0, list[Card](), 1
    with counter("read", None) as progress:
        for one in chosen(samples(path), wanted):
            if total % every == 0:              # how many there are is known at the end alone
                kept.append(one)
                if len(kept) == 2 * SHOWN:
                    kept, every = kept[::2], 2 * every
            total += 1
            progress(total)
            for name, counts in seen.items():
                counts.update([STATE_NAMES.get(one.tags[name], one.tags[name])] if name in one.tags else ())
    cards = [kept[round(at * (len(kept) - 1) / (SHOWN - 1))] for at in range(SHOWN)] if len(kept) > SHOWN else kept
    tiles = [(name, f"{len(counts):,}", _most(counts)) for name, counts in seen.items() if counts]
    whole = page("samples.html", cards, title=str(path), tiles=[("samples", f"{total:,}", ""), *tiles],
                 curves=Markup(curve_svg(read_metrics(path))), note=f"{len(cards)} of {total:,} samples are on this page, evenly taken."
                 if total > len(cards) else "")
    with atomic_write(out, overwrite) as file:
        file.write(whole)
    return len(cards), total


def _most(counts: Counter[str], shown: int = 4) -> str:
    named = ", ".join(f"{cut(name, 20)} {count:,}" for name, count in counts.most_common(shown))
    return named + (", …" if len(counts) > shown else "")
