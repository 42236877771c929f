"""How scores, previews and audits look on a terminal. Results go to stdout, so that they can be piped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from toolkit.rewards.audit import HONEST, WRONG, Audit
from toolkit.rewards.cases import Scored
from toolkit.rewards.compose import Reward
from toolkit.rewards.preview import Groups, Preview, row_id
from toolkit.verify import Span

LONGEST = 240                                   # characters of a text that a table shows


def out() -> Console:
    return Console(highlight=False, soft_wrap=False)


def shown_score(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"


def highlighted(text: str, spans: Sequence[Span], longest: int = LONGEST) -> Text:
    """A text on one line with the matched spans in ⟦…⟧ (a pipe has no colours); a long one is cut around the first span."""
    first = min((span.start for span in spans), default=0)
    at = max(0, first - longest // 2)
    end = at + longest
    marked = Text("…" if at else "")
    for span in sorted(spans, key=lambda span: span.start):
        if at <= span.start and span.end <= end:    # of mentions within one another the first is marked
            marked.append(_one_line(text[at:span.start]))
            marked.append(f"⟦{_one_line(text[span.start:span.end])}⟧", style="bold reverse")
            at = span.end
    marked.append(_one_line(text[at:end]))
    if end < len(text):
        marked.append(f"… ({len(text):,} characters)")
    return marked


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ↵ ")


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
        console.print(Text("  reply     ").append(_cut(case.text)), soft_wrap=True)
        console.print(Text(f"  reason    {case.call.reason}"), soft_wrap=True)
    for flag in found.flags:
        console.print(Text(f"{found.target} {flag}", style="bold red"))
    console.print(f"{found.samples} samples, {found.calls:,} calls in {found.seconds:.1f} s; slowest {found.slowest_ms:.1f} ms "
                  f"({found.slowest_kind}). {'Passed.' if found.passed else 'Not passed.'}")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST // 2]} … {text[-LONGEST // 2:]}"


def render_previews(found: Sequence[Preview], reward: Reward) -> None:
    """Each completion with its matched spans marked, and what every part says about it."""
    console, before = out(), None
    for item in found:
        row, text = item.rollout.row, item.rollout.text
        if row is not before:
            keys = ", ".join(key.canonical for key in getattr(row, "keys", ()))
            console.print(Text(f"\n{row_id(row)}  {getattr(row, 'question', '')}  {f'[{keys}]' if keys else ''}", style="bold"))
            before = row
        spans = next((v.matched for v in item.paid.parts.values() if v.matched), ())
        name = f"{item.rollout.source}  " if item.rollout.source else ""
        total = f"{shown_score(item.paid.total)} of {reward.full:g}"
        console.print(Text(f"  {total}  {name}").append(highlighted(text, spans)), soft_wrap=True)
        for part, verdict in item.paid.parts.items():
            console.print(Text(f"      {part} {shown_score(verdict.score)} × {reward.weights[part]:g}: {verdict.reason}", style="dim"),
                          soft_wrap=True)


def render_groups(found: Groups) -> None:
    """A histogram of pass rates and the share of groups that give no gradient."""
    console = out()
    most = max(found.histogram().values(), default=0) or 1
    table = Table("pass rate", Column("groups", justify="right"), "", show_edge=False)
    for name, count in found.histogram().items():
        table.add_row(name, str(count), "█" * round(40 * count / most))
    console.print("")
    console.print(table)
    if found.compared:
        console.print(f"{found.equal} of {found.compared} groups have zero variance ({found.equal / found.compared:.0%}): "
                      "they give no gradient.")
