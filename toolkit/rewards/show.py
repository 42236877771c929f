"""How scores, previews and audits look on a terminal. Results go to stdout, so that they can be piped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from toolkit.rewards.audit import HONEST, WRONG, Audit
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


def render_audit(found: Audit) -> None:
    """Rates by kind, flags, and the worst cases with what the reward said about them."""
    console = out()
    for side, title, name in ((WRONG, "wrong replies", "paid"), (HONEST, "honest replies", "denied")):
        table = Table(title, Column(name, justify="right"), Column("of", justify="right"), show_edge=False)
        for kind, (failed, of) in sorted(found.by_kind[side].items(), key=lambda entry: (-entry[1][0] / entry[1][1], entry[0])):
            table.add_row(kind.replace("_", " "), str(failed) if failed else "·", str(of))
        console.print(table)
        limit = found.max_false_pay if side == WRONG else found.max_false_deny
        console.print(f"{'false pay' if side == WRONG else 'false denial'}: {found.rate(side):.2%} (limit {limit:.1%})\n")
    for case in found.worst:
        wanted = "should be paid" if case.side == HONEST else "should not be paid"
        console.print(Text(f"{case.kind} · {case.id} · {wanted}, earned {shown_score(case.call.score)}", style="bold"))
        console.print(Text(f"  question  {case.question}\n  keys      {', '.join(case.keys)}"))
        console.print(Text("  reply     ").append(_cut(case.text)))
        console.print(Text(f"  reason    {case.call.reason}"))
    for flag in found.flags:
        console.print(Text(f"{found.target} {flag}", style="bold red"))
    console.print(f"{found.samples} samples, {found.calls:,} calls in {found.seconds:.1f} s; slowest {found.slowest_ms:.1f} ms "
                  f"({found.slowest_kind}). {'Passed.' if found.passed else 'Not passed.'}")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST // 2]} … {text[-LONGEST // 2:]}"
