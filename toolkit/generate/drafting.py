"""What a model is asked for a sample: messages and JSON schema of each step.

Messages begin with what all samples of a profile share, the guide with the profile, then the task, so that a server's prefix
cache serves them. A draft that was refused is shown to the model again with the reasons, as the next turns of the same
conversation; the question about a dialogue follows the dialogue.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.attributes import VALUE_TYPES
from toolkit.generate.dialogue import Dialogue, outline_text, target_text
from toolkit.generate.problems import Problem
from toolkit.generate.prompt_files import Prompts, fill
from toolkit.generate.work import Assignment, wording
from toolkit.profiles import Profile
from toolkit.samples import Sample
from toolkit.tasks.base import Message

QUESTION_WORDS = ("what", "who", "where", "when", "why", "how")
SHOWN_DRAFT = 4_000                             # characters of a refused draft that the model sees again
SHOWN_PROBLEMS = 5


def _object(**fields: Any) -> dict[str, Any]:
    """All fields required and no others, in the order in which the model writes them: what strict decoders accept."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_KEY = _object(canonical=_TEXT, alternatives=_TEXTS, type={"type": "string", "enum": list(VALUE_TYPES)})
_SCORE = {"type": "integer", "enum": [1, 2, 3, 4, 5]}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "sbk": _object(evidence=_TEXTS, question=_TEXT, question_type={"type": "string", "enum": list(QUESTION_WORDS)},
                   reasoning=_TEXT, answer=_TEXT, keys={"type": "array", "items": _KEY}, distractors=_TEXTS),
    "rcb": _object(thing=_TEXT, question=_TEXT, reasoning=_TEXT, answer=_TEXT, slip=_TEXT),
    "dialogue": _object(exchanges={"type": "array", "items": _object(user=_TEXT, role=_TEXT)},
                        statements={"type": "array", "items": _object(mark=_TEXT, value=_TEXT, quote=_TEXT)}),
    "cm": _object(question=_TEXT, reasoning=_TEXT, answer=_TEXT, alternatives=_TEXTS, distractors=_TEXTS),
    "judge": _object(remark=_TEXT, natural=_SCORE, in_character=_SCORE, grounded={"type": "boolean"},
                     clear={"type": "boolean"}),
}


class Drafting:
    """Messages for the models that write and judge samples."""

    def __init__(self, prompts: Prompts, remembered: int = 512):
        self.prompts, self.remembered = prompts, remembered
        self._guides: OrderedDict[str, Message] = OrderedDict()

    def guide(self, profile: Profile) -> Message:
        known = self._guides.get(profile.id)
        if known is None:
            content = self.prompts.text("guide", profile.language, profile=profile.text(), name=profile.name)
            known = self._guides[profile.id] = {"role": "system", "content": content}
            while len(self._guides) > self.remembered:
                self._guides.popitem(last=False)
        return known

    def about_profile(self, profile: Profile, assignment: Assignment, rcb: bool) -> list[Message]:
        """SBK, SCK, or RCB."""
        language = profile.language
        wishes = self.prompts.table("wishes", language)
        slots = wording(assignment, wishes, profile.boundary)
        quote = "「{}」" if language in ("zh", "ja") else '"{}"'
        focus = "\n".join(quote.format(passage) for passage in assignment.focus)
        task = self.prompts.text("rcb" if rcb else "sbk", language, name=profile.name, focus=focus, **slots)
        return [self.guide(profile), {"role": "user", "content": task}]

    def dialogue(self, profile: Profile, assignment: Assignment) -> list[Message]:
        assert assignment.outline is not None
        wishes = self.prompts.table("wishes", profile.language)
        task = self.prompts.text("dialogue", profile.language, name=profile.name, scene=assignment.scene,
                                 exchanges=assignment.outline.exchanges,
                                 outline=outline_text(assignment.outline, wishes["memory"], profile.name))
        return [self.guide(profile), {"role": "user", "content": task}]

    def about_dialogue(self, profile: Profile, assignment: Assignment, before: Sequence[Message], written: str,
                       dialogue: Dialogue) -> list[Message]:
        """Args: before, written: the request for the dialogue, and the reply that passed."""
        plan = assignment.outline
        assert plan is not None
        wishes = self.prompts.table("wishes", profile.language)
        memory = wishes["memory"]
        wrong = "、".join(dialogue.of(step.mark).value for step in plan.rivals())
        if profile.language in ("en", "ko"):
            wrong = wrong.replace("、", ", ")
        task = self.prompts.text("cm", profile.language, name=profile.name, mark=plan.target,
                                 target=target_text(plan, memory, profile.name), value=dialogue.of(plan.target).value,
                                 wrong=wrong or memory["none"], **wording(assignment, wishes))
        return [*before, {"role": "assistant", "content": written}, {"role": "user", "content": task}]

    def again(self, messages: Sequence[Message], written: str, problems: Sequence[Problem], language: str) -> list[Message]:
        """The same request with the refused draft and what is wrong with it."""
        table = self.prompts.table("retry", language)
        lines = dict.fromkeys(self.advice(problem, table["advice"]) for problem in problems)
        told = fill(table["frame"], problems="\n".join(f"- {line}" for line in list(lines)[:SHOWN_PROBLEMS]))
        shown = written if 0 < len(written) <= SHOWN_DRAFT else "{}"
        return [*messages, {"role": "assistant", "content": shown}, {"role": "user", "content": told}]

    def advice(self, problem: Problem, advice: Mapping[str, str]) -> str:
        return fill(advice.get(problem.code) or advice["other"], detail=problem.detail or problem.code)

    def judge(self, sample: Sample) -> list[Message]:
        labels = self.prompts.table("wishes", sample.language)["labels"]
        told = "\n".join(f"{labels['user' if turn['role'] == 'user' else 'role']}: {turn['content']}"
                         for turn in sample.conversation_history)
        text = self.prompts.text("judge", sample.language, profile=sample.character_profile, dialogue=told or "-",
                                 question=sample.question, answer=sample.answer)
        return [{"role": "user", "content": text}]
