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


@app.command(epilog='Example: toolkit reward preview data/training/train.json --text "I am a tailor."')
def preview(
    data: Annotated[Path, typer.Argument(help="Rows of the task.")],
    text: Annotated[list[str] | None, typer.Option(help="A completion to score (several times).")] = None,
    completions: Annotated[list[Path] | None, typer.Option(help="Recorded rollouts: a run's samples/, an evaluation's records.jsonl, or rows {id, completion}.")] = None,
    side: Annotated[str, typer.Option(help="Of an evaluation's records: trained or base.")] = "trained",
    model: Annotated[str | None, typer.Option(help="Sample from this model: a folder or hub name.")] = None,
    sample: Annotated[str | None, typer.Option(help="Only the row with this id.")] = None,
    num: Annotated[int | None, typer.Option(min=1, help="Rows: 1 for texts, 32 for a model, all for completions, unless given.")] = None,
    generations: Annotated[int, typer.Option(min=1, help="Completions of the model for each row.")] = 8,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 is greedy.")] = 1.0,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest completion in tokens.")] = 256,
    batch_size: Annotated[int, typer.Option(min=1, help="Completions of the model at a time.")] = 32,
    seed: Annotated[int, typer.Option(help="Seed of the model's sampling.")] = 42,
    system_prompt: Annotated[str, typer.Option(help="Prompt file for the model.")] = "",
    task: Annotated[str, typer.Option(help="Task name or file.")] = "roleplay",
    reward: Annotated[list[str] | None, typer.Option(help="PART=WEIGHT or file.py:function=WEIGHT (several times); without: the task's.")] = None,
    shown: Annotated[int, typer.Option(min=0, help="Completions that are shown in full.")] = 20,
    keep: Annotated[str | None, typer.Option(help="Pass rates to keep, as 0.2-0.8; written to --out.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for the rows that --keep keeps.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing --out.")] = False,
    as_json: Json = False,
) -> None:
    """What a reward pays, part by part and with its reasons; pass rates of the groups, and rows kept by them."""
    from toolkit.errors import InputError
    from toolkit.rewards import preview as pay
    from toolkit.rewards.compose import compose
    from toolkit.rewards.show import render_groups, render_previews
    from toolkit.rewards.targets import weights_of, write_rows
    from toolkit.tasks.base import load_task
    from toolkit.terminal import counter, say

    if sum(map(bool, (text, completions, model))) > 1:
        raise InputError("--text, --completions and --model are three sources. Give one of them.")
    bounds = pay.keep(keep) if keep else None
    if bool(keep) != bool(out):
        raise InputError("--keep RANGE and --out FILE go together.")
    if out and out.exists() and not overwrite:
        raise InputError(f"{out} already exists. Name another --out, or pass --overwrite to replace it.")
    loaded = load_task(task)
    paying = compose(loaded, weights_of(reward or []))
    rows = [row for _, row in loaded.read(data)]
    if sample is not None:
        rows = [row for row in rows if pay.row_id(row) == sample]
        if not rows:
            raise InputError(f'{data} has no row with the id "{sample}".')
    prefilled, lost = False, 0
    if completions:
        rollouts, lost = pay.recorded(completions, rows[:num], side)
    elif model:
        rows = rows[:num or 32]
        with counter("sampled", len(rows) * generations) as progress:
            rollouts, prefilled = pay.sampled(
                model, loaded, rows, generations, system_prompt=system_prompt, max_new_tokens=max_new_tokens,
                temperature=temperature, batch_size=batch_size, seed=seed, progress=progress)
    elif text:
        rollouts = [pay.Rollout(row, given) for row in rows[:num or 1] for given in text]
    else:
        rollouts = list(pay.own_replies(loaded, rows[:num or 1]))
    with counter("scored", len(rollouts)) as progress:
        found = pay.preview(paying, rollouts, prefilled, progress)
    grouped = pay.groups(found)
    if as_json:
        print_json({"weights": dict(paying.weights), "completions": [item.to_json() for item in found],
                    **grouped.to_json(), "without_a_row": lost})
    else:
        render_previews(found[:shown], paying)
        if len(found) > shown:
            say(f"… {len(found) - shown:,} more; --shown {len(found)} shows them, --json lists them")
        if completions or model:
            render_groups(grouped)
    if lost:
        say(f"{lost:,} completions belong to no row of {data} and are left out.")
    if bounds and out:
        kept = [row for row in rows if bounds[0] <= grouped.pass_rates.get(pay.row_id(row), -1.0) <= bounds[1]]
        if not kept:
            raise InputError(f"no row has a pass rate within {keep}: {out} was not written.")
        write_rows(out, kept, overwrite)
        say(f"wrote {len(kept):,} of {len(grouped.pass_rates):,} rows with a pass rate within {keep} to {out}")


def print_json(value: Any) -> None:
    from toolkit.jsonl import dumps

    print(dumps(value, indent=True))
