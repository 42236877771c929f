"""Files that hold profiles, as rows: JSON lines and lists, YAML, plain text, and character cards inside PNG pictures.

What a row means is `profiles.py`'s business; here a row only gets the place that an error names.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from toolkit.errors import InputError
from toolkit.jsonl import not_utf8, read_rows


def rows(path: Path, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """`(where, row)` for each row of a file; lines that are not JSON are appended to `problems`.

    Raises:
        InputError: when nothing of the file can be read.
    """
    suffix = path.suffix.lower()
    if suffix == ".png":
        yield str(path), card_from_png(path)
    elif suffix in (".txt", ".md"):
        yield str(path), _text_of(path)
    else:
        found = _yaml_rows(path) if suffix in (".yaml", ".yml") else read_rows(path, "profiles file", problems)
        for line, row in found:
            where = f"{path}:{line}"
            if is_named_collection(row):
                for name, inner in row.items():
                    yield f'{where} "{" ".join(name.split())}"', {"name": name, **inner}
            else:
                yield where, row


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(not_utf8(path)) from error


def _yaml_rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Rows of YAML documents, each with its first line. Values stay as written: 5:30 is no number, "no" no false."""
    import yaml

    text, loader = _text_of(path), None
    try:
        loader = yaml.BaseLoader(text)          # the C loader crashes the interpreter on deep nesting
        while loader.check_node():
            node = loader.get_node()
            listed = isinstance(node, yaml.SequenceNode)
            rows = loader.construct_document(node)
            for inner, row in zip(node.value, rows, strict=True) if listed else [(node, rows)]:
                yield inner.start_mark.line + 1, row
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise InputError(f"{where} is not YAML: {' '.join(reason.split())}.") from error
    except RecursionError as error:
        raise InputError(f"{path} nests too deep to be read.") from error
    finally:
        if loader:
            loader.dispose()


def is_named_collection(row: Any) -> bool:
    """`{name: {…}, name: {…}}` as in CharacterGLM's character.json and RAIDEN's npc.json."""
    return (isinstance(row, Mapping) and bool(row)
            and all(isinstance(k, str) and isinstance(v, Mapping) and ({"bot_info", "npc_setting"} & set(v))
                    for k, v in row.items()))


def card_from_png(path: Path) -> Any:
    """The character card in a PNG's text chunks (`ccv3` before `chara`; base64 JSON).

    Raises:
        InputError: when the file is no PNG or carries no card.
    """
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise InputError(f"{path} is not a PNG file.")
    found: dict[str, bytes] = {}
    at = 8
    try:
        while at + 12 <= len(data):
            size, kind = struct.unpack(">I4s", data[at:at + 8])
            keyword, _, body = data[at + 8:at + 8 + size].partition(b"\0")
            if kind in _TEXT_CHUNKS:
                found[keyword.decode("latin-1").lower()] = _TEXT_CHUNKS[kind](body)
            at += 12 + size
        encoded = found.get("ccv3") or found.get("chara")
        if encoded:
            return orjson.loads(base64.b64decode(b"".join(encoded.split()), validate=True))
    except (ValueError, zlib.error) as error:
        raise InputError(f"{path} has a damaged character card: {error}. Export the card again.") from error
    raise InputError(f"{path} carries no character card (no ccv3 or chara text chunk). Export it as PNG with its card.")


def _inflated(data: bytes) -> bytes:
    # a card is some kilobytes: the bound keeps a zip bomb out of memory
    return zlib.decompressobj().decompress(data, 16 * 2**20)


def _international(body: bytes) -> bytes:
    """iTXt: compression flag, method, language\\0, translated keyword\\0, text."""
    text = body[2:].split(b"\0", 2)[-1]
    return _inflated(text) if body[:1] == b"\1" else text


_TEXT_CHUNKS: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"tEXt": lambda body: body, b"zTXt": lambda body: _inflated(body[1:]), b"iTXt": _international}
