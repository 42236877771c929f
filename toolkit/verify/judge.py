"""`verify`: from a completion and its keys to one verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from .assertion import ASSERTED, Reader, Reading
from .clauses import sentence_language
from .conflict import another_value, of_other_things
from .context import MASK, RIVAL
from .cues import cues
from .lazy import Lazy
from .normalise import Folded, fold
from .passing import in_passing
from .question import Question, read_question
from .reasons import language_of, verdict
from .reply import split_reply
from .rivals import (
    adds,
    alone,
    denied_together,
    find_rivals,
    in_parallel,
    in_rows,
    keep_longest,
    longer_names,
    outweighs,
    set_apart,
    side_by_side,
    told_before,
    told_in_part,
)
from .sequel import undone
from .sequel_en import none_at_all, undone_en
from .slots import same_slot
from .source import informed
from .stuffing import chanted, dumped, repeated, salad
from .terms import Match, Matcher, find, key_matcher
from .terms import Reading as Terms
from .values import unsettled
from .verdict import Key, Span, Verdict
from .yes_no import agreed, premise_granted, yes_or_no


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one key: the code, and the reading that decided it."""

    code: str
    readings: tuple[Reading, ...]
    decisive: Reading | None = None


# Refusals that may be mistaken about what the question is about; the key's source is asked before they stand.
_CIRCUMSTANCE = frozenset({"attributed", "hypothetical", "not_present", "aside", "negated", "asked"})
# Refusals of a reply that tells something else, which may be what was true before.
_OTHER = frozenset({"absent", "contradicted"})


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
    matchers = [key_matcher(k) for k in _with_aliases(keys, aliases)]
    found = [_names(k, find(m, terms), folded, reply.answer) for k, m in zip(keys, matchers, strict=True)]
    rivals = find_rivals(distractors, keys, terms)
    found, rivals, hidden = keep_longest(found, rivals, longer_names(profile, keys, terms))
    rows = in_rows([m for ms in found for m in ms], rivals, folded.text)
    rows = rows.union(*(unsettled(m, ms, terms) for m, ms in zip(matchers, found, strict=True)))
    masks = sorted({(m.start, m.end, MASK) for ms in found for m in ms} | {(m.start, m.end, RIVAL) for m in rivals})
    reader = Reader(folded.text, masks, spoken, asked)
    if len(keys) > 1:
        reader = reader.asked(asked := replace(asked, listing=True))
    exact = any(m.exact for m in matchers)

    @cache  # most refusals are decided without
    def read_rivals(reader: Reader) -> list[Reading]:
        if reader.question.listing:
            reader = reader.asked(replace(reader.question, listing=False))
        read = [reader.read(m.start, m.end, exact) for m in rivals]
        return denied_together(read + told_in_part(distractors, keys, terms, masks, reader), reader)

    findings = [
        _decide(key, m, ms, read_rivals, reader, asked, hid, rows)
        for key, m, ms, hid in zip(keys, matchers, found, hidden, strict=True)
    ]
    for at, key in enumerate(keys):
        if findings[at].code in _CIRCUMSTANCE and key.polarity != "deny":
            knowing = informed(asked, key, profile, history)
            if knowing != asked:
                again = reader.asked(knowing)
                findings[at] = _decide(key, matchers[at], found[at], read_rivals, again, knowing, hidden[at], rows)
    for at, finding in enumerate(findings):
        if finding.code == "right" and spoken in _SEQUEL and keys[at].polarity != "deny":
            taken = _SEQUEL[spoken](*reader.sequel(finding.readings), asked)
            findings[at] = finding = replace(finding, code=taken) if taken else finding
        corrected = any(r.status == "negated" for r in read_rivals(reader)) if finding.code == "right" and asked.polar else False
        if finding.code == "right" and not corrected and agreed([r for r in finding.readings if r.status == ASSERTED], reader, asked, distractors):
            findings[at] = finding = replace(finding, code="contradicted")
        second = another_value(matchers[at], finding.readings, terms, reader) if finding.code == "right" else None
        if second and keys[at].polarity != "deny":
            findings[at] = replace(finding, code="contradicted", decisive=second)
        elif finding.code == "right" and matchers[at].quantities and of_other_things(finding.readings, terms, asked.text):
            findings[at] = replace(finding, code="aside")
    if len(keys) == 1 and keys[0].polarity != "deny" and findings[0].code == "right":
        claim = findings[0].decisive
        if claim in findings[0].readings and claim.status == ASSERTED and in_passing(claim, reader, asked):
            findings = [replace(findings[0], code="aside")]
    if match == "all" and len(keys) > 1:
        findings = _only(_either(findings, folded.text), reader)
    if any(f.code in _OTHER for f in findings):
        earlier = told_before(history, distractors)
        if earlier and any(r.status == ASSERTED and folded.text[r.start : r.end] in earlier for r in read_rivals(reader)):
            findings = [replace(f, code="outdated") if f.code in _OTHER else f for f in findings]
    return _conclude(completion, reply.answer_start, folded, keys, findings, match, reason_language or spoken)


