"""Files of the RAIDEN benchmark (Wu et al. 2025, COLING): roles, dialogues, results.

    npc.json          {name: {"npc_type": …, "npc_setting": "key: value, lines"}}
    dialogue.json     {ID: {"npc_name", "messages": [{"role", "text"}], "reference", "metrics": [codes]}}
    results           one {"ID", "response"} a line

A dialogue becomes a row as the toolkit's data files have them: the last message of the user is the question, what stands
before is the dialogue, `reference` the answer. The files name no key facts: those stand in a file of one's own beside them
(`keys.jsonl`, `{"ID", "keys": […]}` a line). Where it names none a reply is written and judged, not verified.

    toolkit eval MODEL --data raiden/ --judge https://…#model --raiden results.jsonl

The paper's row stands beside ours for SBK and CM alone, the two that are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from toolkit.errors import InputError
from toolkit.evaluate.records import TRAINED, read_records
from toolkit.jsonl import atomic_write, dumps, existing, read_rows
from toolkit.samples import Sample
from toolkit.tasks.roleplay import RolePlay

# codes in the files → the dimension's own code; K1, K2-n are CM with the distance n
DIMENSIONS = {"A": "SBK", "B": "RCB", "C": "SCK", "D": "SAK", "E": "PLS", "F": "ER", "G": "TS", "H": "TA", "J": "PB", "L": "CC"}
MEMORY = re.compile(r"K\d?(?:-(\d+))?")
PAPER = {"SBK": 0.8804, "CM": 0.8865}
SOURCE = "RAIDEN-R1, Qwen2.5-14B-GRPO on its own benchmark (arXiv 2505.10218)"
ROLES, DIALOGUES, KEYS = "npc.json", "dialogue.json", "keys.jsonl"
USER_ROLES = ("user", "human", "用户", "玩家")


class Benchmark(RolePlay):
    """Role-play read from the benchmark's folder; a sample without keys gets no verdict."""

    name = "raiden"

    def read(self, path: str | Path) -> Iterator[tuple[int, Sample]]:
        folder = Path(path).parent
        keys = folder / KEYS
        for number, row in enumerate(read_dialogues(Path(path), folder / ROLES, keys if keys.is_file() else None), start=1):
            known = bool(row.get("keys"))
            sample = self.row(row if known else {**row, "keys": ["-"]})       # the format asks for keys
            yield number, sample if known else replace(sample, keys=())


def benchmark(source: str) -> str | None:
    """The dialogues of a folder that holds the benchmark's files; None for other data."""
    path = Path(source)
    folder = path if path.is_dir() else path.parent
    there = (folder / ROLES).is_file() and (folder / DIALOGUES).is_file() and path.name in (folder.name, DIALOGUES)
    return str(folder / DIALOGUES) if there else None


def dimension(code: str) -> tuple[str, int]:
    """The dimension of a metric's code and its memory distance: `A` → SBK, `K2-3` → CM at 3."""
    if found := MEMORY.fullmatch(code.strip()):
        return "CM", int(found[1] or 1)
    return DIMENSIONS.get(code.strip(), code.strip()), 0


def read_dialogues(dialogues: Path, roles: Path, keys: Path | None = None) -> Iterator[dict[str, Any]]:
    """Rows of the toolkit's data format, one a dialogue and dimension.

    Args:
        keys: JSON lines `{"ID", "keys": […]}`: the facts by which a reply is verified.

    Raises:
        InputError: naming the dialogue and field that is wrong.
    """
    settings, known = _object(roles), {}
    if keys is not None:
        for line, row in read_rows(keys, "keys file"):
            if not isinstance(row, Mapping) or "ID" not in row or not row.get("keys"):
                raise InputError(f'{keys}:{line} has no "ID" or no "keys".')
            known[str(row["ID"])] = row["keys"]
    for name, dialogue in _object(dialogues).items():
        where = f"{dialogues} dialogue {name}"
        try:
            npc, messages, codes = dialogue["npc_name"], dialogue["messages"], dialogue["metrics"]
            turns = [{"role": "user" if str(m["role"]).lower() in USER_ROLES else "assistant", "content": str(m["text"])}
                     for m in messages]
        except (KeyError, TypeError) as error:
            raise InputError(f"{where} is not of the benchmark's form: {error}. It needs npc_name, messages with role and "
                             "text, metrics.") from error
        if npc not in settings or not isinstance(settings[npc], Mapping):
            raise InputError(f'{where} is of "{npc}", who is not in {roles}.')
        if not turns or turns[-1]["role"] != "user":
            raise InputError(f"{where} does not end with a message of the user: there is nothing to reply to.")
        for code in [codes] if isinstance(codes, str) else codes:
            kind, distance = dimension(str(code))
            yield {"id": f"{name}:{code}", "role_id": str(npc), "kind": kind, "character_name": str(npc),
                   "character_profile": str(settings[npc].get("npc_setting", "")), "conversation_history": turns[:-1],
                   "question": turns[-1]["content"], "answer": str(dialogue.get("reference") or ""),
                   "memory_distance": distance, "metadata": {"raiden": {"ID": name, "code": code}},
                   **({"keys": known[name]} if name in known else {})}


def write_results(path: Path, records: Path, overwrite: bool = False) -> int:
    """Replies of an evaluation as the benchmark's results; returns how many. A dialogue of several dimensions stands once."""
    seen: set[str] = set()
    with atomic_write(path, overwrite) as out:
        for record in read_records(records):
            name = record.id.rpartition(":")[0] or record.id
            if record.side == TRAINED and record.repeat == 0 and name not in seen:
                seen.add(name)
                out.write(dumps({"ID": name, "response": spoken(record.completion, record.prefilled)}) + "\n")
    return len(seen)


def read_results(path: Path) -> dict[str, str]:
    """`{ID: response}` of a results file.

    Raises:
        InputError: a line without them, or an ID that stands twice.
    """
    found: dict[str, str] = {}
    for line, row in read_rows(path, "results file"):
        if not isinstance(row, Mapping) or not isinstance(row.get("response"), str) or "ID" not in row:
            raise InputError(f'{path}:{line} has no "ID" or no "response".')
        if str(row["ID"]) in found:
            raise InputError(f"{path}:{line} repeats the ID {row['ID']}.")
        found[str(row["ID"])] = row["response"]
    return found


def spoken(completion: str, prefilled: bool = False) -> str:
    """What the role says: the answer, without thinking and tags."""
    from toolkit.verify.reply import split_reply

    return split_reply(completion, prefilled=prefilled).answer.strip()


def table(base: Mapping[str, Any] | None, trained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row a dimension: ours with its interval, the base's, and the paper's where it is known.

    Args:
        base, trained: summaries of the two sides.
    """
    before = (base or {}).get("by_kind", {})
    return [{"dimension": kind, "n": found["n"], "accuracy": found["accuracy"], "low": found["low"], "high": found["high"],
             "base": before.get(kind, {}).get("accuracy"), "paper": PAPER.get(kind),
             "source": SOURCE if kind in PAPER else None} for kind, found in trained["by_kind"].items()]


def _object(path: Path) -> dict[str, Any]:
    path = existing(path, "RAIDEN file")
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds a list, expected an object by name.")
    return found
