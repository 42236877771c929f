"""`toolkit gen-data`: options in, the right engine out. What is asked of an engine that it does not have is an error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.errors import InputError, did_you_mean

ENGINES = ("offline", "sglang", "openai", "bedrock")
# options that only one side understands; given to the other they would be silently ignored
OFFLINE_ONLY = ("max_facts", "cold_start_mistakes", "cold_start_disguised", "wordings")
MODEL_ONLY = ("kinds", "target_samples", "closed_book_check", "measure_difficulty", "judge", "stress", "prompts_dir",
              "base_url", "model", "api_key_env", "region", "batch", "batch_role", "concurrency", "rpm", "tpm", "timeout", "patience", "temperature",
              "max_tokens", "max_attempts", "schema", "extra", "max_cost", "prices", "dry_run", "preview", "extend", "requests", "out")
# what --requests has use for; the rest is about samples
REQUESTS_KNOW = ("requests", "out", "engine", "base_url", "model", "region", "api_key_env", "batch", "batch_role",
                 "temperature", "max_tokens", "concurrency", "rpm", "tpm", "timeout", "patience", "max_cost", "prices", "dry_run", "extend", "overwrite",
                 "as_json")
# --task countdown makes its problems from nothing
COUNTDOWN_ONLY = ("num", "numbers", "max_number")
COUNTDOWN_KNOWS = ("task", *COUNTDOWN_ONLY, "output_dir", "train_ratio", "seed", "cold_start", "cold_start_mistakes", "system_prompt",
                   "overwrite", "as_json")
BATCH_ROWS, BATCH_S = 10_000, 14 * 24 * 3600.0      # rows under way together, and how long a batch may take
OFFLINE_DEFAULT_SYSTEM = "prompts/roleplay/system.{language}.md"


def gen_data(
    context: typer.Context,
    profiles_file: Annotated[Path | None, typer.Option(help="Role profiles: JSONL, JSON, YAML, text, or a character card (JSON, PNG).")] = None,
    output_dir: Annotated[Path, typer.Option(help="Where train.json, validation.json and dataset_stats.json go.")] = Path("data/training"),
    engine: Annotated[str, typer.Option(help="offline: from the profiles' facts, without a model. sglang, openai: any OpenAI-compatible server. bedrock: AWS.")] = "offline",
    num_samples_per_profile: Annotated[int, typer.Option(min=1, help="Samples for each profile.")] = 2,
    num_samples: Annotated[int | None, typer.Option(min=1, help="Samples in all, spread over the profiles (instead).")] = None,
    include_cm: Annotated[bool, typer.Option("--include-cm/--no-include-cm", help="Half of the samples ask about the dialogue (CM).")] = True,
    language: Annotated[str | None, typer.Option("--language", "--languages", help="Only profiles in these: zh,en,ja,ko; auto: all, each in its own, which is detected.")] = None,
    train_ratio: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the roles (never rows) that train.")] = 0.9,
    seed: Annotated[int, typer.Option(help="The same seed gives the same plan; offline, the same files.")] = 42,
    max_facts: Annotated[int | None, typer.Option(min=1, help="offline: show only so many facts of a profile (small contexts).")] = None,
    max_distance: Annotated[int | None, typer.Option(min=1, help="CM: ask at most so many exchanges later.")] = None,
    cold_start: Annotated[int, typer.Option(min=0, help="Also write so many conversations for SFT.")] = 0,
    cold_start_mistakes: Annotated[float, typer.Option(min=0.0, max=1.0, help="offline: share of replies, in the last quarter, that name the last candidate.")] = 0.0,
    cold_start_disguised: Annotated[float, typer.Option(min=0.0, max=1.0, help="offline: share of conversations with invented values.")] = 0.0,
    wordings: Annotated[int | None, typer.Option(min=1, help="offline: only the first so many wordings of each question, statement and answer.")] = None,
    system_prompt: Annotated[str, typer.Option(help="Prompt file of the cold-start conversations.")] = OFFLINE_DEFAULT_SYSTEM,
    base_url: Annotated[list[str] | None, typer.Option(help="sglang, openai: the server; several share the work, and a profile stays with one.")] = None,
    model: Annotated[str | None, typer.Option("--model", "--model-id", help="The model's name there; needed when a server has several, and for bedrock.")] = None,
    region: Annotated[str | None, typer.Option(help="bedrock: AWS region.")] = None,
    api_key_env: Annotated[str | None, typer.Option(help="Environment variable with the API key (OPENAI_API_KEY, SGLANG_API_KEY).")] = None,
    batch: Annotated[str | None, typer.Option(help="bedrock: batch inference at half the price, through this place: s3://bucket/prefix.")] = None,
    batch_role: Annotated[str | None, typer.Option(help="bedrock: ARN of the role with which --batch reads and writes there.")] = None,
    kinds: Annotated[str | None, typer.Option(help="Kinds and their shares, such as SBK=4,CM=4,SCK=1,RCB=1: profile, dialogue, false premise, out of role.")] = None,
    target_samples: Annotated[int | None, typer.Option(min=1, help="Go on until so many samples are accepted (instead of a number to try).")] = None,
    closed_book_check: Annotated[bool, typer.Option("--closed-book-check", help="Drop questions that the model answers without the profile.")] = False,
    measure_difficulty: Annotated[int, typer.Option(min=0, help="Let the model answer each sample so often; the pass rate is its difficulty.")] = 0,
    judge: Annotated[str | None, typer.Option(help="A model of the same server (bedrock: a model id) that judges voice and naturalness; 'same' for the one that writes.")] = None,
    stress: Annotated[bool, typer.Option("--stress/--no-stress", help="Require the verifier to refuse adversarial replies to each sample.")] = True,
    prompts_dir: Annotated[Path | None, typer.Option(help="Your own prompts: files named as in prompts/generate.")] = None,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="Of the writing model.")] = 0.8,
    max_tokens: Annotated[int, typer.Option(min=64, help="Longest reply in tokens, thinking included.")] = 4096,
    max_attempts: Annotated[int, typer.Option(min=1, max=10, help="Drafts of a sample, each told what was wrong with the one before.")] = 3,
    schema: Annotated[bool, typer.Option("--schema/--no-schema", help="Constrained decoding by the draft's JSON schema; off for servers without it.")] = True,
    extra: Annotated[str | None, typer.Option(help="More fields of the request as JSON, such as '{\"top_p\": 0.95}'.")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Requests in flight at most; without it as many as the server uses.")] = None,
    rpm: Annotated[float | None, typer.Option(help="Requests a minute at most.")] = None,
    tpm: Annotated[float | None, typer.Option(help="Tokens a minute at most.")] = None,
    timeout: Annotated[float, typer.Option(help="Longest wait for a reply, seconds.")] = 600.0,
    patience: Annotated[float, typer.Option(help="How long to wait for a server that is away, seconds.")] = 1800.0,
    max_cost: Annotated[float | None, typer.Option(help="Stop at so many US dollars, by the price table.")] = None,
    prices: Annotated[Path | None, typer.Option(help="Price table (configs/prices.yaml).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show rows, tokens, money and hours, and send nothing.")] = False,
    preview: Annotated[int, typer.Option(min=0, max=50, help="Make so many samples, show them, write nothing.")] = 0,
    extend: Annotated[bool, typer.Option("--extend", help="Go on with what is there although the plan has changed.")] = False,
    requests: Annotated[Path | None, typer.Option(help="Send these prepared rows {id, messages, …} instead of making samples.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the replies to --requests go.")] = None,
    task: Annotated[str, typer.Option(help="roleplay; or countdown: problems made from their solutions, without profiles or a model.")] = "roleplay",
    num: Annotated[int, typer.Option(min=2, help="countdown: problems in all.")] = 1000,
    numbers: Annotated[str, typer.Option(help="countdown: how many numbers a problem has.")] = "3-4",
    max_number: Annotated[int, typer.Option("--max", min=2, help="countdown: the largest number and target.")] = 99,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing output files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")] = False,
) -> None:
    """Profiles → verified samples, split by role."""
    if task != "roleplay":
        return _countdown(context, task)
    if given := [name for name in COUNTDOWN_ONLY if is_given(context, name)]:
        raise InputError(f"--{given[0].removesuffix('_number')} belongs to --task countdown.")
    if engine not in ENGINES:
        raise InputError(f'--engine "{engine}" is unknown.{did_you_mean(engine, ENGINES)} Known: {", ".join(ENGINES)}.')
    options = Options(**{name: context.params[name] for name in Options.__dataclass_fields__})
    refuse_ignored(context, OFFLINE_ONLY if engine != "offline" else MODEL_ONLY, engine)
    if engine == "offline":
        _offline(options)
    elif requests or out:
        refuse_beside_requests(context)
        _replies(options, max_tokens if is_given(context, "max_tokens") else None,
                 temperature if is_given(context, "temperature") else None)
    else:
        _with_model(options)


@dataclass(frozen=True)
class Options:
    """The command line, by name."""

    profiles_file: Path | None
    output_dir: Path
    engine: str
    num_samples_per_profile: int
    num_samples: int | None
    include_cm: bool
    language: str | None
    train_ratio: float
    seed: int
    max_facts: int | None
    max_distance: int | None
    cold_start: int
    cold_start_mistakes: float
    cold_start_disguised: float
    wordings: int | None
    system_prompt: str
    base_url: list[str] | None
    model: str | None
    region: str | None
    api_key_env: str | None
    batch: str | None
    batch_role: str | None
    kinds: str | None
    target_samples: int | None
    closed_book_check: bool
    measure_difficulty: int
    judge: str | None
    stress: bool
    prompts_dir: Path | None
    temperature: float
    max_tokens: int
    max_attempts: int
    schema: bool
    extra: str | None
    concurrency: int | None
    rpm: float | None
    tpm: float | None
    timeout: float
    patience: float
    max_cost: float | None
    prices: Path | None
    dry_run: bool
    preview: int
    extend: bool
    requests: Path | None
    out: Path | None
    overwrite: bool
    as_json: bool


def is_given(context: typer.Context, name: str) -> bool:
    """On the command line, not by default. By the source's name: typer comes with a click of its own, or uses click's."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def refuse_ignored(context: typer.Context, names: tuple[str, ...], engine: str) -> None:
    """Options given on the command line that this engine would ignore."""
    given = [f"--{name.replace('_', '-')}" for name in names
             if is_given(context, name)]
    if given:
        other = "an engine with a model: --engine sglang, openai or bedrock" if engine == "offline" else "--engine offline"
        raise InputError(f"{', '.join(given)} {'needs' if len(given) == 1 else 'need'} {other}.")