_SEQUEL = {"zh": undone, "en": undone_en}

# Before it, a word in small letters is no name: "a muckle great boar", where Muckle is a village.
_DETERMINER = Lazy(r"\b(?:an?|the|some|any|no|every|each|very|so|too|this|that|these|those|such|my|your|his|her|its|our|their) $")


_LONGER_NAME = Lazy(r"\b(?:New|North|South|East|West|Upper|Lower|Great|Little|Port|Fort|Saint|St\.?|Mount|Lake|San|Santa|Nether|Over)[ -]$")


def _names(key: Key, mentions: list[Match], folded: Folded, answer: str) -> list[Match]:
    """Without the mentions of a capitalised name or place that are common words; a reply may be in small letters throughout."""
    if key.type not in ("name", "place") or not key.canonical[:1].isupper() or answer == answer.lower():
        return mentions

    cased = next((c for c in answer if c.isalpha()), "a").isupper()

    def common(m: Match) -> bool:
        start, end = folded.span(m.start, m.end)
        if answer[start:end].islower():
            return (cased and key.canonical.isalpha()) or bool(_DETERMINER.search(folded.text[max(0, m.start - 8) : m.start]))
        return bool(_LONGER_NAME.search(answer[max(0, start - 12) : start]))

    return [m for m in mentions if not common(m)]


def _with_aliases(keys: Sequence[Key], aliases: Sequence[str]) -> list[Key]:
    """Aliases belong to the only key, or to the only key that is a name."""
    names = [k for k in keys if k.type == "name"]
    owner = keys[0] if len(keys) == 1 else names[0] if len(names) == 1 else None
    return [
        Key(k.canonical, (*k.alternatives, *map(str, aliases)), k.type, k.polarity) if k is owner and aliases else k
        for k in keys
    ]


