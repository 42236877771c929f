"""A stand-in for a language model that writes drafts: it reads the prompt it is given and answers as a good writer would,
from the offline engine's templates, or as a bad one, with a planted fault. `stub` puts it behind the real OpenAI wire.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from stub_server import Stub

from toolkit.attributes import MEMORY_ATTRIBUTES, templates
from toolkit.generate.drafting import SCHEMAS
from toolkit.generate.offline import OfflineEngine
from toolkit.generate.plan import WorkItem
from toolkit.generate.prompt_files import Prompts
from toolkit.profiles import Profile

Fault = Callable[[str, int], str | None]        # (step, number of the request for this step and prompt) → fault
_PARTICLES = {"zh": "{}？我从没听说过这东西，我只会干自己这一行。", "en": "{}? I have never heard of it; I keep to my trade.",
              "ja": "{}？そんなものは聞いたこともないし、知らないよ。", "ko": "{}? 그런 건 들어 본 적도 없고 모릅니다."}
_SLIPS = {"zh": "{}我熟得很，天天用。", "en": "I use a {} every day and know it well.", "ja": "{}なら毎日使っていて詳しいよ。",
          "ko": "{}는 날마다 써서 잘 압니다."}
_ASKS = {"zh": "教教我怎么用{}吧？", "en": "Can you teach me how to use a {}?", "ja": "{}の使い方を教えてくれない？",
         "ko": "{} 쓰는 법을 가르쳐 줄래요?"}
_THINGS = {"zh": ["蓝牙耳机", "量子计算机", "网络爬虫"], "en": ["smartphone", "spreadsheet", "podcast"],
           "ja": ["スマートフォン", "表計算ソフト"], "ko": ["스마트폰", "블록체인"]}


class ScriptedModel:
    """Args: fault: names the fault of a reply, or None for a good one."""

    def __init__(self, profiles: Sequence[Profile], fault: Fault = lambda step, number: None):
        self.profiles, self.fault = profiles, fault
        self.engine = OfflineEngine(profiles)
        self.prompts = Prompts({p.language for p in profiles})
        self.rng = Random(0)
        self.asked: dict[tuple[str, str], int] = {}
        self.seen: list[list[dict[str, str]]] = []          # every request's messages
        self.memory: dict[str, dict[str, Any]] = {}
        self.used: set[str] = set()

    def reply(self, messages: list[dict[str, str]], schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """`{content, finish_reason}`."""
        self.seen.append(messages)
        step = next((name for name, known in SCHEMAS.items() if schema == known), "chat")
        if step == "chat":
            return {"content": "<think>?</think><answer>…</answer>", "finish_reason": "stop"}
        if step == "judge":
            return _json({"remark": "", "natural": 5, "in_character": 4, "grounded": True, "clear": True})
        profile = self._profile(messages[0]["content"])
        task = next(m["content"] for m in reversed(messages) if m["role"] == "user"
                    and ('"question"' in m["content"] or '"exchanges"' in m["content"]))
        number = self.asked[step, task] = self.asked.get((step, task), 0) + 1
        draft = getattr(self, f"_{step}")(profile, task, messages)
        return spoilt(draft, self.fault(step, number), profile)

    def _profile(self, guide: str) -> Profile:
        return max((p for p in self.profiles if p.text() in guide), key=lambda p: len(p.text()))

    def _sbk(self, profile: Profile, task: str, messages: list[dict[str, str]]) -> dict[str, Any]:
        wishes = self.prompts.table("wishes", profile.language)["forms"]
        two, false = wishes["two_facts"] in task, wishes["false_premise"] in task
        for _ in range(200):
            usable = self.engine.usable(profile)
            asked = [f for f in usable if f"{self.engine.line(f, profile.language)}" in task][:2] or [self.rng.choice(usable)]
            if two and len(asked) < 2:
                asked.append(self.rng.choice([f for f in usable if f not in asked]))
            difficulty = "hard" if two or false else self.rng.choice(("easy", "medium"))
            draft = self.engine.sbk(WorkItem(0, profile, "SBK", difficulty), asked[:1 + two], None, self.rng)
            mark = f"{profile.id} {draft.sample.question if draft else ''}"
            if draft and (mark not in self.used or self.rng.random() < 0.05):
                self.used.add(mark)
                break
        sample = draft.sample
        return {"evidence": [e.quote for e in sample.evidence], "question": sample.question,
                "question_type": sample.question_type, "reasoning": sample.reasoning, "answer": sample.answer,
                "keys": [{"canonical": k.canonical, "alternatives": list(k.alternatives), "type": k.type}
                         for k in sample.keys], "distractors": list(sample.distractors)}

    def _rcb(self, profile: Profile, task: str, messages: list[dict[str, str]]) -> dict[str, Any]:
        language = profile.language
        thing = self.rng.choice(_THINGS[language])
        return {"thing": thing, "question": _ASKS[language].format(thing), "reasoning": templates(language)["small_talk"][0][1],
                "answer": _PARTICLES[language].format(thing), "slip": _SLIPS[language].format(thing)}

    def _dialogue(self, profile: Profile, task: str, messages: list[dict[str, str]]) -> dict[str, Any]:
        words, memory = self.prompts.table("wishes", profile.language), templates(profile.language)
        types = {t["name"]: t["type"] for t in words["topics"]}
        talk = iter(self.rng.sample(memory["small_talk"], 12))
        attributes: dict[str, str] = {}
        exchanges, statements, told = [], [], {}
        count = int(re.search(r'"exchanges"\D{1,8}(\d+)', task)[1])
        steps = {n: (kind, mark, topic) for kind, n, mark, topic in _steps(task, words["memory"], profile.name)}
        for n in range(1, count + 1):
            if n not in steps:
                said, answer = next(talk)
                exchanges.append({"user": said, "role": answer})
                continue
            kind, mark, topic = steps[n]
            fitting = [a for a, (type_, _) in MEMORY_ATTRIBUTES.items() if type_ == types[topic]]
            attribute = attributes.setdefault(topic, self.rng.choice([a for a in fitting if a not in attributes.values()]
                                                                     or fitting))
            entry = memory["memory"][attribute]
            value = self.rng.choice([v for v in entry["values"] if v not in profile.text() and
                                     not any(v in other or other in v for other in told.values())])
            told[mark] = value
            text = self.rng.choice(entry["updates" if kind.startswith("update") else "tells"]).replace("{value}", value)
            if kind.endswith("user"):
                exchanges.append({"user": text, "role": self.rng.choice(memory["role_acknowledges"]) + "~" * n})
            else:
                exchanges.append({"user": self.rng.choice(memory["user_prompts"]) + "~" * n, "role": text})
            statements.append({"mark": mark, "value": value, "quote": text})
            self.memory[value] = {"attribute": attribute, "side": "user" if kind.endswith("user") else "role"}
        return {"exchanges": exchanges, "statements": statements}

    def _cm(self, profile: Profile, task: str, messages: list[dict[str, str]]) -> dict[str, Any]:
        template = next(line for line in self.prompts.text("cm", profile.language).splitlines() if "{value}" in line)
        value = re.search(re.escape(template).replace(r"\{value\}", "(.+)"), task)[1]
        known = self.memory[value]
        entry = templates(profile.language)["memory"][known["attribute"]]
        dialogue = next(m["content"] for m in messages if m["role"] == "assistant" and '"exchanges"' in m["content"])
        wrong = [v for v in entry["values"] if v not in dialogue and v not in value and value not in v]
        return {"question": self.rng.choice(entry[f"ask_{known['side']}"]), "reasoning": value,
                "answer": self.rng.choice(entry[f"answer_{known['side']}"]).replace("{value}", value),
                "alternatives": [], "distractors": self.rng.sample(wrong, 2)}


def _steps(task: str, memory: Mapping[str, str], name: str) -> Iterator[tuple[str, int, str, str]]:
    """`(kind, exchange from 1, mark, topic)` of each step of an outline, read from the prompt."""
    for kind in ("tell_user", "tell_role", "update_user", "update_role"):
        pattern = re.escape(memory[kind].replace("{name}", name))
        for slot, found in (("n", r"(?P<n>\d+)"), ("mark", "(?P<mark>[A-F])"), ("topic", "(?P<topic>.+?)")):
            pattern = pattern.replace(re.escape("{" + slot + "}"), found, 1)
        for line in re.finditer(f"^{pattern}$", task, re.MULTILINE):
            yield kind, int(line["n"]), line["mark"], line["topic"]


def _json(draft: Mapping[str, Any], finish_reason: str = "stop") -> dict[str, Any]:
    return {"content": json.dumps(draft, ensure_ascii=False), "finish_reason": finish_reason}


# every fault: what it does to a good draft
def spoilt(draft: dict[str, Any], fault: str | None, profile: Profile) -> dict[str, Any]:
    key = draft["keys"][0]["canonical"] if "keys" in draft else draft.get("reasoning", "")
    zh = profile.language == "zh"
    if fault is None:
        return _json(draft)
    if fault == "fenced":
        return {"content": f"<think>{{}} hm</think>\n好的：\n```json\n{json.dumps(draft)}\n```", "finish_reason": "stop"}
    if fault == "trailing comma":
        return {"content": json.dumps(draft, ensure_ascii=False)[:-1] + ",}", "finish_reason": "stop"}
    if fault == "no json":
        return {"content": "抱歉，我不能写。", "finish_reason": "stop"}
    if fault == "broken json":
        return {"content": "{,,,}", "finish_reason": "stop"}
    if fault == "cut":
        return {"content": json.dumps(draft)[:40], "finish_reason": "stop"}
    if fault == "thinking":
        return {"content": "<think>Let me see", "finish_reason": "length"}
    if fault == "length":
        return {"content": json.dumps(draft)[:40], "finish_reason": "length"}
    if fault == "refusal":
        return {"content": "no", "finish_reason": "content_filter"}
    if fault == "missing field":
        draft.pop(next(iter(draft)))
    elif fault == "wrong type":
        draft["keys"] = "47"
    elif fault == "evidence not in the profile":
        draft["evidence"] = ["我从小在月球背面长大" + key]
    elif fault == "key not in evidence":
        draft["evidence"] = [profile.name]
    elif fault == "key given away":
        draft["question"] = f"{key}？{draft['question']}" if zh else f"{key}? {draft['question']}"
    elif fault == "key is the name":
        draft["keys"][0].update(canonical=profile.name, alternatives=[])
    elif fault == "key is a sentence":
        draft["keys"][0].update(canonical=key + ("，这是我这辈子最要紧的一件事，谁来问我都这么说" if zh else
                                                 ", which matters more to me than anything else I could ever name"))
    elif fault == "denied answer":
        draft["answer"] = f"我不是{key}，从来不是。" if zh else f"I am not {key}, and never was."
    elif fault == "hedged answer":
        draft["answer"] = f"也许是{key}吧，我不确定。" if zh else f"Perhaps {key}, I am not sure."
    elif fault == "right values as wrong ones":
        draft["distractors"] = [key, key + "啊", key]
    elif fault == "no wrong values":
        draft["distractors"] = []
    elif fault == "other language":
        draft["question"] = "What would you say it is?" if zh else "那是什么呢？"
    elif fault == "answer in another language":
        draft["answer"] = f"It is {key} that I would name here, as ever and always." if zh else "这个嘛，我当然记得。"
    elif fault == "as an AI":
        draft["answer"] = f"作为一个AI，我会说{key}。" if zh else f"As an AI language model, I say {key}."
    elif fault == "mentions the setup":
        draft["answer"] = f"根据我的设定，是{key}。" if zh else f"According to my profile, {key}."
    elif fault == "long answer":
        draft["answer"] = draft["answer"] * 100
    elif fault == "bare answer":
        draft["answer"] = key
    elif fault == "tags":
        draft["answer"] = f"<answer>{draft['answer']}</answer>"
    elif fault == "premise without the wrong value":
        draft["question"] = "你这个人，是干什么的来着？" if zh else "So what is it, then?"
    elif fault == "slip that denies":
        draft["slip"] = draft["answer"]
    elif fault == "thing not asked for":
        draft["thing"] = "云上的鲸鱼"
    elif fault == "fewer exchanges":
        draft["exchanges"] = draft["exchanges"][:-1]
    elif fault == "statement missing":
        draft["statements"] = draft["statements"][:-1]
    elif fault == "quote of another line":
        draft["statements"][0]["quote"] = "没有人说过的话" + draft["statements"][0]["value"]
    elif fault == "value said again":
        target = next(n for n, e in enumerate(draft["exchanges"]) if draft["statements"][0]["quote"] in e.values())
        other = 0 if target else -1
        draft["exchanges"][other]["role"] += draft["statements"][0]["value"]
    elif fault == "value of the profile":
        value = profile.facts[0].value
        for exchange in draft["exchanges"]:
            for who in exchange:
                exchange[who] = exchange[who].replace(draft["statements"][0]["value"], value)
        statement = draft["statements"][0]
        statement["quote"] = statement["quote"].replace(statement["value"], value)
        statement["value"] = value
    elif fault == "line said twice":
        draft["exchanges"][-1]["user"] = draft["exchanges"][0]["user"] = "今天可真是个好天气啊" if zh else "What a day it is"
    else:
        raise ValueError(fault)
    return _json(draft)


def stub(model: ScriptedModel, **given: Any) -> Stub:
    """The model behind the stub server, with whatever else a stub can do."""
    def write(body: Mapping[str, Any]) -> tuple[str, str]:
        schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
        reply = model.reply(body["messages"], schema)
        return reply["content"], reply["finish_reason"]

    return Stub(write=write, models=("scripted",), **given)
