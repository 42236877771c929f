"""The sub-commands of `toolkit reward`. Heavy imports stay inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Test a reward before it trains anything: score cases, preview, audit.")
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")]


@app.command(epilog="Example: toolkit reward score my_cases.jsonl --json")
def score(
    cases: Annotated[Path, typer.Argument(help="JSONL of {id, lang, profile, history, question, keys, match: all|any, "
                                               "aliases?, distractors?, completion}.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a case to stdout: id, score, reason, matched.")] = False,
) -> None:
    """The verifier alone, on your own cases: a score from 0 to 1 and a reason for each, in the order of the file."""
    from toolkit.jsonl import dumps
    from toolkit.rewards.cases import read_cases, score_cases
    from toolkit.terminal import counter

    read = read_cases(cases)
    with counter("scored", len(read)) as progress:
        if as_json:
            for scored in score_cases(read, progress):
                print(dumps(scored.to_row()))
            return
        found = list(score_cases(read, progress))
    from toolkit.rewards.show import score_table

    score_table(found)


@app.command(epilog="Example: toolkit reward audit my_reward.py:fn --data data/training/train.json")
def audit(
    target: Annotated[str, typer.Argument(help="A task (roleplay), a task file, or a reward: file.py:function or module:function.")],
    data: Annotated[Path | None, typer.Option(help="Rows to ask about; role-play makes its own without.")] = None,
    task: Annotated[str, typer.Option(help="Task whose rows, honest answers and baits a custom reward is asked about.")] = "roleplay",
    limit: Annotated[int, typer.Option(min=1, help="Rows at most (a fixed, nested subset).")] = 200,
    part: Annotated[list[str] | None, typer.Option(help="Part of the task's reward (several times); without: all but format.")] = None,
    max_false_pay: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of wrong replies that may be paid.")] = 0.02,
    max_false_deny: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of honest replies that may be denied.")] = 0.05,
    timeout: Annotated[float, typer.Option(min=0.01, help="Seconds after which a call is killed.")] = 2.0,
    as_json: Json = False,
) -> None:
    """Ask a reward about honest answers, baits and attacks: false-pay and false-deny rates; exit 3 over the limits."""
    from toolkit.rewards.audit import audit as run
    from toolkit.rewards.show import render_audit
    from toolkit.rewards.targets import rows_for, target_of
    from toolkit.terminal import counter

    loaded, name, weights = target_of(target, task, part)
    rows = rows_for(loaded, data, limit)
    with counter("samples", len(rows)) as progress:
        found = run(loaded, name, weights, rows, target=target, max_false_pay=max_false_pay,
                    max_false_deny=max_false_deny, timeout_s=timeout, progress=progress)
    if as_json:
        print_json(found.to_json())
    else:
        render_audit(found)
    found.require("")


def print_json(value: Any) -> None:
    from toolkit.jsonl import dumps

    print(dumps(value, indent=True))