def _decide(
    key: Key,
    m: Matcher,
    mentions: list[Match],
    read_rivals: Callable[[Reader], list[Reading]],
    reader: Reader,
    asked: Question,
    hidden: bool,
    rows: frozenset[int],
) -> Finding:
    readings = tuple(reader.read(x.start, x.end, m.exact) for x in mentions)
    readings = tuple(
        replace(r, status="listed") if r.start in rows and r.status == ASSERTED and key.polarity != "deny" else r
        for r in readings
    )
    asserted = [r for r in readings if r.status == ASSERTED]
    if key.polarity == "deny":
        return _denied(readings, asserted, reader, asked, m)
    if chanted(mentions, reader.text) or (len(readings) > 3 and repeated(mentions, reader.text)):
        return Finding("stuffed", readings, readings[0])
    if readings and (salad(reader.text, reader.language) or dumped(mentions, reader.text, reader.language, asked.listing)):
        return Finding("stuffed", readings, readings[0])
    if not readings:
        answer = yes_or_no(m, read_rivals(reader), reader, asked)
        return Finding(answer or ("part_of_word" if hidden else "absent"), ())
    if not asserted:
        last = readings[-1]
        also = last.status == "attributed" and _ALSO.search(reader.text[:200])
        echoed = last.status == "asked" and asked.polar
        if (also or echoed) and yes_or_no(m, read_rivals(reader), reader, asked) == "right":
            return Finding("right", readings, last)
        return Finding(last.status, readings, last)
    rivals = read_rivals(reader)
    granted = premise_granted(rivals, asserted, reader, asked)
    if granted:
        return Finding("contradicted", readings, granted)
    best = max(r.strength for r in asserted)
    first = next(r for r in asserted if r.strength == best)
    if best < 3 and asked.open and reader.language == "en" and none_at_all(reader.text[: first.start]):
        return Finding("negated", readings, first)
    if best == 1 and any(r.start in rows for r in readings):
        return Finding("listed", readings, readings[0])
    against = [r for r in readings if r.status in ("attributed", "hedged") or (r.status == "negated" and r.strength == 3)]
    if against and best == 1:
        return Finding(against[-1].status, readings, against[-1])
    last = [r for r in asserted if r.strength == best][-1]
    if best < 3 and not asked.listing and len(rivals) > 1 and in_parallel(asserted[-1], rivals, reader):
        return Finding("listed", readings, asserted[-1])
    final = asserted[-1]
    if asked.listing:
        rivals = [r for r in rivals if not set_apart(r, reader)]
        added = [r for r in rivals if r.status == ASSERTED and r.start > final.end and adds(reader.text[final.end : r.start])]
        if added:
            return Finding("contradicted", readings, added[-1])
    amended = [
        r
        for r in rivals
        if r.status == ASSERTED
        and r.start > final.end
        and (_AMENDS.search(reader.text[final.end : r.start]) or same_slot(reader.clause(r.start, r.end), asked))
    ]
    if amended:
        return Finding("contradicted", readings, amended[-1])
    back = final.strength == 3 and len(asserted) > 1 and final.start > max((r.start for r in rivals), default=0)
    if back and reader.sentence_index(final.start) > max(reader.sentence_index(r.start) for r in rivals) if rivals else False:
        return Finding("right", readings, final)  # "Saturday, then Sunday, then … Saturday."
    withdrawn = {_said(r, reader) for r in rivals if r.status in _WITHDRAWN}
    opposed = [
        r
        for r in rivals
        if r.status == ASSERTED
        and not (r.strength == 1 and any(other.start < r.start and _said(other, reader) == _said(r, reader) and other.status == "negated" for other in rivals))
        and not (r.start < final.start and r.strength == 3 and _said(r, reader) in asked.text)
        and not (r.start < final.start and _said(r, reader) in withdrawn)
        and not (r.end < final.start and _SUMS.fullmatch(reader.text, r.end, final.start))
        and not (r.start in rows and final.start > r.start and final.start not in rows)
        and not (r.end < final.start and not asked.past and _SUPERSEDED.search(reader.text[r.end : final.start]))
        and not (r.end < final.start and final.strength > 1 and _CORRECTS.search(reader.text[r.end : final.start]))
        and (
            side_by_side(r, asserted, reader)
            or (outweighs(r, last, reader) and not (last.strength > r.strength and final.start > r.start))
        )
    ]
    if opposed:
        return Finding("contradicted", readings, opposed[-1])
    against = [
        r
        for r in readings
        if r.start > final.start
        and (
            r.status == "retracted"
            or (r.status == "negated" and r.strength == 3)
            or (m.exact and r.status in _QUALIFIED and reader.sentence_index(r.start) == reader.sentence_index(final.start) + 1)
        )
    ]
    if against:
        return Finding("contradicted", readings, against[-1])
    return Finding("right", readings, last)


