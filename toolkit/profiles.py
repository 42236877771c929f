"""Profile: who a role is. Readers for the layouts that profile files have in the wild.

Our own layout is one JSON object a line: `id, name, aliases, language, facts [{key, value, alternatives, type}],
persona, style, relations, boundary`. Also read: `{"prompt", "character_profile"}` rows, flat objects in any of the four
languages, free text of `key: value` lines, CharacterGLM, RAIDEN `npc.json`, RPBench rows, character cards (v1, v2, v3 as
JSON, or a PNG with an embedded `chara`/`ccv3` chunk) and YAML. Every row keeps its source untouched in `raw`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.attributes import LANGUAGES, attribute_of_label, label_of, type_of
from toolkit.jsonl import existing, read_rows
from toolkit.samples import detect_language, profile_text


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: `key` is an attribute id (`occupation`) or, for attributes we do not know, the label as written."""

    key: str
    value: str
    alternatives: tuple[str, ...] = ()
    type: str = "text"


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    name: str
    language: str
    aliases: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    persona: str = ""
    style: str = ""
    relations: tuple[Mapping[str, str], ...] = ()
    boundary: str = ""
    raw: Any = field(default=None, compare=False)

    def text(self, facts: tuple[Fact, ...] | None = None) -> str:
        """The profile as the model reads it. With `facts`, an excerpt: the name and those facts alone, in that order."""
        chosen = self.facts if facts is None else facts
        colon = "：" if self.language in ("zh", "ja") else ": "
        lines = [f"{label_of('name', self.language)}{colon}{self.name}"]
        lines += [f"{label_of(f.key, self.language)}{colon}{f.value}" for f in chosen]
        if facts is None:
            lines += [part for part in (self.persona, self.style, self.boundary) if part]
        return "\n".join(lines)


def read_profiles(path: str | Path, language: str | None = None) -> list[Profile]:
    """All profiles of a file.

    Args:
        language: keep only this one of zh, en, ja, ko; None keeps all.

    Raises:
        InputError: every unreadable row at once, each with file, line and reason.
    """
    path = existing(path, "profiles file")
    problems: list[str] = []
    profiles: list[Profile] = []
    seen: dict[str, str] = {}
    for where, row in _rows(path):
        try:
            profile = profile_from_row(row)
        except ValueError as error:
            problems.append(f"{where} {error}")
            continue
        if profile.id in seen:
            problems.append(f'{where} has the id "{profile.id}" of {seen[profile.id]}. Give each role its own id.')
            continue
        seen[profile.id] = where
        profiles.append(profile)
    if problems:
        raise InputError(problems)
    if not profiles:
        raise InputError(f"{path} holds no profile.")
    kept = [p for p in profiles if language in (None, p.language)]
    if not kept:
        have = ", ".join(sorted({p.language for p in profiles}))
        raise InputError(f"{path} holds no profile in {language}; it has {have}.")
    return kept


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix.lower() == ".png":
        yield str(path), card_from_png(path)
    elif path.suffix.lower() in (".yaml", ".yml"):
        import yaml

        try:
            for number, document in enumerate(yaml.safe_load_all(path.read_text(encoding="utf-8")), start=1):
                for row in document if isinstance(document, list) else [document]:
                    yield f"{path} document {number}", row
        except yaml.YAMLError as error:
            raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    elif path.suffix.lower() in (".txt", ".md"):
        yield str(path), path.read_text(encoding="utf-8")
    else:
        for line, row in read_rows(path, "profiles file"):
            where = f"{path}:{line}"
            if is_named_collection(row):
                for name, inner in row.items():
                    yield f'{where} "{name}"', {"name": name, **inner}
            else:
                yield where, row


def is_named_collection(row: Any) -> bool:
    """`{name: {…}, name: {…}}` as in CharacterGLM's character.json and RAIDEN's npc.json."""
    return (isinstance(row, Mapping) and bool(row)
            and all(isinstance(v, Mapping) and ({"bot_info", "npc_setting"} & set(v)) for v in row.values()))


def profile_from_row(row: Any) -> Profile:
    """One row in any known layout to a profile.

    Raises:
        ValueError: saying what is missing and which layouts are known.
    """
    if isinstance(row, str):
        return _from_text(row, row)
    if not isinstance(row, Mapping):
        raise ValueError(f"is {type(row).__name__}, expected an object or text.")
    for detect, read in READERS:
        if detect(row):
            return read(row)
    raise ValueError(f"has no name that we can find; its fields are {', '.join(map(str, row))}. Add \"name\".")


