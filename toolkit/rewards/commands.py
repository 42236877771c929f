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


def print_json(value: Any) -> None:
    from toolkit.jsonl import dumps

    print(dumps(value, indent=True))