# Between a wrong value and the right one: what follows it is meant.
_CORRECTS = Lazy(
    r"[.!…—?,] ?(?:(?:oh|er|ah|um|ach),? )?(?:no[,.!]|no, |wait|sorry|(?:do )?(?:forgive|pardon|excuse) me|(?:old |road |force of )?habits?\b|(?:my |a thousand )?apologies|i beg|my mistake|bless me|listen to me|what am i saying|scratch that|i mean\b|rather\b|make that)|(?:哦|啊|呃|哎)?不(?:对|是)?[,。!…]|错了|我是说|说错|いや+い?や?[、,。…]?|違(?:う|った)|じゃな(?:く|い)|(?:ほんと|本当|実|実際|正しく)(?:う|のところ)?は|正解は|아니지?[,.!… ]|아차|(?:あら|おや|あっ|おっと|いけない|しまった)[、,!…]|(?:어머나?|아이[고구]|앗|어이쿠|이런|이크)[,!.… ]|(?:사실|실|진짜|진짜로|정확히|정답)은? "
)
_SUMS = Lazy(r"[^.!?]{0,40}\b(?:plus|and|add|another|with)\b[^.!?]{0,40}(?::|,? (?:makes?(?: it)?|is|comes? to|that's|equals|in all)) ?")  # "Eighty, plus eight wisdom teeth: eighty-eight"
# What was told first is over by what is told after it.
_SUPERSEDED = Lazy("又(?:划|勾|涂|抹|改|换|推翻|否)[掉去了成]|再后来|最后(?:才|还是|定)|末了|到头来")
# Words that own up to what really holds; a rival after them is the last word.
_AMENDS = Lazy(
    r"\b(?:in truth|truth is|the truth|actually,? i|sorry|oops|i'll come clean|honestly)\b|其实|说实话|说真的|实话|老实说|实不相瞒|坦白|ごめんなさい|すみません|本当は|実は|正直|白状|ほんとは|いけない|실은|사실은|솔직히|사실 "
)
_QUALIFIED = frozenset({"hedged", "hypothetical", "approximate"})  # "Thirty years. Well, thirty if you count my father's."
_WITHDRAWN = frozenset({"attributed", "negated", "retracted", "not_present"})


def _said(reading: Reading, reader: Reader) -> str:
    return reader.text[reading.start : reading.end]


_ALSO = Lazy(r"\b(?:too|as well|also)\b|也|[父母兄姉弟妹祖親師]も|[가-힣]도 ")  # Yes, my father was one too
_OR = Lazy(
    r"^,? ?(?:or|or maybe|or perhaps|or else) (?:the |a |an |my )?$|^[,、]?(?:或者?|还是|抑或|要么)(?:是)?$|^(?:か|または|あるいは|それとも|もしくは)、?$|^(?:이나|나|이거나|거나|,? ?아니면|,? ?또는|,? ?혹은) $"
)
_BOTH = Lazy(r"\bboth\b|either one|都|两(?:样|个|者)|どちらも|両方|둘 ?다|모두")


def _only(findings: list[Finding], reader: Reader) -> list[Finding]:
    """Keys that stand in another clause than one which is told to be the only one."""
    ends = [r.end for f in findings if f.code == "right" for r in f.readings if r.status == ASSERTED and alone(r, reader)]
    for end in ends:
        findings = [
            replace(f, code="contradicted")
            if f.code == "right" and f.readings and f.readings[0].start > end and _CLAUSED.search(reader.text[end : f.readings[0].start])
            else f
            for f in findings
        ]
    return findings


_CLAUSED = Lazy(r"[,.!?;。、]")


def _either(findings: list[Finding], text: str) -> list[Finding]:
    """Keys that a reply only offers for choice, where all are asked: "the lute or the harp"."""
    spots = sorted((r.start, r.end, at) for at, f in enumerate(findings) if f.code == "right" for r in f.readings)
    for (_, end, one), (start, _, other) in pairwise(spots):
        if one != other and start - end <= 12 and _OR.match(text[end:start]) and not _BOTH.search(text):
            findings = [replace(f, code="listed") if at in (one, other) else f for at, f in enumerate(findings)]
    return findings


