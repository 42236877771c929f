"""`toolkit eval`: options in, a verdict out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.errors import InputError, Refused

EPILOG = ("Example: toolkit eval outputs/demo/run/final_model    A server: toolkit eval http://127.0.0.1:30000 --data "
          "validation.json --against sglang://gpu2#base    What it takes: toolkit eval outputs/demo/run/final_model --dry-run    "
          "A new verifier: toolkit eval --rescore outputs/demo/run/eval")


def eval_(
    model: Annotated[str | None, typer.Argument(help="A model folder, hub name, server (http://…#model, sglang://host) or bedrock://model-id.")] = None,
    against: Annotated[str | None, typer.Option(help="The model to compare with, named alike; a run knows its own. 'none': no comparison.")] = None,
    data: Annotated[str | None, typer.Option(help="Held-out samples (a file, folder or hub name); a run knows its own.")] = None,
    rescore: Annotated[Path | None, typer.Option(help="Score the replies of this evaluation's folder anew, and generate nothing.")] = None,
    output_dir: Annotated[Path | None, typer.Option(help="Where report.html, report.json, records.jsonl and replies.jsonl go.")] = None,
    task: Annotated[str | None, typer.Option(help="Task name or file.")] = None,
    system_prompt: Annotated[str | None, typer.Option(help="Prompt file; a run knows its own.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many samples (a fixed, nested subset).")] = None,
    max_new_tokens: Annotated[int | None, typer.Option(min=1, help="Longest reply in tokens.")] = None,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 is greedy.")] = 0.0,
    repeats: Annotated[int, typer.Option(min=1, max=1024, help="Replies to each prompt: pass@k, all-k, maj@k. Needs a temperature.")] = 1,
    batch_size: Annotated[int, typer.Option(min=1, help="Replies generated together, of a model on this machine.")] = 64,
    seed: Annotated[int, typer.Option(help="Of sampling and bootstrap.")] = 42,
    also: Annotated[list[str] | None, typer.Option(help="A task that must not be lost, with samples and data: gsm8k:200=data/test.jsonl.")] = None,
    fail_if_worse: Annotated[list[str] | None, typer.Option(help="Exit 3 when a task lost more points than this: gsm8k:2.")] = None,
    train_data: Annotated[str | None, typer.Option(help="Look for the evaluation's roles, prompts and n-grams here; a run knows its own.")] = None,
    allow_contaminated: Annotated[bool, typer.Option("--allow-contaminated", help="Evaluate on what was trained on, too.")] = False,
    anonymised: Annotated[bool, typer.Option("--anonymised", help="Once more with the names of the roles replaced: what is read, what remembered?")] = False,
    judge: Annotated[str | None, typer.Option(help="A model that judges the replies beside the verifier, named as the others.")] = None,
    rubric: Annotated[Path | None, typer.Option(help="What the judge is asked (YAML; default prompts/judge/rubric.yaml).")] = None,
    calibrate: Annotated[Path | None, typer.Option(help="Human labels (JSON lines) that the judge is held against.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it takes and the smallest gain it can tell, and generate nothing.")] = False,
    submission: Annotated[Path | None, typer.Option(help="Also write the answers as id,answer to this CSV, and with the replies beside it.")] = None,
    raiden: Annotated[Path | None, typer.Option(help="Also write the replies as RAIDEN results ({ID, response} a line).")] = None,
    hub: Annotated[str | None, typer.Option(help="Where owner/name is looked up: huggingface, or modelscope.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing output files; replies already there are used again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")] = False,
) -> None:
    """Verified accuracy on held-out roles, paired with the base model, with intervals and a verdict."""
    if (model is None) == (rescore is None):
        raise InputError("Name a model, or an evaluation with --rescore DIR (one of the two).")
    if judge is None and (rubric or calibrate):
        raise InputError("--rubric and --calibrate are for a judge. Name one: --judge sglang://host#model")
    from toolkit.evaluate.report import render, write_report
    from toolkit.evaluate.resolve import Beside, Judging, judge_again, run_evaluation
    from toolkit.jsonl import dumps
    from toolkit.terminal import say

    judging = Judging(judge, rubric, calibrate) if judge else None
    page: Path | None
    if rescore is not None:
        from toolkit.evaluate.rescore import rescore as again

        report, folder = again(rescore, output_dir, data, task, overwrite)
        if judging:
            judge_again(folder, report, judging, data)
        page = write_report(folder)
    else:
        assert model is not None
        try:
            report, page = run_evaluation(
                model, against=against, data=data, output_dir=output_dir, task=task, system_prompt=system_prompt, limit=limit,
                max_new_tokens=max_new_tokens, temperature=temperature, repeats=repeats, batch_size=batch_size, seed=seed,
                submission=submission, hub=hub, overwrite=overwrite, dry_run=dry_run, judging=judging,
                beside=Beside(also or (), fail_if_worse or (), train_data, allow_contaminated, anonymised))
        except KeyboardInterrupt:
            say("stopped. The replies that are there are kept: the same command continues.")
            raise
    if as_json:
        print(dumps(report, indent=True))
    if page is None:
        say("nothing was generated. The same command without --dry-run evaluates.")
        return
    if raiden is not None:
        from toolkit.evaluate.raiden import write_results

        say(f"wrote {write_results(raiden, page.parent / 'records.jsonl', overwrite)} replies to {raiden}")
    render(report)
    say(f"report: {page}")
    if report.get("refused"):
        raise Refused(report["refused"])