def refuse_beside_requests(context: typer.Context) -> None:
    given = [f"--{name.replace('_', '-')}" for name in context.params if name not in REQUESTS_KNOW and is_given(context, name)]
    if given:
        raise InputError(f"{', '.join(given)} {'is' if len(given) == 1 else 'are'} for making samples: --requests sends rows as "
                         "they are.")


def read_chosen_profiles(options: Options) -> list[Any]:
    from toolkit.attributes import LANGUAGES
    from toolkit.profiles import read_profiles

    if options.profiles_file is None:
        raise InputError("--profiles-file is needed: the roles to write about. Example: data/online_profiles.jsonl")
    stated = options.language or "auto"
    wanted = [] if stated == "auto" else [w.strip() for w in stated.split(",")]
    if unknown := [w for w in wanted if w not in LANGUAGES]:
        raise InputError(f"--language {','.join(unknown)} is unknown. Known: {', '.join(LANGUAGES)}.")
    profiles = [p for p in read_profiles(options.profiles_file) if not wanted or p.language in wanted]
    if not profiles:
        raise InputError(f"{options.profiles_file} holds no profile in {', '.join(wanted)}.")
    return profiles


def _countdown(context: typer.Context, task: str) -> None:
    from toolkit.generate.countdown import sizes_of, write_problems
    from toolkit.terminal import say

    if task != "countdown":
        raise InputError(f'--task "{task}" has no generator.{did_you_mean(task, ("roleplay", "countdown"))} Known: roleplay, countdown.')
    asked = context.params
    if ignored := [f"--{name.replace('_', '-')}" for name in asked if name not in COUNTDOWN_KNOWS and is_given(context, name)]:
        raise InputError(f"{', '.join(ignored)} {'is' if len(ignored) == 1 else 'are'} about role profiles; --task countdown needs none.")
    folder = asked["output_dir"] if is_given(context, "output_dir") else Path("data/training/countdown")
    stats = write_problems(folder, asked["num"], sizes_of(asked["numbers"]), asked["max_number"], asked["train_ratio"],
                           asked["seed"], asked["cold_start"], asked["cold_start_mistakes"],
                           asked["system_prompt"] if is_given(context, "system_prompt") else "", asked["overwrite"])
    if asked["as_json"]:
        print_json(stats)
    say(f"wrote {stats['train']} problems to {folder}/train.jsonl and {stats['validation']} to validation.jsonl")
    say(f"next: toolkit train --config configs/countdown_qwen2.5_3b.yaml --set train_data={folder}/train.jsonl")