_SPOKEN = 400  # characters of a reply in which it may decline
# To know nothing of a thing, or not to speak of it, denies it too.
_KNOWS_NOT = Lazy(
    r"\b(?:i (?:know nothing|don't know|do not know|wouldn't know|couldn't (?:tell|say)|can't (?:say|tell|speak|help)|won't (?:say|tell|speak|discuss)|(?:have|'ve) (?:no (?:idea|notion|clue)|never heard)|never heard)|never heard of|no idea|(?:beyond|outside|not) my (?:trade|ken|place|business|line|field)|means nothing to me|what(?:'s| is) (?:that|an?)\b[^?]{0,30}\?|(?:i'd|i would) rather not|none of my business|ask (?:someone|somebody) else)"
    r"|不(?:知道|晓得|清楚|懂|明白|了解|谈|说|提|聊|认得|认识|便(?:说|讲|透露)|能(?:说|讲|谈)|归我)|没(?:听说|听过|见过|碰过|用过|学过)|(?:闻所|未曾|从未)(?:未)?[闻听见]|一窍不通|(?:哪|怎)(?:里|么)?(?:会)?(?:懂|知道|晓得)|什么(?:东西|玩意儿?|是)|无可奉告|恕(?:难|不)|问(?:谁|我)(?:也|都)(?:没用|白)"
    r"|知ら(?:ない|ん|ねえ|ぬ|ず)|知りません|存じ(?:ません|上げません|ない)|わから(?:ない|ん|ねえ|ぬ)|分から(?:ない|ん)|(?:わか|分か|判)りません|聞いたこと(?:も|が|は)?(?:ない|ありません|ねえ)|見たこと(?:も|が)(?:ない|ありません)|答え(?:られ|かね)|話せ(?:ない|ません)|(?:なん|何)(?:です|だ|の|だい)[^。]{0,4}[かい]?(?:それ|そりゃ)|初耳|門外漢|専門外"
    r"|모르(?!는 ?게 ?없)|모릅|몰라|몰랐|들어 ?본 ?적|처음 ?듣|금시초문|아는 ?바(?:가)? ?없|알 ?(?:수|길|턱)[이가]? ?없|말(?:씀)?(?:드릴|할|해 ?줄) ?수 ?없|말 ?안 ?해|얘기 ?안 ?해|대답(?:할|해) ?(?:수 ?없|못)|그게 ?뭐|뭔지|뭡니까"
)


def _denied(
    readings: tuple[Reading, ...], asserted: list[Reading], reader: Reader, asked: Question, m: Matcher
) -> Finding:
    negated = [r for r in readings if r.status in ("negated", "contradicted")]
    if negated and not [r for r in asserted if r.strength > 1]:
        return Finding("right", readings, negated[-1])
    if _KNOWS_NOT.search(reader.text[:_SPOKEN]) and not [r for r in asserted if r.strength == 3]:
        return Finding("right", readings)
    if asserted:
        return Finding("affirmed", readings, asserted[-1])
    opening = reader.text[:200].lstrip()
    table = cues(sentence_language(opening, reader.language))
    if (
        table.no.match(opening)
        or table.echo_denied.search(opening)
        or table.negated_before.search(table.blank.sub("", opening))
    ):
        return Finding("right", readings)
    return Finding("absent", readings)


def _conclude(
    completion: str,
    offset: int,
    folded: Folded,
    keys: Sequence[Key],
    findings: list[Finding],
    match: str | int,
    language: str,
) -> Verdict:
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
    if right >= needed:
        key = next(k for k, f in zip(keys, findings, strict=True) if f.code == "right")
        return verdict(1.0, "right", completion, tuple(spans), key=key.canonical, language=language)
    key, finding = failed[0]
    code = finding.code
    if code == "absent" and right:
        code = "partial"
    return verdict(0.0, code, completion, tuple(spans), key=key.canonical, quote=quote(finding), language=language)
