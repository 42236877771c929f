"""`toolkit validate`: everything that is wrong with a data set, at once, each on one line with its fix.

Rows are streamed. What one sample must satisfy stands in `checks.py`, what must hold between samples in `across.py`.
Errors mean that the data must not be trained on; warnings that someone should look.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from toolkit.dataset.across import Across, balance, missing_data
from toolkit.dataset.checks import Finding, check
from toolkit.dataset.stats import Stats
from toolkit.dataset.stressed import Stressed
from toolkit.dataset.wording import short, squeezed
from toolkit.errors import InputError
from toolkit.jsonl import existing, read_rows
from toolkit.samples import Sample, sample_from_row

KEPT = 1000                                     # problems kept for each code; the counts are exact
PROGRESS_EVERY = 200                            # samples
SPLITS = ("train", "validation")
SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
OPTIONAL = ("evidence", "role_id", "distractors", "difficulty", "kind", "language")


@dataclass(frozen=True, slots=True)
class Problem:
    severity: str                               # error or warning
    file: str
    line: int | None
    field: str
    message: str
    code: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f'{place} field "{self.field}" {self.message}' if self.field else f"{place} {self.message}"


@dataclass(slots=True)
class FileReport:
    file: str
    samples: int = 0                            # readable rows
    unreadable: int = 0
    errors: int = 0
    warnings: int = 0
    stats: Stats = field(default_factory=Stats)


@dataclass(slots=True)
class Report:
    """What `validate` found. `problems` holds at most `KEPT` of a code; `counts` (by severity and code) are exact."""

    files: list[FileReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)
    stress: dict[str, Any] = field(default_factory=dict)       # see `Stressed.result`; empty when it was not asked for
    seconds: float = 0.0

    @property
    def errors(self) -> int:
        return sum(file.errors for file in self.files)

    @property
    def warnings(self) -> int:
        return sum(file.warnings for file in self.files)

    @property
    def samples(self) -> int:
        return sum(file.samples for file in self.files)

    def lines(self, severity: str) -> list[str]:
        return [str(problem) for problem in self.problems if problem.severity == severity]

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": not self.errors,
            "samples": self.samples,
            "errors": self.errors,
            "warnings": self.warnings,
            "files": [{"file": f.file, "samples": f.samples, "unreadable": f.unreadable, "errors": f.errors,
                       "warnings": f.warnings, "stats": f.stats.result()} for f in self.files],
            "counts": {severity: {code: n for (kind, code), n in sorted(self.counts.items()) if kind == severity}
                       for severity in ("error", "warning")},
            "problems": [asdict(problem) for problem in self.problems],
            "notes": self.notes,
            "stats": self.stats,
            **({"stress": self.stress} if self.stress else {}),
            "seconds": round(self.seconds, 3),
        }

    def add(self, file: FileReport, line: int | None, finding: Finding) -> None:
        self.counts[finding.severity, finding.code] += 1
        if finding.severity == "error":
            file.errors += 1
        else:
            file.warnings += 1
        if self.counts[finding.severity, finding.code] <= KEPT:
            severity, code, name, message = finding
            self.problems.append(Problem(severity, file.file, line, name, message, code))


def validate(paths: Sequence[str | Path], *, profiles: str | Path | None = None, stress: int = 0,
             progress: Callable[[int], None] | None = None) -> Report:
    """Check data files, or the train and validation files of folders.

    Args:
        paths: each file is a split of its own.
        profiles: the profiles that the samples were made from; roles and quotes must then be found in them.
        stress: make honest and adversarial replies to so many samples, and tell how the verifier does on them.
        progress: called with the number of samples checked, and then stressed, so far.

    Raises:
        InputError: when a path is not there, or the profiles cannot be read. Bad rows are problems in the report.
    """
    began = time.monotonic()
    report, across, total, lacking = Report(), Across(), Stats(), Counter[str]()
    files = data_files(paths, report.notes)
    known = _known_roles(profiles) if profiles else None
    stressed = Stressed(stress)
    for path in files:
        file = FileReport(str(path))
        report.files.append(file)
        for line, row in _checked_rows(path, file, report):
            problems: list[str] = []
            sample = sample_from_row(row, "", problems)
            for message in problems:
                report.add(file, line, _unreadable(message, "unreadable"))
            if sample is None:
                file.unreadable += 1
                continue
            file.samples += 1
            file.stats.add(sample)
            total.add(sample)
            if stress:
                stressed.add(sample)
            lacking.update(name for name in OPTIONAL if not row.get(name))
            for finding in (*check(sample), *across.check(sample, row, (file.file, line)),
                            *(_against(sample, row, known) if known else ())):
                report.add(file, line, finding)
            if progress and total.samples % PROGRESS_EVERY == 0:
                progress(total.samples)
        if not file.samples and not file.unreadable:
            report.add(file, None, Finding("error", "empty_file", "", "holds no sample. Generate it again."))
        for finding in balance(file.stats):
            # samples without a difficulty count as medium: nothing was stated that could be out of balance
            if finding.field != "difficulty" or not lacking["difficulty"]:
                report.add(file, None, finding)
    if progress:
        progress(total.samples)
    if stress and total.samples:
        report.stress = stressed.result(lambda done: progress(total.samples + done) if progress else None)
    report.notes += missing_data(lacking, total.samples)
    report.stats, report.seconds = total.result(), time.monotonic() - began
    return report


def data_files(paths: Sequence[str | Path], notes: list[str]) -> list[Path]:
    """The files to check; a folder means its train and validation file.

    Raises:
        InputError: every path that is not there, with what is there instead.
    """
    files: list[Path] = []
    problems: list[str] = []
    for path in map(Path, paths):
        if not path.is_dir():
            try:
                files.append(existing(path, "data file"))
            except InputError as error:
                problems += error.problems
            continue
        found = {name: next((path / f"{name}{s}" for s in SUFFIXES if (path / f"{name}{s}").is_file()), None)
                 for name in SPLITS}
        files += [file for file in found.values() if file]
        missing = [name for name, file in found.items() if file is None]
        if len(missing) == len(SPLITS):
            there = ", ".join(sorted(p.name for p in path.iterdir())[:8]) or "nothing"
            problems.append(f"{path} holds no train.json and no validation.json; it holds {there}. "
                            "Name the data file, or run toolkit gen-data.")
        elif missing:
            notes.append(f"{path} holds no {missing[0]}.json: leakage between splits could not be judged.")
    if problems or not files:
        raise InputError(problems or "No data file was named. Name files, or a folder with train.json.")
    unique = {file.resolve(): file for file in reversed(files)}
    return [file for file in files if unique[file.resolve()] is file]


def _checked_rows(path: Path, file: FileReport, report: Report) -> Iterable[tuple[int, Any]]:
    """Rows of a file; lines that are not JSON become problems as they are met."""
    bad: list[str] = []

    def tell() -> None:
        for message in bad:
            place = re.match(r":(\d+) ", message.removeprefix(str(path)))
            text = message.removeprefix(str(path)).lstrip()
            report.add(file, int(place[1]) if place else None,
                       Finding("error", "not_json", "", text[place.end():] if place else text))
            file.unreadable += 1
        bad.clear()

    for line, row in read_rows(path, "data file", bad):
        tell()
        yield line, row
    tell()


_FIELD = re.compile(r' field "([^"]+)":? ?(.*)', re.DOTALL)


def _unreadable(message: str, code: str) -> Finding:
    named = _FIELD.match(message)
    return Finding("error", code, named[1] if named else "", named[2] if named else message.strip())


def _known_roles(path: str | Path) -> Mapping[str, str]:
    """Each role's whole profile, squeezed."""
    from toolkit.profiles import read_profiles
    from toolkit.samples import profile_text

    return {p.id: squeezed(f"{p.text()}\n{profile_text(p.raw)}") for p in read_profiles(path)}


def _against(sample: Sample, row: Mapping[str, Any], known: Mapping[str, str]) -> Iterable[Finding]:
    """What a sample says about its role against the profiles it was made from."""
    if not row.get("role_id"):
        return
    profile = known.get(sample.role_id)
    if profile is None:
        yield Finding("error", "unknown_role", "role_id",
                      f"is {short(sample.role_id)}, which the profiles file does not have. "
                      "Name the file it was made from.")
        return
    for number, entry in enumerate(sample.evidence):
        if entry.source == "profile" and squeezed(entry.quote) not in profile:
            yield Finding("error", "profile_changed", f"evidence[{number}]",
                          "quotes what the role's profile no longer says. Generate this role's samples again.")
