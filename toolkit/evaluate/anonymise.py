"""The same samples with the names of the roles replaced: what a model still knows, it read in the profile.

    Sherlock Holmes, a detective of Baker Street …  Mr Holmes, where do you live?
    Avery Alder, a detective of Baker Street …      Mr Alder, where do you live?

A model that remembers a famous role answers better under the role's own name; one that reads answers both alike. Replaced are the
full names of all roles of the data everywhere, and in a role's own samples its aliases, first and last name and the usual forms of
address. Other people, places and works keep their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.raiden import Benchmark
from toolkit.samples import Sample, detect_language
from toolkit.tasks.base import Message, Task, load_task
from toolkit.verify import Key, Verdict

# (first names, last names) that fit people of any kind; those that stand in the data already are passed over
NAMES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "en": (("Avery", "Blake", "Casey", "Devon", "Ellis", "Harper", "Jules", "Kerry", "Lane", "Morgan", "Noel", "Quinn", "Reese",
            "Rowan", "Sage", "Sidney", "Tatum", "Wynn"),
           ("Alder", "Barrow", "Colby", "Dunmore", "Eastby", "Farrow", "Garrick", "Hollis", "Ingram", "Kendal", "Lorne", "Marlow",
            "Norbury", "Osgood", "Penrose", "Radley", "Selwyn")),
    "zh": (("安平", "知行", "以宁", "若川", "明远", "修文", "子衿", "望舒", "清和", "怀瑾", "景行", "思齐"),
           ("穆", "祝", "裴", "柯", "尹", "温", "殷", "郁", "简", "苗", "卓")),
    "ja": (("薫", "千秋", "真澄", "光", "伊織", "晶", "忍", "渚", "望", "操"),
           ("三枝", "早乙女", "柏木", "江口", "日下部", "結城", "風間", "真壁", "氷室")),
    "ko": (("하람", "이든", "다온", "가온", "서안", "윤슬", "새론", "아란"), ("남궁", "독고", "선우", "제갈", "황보", "사공", "서문")),
}
# words of a name that are none: whoever is called "Captain Nemo" is not the only captain
TITLES = frozenset(["captain", "professor", "doctor", "lord", "lady", "king", "queen", "prince", "princess", "saint", "sir", "dame", "count", "emperor", "general", "the", "and", "von", "van", "mrs", "miss", "master", "uncle", "aunt", "brother", "sister", "father", "mother"])
ADDRESS_BEFORE = ("老", "小", "阿")
ADDRESS_AFTER = ("先生", "女士", "小姐", "太太", "师傅", "师父", "老师", "大夫", "医生", "掌柜", "老板", "大人", "将军", "公子", "姑娘",
                 "大哥", "大姐", "大叔", "大爷", "伯伯", "さん", "氏", "様", "先輩", "씨", "님")
_HAN_NAME = re.compile(r"[\u3400-\u9fff]{3,4}")
_HANGUL_NAME = re.compile(r"[\uac00-\ud7a3]{3}")


PREFIX = "anonymised:"


class Anonymised:
    """A task about roles, on the same samples under other names."""

    def __init__(self, task: Task):
        self.task, self.name, self.parts = task, PREFIX + task.name, task.parts

    def read(self, path: str | Path) -> Iterator[tuple[int, Sample]]:
        read = list(self.task.read(path))
        if any(not isinstance(row, Sample) for _, row in read):
            raise InputError(f"--anonymised is for tasks about roles, and {self.task.name} has none.")
        return zip((line for line, _ in read), anonymised([row for _, row in read]), strict=True)

    def prompt(self, row: Sample, system_prompt: str = "") -> list[Message]:
        return self.task.prompt(row, system_prompt)

    def score(self, part: str, row: Sample, completion: str, prefilled: bool = False) -> Verdict:
        return self.task.score(part, row, completion, prefilled)


def task_of(name: str) -> Task:
    """A task as a report names it: `roleplay`, `anonymised:roleplay`, `raiden`, or a file's."""
    if name.startswith(PREFIX):
        return Anonymised(task_of(name.removeprefix(PREFIX)))
    return Benchmark() if name == Benchmark.name else load_task(name)


