"""`verify`: from a completion and its keys to one verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .assertion import ASSERTED, Reader, Reading
from .clauses import sentence_language
from .cues import cues
from .normalise import Folded, fold
from .question import Question, read_question
from .reasons import language_of, verdict
from .reply import split_reply
from .terms import Match, Matcher, find, key_matcher, matcher
from .terms import Reading as Terms
from .verdict import Key, Span, Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one key: the code, and the reading that decided it."""

    code: str
    readings: tuple[Reading, ...]
    decisive: Reading | None = None


def verify(
    completion: str,
    *,
    question: str,
    keys: Sequence[Key],
    match: str | int = "all",
    language: str = "",
    profile: Mapping | str | None = None,
    history: Sequence[Mapping[str, str]] = (),
    aliases: Sequence[str] = (),
    distractors: Sequence[str] = (),
    prefilled: bool = False,
    reason_language: str | None = None,
) -> Verdict:
    """Whether the reply asserts the keys as the role's own present answer: 1.0, 0.0, or None when it cannot be told."""
    if not keys:
        return verdict(None, "no_keys", completion, language=reason_language)
    reply = split_reply(completion, prefilled=prefilled)
    folded = fold(reply.answer)
    first = keys[0].canonical
    if not any(c.isalnum() for c in folded.text):
        return verdict(0.0, "no_answer", completion, key=first, language=reason_language)
    spoken = language_of(folded.text, language or language_of(question))
    if language == "ja" and spoken == "zh":
        spoken = "ja"
    asked = read_question(question, language or spoken)
    terms = Terms(folded.text)
    matchers = [key_matcher(k) for k in keys]
    found = [find(m, terms) for m in matchers]
    rivals = _rivals(distractors, keys, terms)
    found, rivals, hidden = _longest(found, rivals)
    masks = sorted({(m.start, m.end) for ms in [*found, rivals] for m in ms})
    reader = Reader(folded.text, masks, spoken, asked)
    rival_readings = [reader.read(m.start, m.end, False) for m in rivals]
    findings = [
        _decide(key, m, ms, rival_readings, reader, asked, hid)
        for key, m, ms, hid in zip(keys, matchers, found, hidden, strict=True)
    ]
    return _conclude(completion, reply.answer_start, folded, keys, findings, match, reason_language or spoken)


def _rivals(distractors: Sequence[str], keys: Sequence[Key], terms: Terms) -> list[Match]:
    forms = {f for k in keys for f in k.forms}
    kind = keys[0].type
    rivals: list[Match] = []
    for value in distractors:
        if value and value not in forms:
            rivals += find(matcher((str(value),), kind), terms)
    return sorted(set(rivals), key=lambda m: (m.start, -m.end))


def _longest(found: list[list[Match]], rivals: list[Match]) -> tuple[list[list[Match]], list[Match], list[bool]]:
    """Of overlapping mentions the longer one counts: 李四光 is not 李四. Also whether a key lost all its mentions."""
    kept: list[list[Match]] = []
    hidden: list[bool] = []
    for matches in found:
        stay = [m for m in matches if not any(r.start <= m.start and m.end <= r.end and r.end - r.start > m.end - m.start for r in rivals)]
        kept.append(stay)
        hidden.append(bool(matches) and not stay)
    keys = [m for ms in kept for m in ms]
    others = [r for r in rivals if not any(m.start < r.end and r.start < m.end for m in keys)]
    return kept, others, hidden


def _decide(key: Key, m: Matcher, mentions: list[Match], rivals: list[Reading], reader: Reader, asked: Question, hidden: bool) -> Finding:
    readings = tuple(reader.read(x.start, x.end, m.exact) for x in mentions)
    asserted = [r for r in readings if r.status == ASSERTED]
    if key.polarity == "deny":
        return _denied(readings, asserted, reader, asked, m)
    if not readings:
        answer = _yes_or_no(m, rivals, reader, asked)
        return Finding(answer or ("part_of_word" if hidden else "absent"), ())
    if not asserted:
        last = readings[-1]
        return Finding(last.status, readings, last)
    best = max(r.strength for r in asserted)
    last = asserted[-1]
    opposed = [r for r in rivals if r.status == ASSERTED and r.strength >= best]
    if opposed and not (best > 1 and all(r.strength < 2 for r in opposed)):
        if opposed[-1].start > last.start or best < 2 or True:
            return Finding("contradicted", readings, opposed[-1])
    against = [r for r in readings if r.status in ("negated", "retracted") and r.start > last.start]
    if against:
        return Finding("contradicted", readings, against[-1])
    return Finding("right", readings, last)


def _yes_or_no(m: Matcher, rivals: list[Reading], reader: Reader, asked: Question) -> str | None:
    """The verdict on a reply that names no key but says yes or no to a question that does."""
    if not asked.polar or not find(m, Terms(asked.text)):
        return None
    opening = reader.text[:80].lstrip()
    table = cues(sentence_language(opening, reader.language))
    says_no, says_yes = bool(table.no.match(opening)), bool(table.yes.match(opening))
    if any(r.status == ASSERTED for r in rivals):
        return "contradicted"
    if says_no:
        return "negated"
    if says_yes:
        return "negated" if asked.negative else "right"
    return None


def _denied(readings: tuple[Reading, ...], asserted: list[Reading], reader: Reader, asked: Question, m: Matcher) -> Finding:
    negated = [r for r in readings if r.status in ("negated", "contradicted")]
    if negated and not [r for r in asserted if r.strength > 1]:
        return Finding("right", readings, negated[-1])
    if asserted:
        return Finding("affirmed", readings, asserted[-1])
    opening = reader.text[:200].lstrip()
    table = cues(sentence_language(opening, reader.language))
    if table.no.match(opening) or table.echo_denied.search(opening) or table.negated_before.search(table.blank.sub("", opening)):
        return Finding("right", readings)
    return Finding("absent", readings)


def _conclude(completion: str, offset: int, folded: Folded, keys: Sequence[Key], findings: list[Finding], match: str | int, language: str) -> Verdict:
    def quote(finding: Finding) -> str:
        if finding.decisive is None:
            return ""
        start, end = folded.span(max(0, finding.decisive.start - 16), min(len(folded.text), finding.decisive.end + 24))
        return completion[offset + start : offset + end]

    spans: list[Span] = []
    for key, finding in zip(keys, findings, strict=True):
        for reading in finding.readings:
            start, end = folded.span(reading.start, reading.end)
            spans.append(Span(offset + start, offset + end, key.canonical))
    right = sum(f.code == "right" for f in findings)
    needed = len(keys) if match == "all" else 1 if match == "any" else max(1, min(int(match), len(keys)))
    failed = [(k, f) for k, f in zip(keys, findings, strict=True) if f.code != "right"]
    harmful = [x for x in failed if x[1].code == "contradicted"]
    if right >= needed and not (harmful and len(keys) > 1 and False):
        key = next(k for k, f in zip(keys, findings, strict=True) if f.code == "right")
        return verdict(1.0, "right", completion, tuple(spans), key=key.canonical, language=language)
    key, finding = failed[0]
    code = finding.code
    if code == "absent" and right:
        code = "partial"
    return verdict(0.0, code, completion, tuple(spans), key=key.canonical, quote=quote(finding), language=language)
