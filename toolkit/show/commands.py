"""`toolkit show` and `toolkit compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    path: Annotated[Path, typer.Argument(help="A data file or folder, a run (its rollouts), or an evaluation.")],
    html: Annotated[Path | None, typer.Option(help="Write one self-contained page instead (at most 500 samples).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Samples in the terminal, or as JSON.")] = 10,
    kind: Annotated[str | None, typer.Option(help="Only these: SBK, CM, …")] = None,
    role: Annotated[str | None, typer.Option(help="Only of this role.")] = None,
    language: Annotated[str | None, typer.Option(help="Only in this language.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state: right, wrong, …")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the samples as JSON lines to stdout.")] = False,
) -> None:
    """Read samples, training rollouts or evaluated replies, in the terminal or as HTML."""
    from toolkit.show.samples import chosen, samples, write_page
    from toolkit.show.samples import show as run
    from toolkit.terminal import say

    wanted = {name: value for name, value in (("kind", kind), ("role", role), ("language", language), ("state", state)) if value}
    if as_json:
        from dataclasses import asdict
        from itertools import islice

        from toolkit.jsonl import dumps

        for one in islice(chosen(samples(path), wanted), limit):
            print(dumps(asdict(one)))
    elif html is None:
        run(chosen(samples(path), wanted), limit)
    else:
        shown, total = write_page(path, wanted, html, overwrite)
        say(f"wrote {shown:,} of {total:,} samples to {html}")


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")] = False,
) -> None:
    """Several runs and stages in one table: time, memory, score; paired where they were evaluated on the same samples."""
    from toolkit.show.compare import compare_runs, render

    rows = compare_runs(runs)
    if as_json:
        from toolkit.jsonl import dumps

        print(dumps(rows, indent=True))
    render(rows)