def anonymised(samples: Sequence[Sample]) -> list[Sample]:
    """The samples, each role under a name that stands nowhere in them; the same role has the same name in all."""
    roles = {sample.role_id: sample for sample in reversed(samples)}
    corpus = "\n".join(f"{s.character_profile}\n{s.question}\n{s.answer}" for s in samples)
    others: dict[str, str] = {}
    own: dict[str, dict[str, str]] = {}
    for number, role in enumerate(sorted(roles)):
        sample = roles[role]
        if sample.character_name:
            forms = _forms(sample, _new_name(number, _script(sample), corpus))
            own[role] = forms
            others.setdefault(sample.character_name, forms[sample.character_name])
    return [_renamed(sample, {**others, **own.get(sample.role_id, {})}) for sample in samples]


def _script(sample: Sample) -> str:
    found = detect_language(sample.character_name)
    return "ja" if found == "zh" and sample.language == "ja" else found


def _new_name(number: int, language: str, corpus: str) -> tuple[str, str]:
    firsts, lasts = ([name for name in names if name not in corpus] or list(names) for names in NAMES[language])
    return firsts[number % len(firsts)], lasts[(number + number // len(firsts)) % len(lasts)]


def _forms(sample: Sample, name: tuple[str, str]) -> dict[str, str]:
    """What a role is called in its own samples → what it is called instead."""
    old, (first, last) = sample.character_name, name
    language = _script(sample)
    full = f"{first} {last}" if language == "en" else last + first
    aliases = sample.metadata.get("aliases") or ()
    forms = {old: full, **{str(alias): full for alias in aliases if len(str(alias)) > 1}}
    words = re.split(r"[\s·・•]+", old)
    if len(words) > 1:
        parts = [word for word in words if len(word) > 1 and word.lower().strip(".") not in TITLES]
        for place, part in enumerate(parts):
            short = last if place == len(parts) - 1 else first
            forms.setdefault(part, short if language == "en" else full)
    elif _HAN_NAME.fullmatch(old) or _HANGUL_NAME.fullmatch(old):
        surname = old[:len(old) - 2]
        forms.setdefault(old[-2:], first)
        forms |= {before + surname: before + last for before in ADDRESS_BEFORE}
        forms |= {surname + after: last + after for after in ADDRESS_AFTER}
    return forms


def _renamed(sample: Sample, forms: Mapping[str, str]) -> Sample:
    if not forms:
        return sample
    pattern = re.compile("|".join(_bounded(form) for form in sorted(forms, key=len, reverse=True)))

    def renamed(text: str) -> str:
        return pattern.sub(lambda found: forms[found[0]], text)

    def all_of(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(renamed, texts))

    def key(key: Key) -> Key:
        return replace(key, canonical=renamed(key.canonical), alternatives=all_of(key.alternatives))

    metadata: dict[str, Any] = dict(sample.metadata)
    if metadata.get("aliases"):
        metadata["aliases"] = list(dict.fromkeys(all_of(metadata["aliases"])))
    return replace(
        sample, character_name=renamed(sample.character_name), character_profile=renamed(sample.character_profile),
        conversation_history=tuple({**turn, "content": renamed(turn["content"])} for turn in sample.conversation_history),
        question=renamed(sample.question), answer=renamed(sample.answer), keys=tuple(map(key, sample.keys)),
        evidence=tuple(replace(item, quote=renamed(item.quote)) for item in sample.evidence),
        distractors=all_of(sample.distractors), reasoning=renamed(sample.reasoning), metadata=metadata)


def _bounded(form: str) -> str:
    """Latin names are words of their own; scripts without spaces have no such bounds."""
    latin = "[A-Za-zÀ-ÿ]"
    before = f"(?<!{latin})" if re.match(latin, form) else ""
    return before + re.escape(form) + (f"(?!{latin})" if re.search(f"{latin}$", form) else "")
