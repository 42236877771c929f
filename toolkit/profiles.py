"""Profile: who a role is. Readers for the layouts that profile files have in the wild.

Our own layout is one JSON object a line: `id, name, aliases, language, facts [{key, value, alternatives, type}],
persona, style, relations, boundary`. Also read: `{"prompt", "character_profile"}` rows, flat objects in any of the four
languages, free text of `key: value` lines, CharacterGLM, RAIDEN `npc.json`, RPBench rows and character cards (v1, v2,
v3); from JSON, YAML, text or a PNG with an embedded card. Every row keeps its source untouched in `raw`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from toolkit.attributes import LANGUAGES, VALUE_TYPES, attribute_of_label, label_of, labelled, type_of
from toolkit.errors import InputError
from toolkit.json_values import unusable
from toolkit.jsonl import existing
from toolkit.profile_files import rows
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
        """The profile as the model reads it. With `facts`, an excerpt: the name and those facts, in that order."""
        chosen = self.facts if facts is None else facts
        lines = [labelled(label_of("name", self.language), self.name, self.language)]
        lines += [labelled(label_of(f.key, self.language), f.value, self.language) for f in chosen]
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
    for where, row in rows(path, problems):
        try:
            profile = profile_from_row(row)
        except ValueError as error:
            problems.append(f"{where} {error}")
            continue
        if profile.id in seen:
            problems.append(f'{where} field "id" is "{profile.id}", the id of {seen[profile.id]}. '
                            "Give each role its own id.")
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


def profile_from_row(row: Any) -> Profile:
    """One row in any known layout to a profile.

    Raises:
        ValueError: saying what is missing and which layouts are known.
    """
    if reason := unusable(row):
        raise ValueError(reason)
    return _read(row)


def _read(row: Any) -> Profile:
    if isinstance(row, str):
        return _from_text(row, row)
    if not isinstance(row, Mapping):
        raise ValueError(f"is {_shown(row)}, expected an object or text.")
    for detect, read in READERS:
        if detect(row):
            return read(row)
    raise ValueError(_no_name(row))


def _no_name(row: Mapping[str, Any]) -> str:
    fields = ", ".join(" ".join(str(label).split())[:20] for label in list(row)[:8])
    return f'has no name that we can find; its fields are {fields or "none"}. Add "name".'


def _own(row: Mapping[str, Any]) -> Profile:
    name = _required(row, "name")
    language = row.get("language") or detect_language(profile_text(row))
    if language not in LANGUAGES:
        raise ValueError(f'field "language" is {_shown(language)}, expected {", ".join(LANGUAGES)}.')
    facts = []
    entries = row["facts"]
    if isinstance(entries, Mapping):
        entries = [{"key": k, "value": v} for k, v in entries.items()]
    if not isinstance(entries, list):
        raise ValueError(f'field "facts" is {_shown(entries)}, expected a list of {{key, value}}.')
    for number, entry in enumerate(entries):
        spot = f"facts[{number}]"
        if not isinstance(entry, Mapping) or "key" not in entry or "value" not in entry:
            raise ValueError(f'field "{spot}" is {_shown(entry)}, expected an object with "key" and "value".')
        key, value = attribute_of_label(_scalar(entry["key"], f"{spot}.key")), _scalar(entry["value"], f"{spot}.value")
        kind = entry.get("type") or type_of(key)
        if kind not in VALUE_TYPES:
            raise ValueError(f'field "{spot}.type" is {_shown(kind)}, expected {", ".join(VALUE_TYPES)}.')
        facts.append(Fact(key, value, _texts(entry, "alternatives", f"{spot}.alternatives"), kind))
    relations = row.get("relations") or []
    if not isinstance(relations, list) or not all(isinstance(r, Mapping) for r in relations):
        raise ValueError(f'field "relations" is {_shown(relations)}, expected a list of {{name, relation}}.')
    return Profile(
        id=_id(row, name), name=name, language=language,
        aliases=_texts(row, "aliases"), facts=tuple(facts), persona=_text(row, "persona"), style=_text(row, "style"),
        relations=tuple(relations), boundary=_text(row, "boundary"), raw=row)


def _reference(row: Mapping[str, Any]) -> Profile:
    """`{"prompt": text, "character_profile": {Name, Gender, …}}`; the object may be absent and stand in the prompt."""
    inner = row.get("character_profile")
    if isinstance(inner, Mapping):
        return replace(_read(_named(inner, row)), raw=row)
    text = inner if isinstance(inner, str) and inner.strip() else _required(row, "prompt")
    setting = re.search(r"<Character Setting>(.*?)</Character Setting>", text, re.DOTALL)
    return _from_text(setting[1] if setting else text, row)


def _named(inner: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inner object, with the outer row's name (`character_name`, `name_text`, …) when it has none of its own."""
    if "facts" not in inner and any(attribute_of_label(str(label)) == "name" for label in inner):
        return inner
    labels = ("name", "character_name", "char_name", "name_text")
    name = next((where[label] for where in (inner, row) for label in labels if where.get(label)), None)
    return inner if name is None else {**inner, "name": name}


