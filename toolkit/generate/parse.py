"""One JSON object out of a model's reply: thinking, fences, prose around it, and slips of the pen are forgiven.

    >>> parse_object('<think>Hm.</think>Here it is:\\n```json\\n{"question": "你多大？", "keys": ["47",],}\\n```')
    {'question': '你多大？', 'keys': ['47']}

Forgiven is how the object is written, never that it is not there or not all there: a reply that was cut off is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

MAX_CHARACTERS = 64_000
# json_repair takes quadratic time on nesting that never closes (30,000 brackets: a minute); drafts have a few dozen
MAX_REPAIRED = 12_000
MAX_BRACKETS = 300
_THOUGHT = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_MARK = re.compile(r'["{}\\]')


class NotJson(ValueError):
    """No usable object; `code` is one of empty, no_json, truncated_json, broken_json."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def parse_object(reply: str) -> dict[str, Any]:
    """The last JSON object of a reply.

    Raises:
        NotJson: saying what is there instead.
    """
    text = reply.strip()
    if text.startswith("{"):                    # the usual case, under a schema
        try:
            found = orjson.loads(text)
            if isinstance(found, dict):
                return found
        except orjson.JSONDecodeError:
            pass
    if len(text) > MAX_CHARACTERS:
        raise NotJson("broken_json", f"the reply has {len(text):,} characters, at most {MAX_CHARACTERS:,} are read.")
    thought = _THOUGHT.match(text)
    end = _THOUGHT_ENDS.search(text)
    if thought and not end:
        raise NotJson("truncated_json", "the reply ends while it is still thinking.")
    after = text[end.end():].strip() if end else text
    if not after:
        raise NotJson("empty", "the reply is empty.")
    try:
        return _last_object(after)
    except NotJson:
        if end is None or thought:
            raise
        return _last_object(text)               # the tag stood inside a text


def only_thought(reply: str) -> bool:
    """Whether a reply that was cut off had not begun: empty where the server keeps the thinking apart."""
    return not reply.strip() or bool(_THOUGHT.match(reply.strip()) and not _THOUGHT_ENDS.search(reply))


def _last_object(text: str) -> dict[str, Any]:
    best: dict[str, Any] | None = None
    open_at = -1
    for start, end in _objects(text):
        if end < 0:
            open_at = start
            break
        found = _read(text[start:end])
        if found:
            best = found
    if best is not None:
        return best
    first, last = text.find("{"), text.rfind("}")
    if first < 0:
        raise NotJson("no_json", f"the reply holds no JSON object: {text[:60]!r}.")
    # quotes inside a text that were not escaped hide where the object ends: from the first to the last brace, then
    if last > first and (open_at < 0 or not text[last + 1:].strip(" \n`")):
        found = _read(text[first:last + 1])
        if found:
            return found
    if open_at >= 0 and last < open_at:
        raise NotJson("truncated_json", "the JSON object is cut off before it ends.")
    raise NotJson("broken_json", f"the JSON object cannot be read: {text[first:first + 60]!r}.")


def _objects(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each outermost `{…}`; end is -1 for one that never closes. Linear in the text."""
    depth, start, in_text, at = 0, -1, False, 0
    while mark := _MARK.search(text, at):
        sign, at = mark[0], mark.end()
        if sign == "\\":
            at += 1
        elif not depth:
            if sign == "{":
                depth, start = 1, mark.start()
        elif sign == '"':
            in_text = not in_text
        elif in_text:
            continue
        else:
            depth += 1 if sign == "{" else -1
            if not depth:
                yield start, at
    if depth:
        yield start, -1


def _read(text: str) -> dict[str, Any] | None:
    """An object, mended when it has to be: trailing commas, comments, single or curly quotes, line breaks in texts."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        if len(text) > MAX_REPAIRED or text.count("{") + text.count("[") > MAX_BRACKETS:
            return None
        import json_repair

        try:
            found = json_repair.loads(text)
        except (ValueError, RecursionError):
            return None
    return found if isinstance(found, dict) else None
