"""The distractors in a reply: where they stand, and whether one that is asserted beats the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .assertion import ASSERTED, Reader, Reading
from .cues import cues
from .forms import partial
from .lazy import Lazy
from .normalise import fold_text
from .terms import Match, Matcher, find, matcher
from .terms import Reading as Terms
from .verdict import Key


def find_rivals(distractors: Sequence[str], keys: Sequence[Key], terms: Terms) -> list[Match]:
    forms = {f for k in keys for f in k.forms}
    kind = keys[0].type
    rivals: list[Match] = []
    for value in distractors:
        if value and value not in forms:
            rivals += find(matcher((str(value),), kind), terms)
    return sorted(set(rivals), key=lambda m: (m.start, -m.end))


def told_in_part(
    distractors: Sequence[str], keys: Sequence[Key], terms: Terms, masks: list[tuple[int, int, str]], reader: Reader
) -> list[Reading]:
    """Distractors told in other words, where the role says them of itself; never stronger than that."""
    forms = tuple(f for k in keys for f in k.forms)
    readings: list[Reading] = []
    for value in distractors:
        for m in find(Matcher(partial(str(value), forms), (), (), "text"), terms)[:4]:
            if not any(start < m.end and m.start < end for start, end, _ in masks):
                reading = reader.read(m.start, m.end, False)
                if reading.status == ASSERTED and reading.strength > 1:
                    readings.append(Reading(ASSERTED, 2, m.start, m.end))
    return readings


def longer_names(profile: Mapping | str | None, keys: Sequence[Key], terms: Terms) -> list[Match]:
    """Names of the profile that only begin like a key that is a name: 李四光 for 李四."""
    if not isinstance(profile, Mapping):
        return []
    forms = {f for k in keys if k.type == "name" for f in k.forms}
    known = {f for k in keys for f in k.forms}
    longer = [
        v
        for v in profile.values()
        if isinstance(v, str) and len(v) <= 6 and v not in known and any(v.startswith(f) for f in forms)
    ]
    return [m for value in longer for m in find(matcher((value,), "text"), terms)]


def told_before(history: Sequence[Mapping[str, str]], distractors: Sequence[str]) -> set[str]:
    """The distractors that an earlier turn held: answering with one is outdated, not invented."""
    told = "\n".join(fold_text(str(turn.get("content") or "")[:2000]) for turn in history)
    return {value for value in (fold_text(str(d)) for d in distractors) if value and value in told}


def keep_longest(
    found: list[list[Match]], rivals: list[Match], covering: list[Match]
) -> tuple[list[list[Match]], list[Match], list[bool]]:
    """Of overlapping mentions the longer one counts: 李四光 is not 李四. Also whether a key lost all its mentions."""
    kept: list[list[Match]] = []
    hidden: list[bool] = []
    for matches in found:
        stay = [
            m
            for m in matches
            if not any(
                (r.start <= m.start and m.end <= r.end and r.end - r.start > m.end - m.start)
                or r.start < m.start < r.end  # 小林 before 林さん
                for r in [*rivals, *covering]
            )
        ]
        kept.append(stay)
        hidden.append(bool(matches) and not stay)
    keys = [m for ms in kept for m in ms]
    others = [r for r in rivals if not any(m.start < r.end and r.start < m.end for m in keys)]
    return kept, others, hidden


def denied_together(rivals: Sequence[Reading], reader: Reader) -> list[Reading]:
    """Where the predicate stands at the end, a denial reaches all that are joined before it: 이정민, 이정현 아니고."""
    read = list(rivals)
    if reader.language not in ("ja", "ko"):
        return read
    for at in range(len(read) - 2, -1, -1):
        joined = _JOINED.fullmatch(reader.text, read[at].end, read[at + 1].start)
        one = reader.text[read[at].start : read[at].end] == reader.text[read[at + 1].start : read[at + 1].end]
        if joined and not one and read[at].status == ASSERTED and read[at + 1].status == "negated":
            read[at] = replace(read[at], status="negated", strength=read[at + 1].strength)
    return read


def alone(reading: Reading, reader: Reader) -> bool:
    """Whether a fact is told to be the only one: 只剩赵虎了, 한별이뿐일세."""
    a, _ = reader.around(reading.start, reading.end)
    return bool(_ONLY_BEFORE.search(a.clause_before) or _ONLY_AFTER.match(a.sentence_after))


_ONLY_BEFORE = Lazy(r"\bonly (?:the |an? )?$|(?:只有|只剩(?:下)?|就剩(?:下)?|唯有|仅有|就)$")
_ONLY_AFTER = Lazy(r"^(?:ひとり|一人|だけ|のみ|しか)|^(?:이)?(?:뿐(?!만)|밖에|만 (?:남|있))|^(?:一个|一人)?(?:而已|罢了)|^ (?:alone|only)\b(?! not)")


def adds(text: str) -> bool:
    """Whether what stands between a key and a wrong value adds the one to the other: "罗盘、沙漏，再加一台…"."""
    return bool(_ADDS.fullmatch(text))


_ADDS = Lazy(
    r"[.?!。…]+ ?(?:or|或者?|或许|还是|或是|あるいは|それとも|아니면|혹은) ?(?:the |an? |my )?|[,、.。 ]{0,2}[^,、。]{0,4}(?:又|还|另|再)(?:顺路|顺带|顺便)?(?:添|收|多|来|去|到|跑|停|靠)(?:了|过)?(?:个|名|位)?|[,、.。 ]{0,2}(?:再|外|另)?(?:加上?|还有|以及|和|跟|与)(?:一?[台个只条把件位名])?|,? (?:and|plus|along with|as well as|not to mention)(?: also)? (?:(?:enough|plenty of|lots of|a (?:bit|lot|little|drop|[a-z]+) of|more|two|three|half a [a-z]+ of) |an? |the |some |my |one )?"
    r"|(?:と|や|に)|(?:と|や|に|も)?[、。](?:それに|あと(?:は)?|それから|さらに|加えて|おまけに|ついでに|そして|最近は)、?"
    r"|(?:하고|이랑|랑|와|과|에다?)? ?,? ?(?:그리고|하고|랑|거기에|거기다가?|게다가|덤으로|또)? ?"
)


def set_apart(rival: Reading, reader: Reader) -> bool:
    """Whether a wrong value is only named to say what else it is: 青梧、白芷是我教的；石头是来旁听的."""
    a, _ = reader.around(rival.start, rival.end)
    opens = not _WORDS.search(a.clause_before)
    return opens and bool(_OWN.match(a.sentence_after)) and not _TOO.search(a.sentence_after)


_WORDS = Lazy(r"[^\W\ue000-\ue002_]")
_OWN = Lazy(r"^(?:'s| is| was| only| just| does| never)\b|^(?:是|只|才|不过|来|在|跟)|^(?:さん|ちゃん|は|が|の方は)|^(?:이|씨|양|군)?(?:은|는|이는) ")
_TOO = Lazy(r"\b(?:too|also|as well|another|fourth|third|rest|last)\b|也|又|还有|都|も|도 |또|역시")
_JOINED = Lazy(r"[,、· ]{1,2}|[やと]|(?:이?나|와|과|이?랑|도) ?,? ?|(?:でも|も)、?")


def outweighs(rival: Reading, key: Reading, reader: Reader) -> bool:
    """Whether a distractor that is also asserted beats the key: by strength, else by coming last."""
    if rival.strength != key.strength:
        return rival.strength > key.strength if key.strength < 3 else rival.strength == 2 and rival.start > key.start
    if rival.start > key.start:
        return True
    return key.strength == 3 and not _TURN.search(reader.text[rival.end : key.start])


def side_by_side(rival: Reading, keys: Sequence[Reading], reader: Reader) -> bool:
    """Whether a rival stands in one row with a key that is asserted no more than it: "baker, tailor, blacksmith"."""
    for key in keys:
        first, second = (rival, key) if rival.start < key.start else (key, rival)
        between = reader.text[first.end : second.start]
        if (
            key.strength <= max(rival.strength, 1)
            and weight(between) <= _ROW
            and not (_TURN.search(between) or _CHANGED.match(reader.text, second.end))
        ):
            return True
    return False


def in_rows(keys: Sequence[Match], rivals: Sequence[Match], text: str) -> frozenset[int]:
    """The starts of the mentions that stand in a bare row of three or more that mixes keys and rivals: 火系水系风系."""
    listed: set[int] = set()
    row: list[tuple[Match, bool]] = []
    spots = sorted([(m, True) for m in keys] + [(m, False) for m in rivals], key=lambda spot: spot[0].start)
    for spot in [*spots, None]:
        joined = spot and row and _NEXT.fullmatch(text, row[-1][0].end, spot[0].start)
        if joined and not (_STOP.search(joined.group()) and _TOPIC.match(text, spot[0].end)):
            row.append(spot)
            continue
        if len({text[m.start : m.end] for m, _ in row}) > 2 and {own for _, own in row} == {True, False}:
            listed |= {m.start for m, _ in row}
        row = [spot] if spot else []
    return frozenset(listed)


def in_parallel(key: Reading, rivals: Sequence[Reading], reader: Reader) -> bool:
    """Whether two wrong values or more are told the same of as the key: "The butler had the key. The maid had the grudge. …", or each has a case."""
    told = _TOLD.match(reader.text, key.end)
    alike = [r for r in rivals if r.status == ASSERTED and (m := _TOLD.match(reader.text, r.end)) and told and m[1] == told[1]]
    if len({reader.text[r.start : r.end] for r in alike}) > 1:
        return True
    index = reader.sentence_index(key.start)
    return bool(_CASE.match(reader.text, key.end)) and any(r.status == ASSERTED and reader.sentence_index(r.start) == index and _CASE.match(reader.text, r.end) for r in rivals)


_CASE = Lazy(r" (?:on|in|at|for|by|when|if|with|before|after) ")  # "Hollis on a still day, Greer in wind"
_TOLD = Lazy(r" (had|has|knew|wanted|hated|could have|might have|loved|needed|stood|owed|feared|saw|heard|can|could|may|might) ")
_NEXT = Lazy(r"[\s,、·/。…&+-]{0,3}(?:and|or|还是|或者?|和|か|や|と|나|이나|와|과|랑)?[\s,]{0,2}(?:the |an? |my )?")
_STOP = Lazy("[。….]")
_TOPIC = Lazy(r"(?:さん|ちゃん)?(?:は|が|なら)|이?(?:은|는|가) |是|\b is\b")  # a sentence about one is no member of the row before
_CHANGED = Lazy("(?:に|へ)(?:変|改|移|なっ)|으?로 ?(?:바|옮|변)")  # from the first to the second
_ROW = 9  # letters between two members of a row; one of Chinese, Japanese or Korean counts as three


def weight(text: str) -> int:
    """The letters of a text, where one of Chinese, Japanese or Korean counts as three."""
    return sum(1 if c.isascii() else 3 for c in text if c.isalpha())


# Words that turn from what was said to what holds.
_TURN = Lazy(
    "|".join(cues(language).taken_back.source for language in ("en", "zh", "ja", "ko"))
    + r"|哎|唉|瞧我|看我这|あれ、|あら(?:嫌|いや)だ|아이고|에이|\blisten to me\b|\bswapped\b|\bwrong\b|搬到|搬去|改到|改成|换成|\bto\b|\b(?:wait|hang on|hold on|oops|whoops|sorry)\b|等等|等一下|慢着|且慢|おっと|待って|待った|잠깐|어이쿠|앗"
    r"|\b(?:but|however|yet|still|though|now|no)\b|但|可|却|不过|其实|而是|才|如今|现在|けど|けれど|でも|しかし|だが|が、|今は|지만|근데|그런데|는데|이제|지금|그래도"
)
