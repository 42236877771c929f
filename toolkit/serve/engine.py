"""The interpreter that holds SGLang, and what its version understands. SGLang itself is never imported: that takes 7-15 s."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from toolkit.errors import InputError

VARIABLE = "TOOLKIT_SGLANG_PYTHON"
INSTALL = "toolkit deploy install sglang (its own environment, since its pins differ from the trainer's)"
PROBE = """
import importlib.metadata as m, importlib.util as u, json, sys
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
spec = u.find_spec("sglang")
print(json.dumps({"folder": list(spec.submodule_search_locations)[0] if spec else None, "versions": {
    n: version(n) for n in ("sglang", "torch", "transformers", "sglang-router")}, "python": sys.version.split()[0]}))
"""


@dataclass(frozen=True)
class Engine:
    """Args:
    python: the interpreter.
    folder: of the sglang package there.
    versions: of sglang, torch, transformers, sglang-router (absent: not installed) and python.
    """

    python: str
    folder: Path
    versions: dict[str, str]

    @cached_property
    def flags(self) -> set[str]:
        """`--names` that this version takes, without importing it: the fields of its argument records and the texts
        beginning with `--`. A few more than its parser has; none less."""
        sources = [self.folder / "srt" / "server_args.py", *(self.folder / "srt" / "arg_groups").rglob("*.py")]
        found = set()
        for source in sources:
            if source.is_file():
                text = source.read_text(encoding="utf-8", errors="replace")
                found |= {"--" + name.replace("_", "-") for name in re.findall(r"^    ([a-z]\w*) *:", text, re.MULTILINE)}
                found |= set(re.findall(r"[\"'](--[a-z][a-z0-9-]*)[\"']", text))
        return found

    @cached_property
    def architectures(self) -> set[str]:
        """Model classes that this version has code for."""
        found: set[str] = set()
        for source in (self.folder / "srt" / "models").rglob("*.py"):
            entry = re.search(r"^EntryClass\s*=\s*(\[.*?\]|\w+)", source.read_text(encoding="utf-8", errors="replace"),
                              re.MULTILINE | re.DOTALL)
            found |= set(re.findall(r"\w+", entry.group(1))) if entry else set()
        return found

    def knows_model_type(self, model_type: str) -> bool:
        """Whether its transformers has that model: SGLang falls back to it for architectures of its own it lacks."""
        return (self.folder.parent / "transformers" / "models" / model_type).is_dir()


def managed() -> Path:
    """Where `deploy install sglang` puts environments."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "toolkit" / "engines"


def find_engine(python: str | None = None) -> Engine:
    """`python` → `$TOOLKIT_SGLANG_PYTHON` → this interpreter → the newest environment of `deploy install`.

    Raises:
        InputError: a named interpreter has no SGLang, or nobody has one.
    """
    for source, given in (("--python", python), (VARIABLE, os.environ.get(VARIABLE))):
        if given:
            engine = probe(given)
            if engine is None:
                raise InputError(f"{source} {given} holds no SGLang, or does not run. Install it: {INSTALL}")
            return engine
    installed = sorted(managed().glob("sglang-*/bin/python"), key=lambda path: path.parent.stat().st_mtime, reverse=True)
    for path in (sys.executable, *map(str, installed)):
        if engine := probe(path):
            return engine
    raise InputError(f"no interpreter with SGLang was found. Name one with --python or {VARIABLE}, or: {INSTALL}")


def probe(python: str) -> Engine | None:
    try:
        done = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, timeout=30, check=True)
        told = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if not told["folder"] or not told["versions"]["sglang"]:
        return None
    versions = {name: value for name, value in told["versions"].items() if value}
    return Engine(python, Path(told["folder"]), versions | {"python": told["python"]})