def _named_collection_entry(row: Mapping[str, Any]) -> Profile:
    """CharacterGLM `{name, bot_info, bot_name}` or RAIDEN `{name, npc_type, npc_setting}`."""
    setting = profile_text(row.get("npc_setting") or row.get("bot_info"))
    name = _required(row, "bot_name") if row.get("bot_name") else _required(row, "name")
    return replace(_from_text(setting, row, name=name), style=_text(row, "greeting"))


def _rpbench(row: Mapping[str, Any]) -> Profile:
    inner = row["npc_profile"]
    if isinstance(inner, str):
        return _from_text(inner, row)
    if not isinstance(inner, Mapping):
        raise ValueError(f'field "npc_profile" is {_shown(inner)}, expected an object or text.')
    return replace(_read(_named(inner, row)), raw=row)


def _card(row: Mapping[str, Any]) -> Profile:
    """A character card: v1 (flat), v2 and v3 (`{"spec": "chara_card_v2", "data": {…}}`)."""
    data = row.get("data") if isinstance(row.get("data"), Mapping) else row
    name = _required(data, "name")

    def fill(text: str) -> str:
        user = _USER[detect_language(text)]
        return _CHAR_SLOT.sub(lambda _: name, _USER_SLOT.sub(lambda _: user, text))

    entries = _inner(data, "character_book").get("entries") or []
    if isinstance(entries, Mapping):            # SillyTavern's world-info files number their entries in an object
        entries = list(entries.values())
    if not isinstance(entries, list):
        raise ValueError(f'field "character_book.entries" is {_shown(entries)}, expected a list.')
    book = [_text(e, "content") for e in entries if isinstance(e, Mapping) and e.get("enabled", True) is not False]
    persona = "\n".join(fill(part) for part in (_text(data, "description"), _text(data, "scenario"), *book) if part)
    profile = _from_text(persona, row, name=name)
    aliases = _texts(_inner(_inner(data, "extensions"), "toolkit"), "aliases")
    style = "\n".join(fill(p) for p in (_text(data, "personality"), _text(data, "mes_example")) if p)
    return replace(profile, style=style, aliases=aliases or profile.aliases)


_CHAR_SLOT = re.compile(r"\{\{char\}\}|<BOT>", re.IGNORECASE)
_USER_SLOT = re.compile(r"\{\{user\}\}|<USER>", re.IGNORECASE)
_USER = {"zh": "你", "en": "you", "ja": "あなた", "ko": "당신"}