def _own(row: Mapping[str, Any]) -> Profile:
    name = _required(row, "name")
    language = row.get("language") or detect_language(profile_text(row))
    if language not in LANGUAGES:
        raise ValueError(f'field "language" is "{language}", expected {", ".join(LANGUAGES)}.')
    facts = []
    entries = row["facts"]
    if isinstance(entries, Mapping):
        entries = [{"key": k, "value": v} for k, v in entries.items()]
    if not isinstance(entries, list):
        raise ValueError(f'field "facts" is {type(entries).__name__}, expected a list of {{key, value}}.')
    for number, entry in enumerate(entries):
        if not isinstance(entry, Mapping) or "key" not in entry or "value" not in entry:
            raise ValueError(f'field "facts[{number}]" needs "key" and "value".')
        value = entry["value"]
        if not isinstance(value, str | int | float) or isinstance(value, bool) or str(value).strip() == "":
            raise ValueError(f'field "facts[{number}].value" is {value!r}, expected text.')
        alternatives = entry.get("alternatives") or []
        if not isinstance(alternatives, list) or not all(isinstance(a, str) for a in alternatives):
            raise ValueError(f'field "facts[{number}].alternatives" must be a list of text.')
        key = attribute_of_label(str(entry["key"]))
        facts.append(Fact(key, str(value).strip(), tuple(alternatives), entry.get("type") or type_of(key)))
    return Profile(
        id=str(row.get("id") or _id_of(name, row)), name=name, language=language,
        aliases=_texts(row, "aliases"), facts=tuple(facts), persona=_text(row, "persona"), style=_text(row, "style"),
        relations=tuple(row.get("relations") or ()), boundary=_text(row, "boundary"), raw=row)


def _reference(row: Mapping[str, Any]) -> Profile:
    """`{"prompt": text, "character_profile": {Name, Gender, …}}`; the object may be absent and stand in the prompt."""
    inner = row.get("character_profile")
    if isinstance(inner, Mapping):
        return replace(profile_from_row(dict(inner)), raw=row)
    text = inner if isinstance(inner, str) and inner.strip() else _required(row, "prompt")
    setting = re.search(r"<Character Setting>(.*?)</Character Setting>", text, re.DOTALL)
    return _from_text(setting[1] if setting else text, row)


def _named_collection_entry(row: Mapping[str, Any]) -> Profile:
    """CharacterGLM `{name, bot_info, bot_name}` or RAIDEN `{name, npc_type, npc_setting}`."""
    setting = str(row.get("npc_setting") or row.get("bot_info") or "")
    profile = _from_text(setting, row, name=str(row.get("bot_name") or row["name"]))
    if row.get("greeting"):
        profile = replace(profile, style=profile.style or str(row["greeting"]))
    return profile


def _rpbench(row: Mapping[str, Any]) -> Profile:
    inner = row["npc_profile"]
    if isinstance(inner, str):
        return _from_text(inner, row)
    return replace(profile_from_row({"name": inner.get("name_text"), **inner} if "name" not in inner else inner),
                   raw=row)


def _card(row: Mapping[str, Any]) -> Profile:
    """A character card: v1 (flat), v2 and v3 (`{"spec": "chara_card_v2", "data": {…}}`)."""
    data = row.get("data") if isinstance(row.get("data"), Mapping) else row
    name = _required(data, "name")

    def fill(text: str) -> str:
        return re.sub(r"\{\{char\}\}|<BOT>", name, re.sub(r"\{\{user\}\}|<USER>", "你" if _is_han(text) else "you", text),
                      flags=re.IGNORECASE)

    book = (data.get("character_book") or {}).get("entries") or []
    persona = "\n".join(fill(part) for part in (
        _text(data, "description"), _text(data, "scenario"),
        *(str(e.get("content", "")) for e in book if e.get("enabled", True))) if part)
    profile = _from_text(persona, row, name=name)
    extensions = (data.get("extensions") or {}).get("toolkit") or {}
    style = "\n".join(fill(p) for p in (_text(data, "personality"), _text(data, "mes_example")) if p)
    return replace(profile, style=style, aliases=tuple(extensions.get("aliases") or ()) or profile.aliases)