def _offline(options: Options) -> None:
    from toolkit.dataset.stats import render_stats
    from toolkit.generate.pipeline import Request, generate
    from toolkit.terminal import counter, say

    profiles = read_chosen_profiles(options)
    total = options.num_samples or options.num_samples_per_profile * len(profiles)
    with counter("samples", total) as progress:
        stats = generate(profiles, Request(
            options.output_dir, None if options.num_samples else options.num_samples_per_profile, options.num_samples,
            options.include_cm, options.train_ratio, options.seed, options.max_facts, options.max_distance,
            options.cold_start, options.cold_start_mistakes, options.cold_start_disguised,
            options.wordings, options.system_prompt, options.overwrite), progress)
    if options.as_json:
        print_json(stats)
    render_stats(stats)
    say(f"wrote {options.output_dir}/train.json and validation.json in {stats['seconds']} s")
    say(f"next: toolkit validate {options.output_dir}")


def engine_of(options: Options) -> Any:
    """The engine, reached, its model known; for a dry run not reached, since nothing is sent."""
    from toolkit.generate.engines.choose import engine_named

    return engine_named(options.engine, options.base_url or (), options.model, options.region, options.api_key_env,
                        options.batch, options.batch_role, reach=not options.dry_run)


def pace_of(options: Options) -> Any:
    from toolkit.generate.gate import Pace

    if not options.batch:
        return Pace(options.concurrency, options.rpm, options.tpm, options.timeout, options.patience)
    if options.max_cost is not None:
        raise InputError("--max-cost cannot stop a batch job that was submitted. Plan fewer rows instead: --dry-run shows their price.")
    return Pace(options.concurrency or BATCH_ROWS, timeout_s=BATCH_S, patience_s=BATCH_S, follows=False)


