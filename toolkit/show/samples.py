"""`toolkit show FILE|RUN`: data sets, training rollouts and evaluation records, to read in the terminal or as one HTML file.

Every row becomes an `Entry`, whatever it was: a question with what stands before it, what was said, and the facts beside it.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.jsonl import atomic_write, read_rows
from toolkit.terminal import console

PAGE = Path(__file__).parent / "page"
SIZE_BYTES = 1_900_000
SHOWN = 500                                     # entries of a page
CLIPS = (6000, 3000, 1500, 800, 400, 200)       # characters shown of a text
FILTERS = ("kind", "difficulty", "language", "role", "state", "step")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row to read: `facts` are (name, text); `tags` are what the filters go by."""

    question: str
    reply: str
    history: tuple[Mapping[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    id: str = ""

    def clipped(self, length: int) -> Entry:
        return Entry(_cut(self.question, length), _cut(self.reply, length),
                     tuple({**turn, "content": _cut(turn["content"], length)} for turn in self.history[-12:]),
                     tuple((name, _cut(text, length)) for name, text in self.facts), self.tags, self.id)


def entries(path: Path) -> Iterator[Entry]:
    """The rows of a file, or of a run's `samples/` (rollouts, in the order of the steps).

    Raises:
        InputError: nothing readable there, with what is.
    """
    for file in _files(Path(path)):
        for line, row in read_rows(file):
            if not isinstance(row, Mapping):
                raise InputError(f"{file}:{line} is no object.")
            yield entry(row)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted((path / "samples").glob("*.json*")) or [file for name in ("train.json", "validation.json", "records.jsonl")
                                                          if (file := path / name).is_file()]
    if not found:
        inside = ", ".join(sorted(p.name for p in path.iterdir())[:8]) if path.is_dir() else "no such folder"
        raise InputError(f"{path} holds no samples to show ({inside}). Name a data file, a data folder, a run, or an evaluation.")
    return found


def entry(row: Mapping[str, Any]) -> Entry:
    """A sample, a rollout, an evaluation record, or a conversation."""
    def text(name: str) -> str:
        value = row.get(name)
        return "" if value is None else str(value)

    if isinstance(row.get("prompt"), list):     # a cold-start conversation
        turns = tuple(_turn(turn) for turn in row["prompt"])
        said = row.get("completion")
        reply = "\n".join(_turn(turn)["content"] for turn in said) if isinstance(said, list) else str(said or "")
        return Entry(turns[-1]["content"] if turns else "", reply, turns[:-1])
    if "completion" in row:
        rest = {name: value for name, value in row.items() if isinstance(value, int | float) and not isinstance(value, bool)
                and name not in ("step", "index", "n_tokens", "repeat", "memory_distance")}
        facts = [(name, f"{value:g}") for name, value in rest.items()]
        state = text("state") or ("right" if row.get("accuracy") == 1 else "wrong" if "accuracy" in row else "")
        facts += [(name, text(name)) for name in ("reason", "expected") if row.get(name)]
        return Entry(text("question"), text("completion"), _turns(row.get("history")), tuple(facts),
                     _tags(row, state=state, step=text("step"), side=text("side")), text("id"))
    facts = [("keys", " · ".join(_key(key) for key in row.get("keys") or row.get("keywords") or ()))]
    facts += [("evidence", quote["quote"]) for quote in row.get("evidence") or () if isinstance(quote, Mapping) and quote.get("quote")]
    facts += [("distractors", " · ".join(map(str, row.get("distractors") or ()))), ("profile", text("character_profile")),
              ("refused for", text("reasons") or text("reason"))]
    reply = text("answer") or text("response")
    return Entry(text("question"), reply, _turns(row.get("conversation_history")), tuple(f for f in facts if f[1]), _tags(row),
                 text("id"))


def _tags(row: Mapping[str, Any], **more: str) -> dict[str, str]:
    found = {name: str(row.get(name) or "") for name in ("kind", "difficulty", "language")}
    found["role"] = str(row.get("character_name") or row.get("role_id") or "")
    return {name: value for name, value in {**found, **more}.items() if value}


def _turn(turn: Any) -> dict[str, str]:
    return {"role": str(turn.get("role", "")), "content": str(turn.get("content", ""))} if isinstance(turn, Mapping) else {
        "role": "", "content": str(turn)}


def _turns(value: Any) -> tuple[dict[str, str], ...]:
    return tuple(_turn(turn) for turn in value) if isinstance(value, list) else ()


def _key(key: Any) -> str:
    return str(key.get("canonical", "")) if isinstance(key, Mapping) else str(key)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def chosen(found: Iterable[Entry], wanted: Mapping[str, str]) -> Iterator[Entry]:
    """Entries whose tags are as wanted."""
    return (one for one in found if all(one.tags.get(name) == value for name, value in wanted.items()))


def show(found: Iterable[Entry], limit: int) -> int:
    """Print to stdout; returns how many."""
    from rich.console import Console

    out = Console(highlight=False)
    count = 0
    for one in islice(found, limit):
        count += 1
        out.print(f"\n{one.id}  {' · '.join(one.tags.values())}".rstrip(), style="dim", markup=False)
        for turn in one.history:
            out.print(f"  {turn['role']}: {turn['content']}", style="dim", markup=False)
        out.print(one.question, style="bold", markup=False)
        out.print(one.reply or "(empty)", markup=False)
        for name, text in one.facts:
            if name != "profile":
                out.print(f"  {name}: {_cut(text, 300)}", style="cyan", markup=False)
    if not count:
        console.print("Nothing there matches.")
    return count


def write_page(found: Iterable[Entry], title: str, path: Path, overwrite: bool = False) -> int:
    """One HTML file that needs nothing from outside; returns how many entries it shows. Text of models is only text there."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from toolkit.evaluate.report import PAGE as REPORT

    environment = Environment(loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)
    script = (REPORT / "report.js").read_text(encoding="utf-8")
    shown = list(islice(found, SHOWN))
    values = {"title": title, "filters": _filters(shown), "style": Markup((REPORT / "report.css").read_text(encoding="utf-8")),
              "script": Markup(script), "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}
    template, page = environment.get_template("samples.html"), ""
    for clip in CLIPS:
        page = template.render(values, entries=[one.clipped(clip) for one in shown])
        if len(page.encode()) <= SIZE_BYTES:
            break
    with atomic_write(path, overwrite) as out:
        out.write(page)
    return len(shown)


def _filters(shown: Sequence[Entry]) -> dict[str, dict[str, int]]:
    counted = {name: Counter(one.tags[name] for one in shown if name in one.tags) for name in FILTERS}
    return {name: dict(sorted(counts.items())) for name, counts in counted.items() if len(counts) > 1}
