"""Attributes: the kinds of facts that we know by name, their value types, question words and labels.

`occupation` is an attribute; 职业, 工作, occupation, job are its labels. The labels and every template for an attribute
stand in `prompts/offline/<language>.yaml`. A label that no attribute owns stays as it is and is asked about with the
`unknown` templates.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from toolkit.resources import yaml_file

LANGUAGES = ("zh", "en", "ja", "ko")
VALUE_TYPES = ("text", "name", "place", "number", "quantity", "date", "time")

# attribute: (value type for the verifier, question word)
PROFILE_ATTRIBUTES: Mapping[str, tuple[str, str]] = {
    "occupation": ("text", "what"), "hometown": ("place", "where"), "residence": ("place", "where"),
    "age": ("number", "how"), "birthday": ("date", "when"), "workplace": ("place", "where"),
    "mentor": ("name", "who"), "best_friend": ("name", "who"), "spouse": ("name", "who"), "sibling": ("name", "who"),
    "apprentice": ("name", "who"), "rival": ("name", "who"), "child_count": ("number", "how"),
    "pet_name": ("name", "what"), "nickname": ("name", "what"), "favourite_food": ("text", "what"),
    "favourite_drink": ("text", "what"), "favourite_colour": ("text", "what"), "favourite_book": ("text", "what"),
    "hobby": ("text", "what"), "fear": ("text", "what"), "instrument": ("text", "what"), "skill": ("text", "what"),
    "treasure": ("text", "what"), "tool": ("text", "what"), "vehicle": ("text", "what"), "school": ("place", "where"),
    "wake_time": ("time", "when"), "career_start": ("date", "when"), "height": ("quantity", "how"),
    "lucky_number": ("number", "what"), "allergy": ("text", "what"), "collection": ("text", "what"),
    "dream": ("text", "what"), "motive": ("text", "why"), "commute": ("text", "how"),
}
MEMORY_ATTRIBUTES: Mapping[str, tuple[str, str]] = {
    "meeting_time": ("time", "when"), "meeting_place": ("place", "where"), "gift": ("text", "what"),
    "dinner": ("text", "what"), "destination": ("place", "where"), "lost_item": ("text", "what"),
    "visitor": ("name", "who"), "password": ("text", "what"), "guest_count": ("number", "how"),
    "departure_date": ("date", "when"), "price": ("quantity", "how"), "new_pet": ("name", "what"),
    "purchase": ("text", "what"), "companion": ("name", "who"), "late_reason": ("text", "why"),
    "transport": ("text", "how"),
}
# fields of a profile that are no facts, by the labels they have in the wild
_FIELD_LABELS = {
    "name": ("name", "character_name", "char_name", "姓名", "名字", "名称", "角色名", "角色名称", "名前", "氏名",
             "이름", "성명"),
    "aliases": ("aliases", "alias", "别名", "別名", "别称", "外号", "别号", "异名", "별칭"),
    "gender": ("gender", "sex", "性别", "性別", "성별"),
    "language": ("language",),
    "id": ("id",),
}
_NAME_LABEL = {"zh": "姓名", "en": "Name", "ja": "名前", "ko": "이름"}


def templates(language: str) -> Mapping[str, Any]:
    """The offline engine's templates of a language (`prompts/offline/<language>.yaml`)."""
    return yaml_file(f"prompts/offline/{language}.yaml")


def label_of(attribute: str, language: str) -> str:
    """The label that a profile line shows: 职业 for `occupation` in zh; unknown attributes are their own label."""
    if attribute == "name":
        return _NAME_LABEL[language]
    known = templates(language)["attributes"].get(attribute)
    return known["labels"][0] if known else attribute


def labelled(label: str, text: str, language: str) -> str:
    """`label: text` with the colon of the language."""
    return f"{label}{'：' if language in ('zh', 'ja') else ': '}{text}"


def attribute_of_label(label: str) -> str:
    """The attribute (or profile field) that a label names, in any language; the label itself when none does."""
    return _labels().get(_folded(label), label)


def type_of(attribute: str) -> str:
    return (PROFILE_ATTRIBUTES.get(attribute) or MEMORY_ATTRIBUTES.get(attribute) or ("text", ""))[0]


def question_word_of(attribute: str) -> str:
    return (PROFILE_ATTRIBUTES.get(attribute) or MEMORY_ATTRIBUTES.get(attribute) or ("", "what"))[1]


@lru_cache(maxsize=1)
def _labels() -> Mapping[str, str]:
    owners: dict[str, str] = {}
    for attribute, labels in _FIELD_LABELS.items():
        owners.update({_folded(label): attribute for label in labels})
    for attribute in PROFILE_ATTRIBUTES:
        owners.setdefault(_folded(attribute), attribute)
    for language in LANGUAGES:
        for attribute, entry in templates(language)["attributes"].items():
            for label in entry["labels"]:
                owners.setdefault(_folded(label), attribute)
    return owners


def _folded(label: str) -> str:
    return unicodedata.normalize("NFKC", label).strip().casefold().replace("_", " ").replace("-", " ")
