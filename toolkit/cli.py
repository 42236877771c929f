"""The command line: a command parses, calls a function of the package, and prints. Heavy imports stay inside commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit import __version__
from toolkit.errors import ToolkitError
from toolkit.evaluate.command import EPILOG as EVAL
from toolkit.evaluate.command import eval_
from toolkit.generate.command import gen_data
from toolkit.rewards.commands import app as reward
from toolkit.serve.chat import chat
from toolkit.serve.commands import app as deploy
from toolkit.serve.export import export_command
from toolkit.show.commands import compare, show
from toolkit.train.commands import plan, restore

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich",
    help="From role profiles to a role-playing model that stays in character, and the proof that it does.",
    epilog="Start with: toolkit demo    Exit codes: 0 done, 1 a bug, 2 the input, 3 refused by a check.")
app.add_typer(reward, name="reward")
app.add_typer(deploy, name="deploy")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing output files.")]


def _version(shown: bool) -> None:
    if shown:
        print(__version__)
        raise typer.Exit


@app.callback()
def _app(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Options of every command."""


app.command("gen-data", epilog="Example: toolkit gen-data --profiles-file data/online_profiles.jsonl "
            "--output-dir data/training --num-samples-per-profile 20    With a model: --engine sglang "
            "--base-url http://127.0.0.1:30000 --preview 3")(gen_data)


