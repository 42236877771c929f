"""gen-data: from profiles to `train.json`, `validation.json`, `cold_start.jsonl` and `dataset_stats.json`.

Rows are streamed to files that appear together at the end, so nothing is half written and memory does not grow with the
number of samples.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.dataset.stats import Stats
from toolkit.errors import InputError
from toolkit.generate.cold_start import conversations
from toolkit.generate.offline import OfflineEngine
from toolkit.generate.plan import plan
from toolkit.generate.split import validation_roles
from toolkit.jsonl import ListWriter, atomic_write, dumps, write_json
from toolkit.profiles import Profile
from toolkit.resources import text

TRAIN, VALIDATION, COLD_START, STATS = "train.json", "validation.json", "cold_start.jsonl", "dataset_stats.json"


@dataclass(frozen=True)
class Request:
    """What gen-data is asked for; see `toolkit gen-data --help`."""

    output_dir: Path
    samples_per_profile: int | None = 2
    samples: int | None = None
    include_cm: bool = True
    train_ratio: float = 0.9
    seed: int = 42
    max_facts: int | None = None
    max_distance: int | None = None
    cold_start: int = 0
    mistakes: float = 0.0
    disguised: float = 0.0
    wordings: int | None = None
    system_prompt: str = "prompts/roleplay/system.{language}.md"
    overwrite: bool = False


def generate(profiles: list[Profile], request: Request, progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
    """Write the data set; returns its `dataset_stats.json`.

    Raises:
        InputError: when an output exists already, or no profile has facts.
    """
    began = time.monotonic()
    useless = [p for p in profiles if not p.facts]
    if len(useless) == len(profiles):
        raise InputError(f"none of the {len(profiles)} profiles has facts that the offline engine can ask about. Write "
                         "them as lines of `label: value`.")
    profiles = [p for p in profiles if p.facts]
    held = validation_roles(profiles, request.train_ratio, request.seed)
    engine = OfflineEngine(profiles, request.seed, held, request.max_facts, request.max_distance,
                           request.wordings)
    kinds = ("SBK", "CM") if request.include_cm else ("SBK",)
    counts = {TRAIN: Stats(), VALIDATION: Stats()}
    missing: dict[str, int] = {}
    done = 0
    out = request.output_dir
    with ExitStack() as files:
        writers = {name: ListWriter(files.enter_context(atomic_write(out / name, request.overwrite)))
                   for name in (TRAIN, VALIDATION)}
        cold = files.enter_context(atomic_write(out / COLD_START, request.overwrite)) if request.cold_start else None
        if (out / STATS).exists() and not request.overwrite:
            raise InputError(f"{out / STATS} already exists. Name another --output-dir, or pass --overwrite.")
        role = None
        for item in plan(profiles, request.samples_per_profile, request.samples, kinds):
            if item.profile is not role:
                role, rng, seen = item.profile, engine.random(item.profile), set[int]()
            draft = engine.drafts(item, rng, seen)
            if draft is None:
                missing[item.profile.id] = missing.get(item.profile.id, 0) + 1
                continue
            name = VALIDATION if item.profile.id in held else TRAIN
            writers[name].add(draft.sample.to_row())
            counts[name].add(draft.sample)
            done += 1
            if done % 100 == 0:
                progress(done)
        for writer in writers.values():
            writer.close()
        if cold:
            teachers = [p for p in profiles if p.id not in held]
            systems = {p.language: text(request.system_prompt.replace("{language}", p.language)).rstrip("\n")
                       for p in teachers}
            for row in conversations(engine, teachers, request.cold_start, request.mistakes, request.disguised, systems):
                cold.write(dumps(row) + "\n")
        stats: Mapping[str, Any] = {
            "samples": done, "profiles": len(profiles), "profiles_without_facts": [p.id for p in useless],
            "validation_roles": sorted(held), "train": counts[TRAIN].result(), "validation": counts[VALIDATION].result(),
            "cold_start": request.cold_start, "not_enough_distinct_samples": missing, "engine": "offline",
            "seed": request.seed}
        write_json(out / STATS, stats, request.overwrite)
    progress(done)
    return {**stats, "seconds": round(time.monotonic() - began, 2)}