def _flat(row: Mapping[str, Any]) -> Profile:
    """`{"name", "occupation", …}` with labels in any language; unknown scalar fields become facts under their label."""
    name, facts, prose = "", [], []
    aliases: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    for label, value in row.items():
        if isinstance(value, Mapping):
            fields.update(value)
        else:
            fields[str(label)] = value
    for label, value in fields.items():
        attribute = attribute_of_label(label)
        if value in (None, "", [], {}):
            continue
        if attribute == "name":
            name = str(value)
        elif attribute == "aliases":
            aliases = tuple(map(str, value)) if isinstance(value, list) else tuple(re.split(r"[,，、/]\s*", str(value)))
        elif isinstance(value, list):
            prose.append(f"{label}: {profile_text(value)}")
        elif attribute in ("id", "language", "gender") or (isinstance(value, str) and len(value) > 30):
            if attribute not in ("id", "language"):
                prose.append(f"{label}: {value}")
        else:
            facts.append(Fact(attribute, str(value).strip(), (), type_of(attribute)))
    if not name:
        raise ValueError(f"has no name that we can find; its fields are {', '.join(map(str, row))}. Add \"name\".")
    language = detect_language(profile_text(row))
    return Profile(id=str(row.get("id") or _id_of(name, row)), name=name, language=language, aliases=aliases,
                   facts=tuple(facts), persona="\n".join(prose), raw=row)


_LINE = re.compile(r"^\s*[-*•]?\s*([^:：\n]{1,30}?)\s*[:：]\s*(.+?)\s*[,，;；]?\s*$")


def _from_text(text: str, raw: Any, name: str = "") -> Profile:
    """Free text: `key: value` lines become facts, the other lines the persona."""
    fields: dict[str, str] = {}
    prose = []
    for line in text.splitlines():
        found = _LINE.match(line)
        if found:
            fields.setdefault(found[1].strip("\"' "), found[2].strip("\"' "))
        elif line.strip():
            prose.append(line.strip())
    if name:
        fields = {"name": name, **{k: v for k, v in fields.items() if attribute_of_label(k) != "name"}}
    if not any(attribute_of_label(k) == "name" for k in fields):
        raise ValueError(f"names no role. Begin with a line such as \"name: …\" or \"姓名：…\"; it reads {text[:40]!r}.")
    profile = _flat(fields)
    persona = "\n".join(part for part in (profile.persona, *prose) if part)
    return replace(profile, persona=persona, raw=raw, id=_id_of(profile.name, raw))


def card_from_png(path: Path) -> Any:
    """The character card in a PNG's text chunks (`ccv3` before `chara`; base64 JSON).

    Raises:
        InputError: when the file is no PNG or carries no card.
    """
    import json

    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise InputError(f"{path} is not a PNG file.")
    found: dict[str, bytes] = {}
    at = 8
    while at + 12 <= len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"tEXt" and b"\0" in body:
            keyword, text = body.split(b"\0", 1)
            found[keyword.decode("latin-1").lower()] = text
        elif kind == b"zTXt" and b"\0" in body:
            keyword, text = body.split(b"\0", 1)
            # a card is some kilobytes: the bound keeps a zip bomb out of memory
            found[keyword.decode("latin-1").lower()] = zlib.decompressobj().decompress(text[1:], 16 * 2**20)
        at += 12 + size
    encoded = found.get("ccv3") or found.get("chara")
    if not encoded:
        raise InputError(f"{path} carries no character card (no ccv3 or chara text chunk).")
    try:
        return json.loads(base64.b64decode(encoded, validate=True).decode("utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path} has a damaged character card: {error}.") from error


READERS: tuple[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], Profile]], ...] = (
    (lambda r: "facts" in r, _own),
    (lambda r: "npc_setting" in r or "bot_info" in r, _named_collection_entry),
    (lambda r: "npc_profile" in r, _rpbench),
    (lambda r: str(r.get("spec", "")).startswith("chara_card") or ("first_mes" in r and "description" in r), _card),
    (lambda r: "character_profile" in r or ("prompt" in r and "name" not in r), _reference),
    (lambda r: any(attribute_of_label(str(k)) == "name" for k in r)
     or any(isinstance(v, Mapping) for v in r.values()), _flat),
)


def _required(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'field "{name}" is missing or not text.')
    return value.strip()


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else profile_text(value)


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(f'field "{name}" must be a list of text.')
    return tuple(value)


def _is_han(text: str) -> bool:
    return detect_language(text) == "zh"


def _id_of(name: str, raw: Any) -> str:
    """A stable id: the name, and enough of the content's hash to keep namesakes apart."""
    return f"{name}-{hashlib.sha256(profile_text(raw).encode()).hexdigest()[:6]}"