def _replies(options: Options, max_tokens: int | None, temperature: float | None) -> None:
    """Args: max_tokens, temperature: when given on the command line; rows that say nothing leave them to the server."""
    from toolkit.generate.prepared import Defaults
    from toolkit.generate.prices import price_of
    from toolkit.generate.replies import estimated, send

    if options.requests is None or options.out is None:
        raise InputError("--requests and --out belong together: rows to send, and where their replies go.")
    engine, defaults = engine_of(options), Defaults(max_tokens, temperature)
    price = price_of(engine.name, engine.model, options.prices)
    if options.max_cost is not None and price is None:
        raise InputError(f'--max-cost needs a price for "{engine.name}/{engine.model}". Add it to configs/prices.yaml, or '
                         "name a table of your own with --prices.")
    if options.dry_run:
        done = estimated(options.requests, defaults, price)
    else:
        done = send(options.requests, options.out, engine, pace_of(options), defaults, price, options.max_cost,
                    options.extend, options.overwrite)
    if options.as_json:
        print_json(done)


def _with_model(options: Options) -> None:
    from toolkit.generate import report
    from toolkit.generate.make import Sampling
    from toolkit.generate.prices import price_of
    from toolkit.generate.served import Asked, Generation
    from toolkit.generate.watch import watching
    from toolkit.generate.work import proportions
    from toolkit.terminal import say

    if options.target_samples and options.num_samples:
        raise InputError("--target-samples and --num-samples are two answers to one question. Give one of them.")
    profiles = read_chosen_profiles(options)
    kinds = proportions(options.kinds) if options.kinds else ("SBK", "CM") if options.include_cm else ("SBK",)
    engine, pace = engine_of(options), pace_of(options)
    sampling = Sampling(options.temperature, options.max_tokens, options.max_attempts, options.schema,
                        _object(options.extra))
    count = None if options.num_samples or options.target_samples else options.num_samples_per_profile
    asked = Asked(options.output_dir, count, options.num_samples, options.target_samples, kinds, options.train_ratio,
                  options.seed, options.max_distance, options.closed_book_check, options.measure_difficulty,
                  {"same": "", None: None}.get(options.judge, options.judge), options.stress, options.cold_start,
                  options.system_prompt, sampling, options.prompts_dir, options.max_cost, options.extend,
                  options.overwrite)
    price = price_of(engine.name, engine.model, options.prices)
    generation = Generation(profiles, asked, engine, price)
    if price and asked.judge:
        say("note: the judge's tokens are counted at the price of the writing model.")
    if options.dry_run:
        from toolkit.generate.token_count import server_counter

        counter = server_counter(engine.endpoints[0], engine.model, engine.key) if options.engine != "bedrock" else None
        found = generation.estimate(None if options.batch else options.concurrency or 64, counter)
        return report.estimated(found, price, print_json if options.as_json else None)
    if options.preview:
        outcomes, totals = generation.preview(options.preview, pace)
        return report.previewed(outcomes, totals, generation, price, print_json if options.as_json else None)
    stats, totals = generation.run(pace, lambda files: watching(files.tally, generation.rows, price))
    report.finished(stats, totals, generation.missing(stats), options.output_dir, options.profiles_file, print_json if options.as_json else None)


def _object(text: str | None) -> dict[str, Any]:
    import json

    try:
        value = json.loads(text) if text else {}
    except json.JSONDecodeError as error:
        raise InputError(f"--extra is not JSON: {error}. Write, for example, '{{\"top_p\": 0.95}}'.") from error
    if not isinstance(value, dict):
        raise InputError(f"--extra is {type(value).__name__}, expected an object such as '{{\"top_p\": 0.95}}'.")
    return value


def print_json(value: Any) -> None:
    from toolkit.jsonl import dumps

    print(dumps(value, indent=True))
