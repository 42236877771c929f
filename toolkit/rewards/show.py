"""How scores, previews and audits look on a terminal. Results go to stdout, so that they can be piped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from toolkit.rewards.cases import Scored
from toolkit.verify import Span

LONGEST = 240                                   # characters of a text that a table shows


def out() -> Console:
    return Console(highlight=False, soft_wrap=False)


def shown_score(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"


def highlighted(text: str, spans: Sequence[Span], longest: int = LONGEST) -> Text:
    """A text with the matched spans marked; a long one is cut around the first span."""
    start = max(0, spans[0].start - longest // 2) if spans and spans[0].start > longest // 2 else 0
    cut = text[start:start + longest]
    marked = Text("…" if start else "")
    offset = len(marked) - start
    marked.append(cut)
    for span in spans:
        if start <= span.start < start + longest:
            marked.stylize("bold reverse", span.start + offset, min(span.end, start + longest) + offset)
    if start + longest < len(text):
        marked.append(f"… ({len(text):,} characters)")
    return marked


def score_table(found: Sequence[Scored]) -> None:
    table = Table(*(Column(name, overflow="fold") for name in ("id", "score", "completion", "reason")), show_edge=False)
    for scored in found:
        table.add_row(Text(str(scored.case.id)), shown_score(scored.verdict.score),
                      highlighted(scored.case.completion, scored.verdict.matched), Text(scored.verdict.reason))
    console = out()
    console.print(table)
    right = sum(s.verdict.score == 1.0 for s in found)
    console.print(f"{right} of {len(found)} right")