@app.command(epilog="Example: toolkit validate data/training --profiles-file data/online_profiles.jsonl")
def validate(
    paths: Annotated[list[Path], typer.Argument(help="Data files, or a folder with train.json and validation.json.")],
    profiles_file: Annotated[Path | None, typer.Option(help="Check the samples against the profiles, too.")] = None,
    stress: Annotated[bool, typer.Option("--stress", help="Also make honest and adversarial replies to the samples: false-pay and false-deny rates.")] = False,
    stress_samples: Annotated[int, typer.Option(min=1, help="Samples that --stress takes (a fixed, nested subset).")] = 200,
    task: Annotated[str, typer.Option(help="Task whose rows these are: roleplay, gsm8k, math_xml, multiple_choice, countdown, or a file.")] = "roleplay",
    column: Annotated[list[str] | None, typer.Option(help="Other tasks: OURS=THEIRS for a column with another name (several times).")] = None,
    clean: Annotated[Path | None, typer.Option(help="Other tasks: write the good rows to this .jsonl, and the dropped ones with their reasons beside it.")] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Every problem of a data set at once; exit 3 when there are errors."""
    if task != "roleplay":
        return _validate_rows(task, paths, column or [], clean, overwrite, as_json)
    from toolkit.dataset.show import render, summary
    from toolkit.dataset.validate import validate as run
    from toolkit.errors import Refused
    from toolkit.terminal import counter

    with counter("checked", None) as progress:
        report = run(paths, profiles=profiles_file, stress=stress_samples if stress else 0, progress=progress)
    if as_json:
        _print_json(report.to_json())
    render(report)
    if report.errors:
        raise Refused(summary(report))


def _validate_rows(task: str, paths: list[Path], column: list[str], clean: Path | None, overwrite: bool, as_json: bool) -> None:
    from toolkit.dataset.task_rows import check_rows, render
    from toolkit.errors import InputError
    from toolkit.tasks.base import load_task

    pairs = [assignment.partition("=") for assignment in column]
    if wrong := [ours for ours, equals, theirs in pairs if not equals or not theirs]:
        raise InputError(f'--column "{wrong[0]}" is not OURS=THEIRS. Write --column question=题目.')
    report = check_rows(load_task(task), [str(p) for p in paths], {ours: theirs for ours, _, theirs in pairs}, clean, overwrite)
    if as_json:
        _print_json(report.to_json())
    render(report, clean)


@app.command(epilog="Example: toolkit train --config configs/demo.yaml --set max_steps=20")
def train(
    config: Annotated[Path, typer.Option(help="Flat YAML: fields of TRL's GRPOConfig and ModelConfig, and ours.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override: key=value (several times).")] = None,
    preset: Annotated[str | None, typer.Option(help="Settings for your hardware, over the file's: 1x24gb, 8x80gb, cpu, …")] = None,
    num_processes: Annotated[int | None, typer.Option(min=1, help="GPUs; more than one starts accelerate launch.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the resolved configuration, launch command and plan; train nothing.")] = False,
    allow_unaudited: Annotated[bool, typer.Option("--allow-unaudited", help="Train with a reward that fails its audit, too.")] = False,
    hub: Annotated[str | None, typer.Option(help="Where owner/name is looked up: huggingface, or modelscope.")] = None,
    as_json: Json = False,
) -> None:
    """Cold start and GRPO with the verified reward; the same command continues a stopped run."""
    from toolkit.terminal import say
    from toolkit.train.commands import launch, settings_of, show_dry_run

    settings, arguments = settings_of(config, set_ or [], preset=preset, num_processes=num_processes, hub=hub,
                                      allow_unaudited=allow_unaudited, as_json=as_json)
    if dry_run:
        return show_dry_run(settings, arguments, preset, as_json)
    launch(settings, arguments)
    from toolkit.run import is_main_process
    from toolkit.show.plots import plot_run
    from toolkit.train.pipeline import train as run

    try:
        final = run(settings)
    except KeyboardInterrupt:
        if is_main_process():
            say(f"stopped. The same command continues {settings.output_dir}")
        raise
    if is_main_process():
        try:
            plots = plot_run(settings.output_dir)
        except OSError as error:
            plots = []
            say(f"no plots ({error.strerror or error}). Draw them later: toolkit plot {settings.output_dir}")
        if as_json:
            _print_json({"final_model": str(final), "plots": [str(p) for p in plots]})
        say(f"wrote {final}" + (f" and {plots[0]}" if plots else ""))
        say(f"next: toolkit eval {final}")


app.command("plan", epilog="Example: toolkit plan configs/grpo_config.yaml --gpus 8 --gpu-memory 80")(plan)
app.command("restore", epilog="Example: toolkit restore s3://my-bucket/runs/one outputs/one")(restore)


app.command("eval", epilog=EVAL)(eval_)
app.command("compare", epilog="Example: toolkit compare outputs/run-a outputs/run-b")(compare)
app.command("show", epilog="Example: toolkit show data/training/train.json --kind CM    As a page: --html samples.html")(show)
app.command("chat", epilog="Example: toolkit chat outputs/demo/run/final_model --profile data/online_profiles.jsonl --role 覃朗岳"
            "    Over a pipe: echo Hello | toolkit chat http://127.0.0.1:30000")(chat)
app.command("export", epilog="Example: toolkit export outputs/run/final_model --output-dir outputs/exported")(export_command)


@app.command(epilog="Example: toolkit doctor    On a machine with several GPUs: toolkit doctor --deep --multi-gpu")
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Also load torch and ask AWS, the hub and deployed servers (seconds).")] = False,
    multi_gpu: Annotated[bool, typer.Option("--multi-gpu", help="Also reduce once over all GPUs with NCCL.")] = False,
    as_json: Json = False,
) -> None:
    """What this machine has for training and serving, with the fix for what is missing; exit 3 when something fails."""
    from toolkit.doctor import doctor as run
    from toolkit.doctor import render, to_json
    from toolkit.errors import Refused

    findings = run(deep, multi_gpu)
    if as_json:
        _print_json(to_json(findings))
    else:
        render(findings)
    failed = [finding.name for finding in findings if finding.status == "fail"]
    if failed:
        raise Refused(f"not well: {', '.join(failed)}. The lines marked → say what to do.")


@app.command(epilog="Example: toolkit plot outputs/demo/run")
def plot(run: Annotated[Path, typer.Argument(help="A run folder.")], as_json: Json = False) -> None:
    """Draw the curves of a run again; --json prints summary.json: first, last and best of every metric."""
    from toolkit.run import read_manifest
    from toolkit.show.plots import plot_run

    read_manifest(run)
    *images, summary = plot_run(run)
    print(summary.read_text(encoding="utf-8").rstrip() if as_json else "\n".join(map(str, [*images, summary])))


@app.command(epilog="Example: toolkit demo --size smallest")
def demo(
    output_dir: Annotated[Path, typer.Option(help="Everything the demo makes goes here.")] = Path("outputs/demo"),
    size: Annotated[str, typer.Option(help="full: learns (minutes). smallest: only shows that every step works (CI).")] = "full",
    seed: Annotated[int, typer.Option(help="Seed of data, model and training.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start over: removes what an earlier demo made there.")] = False,
    as_json: Json = False,
) -> None:
    """The whole flow on this machine: profiles, data, training, evaluation, report. No GPU, hub or account."""
    from toolkit.demo import demo as run

    report = run(output_dir, size, seed, overwrite)
    if as_json:
        _print_json(report)


def _print_json(value: Any) -> None:
    from toolkit.jsonl import dumps

    print(dumps(value, indent=True))


def _known_spelling(word: str) -> str:
    """The reference guides spell options with underscores: `--profiles_file` is `--profiles-file`."""
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value if name.startswith("--") else word


def main() -> None:
    arguments = [_known_spelling(word) for word in sys.argv[1:]]
    debug = "--debug" in arguments
    arguments = [word for word in arguments if word != "--debug"]
    try:
        app(args=arguments, prog_name="toolkit", standalone_mode=True)
    except ToolkitError as error:
        if debug:
            raise
        for line in error.lines():
            print(f"error: {line}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("stopped. The same command continues.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        print(f"bug: {type(error).__name__}: {error}. Run again with --debug for the traceback.", file=sys.stderr)
        sys.exit(1)
