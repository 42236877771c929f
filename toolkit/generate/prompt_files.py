"""What models are told when they draft samples: `prompts/generate/*.{zh,en,ja,ko}`, or files of the same names elsewhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import InputError
from toolkit.resources import find

# every file, and the slots without which it would not say what is asked
TEXTS: Mapping[str, tuple[str, ...]] = {
    "guide": ("profile",),
    "sbk": ("focus", "form", "question_type", "scene"),
    "rcb": ("form", "scene"),
    "dialogue": ("name", "exchanges", "outline", "scene"),
    "cm": ("mark", "target", "value", "wrong", "form", "question_type", "name"),
    "judge": ("profile", "dialogue", "question", "answer"),
}
TABLES: Mapping[str, tuple[str, ...]] = {
    "retry": ("frame", "advice"),
    "wishes": ("question_types", "forms", "memory", "labels", "scenes", "topics"),
}
_SLOT = re.compile(r"\{(\w+)\}")


class Prompts:
    """The prompt files of some languages, read once.

    Args:
        folder: looked at first; files that it does not have are the shipped ones.

    Raises:
        InputError: every file that lacks a slot or an entry.
    """

    def __init__(self, languages: Sequence[str], folder: Path | None = None):
        if folder is not None and not folder.is_dir():
            raise InputError(f"--prompts-dir {folder} is not a folder.")
        self.files: dict[str, Path] = {}
        self._texts: dict[str, str] = {}
        self._tables: dict[str, Mapping[str, Any]] = {}
        digest = hashlib.sha256()
        problems: list[str] = []
        for language in sorted(set(languages)):
            for name in (*TEXTS, *TABLES):
                file = f"{name}.{language}.{'md' if name in TEXTS else 'yaml'}"
                own = folder / file if folder else None
                path = own if own and own.is_file() else find(f"prompts/generate/{file}")
                content = path.read_text(encoding="utf-8")
                digest.update(f"{file}\n{content}\n".encode())
                self.files[f"{name}.{language}"] = path
                if name in TEXTS:
                    self._texts[f"{name}.{language}"] = content.strip()
                    lacking = [slot for slot in TEXTS[name] if "{" + slot + "}" not in content]
                    problems += [f"{path} lacks the slot {{{slot}}}. Add it where the text needs it." for slot in lacking]
                else:
                    self._tables[f"{name}.{language}"] = _table(path, content, TABLES[name], problems)
        if problems:
            raise InputError(problems)
        self.hash = digest.hexdigest()[:16]

    def text(self, prompt: str, language: str, **slots: Any) -> str:
        """A prompt with its slots filled in one pass; braces of JSON examples stay."""
        return fill(self._texts[f"{prompt}.{language}"], **slots)

    def table(self, name: str, language: str) -> Mapping[str, Any]:
        return self._tables[f"{name}.{language}"]


def fill(template: str, /, **slots: Any) -> str:
    return _SLOT.sub(lambda found: str(slots[found[1]]) if found[1] in slots else found[0], template)


def _table(path: Path, content: str, required: Sequence[str], problems: list[str]) -> Mapping[str, Any]:
    try:
        table = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        problems.append(f"{path} is not YAML: {' '.join(str(error).split())}")
        return {}
    if not isinstance(table, Mapping):
        problems.append(f"{path} is not a table of {', '.join(required)}.")
        return {}
    problems += [f'{path} lacks "{name}". Copy it from the shipped file.' for name in required if not table.get(name)]
    return table
