"""gen-data with a model behind a server: plan → requests → checked samples → files, resumable at any moment.

    journal.jsonl            every finished item: what the next run does not do again
    train.json, validation.json, rejected.jsonl, dataset_stats.json, README.md, cold_start.jsonl
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from toolkit import __version__
from toolkit.errors import InputError
from toolkit.generate import outputs
from toolkit.generate.batch import Totals, run
from toolkit.generate.budget import Budget
from toolkit.generate.card import card
from toolkit.generate.drafting import Drafting
from toolkit.generate.engines.base import Complete, Engine
from toolkit.generate.estimate import Estimate, estimate, spread
from toolkit.generate.gate import Pace
from toolkit.generate.journal import Journal
from toolkit.generate.make import Maker, Sampling
from toolkit.generate.near import NearDuplicates
from toolkit.generate.outputs import Outputs
from toolkit.generate.pipeline import STATS
from toolkit.generate.prices import Price
from toolkit.generate.prompt_files import Prompts
from toolkit.generate.screen import Screen
from toolkit.generate.second_look import SecondLook
from toolkit.generate.split import validation_roles
from toolkit.generate.watch import spent
from toolkit.generate.work import Assigner, Work, works
from toolkit.jsonl import atomic_write, read_rows, write_json
from toolkit.profiles import Profile
from toolkit.tasks.roleplay import RolePlay, gold_reply

STATS_EVERY_S = 10.0


@dataclass(frozen=True)
class Asked:
    """What the user wants of a model; see `toolkit gen-data --help`."""

    output_dir: Path
    samples_per_profile: int | None = 2
    samples: int | None = None
    target_samples: int | None = None           # accepted ones
    kinds: tuple[str, ...] = ("SBK", "CM")      # a sequence that repeats
    train_ratio: float = 0.9
    seed: int = 42
    max_distance: int | None = None
    closed_book: bool = False
    measure_difficulty: int = 0
    judge: str | None = None                    # the judge's model; "" for the one that writes
    stress: bool = True
    cold_start: int = 0
    system_prompt: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    prompts_dir: Path | None = None
    max_cost_usd: float | None = None
    extend: bool = False
    overwrite: bool = False

    def rows(self, profiles: int) -> int:
        """Planned items, of the first round when there is a target."""
        if self.target_samples:
            return self.target_samples
        return self.samples if self.samples is not None else (self.samples_per_profile or 0) * profiles


class Generation:
    """A run of gen-data with a model.

    Args:
        price: None when it is not known.

    Raises:
        InputError: no profile has text to ask about; --max-cost without a price; prompt files that lack something.
    """

    def __init__(self, profiles: Sequence[Profile], asked: Asked, engine: Engine, price: Price | None):
        self.profiles = [p for p in profiles if p.facts or p.persona]
        if not self.profiles:
            raise InputError(f"none of the {len(profiles)} profiles has facts or a text to ask about.")
        if asked.max_cost_usd is not None and price is None:
            raise InputError(f'--max-cost needs a price for "{engine.name}/{engine.model}". Add it to configs/prices.yaml, '
                             "or name a table of your own with --prices.")
        self.asked, self.engine, self.price = asked, engine, price
        self.useless = [p.id for p in profiles if not (p.facts or p.persona)]
        self.prompts = Prompts(sorted({p.language for p in self.profiles}), asked.prompts_dir)
        self.held = validation_roles(self.profiles, asked.train_ratio, asked.seed)
        self.drafting = Drafting(self.prompts)
        self.assigner = Assigner(self.prompts, asked.max_distance)
        sampling = asked.sampling
        judge = {**sampling.extra, "model": asked.judge} if asked.judge else sampling.extra
        self.look = SecondLook(self.drafting, asked.closed_book, asked.measure_difficulty, asked.judge is not None,
                               max_tokens=sampling.max_tokens, constrained=sampling.constrained, extra=sampling.extra,
                               judge_extra=judge)

    @property
    def rows(self) -> int:
        return self.asked.rows(len(self.profiles))

    def missing(self, stats: Mapping[str, Any]) -> int:
        """Rows that a data set still lacks."""
        return self.rows - stats["samples"] - (0 if self.asked.target_samples else stats["rejected"])

    def made_by(self) -> dict[str, Any]:
        """What the rows depend on: a journal made by another one is not continued unasked."""
        asked = self.asked
        text = hashlib.sha256()
        for profile in self.profiles:
            text.update(f"{profile.id}\n{profile.text()}\n".encode())
        return {"toolkit": __version__, "engine": self.engine.name, "model": self.engine.model, "prompts": self.prompts.hash,
                "profiles": text.hexdigest()[:16], "seed": asked.seed, "kinds": ",".join(asked.kinds),
                "samples_per_profile": asked.samples_per_profile, "samples": asked.samples,
                "target_samples": asked.target_samples, "train_ratio": asked.train_ratio, "max_distance": asked.max_distance,
                "closed_book": asked.closed_book, "measure_difficulty": asked.measure_difficulty, "judge": asked.judge,
                "stress": asked.stress, **asdict(asked.sampling)}

    def works(self, endless: bool | None = None) -> Any:
        asked = self.asked
        if endless is None:
            endless = asked.target_samples is not None
        return works(self.profiles, asked.kinds, asked.seed, asked.samples_per_profile,
                     asked.target_samples or asked.samples, endless)

    def maker(self) -> Maker:
        return Maker(self.assigner, self.drafting, Screen(NearDuplicates(), self.asked.stress), self.asked.sampling,
                     self.look, {"engine": self.engine.name, "prompt_hash": self.prompts.hash, "toolkit": __version__})

    def estimate(self, in_flight: int | None, count: Callable[..., int] | None = None) -> Estimate:
        some = spread(self.works(endless=False), self.rows)
        return estimate(some, self.rows, self.assigner, self.drafting, self.look, in_flight, self.price, count)

    def preview(self, count: int, pace: Pace) -> tuple[list[Mapping[str, Any]], Totals]:
        """Outcomes of a few items of different kinds, and how making them went; nothing of them is kept."""
        chosen: dict[tuple[str, str, str], Work] = {}
        for work in spread(self.works(endless=False), self.rows):
            chosen.setdefault((work.item.kind, work.item.difficulty, work.item.profile.language), work)
        maker = self.maker()

        async def make(work: Work, complete: Complete) -> Mapping[str, Any]:
            return (await maker(work, complete)).outcome

        with TemporaryDirectory() as folder, Journal(Path(folder) / outputs.JOURNAL, {}) as journal:
            totals = run(_alternating(list(chosen.values()), count), make, self.engine, journal, pace)
            return [outcome for _, outcome in outputs.journal_rows(journal.path)], totals

    def run(self, pace: Pace, watch: Callable[[Outputs], Any] | None = None) -> tuple[dict[str, Any], Totals]:
        """Make what is missing; returns `dataset_stats.json` and how the run ended.

        Args:
            watch: given the outputs, a context manager that yields what is told of progress.

        Raises:
            EngineError, InputError, Refused: what ends a run; the files then hold what was done so far.
        """
        asked, folder = self.asked, self.asked.output_dir
        began = time.monotonic()
        fresh = not (folder / outputs.JOURNAL).is_file()
        if fresh and not asked.overwrite and (there := [n for n in (outputs.TRAIN, STATS) if (folder / n).exists()]):
            raise InputError(f"{folder / there[0]} already exists, and was not made by this engine. Name another "
                             "--output-dir, or pass --overwrite to replace it.")
        with Journal(folder / outputs.JOURNAL, self.made_by(), asked.extend, asked.overwrite) as journal:
            files = Outputs(folder, self.held)
            maker = self.maker()
            try:
                for sample in files.read_journal():
                    maker.screen.near.add(sample)
                totals = self._fill(journal, files, maker, pace, watch)
            finally:
                files.close()
                stats = self._finish(files)
        return {**stats, "seconds": round(time.monotonic() - began, 2)}, totals

    def _finish(self, files: Outputs) -> dict[str, Any]:
        try:
            outputs.write_in_plan_order(files.folder, self.held, self.asked.cold_start, self._conversation)
            return self._write_stats(files)
        except OSError as error:
            raise InputError(f"{files.folder} cannot be written: {error.strerror}. What is done is in "
                             f"{outputs.JOURNAL}: make room, and the same command writes the rest.") from error

    def _fill(self, journal: Journal, files: Outputs, maker: Maker, pace: Pace,
              watch: Callable[[Outputs], Any] | None) -> Totals:
        asked, tally = self.asked, files.tally
        written = time.monotonic()
        earlier, earlier_usd = tally.accepted + tally.rejected, spent(tally, self.price, 0.0) if self.price else 0.0
        each_usd = self.estimate(None).cost_usd if asked.max_cost_usd is not None and self.rows else None
        budget = Budget(asked.max_cost_usd, self.price, (each_usd or 0.0) / max(1, self.rows), earlier_usd)

        async def make(work: Work, complete: Complete) -> Mapping[str, Any]:
            made = await maker(work, complete)
            files.add(work.id, made.outcome, made.sample)
            return made.outcome

        def enough(totals: Totals) -> bool:
            if asked.target_samples and tally.accepted + totals.working >= asked.target_samples:
                return True
            return self.price is not None and budget.reached(
                totals, tally.accepted + tally.rejected - earlier, spent(tally, self.price, 0.0) - earlier_usd)

        def progress(totals: Totals) -> None:
            nonlocal written
            files.flush()
            if time.monotonic() - written >= STATS_EVERY_S:
                written = time.monotonic()
                self._write_stats(files)
            tell(totals)

        with (watch(files) if watch else _silent()) as tell:
            return run(self.works(), make, self.engine, journal, pace, progress, enough)

    def _conversation(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A cold-start row: the prompt as in training, and the sample's own reasoning and answer."""
        task = RolePlay()
        sample = task.row(row)
        return {"prompt": task.prompt(sample, self.asked.system_prompt),
                "completion": [{"role": "assistant", "content": gold_reply(sample)}]}

    def _write_stats(self, files: Outputs) -> dict[str, Any]:
        tally, folder = files.tally, self.asked.output_dir
        made = tally.accepted + tally.rejected
        stats = {
            "samples": tally.accepted, "rejected": tally.rejected,
            "accepted_at_once": round(tally.first_try / made, 4) if made else None,
            "rejected_by_reason": dict(tally.codes.most_common()), "refused_drafts": dict(tally.refused.most_common()),
            "requests": tally.requests, "prompt_tokens": tally.prompt_tokens, "cached_tokens": tally.cached_tokens,
            "completion_tokens": tally.completion_tokens,
            "cost_usd": round(spent(tally, self.price, 0.0), 4) if self.price else None,
            "profiles": len(self.profiles), "profiles_without_text": self.useless, "validation_roles": sorted(self.held),
            **{name.removesuffix(".json"): files.stats[name].result() for name in files.stats},
            "not_enough_distinct_samples": {}, "cold_start": min(self.asked.cold_start, files.lists[outputs.TRAIN].count),
            "engine": self.engine.name, "seed": self.asked.seed, "made_by": self.made_by()}
        write_json(folder / STATS, stats, overwrite=True)
        example = next((row for _, row in read_rows(folder / outputs.TRAIN)), None) if tally.accepted else None
        text = card(stats, example)
        with atomic_write(folder / "README.md", overwrite=True) as out:
            out.write(text)
        return stats


def _alternating(ordered: Sequence[Work], count: int) -> list[Work]:
    """Kinds in turn."""
    by_kind: dict[str, list[Work]] = {}
    for work in ordered:
        by_kind.setdefault(work.item.kind, []).append(work)
    picked: list[Work] = []
    while len(picked) < count and any(by_kind.values()):
        for waiting in by_kind.values():
            if waiting and len(picked) < count:
                picked.append(waiting.pop(0))
    return picked


class _silent:
    def __enter__(self) -> Callable[[Totals], None]:
        return lambda totals: None

    def __exit__(self, *_: object) -> None:
        return None
