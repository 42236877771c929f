"""Strict YAML: every unknown key, wrong type and duplicate at once, each with its line and the nearest known key."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import InputError
from toolkit.jsonl import existing, not_utf8


class _Loader(yaml.SafeLoader):
    """The safe loader, with floats such as `3e-6` read as numbers (YAML 1.1 calls them text)."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)|[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
               r"|\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"), list("-+0123456789."))


def read_yaml(path: str | Path) -> tuple[dict[str, Any], dict[str, int]]:
    """A mapping and the line of each of its top-level keys.

    Raises:
        InputError: when the file is no YAML mapping or names a key twice.
    """
    path = existing(path, "config file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Loader=_Loader)
        value = yaml.load(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise InputError(not_utf8(path)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:   # ValueError: a date such as 2024-13-45
        mark = getattr(error, "problem_mark", None)
        spot = f":{mark.line + 1}" if mark else ""
        raise InputError(f"{path}{spot} is not YAML: {_yaml_reason(error)}.") from error
    if not isinstance(node, yaml.MappingNode) or not isinstance(value, dict):
        raise InputError(f"{path} holds no settings: expected lines of `key: value`.")
    problems: list[str] = []
    lines = _key_lines(path, node, "", problems)
    if problems:
        raise InputError(problems)
    return value, lines


def _key_lines(path: Path, node: yaml.MappingNode, section: str, problems: list[str]) -> dict[str, int]:
    """The line of each key of a mapping; keys set twice and keys that are not text are problems, in sections too."""
    lines: dict[str, int] = {}
    for key, value in node.value:
        line, name = key.start_mark.line + 1, f"{section}{key.value}"
        if key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            problems.append(f'{path}:{line} "{name}" is no name of a setting: YAML reads it as '
                            f"{key.tag.rpartition(':')[2]}. Quote it if it is meant.")
        elif key.value in lines:
            problems.append(f'{path}:{line} "{name}" was already set on line {lines[key.value]}. Remove one of them.')
        lines[key.value] = line
        # an alias shares its node with the anchor: a section that is only referred to has been read where it stands
        if isinstance(value, yaml.MappingNode) and value.start_mark.index >= key.end_mark.index:
            _key_lines(path, value, f"{name}.", problems)
    return lines


def _yaml_reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it nests too deep"
    return " ".join(str(getattr(error, "problem", None) or error).split())


def parse_set(assignments: list[str]) -> dict[str, Any]:
    """`key=value` pairs of `--set`; a value is read as YAML, a dotted key reaches into a section."""
    settings: dict[str, Any] = {}
    problems: list[str] = []
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        *sections, last = (part.strip() for part in key.split("."))
        if not equals or not all([*sections, last]):
            problems.append(f'--set "{assignment}" is not key=value. Write --set learning_rate=1e-5.')
            continue
        inner: Any = settings
        for section in sections:
            inner = inner.setdefault(section, {}) if isinstance(inner, dict) else None
        if not isinstance(inner, dict):
            problems.append(f'--set "{assignment}" reaches into "{".".join(sections)}", which another --set sets.')
            continue
        try:
            inner[last] = yaml.load(value, Loader=_Loader) if value else None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            problems.append(f'--set "{assignment}" has a value that is not YAML: {_yaml_reason(error)}. Quote it.')
    if problems:
        raise InputError(problems)
    return settings


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
        out[key] = merged(out[key], value) if both else value
    return out


@lru_cache(maxsize=8)
def fields_of(*modules: str) -> Mapping[str, str]:
    """Field → annotation of the dataclasses in installed modules, read from their source without importing them.

    Importing TRL takes seconds; a misspelt key must be answered at once, by the vocabulary of the *installed* version.
    """
    found: dict[str, str] = {}
    for module in modules:
        tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name.endswith(("Config", "Arguments")):
                for entry in node.body:
                    if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name):
                        annotation = entry.annotation
                        text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
                        found.setdefault(entry.target.id, text)
    return found


@lru_cache(maxsize=8)
def choices_of(module: str, name: str) -> tuple[str, ...]:
    """The values that the help of a dataclass field lists as `Supported values are 'a', 'b' and 'c'.`; empty when it lists none."""
    for node in ast.walk(ast.parse(source_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name and node.value is not None:
            texts = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            listed = re.search(r"Supported values are ([^.]+)", " ".join(texts))
            return tuple(re.findall(r"'(\w+)'", listed[1])) if listed else ()
    return ()


def source_of(module: str) -> Path:
    package, _, rest = module.partition(".")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"{package} is not installed. Run: pip install 'toolkit[train]'")
    source = Path(spec.submodule_search_locations[0]).joinpath(*rest.split(".")).with_suffix(".py")
    if not source.is_file():
        raise InputError(f"the installed {package} has no {module}. Run: pip install 'toolkit[train]'")
    return source


GRPO_MODULES = ("trl.trainer.grpo_config", "trl.trainer.base_config", "transformers.training_args")
SFT_MODULES = ("trl.trainer.sft_config", "trl.trainer.base_config", "transformers.training_args")
MODEL_MODULES = ("trl.trainer.model_config",)


def type_problem(name: str, value: Any, annotation: str) -> str | None:
    """Why `value` cannot be a field annotated `annotation`; None when it can, or when the type is not a plain one."""
    # what a list or dict holds is not looked at: list[str] does not allow text
    names = set(re.findall(r"[A-Za-z_]+", re.sub(r"\b(list|dict|List|Dict)\[[^\[\]]*(\[[^\[\]]*\][^\[\]]*)*\]", r"\1",
                                                annotation)))
    names |= {word.lower() for word in names & {"List", "Dict"}}
    if value is None or "Any" in names:
        return None
    checks = (("bool", bool), ("int", int), ("float", (int, float)), ("str", str), ("dict", dict), ("list", list))
    allowed = [kind for word, kind in checks if word in names]
    if not allowed:
        return None
    for kind in allowed:
        if isinstance(value, kind) and (not isinstance(value, bool) or bool in allowed):
            return None
    shown = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text", "dict": "a mapping",
             "list": "a list"}
    expected = " or ".join(shown[word] for word, kind in checks if kind in allowed)
    return f'"{name}" is {value!r}, expected {expected}.'
