"""What a draft must satisfy before it is a sample, without a model: cheap checks first, the verifier, then the neighbours.

The checks of `toolkit validate` (`dataset/checks.py`) are the core, so that what is generated validates. Added are those that
need to know how the draft was asked for: its form, its dialogue, what was accepted before. A wrong value that is no good is
dropped as long as enough are left; everything else sends the draft back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from toolkit.dataset.checks import Finding, check, names_any, right_without_a_key
from toolkit.dataset.wording import AS_AN_AI, IS_AN_AI, other_language, short, squeezed, stands_in
from toolkit.generate.dialogue import Dialogue, names_other_value
from toolkit.generate.near import NearDuplicates
from toolkit.generate.problems import Problem
from toolkit.samples import Sample, detect_language
from toolkit.tasks.roleplay import RolePlay
from toolkit.verify import split_reply, verify

FEWEST_DISTRACTORS = {"SBK": 2, "SCK": 2, "CM": 2}
LONGEST_KEY = {"zh": 24, "ja": 28, "ko": 28, "en": 60}             # characters
LONGEST_ANSWER = {"zh": 240, "ja": 300, "ko": 300, "en": 700}
# stress replies whose verdict hangs on this sample's key and wrong values; the others (negations, hedges, tags …) test the
# verifier itself, which `toolkit reward audit` does, and a draft written again would not change them
OWN_STRESS = frozenset({"wrong_value", "listing", "outdated", "wrong_speaker_user", "wrong_speaker_role",
                        "inside_a_longer_word", "agreement_with_a_wrong_premise"})
_SETUP = re.compile(
    r"(?:角色|人物|你的|我的|根据|按照|背景)设定|设定(?:里|中|上|说|写)|人设|提示词|角色扮演|扮演的|"
    r"(?:角色|人物)(?:资料|卡)|設定(?:に|で|の|上|によ)|プロフィール|プロンプト|ロールプレイ|설정(?:에|상|을|대로)|프로필|프롬프트|"
    r"역할극|\b(?:my|your|the|a) (?:character )?(?:profile|prompt|backstory|character sheet)\b|"
    r"\baccording to (?:my|your|the) (?:description|setting|character)\b|\brole-?play", re.IGNORECASE)
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_QUOTED = re.compile(r'"([^"]*)"')
_INDEX = re.compile(r"\[(\d+)\]")
_TASK = RolePlay()


class Screen:
    """Args: near: what was accepted before. stress: whether stress replies must be refused, too."""

    def __init__(self, near: NearDuplicates, stress: bool = True):
        self.near, self.stress = near, stress

    def dialogue(self, dialogue: Dialogue, language: str, profile_text: str) -> Iterator[Problem]:
        for turn in dialogue.history:
            text = turn["content"]
            if foreign(text, language):
                yield Problem("answer_language", short(text)[1:-1])
            elif turn["role"] == "assistant" and (outside := _steps_out(text, profile_text)):
                yield outside

    def sample(self, sample: Sample, dialogue: Dialogue | None = None) -> tuple[Sample, list[Problem]]:
        """The sample, without wrong values that are no good, and every reason not to accept it."""
        problems = [*self._wording(sample, dialogue)]
        if problems:
            return sample, problems
        findings = [f for f in check(sample) if f.severity == "error" or f.code == "key_in_question"]
        sample, findings = _without_bad_distractors(sample, findings)
        problems = [_problem(finding, sample) for finding in findings]
        problems += _distractor_count(sample)
        if sample.kind == "RCB" and not problems:
            problems += _slip(sample)
        if not problems and (repeated := self.near.near(sample)):
            problems.append(Problem("near_duplicate", short(repeated)[1:-1]))
        if self.stress and not problems:
            problems += _stressed(sample)
        return sample, problems

    def accept(self, sample: Sample) -> Problem | None:
        """Remember a sample, unless another one like it was accepted in the meantime."""
        if repeated := self.near.near(sample):
            return Problem("near_duplicate", short(repeated)[1:-1])
        self.near.add(sample)
        return None

    def _wording(self, sample: Sample, dialogue: Dialogue | None) -> Iterator[Problem]:
        language = sample.language
        if len(sample.answer) > LONGEST_ANSWER[language]:
            yield Problem("answer_too_long")
        for text in (sample.answer, sample.reasoning):
            if foreign(text, language):
                yield Problem("answer_language", short(text)[1:-1])
        for text in (sample.answer, sample.reasoning, *((sample.question,) if sample.kind != "RCB" else ())):
            if outside := _steps_out(text, sample.character_profile):
                yield outside
        for key in sample.keys:
            if key.polarity == "deny":
                continue
            flat = squeezed(key.canonical)
            if len(key.canonical) > LONGEST_KEY[language]:
                yield Problem("key_too_long", key.canonical)
            elif flat in squeezed(sample.character_name):
                yield Problem("key_is_name", key.canonical)
            elif flat == squeezed(sample.answer).strip("。.!！"):
                yield Problem("answer_bare")
        if sample.metadata.get("asks") == "false_premise":
            yield from _premise(sample)
        if dialogue is not None:
            target = next(t for t in dialogue.told if t.quote == sample.evidence[0].quote)
            if given := names_other_value(sample, dialogue, target):
                yield Problem("other_value_in_question", given)


def foreign(text: str, language: str) -> bool:
    """Whether a text is mostly in another language, although a name or a key in it may be in the right one."""
    found = detect_language(text)
    if found == language:
        return False
    if other_language(text, language):
        return True
    if language == "ja" and found == "zh":
        return False
    words = len(_LATIN_WORD.findall(text))
    if language == "en":
        return sum(c > "\u2e80" for c in text) > 3 * words
    return found == "en" and words >= 4


def _premise(sample: Sample) -> Iterator[Problem]:
    if not any(stands_in(sample.question, wrong) for wrong in sample.distractors[:1]):
        yield Problem("premise_missing")
    for key in sample.keys:
        # the check of the data set lets a choice of two pass: here the right value may not stand beside the wrong one
        if any(stands_in(sample.question, form) for form in key.forms):
            yield Problem("key_in_question", key.canonical)


def _steps_out(text: str, profile_text: str) -> Problem | None:
    if (leak := AS_AN_AI.search(text)) and not IS_AN_AI.search(profile_text):
        return Problem("as_an_ai", leak[0])
    if (leak := _SETUP.search(text)) and not _SETUP.search(profile_text):
        return Problem("mentions_setup", leak[0])
    return None


def _without_bad_distractors(sample: Sample, findings: list[Finding]) -> tuple[Sample, list[Finding]]:
    bad = {int(found[1]) for f in findings if f.code.startswith("distractor_") and (found := _INDEX.search(f.field))}
    # the wrong value of a false premise stands in the question: without it the sample is another one
    if 0 in bad and sample.metadata.get("asks") == "false_premise":
        return sample, findings
    if not bad or len(sample.distractors) - len(bad) < FEWEST_DISTRACTORS.get(sample.kind, 0):
        return sample, findings
    kept = tuple(d for n, d in enumerate(sample.distractors) if n not in bad)
    return replace(sample, distractors=kept), [f for f in findings if not f.code.startswith("distractor_")]


def _distractor_count(sample: Sample) -> Iterator[Problem]:
    fewest = FEWEST_DISTRACTORS.get(sample.kind, 0)
    if len(sample.distractors) < fewest:
        yield Problem("distractors", f"{len(sample.distractors)} < {fewest}")


def _problem(finding: Finding, sample: Sample) -> Problem:
    if finding.code == "answer_refused":
        return Problem("answer_refused", ", ".join(key.canonical for key in sample.keys))
    quoted = _QUOTED.search(finding.message)
    code = "distractor_accepted" if finding.code == "distractor_is_key" else finding.code
    return Problem(code, quoted[1] if quoted else "")


def _slip(sample: Sample) -> Iterator[Problem]:
    """The careless reply of an out-of-role sample must be refused, or the sample proves nothing."""
    if verify(sample.metadata["slip"], question=sample.question, keys=sample.keys, language=sample.language).score == 1.0:
        yield Problem("slip_accepted")


def _stressed(sample: Sample) -> Sequence[Problem]:
    """Adversarial replies made from this sample: none may be paid."""
    from toolkit.rewards.stress import stress

    unsure = right_without_a_key(sample)
    for probe in stress(sample, kinds=OWN_STRESS):
        reply = split_reply(probe.text).answer
        if (unsure or names_any(reply, sample.keys)) and _TASK.score("accuracy", sample, probe.text).score != probe.expected:
            return [Problem("stress", short(reply, 80)[1:-1])]
    return []