def _flat(row: Mapping[str, Any]) -> Profile:
    """`{"name", "occupation", …}` with labels in any language; unknown scalar fields become facts under their label."""
    name, facts, prose = "", [], []
    aliases: tuple[str, ...] = ()
    for label, value in _fields(row):
        attribute = attribute_of_label(label)
        if value in (None, "", [], {}) or not str(value).strip():
            continue
        if attribute == "name":
            name = name or _scalar(value, label)
        elif attribute == "aliases":
            parts = value if isinstance(value, list) else re.split(r"[,，、/;；]", str(value))
            aliases += tuple(text for part in parts if (text := profile_text(part).strip()))
        elif attribute in ("id", "language"):
            continue
        elif (isinstance(value, list | Mapping) or attribute == "gender"
              or (isinstance(value, str) and len(value.strip()) > LONGEST_FACT)):
            prose.append(f"{label}: {profile_text([value]).strip()}")
        else:
            facts.append(Fact(attribute, str(value).strip(), (), type_of(attribute)))
    if not name:
        raise ValueError(_no_name(row))
    stated = row.get("language")
    language = stated if stated in LANGUAGES else detect_language(profile_text(row))
    return Profile(id=_id(row, name), name=name, language=language, aliases=aliases,
                   facts=tuple(facts), persona="\n".join(prose), raw=row)


def _fields(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Labels and values, with one level of sections (`basic: {…}`) opened. A section's own name is not the role's."""
    outer = {attribute_of_label(str(label)) for label, value in row.items() if not isinstance(value, Mapping)}
    for label, value in row.items():
        if not isinstance(value, Mapping):
            yield str(label), value
            continue
        for inner, inner_value in value.items():
            clash = attribute_of_label(str(inner)) in outer
            yield (f"{label} {inner}" if clash else str(inner)), inner_value


LONGEST_FACT = 30                               # longer values are prose: they belong to the persona
_HEAD = re.compile(r"[-*•]?\s*([^:：\n]{1,30}?)\s*[:：](?!//)")


def _from_text(text: str, raw: Any, name: str = "") -> Profile:
    """Free text: `key: value` lines become facts, the other lines the persona."""
    fields: dict[str, str] = {}
    prose = []
    for line in map(str.strip, text.splitlines()):
        head = _HEAD.match(line)
        label = head[1].strip("\"' ") if head else ""
        value = line[head.end():].strip().rstrip(",，;；").strip("\"' ") if head else ""
        if value and label and not label[-1].isdigit():     # 12:30 is a time, not a label and its value
            fields.setdefault(label, value)
        elif line:
            prose.append(line)
    if name:
        fields = {"name": name, **{k: v for k, v in fields.items() if attribute_of_label(k) != "name"}}
    if not any(attribute_of_label(k) == "name" for k in fields):
        raise ValueError(f'names no role. Begin with a line such as "name: …" or "姓名：…"; it reads {text[:40]!r}.')
    profile = _flat(fields)
    persona = "\n".join(part for part in (profile.persona, *prose) if part)
    inner_id = raw if isinstance(raw, Mapping) else {}
    return replace(profile, persona=persona, raw=raw, id=_id(inner_id, profile.name, raw))


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


def _texts(row: Mapping[str, Any], name: str, shown: str = "") -> tuple[str, ...]:
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(f'field "{shown or name}" is {_shown(value)}, expected a list of text.')
    return tuple(text for v in value if (text := v.strip()))


def _scalar(value: Any, name: str) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool) or not str(value).strip():
        raise ValueError(f'field "{" ".join(name.split())}" is {_shown(value)}, expected text.')
    return str(value).strip()


def _inner(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name) or {}
    if not isinstance(value, Mapping):
        raise ValueError(f'field "{name}" is {_shown(value)}, expected an object.')
    return value


def _shown(value: Any) -> str:
    shown = repr(value)
    return f"{shown[:40]}{'…' if len(shown) > 40 else ''} ({type(value).__name__})"


def _id(row: Mapping[str, Any], name: str, raw: Any = None) -> str:
    """The row's own id, else a stable one: the name, and enough of the content's hash to keep namesakes apart."""
    given = row.get("id")
    if given not in (None, ""):
        return " ".join(_scalar(given, "id").split())
    content = profile_text(row if raw is None else raw)
    return f"{' '.join(name.split())}-{hashlib.sha256(content.encode()).hexdigest()[:6]}"
