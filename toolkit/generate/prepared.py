"""A user's own prompts in, replies out: `toolkit gen-data --requests prompts.jsonl --out replies.jsonl`.

    {"id": "q1", "messages": [{"role": "user", "content": "Who are you?"}], "max_tokens": 200, "seed": 7}
    {"id": "q1", "content": "…", "finish_reason": "stop", "usage": {"prompt_tokens": 9, …}, "model": "…"}

Replies are written as they come: the id says which is which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from toolkit.errors import SHOWN_PROBLEMS, InputError, did_you_mean
from toolkit.generate.batch import Totals, run
from toolkit.generate.engines.base import Complete, Engine, EngineError, Request
from toolkit.generate.gate import Pace
from toolkit.generate.journal import Done, Journal
from toolkit.jsonl import read_rows

OURS = ("id", "messages", "prompt", "max_tokens", "temperature", "schema", "affinity", "extra", "metadata")
WIRE = ("top_p", "top_k", "min_p", "seed", "stop", "presence_penalty", "frequency_penalty", "repetition_penalty", "logit_bias",
        "response_format", "regex", "ebnf", "reasoning_effort", "separate_reasoning", "chat_template_kwargs")
OFTEN_ASKED = 3         # times, for a reply under a schema that is not JSON


@dataclass(frozen=True)
class Defaults:
    """For rows that do not say."""

    max_tokens: int | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row of the user's."""

    id: str
    affinity: str
    request: Request
    metadata: Any


def reply_to_all(requests: Path, out: Path, engine: Engine, pace: Pace, defaults: Defaults = Defaults(),
                 extend: bool = False, overwrite: bool = False, rows: Rows | None = None,
                 progress: Callable[[Totals], None] = lambda totals: None,
                 enough: Callable[[Totals], bool] = lambda totals: False) -> Totals:
    """Send the rows that have no reply yet; replies go to `out`, failures beside it.

    Args:
        rows: what `look_over` found, if it was asked before.

    Raises:
        InputError, Refused: rows that cannot be sent, all at once; an `out` of another plan.
    """
    rows = rows or look_over(requests, defaults)
    plan = {"requests": {"rows": rows.count, "sha256": rows.digest}, "model": engine.model}
    with Journal(out, plan, extend, overwrite) as journal:
        return run(prepared(requests, defaults), _reply, engine, journal, pace, progress, enough)


async def _reply(item: Prepared, complete: Complete) -> Mapping[str, Any]:
    request = item.request
    for _ in range(OFTEN_ASKED):
        reply = await complete(request)
        if request.schema is None or reply.finish_reason != "stop" or _is_json(reply.content):
            break
    else:
        raise EngineError(f"{item.id}: {OFTEN_ASKED} replies were not JSON, in spite of the schema.", "refused", "not JSON")
    usage = reply.usage
    row: dict[str, Any] = {
        "content": reply.content, "finish_reason": reply.finish_reason,
        "usage": {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens,
                  "cached_tokens": usage.cached_tokens},
        "model": reply.model}
    if reply.reasoning:
        row["reasoning"] = reply.reasoning
    if item.metadata is not None:
        row["metadata"] = item.metadata
    return row


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


@dataclass(frozen=True)
class Rows:
    """A file of requests at a glance."""

    count: int
    characters: int
    digest: str


def look_over(path: Path, defaults: Defaults = Defaults()) -> Rows:
    """Check every row before anything is sent.

    Raises:
        InputError: rows that cannot be sent, with line and fix.
    """
    problems: list[str] = []
    seen, digest, count, characters = Done(), sha256(), 0, 0
    for line, row in read_rows(path, "requests"):
        found = _problems(row)
        if not found:
            if row["id"] in seen:
                found = [f'field "id" is {row["id"]!r} again. Every row needs its own.']
            seen.add(row["id"])
            count += 1
            digest.update(orjson.dumps([row, defaults], option=orjson.OPT_SORT_KEYS))
            messages = row.get("messages")
            characters += sum(len(str(m["content"])) for m in messages) if messages else len(row["prompt"])
        problems += [f"{path}:{line} {problem}" for problem in found]
        if len(problems) > 50 * SHOWN_PROBLEMS:
            break
    if not problems and not count:
        problems = [f"{path} holds no rows. A row: " '{"id": "1", "messages": [{"role": "user", "content": "…"}]}']
    if problems:
        raise InputError(problems)
    return Rows(count, characters, digest.hexdigest()[:32])


def prepared(path: Path, defaults: Defaults = Defaults()) -> Iterator[Prepared]:
    """The rows of a file that was looked over, one at a time."""
    for _, row in read_rows(path, "requests"):
        messages = row.get("messages") or [{"role": "user", "content": row["prompt"]}]
        schema, extra = row.get("schema"), {**{name: row[name] for name in WIRE if name in row}, **row.get("extra", {})}
        yield Prepared(row["id"], affinity := _affinity(row, messages), Request(
            row["id"], messages, row.get("max_tokens", defaults.max_tokens), row.get("temperature", defaults.temperature),
            schema, affinity, extra), row.get("metadata"))


def _affinity(row: Mapping[str, Any], messages: list[Mapping[str, Any]]) -> str:
    """Rows with the same system message share its place in the server's cache."""
    if "affinity" in row:
        return row["affinity"]
    if len(messages) < 2 or messages[0]["role"] not in ("system", "developer"):
        return ""
    return str(hash(str(messages[0]["content"])))


def _problems(row: Any) -> list[str]:
    if not isinstance(row, dict):
        return [f"is {type(row).__name__}, expected an object with id and messages."]
    found = []
    for name in row:
        if name not in OURS and name not in WIRE:
            found.append(f'field "{name}" is unknown.{did_you_mean(name, OURS + WIRE)} What is for the server goes into '
                         '"extra", what is your own into "metadata".')
    if not isinstance(row.get("id"), str) or not row["id"]:
        found.append(f'field "id" is {row.get("id")!r}, expected text that names the row.')
    if ("messages" in row) == ("prompt" in row):
        found.append('needs "messages" (a list) or "prompt" (text), one of them.')
    elif "prompt" in row and (not isinstance(row["prompt"], str) or not row["prompt"]):
        found.append('field "prompt" must be text.')
    elif "messages" in row and not _are_messages(row["messages"]):
        found.append('field "messages" must be a list of {"role": …, "content": …}, and not empty.')
    for name, kinds, expected in (("max_tokens", int, "a whole number"), ("temperature", (int, float), "a number"),
                                  ("schema", dict, "a JSON schema"), ("affinity", str, "text"), ("extra", dict, "an object")):
        if name in row and (not isinstance(row[name], kinds) or isinstance(row[name], bool)):
            found.append(f'field "{name}" is {row[name]!r}, expected {expected}.')
    return found


def _are_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(
        isinstance(m, dict) and isinstance(m.get("role"), str) and isinstance(m.get("content"), (str, list)) for m in value)
