"""What must hold for one sample by itself: its evidence, its question, its wrong values and its own answer.

Each check yields findings `(severity, code, field, message)`; the message says what is wrong and the fix. The verifier
that judges here is the one that will pay the reward: a sample whose own answer it refuses would teach the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from toolkit.attributes import LANGUAGES
from toolkit.dataset.wording import AS_AN_AI, IS_AN_AI, TAGS, is_yes_no, other_language, short, squeezed, stands_in
from toolkit.errors import did_you_mean
from toolkit.samples import Evidence, Sample
from toolkit.tasks.roleplay import RolePlay, gold_reply
from toolkit.verify import Key, verify
from toolkit.verify.normalise import fold
from toolkit.verify.terms import Reading as Terms
from toolkit.verify.terms import find, key_matcher

# SBK and CM, and the other codes of the RAIDEN benchmark
KNOWN_KINDS = ("SBK", "CM", "SAK", "RCB", "SCK", "PLS", "ER", "TS", "TA", "JP", "CC")
EXACT_TYPES = ("number", "quantity", "date", "time")
_TASK = RolePlay()


class Finding(NamedTuple):
    severity: str                               # error or warning
    code: str
    field: str
    message: str


def check(sample: Sample) -> Iterator[Finding]:
    """Everything that is wrong with a sample, judged alone."""
    yield from _shape(sample)
    yield from _evidence(sample)
    yield from _question(sample)
    yield from _distractors(sample)
    yield from _answer(sample)


def _shape(sample: Sample) -> Iterator[Finding]:
    if sample.kind not in KNOWN_KINDS:
        yield Finding("warning", "kind", "kind", f"is {short(sample.kind)}, which nothing here counts."
                      f"{did_you_mean(sample.kind.upper(), KNOWN_KINDS) or ' Use SBK or CM.'}")
    if sample.kind == "CM" and not sample.conversation_history:
        yield Finding("error", "no_history", "conversation_history",
                      "is empty, but kind is CM: a memory needs earlier turns. Add them, or set kind to SBK.")
    if sample.kind == "SBK" and not sample.character_profile.strip():
        yield Finding("error", "no_profile", "character_profile",
                      "is empty, but kind is SBK: the answer must stand in the profile. Add the profile.")
    if sample.language not in LANGUAGES:
        yield Finding("warning", "language", "language", f"is {short(sample.language)}: prompts and verifier know "
                      f"{', '.join(LANGUAGES)}, and treat it as en.")
    elif found := other_language(sample.question, sample.language):
        yield Finding("error", "question_language", "question",
                      f"is not written in {sample.language} but in {found}: {short(sample.question)}. "
                      f'Rewrite it, or set language to "{found}".')


# Evidence

def _evidence(sample: Sample) -> Iterator[Finding]:
    if not sample.evidence:
        if sample.kind in ("SBK", "CM"):
            yield from _unsupported(sample)
        return
    quotes: list[str] = []
    for number, entry in enumerate(sample.evidence):
        finding = _quote(sample, entry, f"evidence[{number}]")
        if finding:
            yield finding
        quotes.append(entry.quote)
    if sample.kind == "CM" and all(entry.source == "profile" for entry in sample.evidence):
        yield Finding("error", "evidence_source", "evidence",
                      "stands in the profile, but kind is CM: a memory is proved by an earlier turn. "
                      "Quote the turn, or set kind to SBK.")
    missing = [key for key in _affirmed(sample) if not any(mentions(quote, key, sample) for quote in quotes)]
    if missing and _too_many_missing(sample, missing):
        yield Finding("error", "key_not_in_evidence", "keys",
                      f"has {short(missing[0].canonical)}, which its evidence {short(quotes[0])} does not state. "
                      "Quote the place that states it, or correct the key.")


def _quote(sample: Sample, entry: Evidence, field: str) -> Finding | None:
    quote = squeezed(entry.quote)
    if not quote:
        return Finding("error", "evidence_empty", field, "quotes nothing. Quote the words that state the key.")
    if entry.source == "profile":
        if quote not in squeezed(sample.character_profile):
            return Finding("error", "evidence_not_found", field,
                           f"quotes {short(entry.quote)}, which is not in character_profile. Quote it word for word.")
        return None
    turns = sample.conversation_history
    if entry.turn is not None and not 0 <= entry.turn < len(turns):
        return Finding("error", "evidence_turn", field, f"names turn {entry.turn}, but conversation_history has "
                       f"{len(turns)} (counted from 0). Correct the turn.")
    stated = turns if entry.turn is None else turns[entry.turn:entry.turn + 1]
    if any(quote in squeezed(turn["content"]) for turn in stated):
        return None
    elsewhere = next((n for n, turn in enumerate(turns) if quote in squeezed(turn["content"])), None)
    fix = "Quote the turn word for word." if elsewhere is None else f"It is in turn {elsewhere}: correct the turn."
    return Finding("error", "evidence_not_found", field, f"quotes {short(entry.quote)}, which is not in "
                   f"{'conversation_history' if entry.turn is None else f'turn {entry.turn}'}. {fix}")


def _unsupported(sample: Sample) -> Iterator[Finding]:
    """Without evidence, profile and dialogue stand for it; only a warning, since a key may be a paraphrase."""
    source = "\n".join([sample.character_profile, *(turn["content"] for turn in sample.conversation_history)])
    missing = [key for key in _affirmed(sample) if not mentions(source, key, sample)]
    if missing and _too_many_missing(sample, missing):
        yield Finding("warning", "key_unsupported", "keywords",
                      f"has {short(missing[0].canonical)}, which neither profile nor dialogue states. "
                      "Correct it, or add evidence that quotes where it stands.")


def _too_many_missing(sample: Sample, missing: Sequence[Key]) -> bool:
    """Whether the keys that are stated somewhere are too few for a right answer (`match`)."""
    needed = {"all": len(sample.keys), "any": 1}.get(sample.match, sample.match)   # type: ignore[call-overload]
    return len(sample.keys) - len(missing) < int(needed)


def _affirmed(sample: Sample) -> list[Key]:
    """Keys that a right answer asserts; a key to be denied need not stand anywhere."""
    return [key for key in sample.keys if key.polarity == "affirm"]


def mentions(text: str, key: Key, sample: Sample) -> bool:
    """Whether a text names the key: as written, or in a form that the verifier knows (47 for 四十七, 臺 for 台)."""
    flat = squeezed(text)
    if any(squeezed(form) in flat for form in key.forms):
        return True
    code = verify(text, question="", keys=(key,), language=sample.language).code
    return code not in ("absent", "no_answer")


# Question

def _question(sample: Sample) -> Iterator[Finding]:
    """The right key must not stand in the question. A yes/no question states it by nature; in a choice of two it stands
    beside a wrong value. A false premise states a wrong value, so the right one there is a give-away too."""
    given = [key for key in _affirmed(sample) if any(stands_in(sample.question, form) for form in key.forms)]
    if not given or _asks_yes_no(sample) or any(stands_in(sample.question, wrong) for wrong in sample.distractors):
        return
    # a single character may be part of another word: 马 in 马上
    severity = "warning" if len(squeezed(given[0].canonical)) == 1 else "error"
    yield Finding(severity, "key_in_question", "question",
                  f"gives the key {short(given[0].canonical)} away: {short(sample.question)}. Ask without naming it.")


def _asks_yes_no(sample: Sample) -> bool:
    forms = ("yes_no", "yesno", "yes/no", "polar", "boolean", "confirm")
    return (sample.question_type in forms or sample.metadata.get("form") in forms
            or is_yes_no(sample.question, sample.language))


# Wrong values and the answer

def _distractors(sample: Sample) -> Iterator[Finding]:
    for number, wrong in enumerate(sample.distractors):
        for key in _affirmed(sample):
            same = any(squeezed(wrong) == squeezed(form) for form in key.forms)
            # 三十七岁 holds 七岁 and is still wrong: of exact values only equality counts
            if same or (key.type not in EXACT_TYPES and any(stands_in(wrong, form) for form in key.forms)):
                yield Finding("error", "distractor_is_key", f"distractors[{number}]",
                              f"is {short(wrong)}, which {'equals' if same else 'contains'} the key "
                              f"{short(key.canonical)}: a right answer would count as wrong. Choose another value.")
                break


def _answer(sample: Sample) -> Iterator[Finding]:
    answer = sample.answer
    if not answer.strip():
        yield Finding("error", "empty_answer", "answer", "is missing or empty. Write the answer that the role gives.")
        return
    if TAGS.search(answer):
        yield Finding("error", "tags_in_answer", "answer",
                      f"holds tags: {short(answer)}. Keep only what the role says; tags are added in training.")
        return
    leak = AS_AN_AI.search(answer)
    if leak and not IS_AN_AI.search(sample.character_profile):
        yield Finding("error", "as_an_ai", "answer",
                      f"steps out of the role: {short(leak[0])}. Rewrite it as the role would speak.")
    gold = gold_reply(sample)
    verdict = _TASK.score("accuracy", sample, gold)
    if verdict.score != 1.0:
        yield Finding("error", "answer_refused", "answer",
                      f"is refused by the verifier ({verdict.code}): {short(answer)}. {verdict.reason} "
                      "Reword it, or add its wording to the key's alternatives.")
        return
    shape = _TASK.score("format", sample, gold)
    if shape.score != 1.0:
        yield Finding("error", "reasoning_format", "reasoning",
                      f"breaks the reply's format: {shape.reason} Remove its tags.")
    yield from _accepted_wrong_values(sample)


def _accepted_wrong_values(sample: Sample) -> Iterator[Finding]:
    """Each wrong value, put where the key stands in the answer, must be refused."""
    forms = sorted({form for key in _affirmed(sample) for form in key.forms if form}, key=len, reverse=True)
    if not forms:
        return
    there = [form for form in forms if form.casefold() in sample.answer.casefold()]
    if len(there) == 1 and there[0] in sample.answer:           # the usual case, without a pattern of its own
        pieces = sample.answer.split(there[0])
    else:
        pieces = re.split("|".join(map(re.escape, forms)), sample.answer, flags=re.IGNORECASE)
    unsure = right_without_a_key(sample)
    for number, wrong in enumerate(sample.distractors):
        reply = wrong.join(pieces) if len(pieces) > 1 else wrong
        if not unsure and len(pieces) > 1 and not names_any(reply, sample.keys):
            continue
        if _TASK.score("accuracy", sample, reply).score == 1.0:
            yield Finding("error", "distractor_accepted", f"distractors[{number}]",
                          f"is {short(wrong)}, which the verifier accepts as right: "
                          f"{short(reply)}. "
                          "Choose a value that is wrong, or narrow the key's alternatives.")


def right_without_a_key(sample: Sample) -> bool:
    """Whether a reply in which no key stands may be right: "no" to a question that names the key, a denial, an alias.

    Of any other sample such a reply is surely refused, which takes a fraction of the verifier's time to tell.
    """
    return (bool(sample.metadata.get("aliases")) or any(key.polarity == "deny" for key in sample.keys)
            or names_any(sample.question, sample.keys))


@lru_cache(maxsize=64)                          # of one sample, some texts are asked about twice
def names_any(text: str, keys: tuple[Key, ...]) -> bool:
    """Whether any key stands in a text, in any form that the verifier knows; what is said about it is another question."""
    read = Terms(fold(text).text)
    return any(find(key_matcher(key), read) for key in keys)
