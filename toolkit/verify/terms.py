"""Where a key, a distractor or an alias stands in a folded text: word boundaries, numerals, units, moments.

`李四` is not in `李四光`, `art` not in `party`, `1` not in `21`; `四十七`, `47` and `forty-seven` are one number.
"""



from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .dates import Moment, find_moments, same_moment, settle, whole_moment
from .forms import ARTICLE, Form, bounded, loose, parted, respelled
from .normalise import fold_pattern, fold_text
from .readings import in_kana
from .units import Quantity, counted_quantity, find_quantities, same_quantity, whole_quantity, with_unit_apart
from .verdict import Key

LIMIT = 400  # mentions of one key that are found
READ = 8  # of more mentions the first and the last half are read


class Match(NamedTuple):  # made for every mention: a dataclass takes three times as long
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Matcher:
    """All that may stand for one key: literal forms, and what they mean as quantity or moment."""

    literal: tuple[Form, ...]
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]
    type: str  # text | name | place | number | quantity | date | time

    @property
    def exact(self) -> bool:
        return bool(self.quantities or self.moments or any(f.literal[:1].isdigit() for f in self.literal))


_HANGUL_WORD = re.compile("[영공일이삼사오육륙칠팔구]{1,3}|[이삼사오육칠팔구][천만]")
_TITLE = re.compile(r"^(?:dr|mr|mrs|ms|prof|professor|doctor|captain|capt|sir|lady|lord|master|miss)\b\.? ", re.IGNORECASE)


@lru_cache(maxsize=1024)
def matcher(forms: tuple[str, ...], kind: str) -> Matcher:
    """The matcher of a key's forms; what a form means is inferred where its type does not say."""
    forms = (*forms, *(other for form in forms for other in respelled(form)))
    if kind == "name":
        forms = (*forms, *(bare for form in forms if " " in (bare := _TITLE.sub("", form))))
    literal: list[str] = []
    quantities: list[Quantity] = []
    moments: list[Moment] = []
    inferred = kind
    for original in dict.fromkeys(forms):
        form = fold_text(original).strip().strip("。.!?,;:'\"").strip()
        if not form:
            continue
        counted = kind in ("number", "name") or (kind == "quantity" and form.isdigit())  # "3" for 3 children is no hour
        moment = None if counted else whole_moment(form)
        if moment and moment.kind == "date" and form.isdigit() and kind not in ("date",):
            moment = None
        if (
            moment
            and moment.kind == "date"
            and kind != "date"
            and len(moment.readings) > 1
            and moment.readings[0][1] is None
        ):
            moment = None  # 10年 is a span
        word = kind in ("text", "place") and _HANGUL_WORD.fullmatch(form)  # 사공 is a ferryman, no 40
        quantity = whole_quantity(ARTICLE.sub("", form)) if kind != "name" and moment is None and not word else None
        if quantity is not None and quantity.value is None:
            quantity = None
        bare = whole_quantity(form) if kind == "text" and moment and moment.kind == "time" else None
        if bare is not None and bare.value is not None and not bare.unit:
            quantities.append(bare)  # "12" without a type is a number, and maybe an hour
            moments.append(moment)
            inferred = "number"
        elif moment:
            moments.append(moment)
            inferred = {"weekday": "date"}.get(moment.kind, moment.kind) if inferred == "text" else inferred
        elif quantity:
            quantities.append(quantity)
            if inferred in ("text", "place"):
                inferred = "quantity" if quantity.unit else "number"
        else:
            counted = counted_quantity(form) if kind in ("number", "quantity") else None
            if counted is not None:
                quantities.append(counted)
            literal.append(form)
            short = ARTICLE.sub("", form)
            if short != form:
                literal.append(short)
    counted = {q.plain for q in quantities if q.unit and q.plain is not None}
    quantities = [q for q in quantities if q.unit or q.plain not in counted]  # "3" beside "3 children" counts children too
    literal.sort(key=len, reverse=True)
    kana = dict.fromkeys(spelled for form in forms for spelled in in_kana(form))
    return Matcher(
        tuple([bounded(f, kind) for f in literal] + [bounded(f, kind, exact=True) for f in kana] + [p for f in literal for p in parted(f, kind)]),
        tuple(quantities),
        tuple(settle(moments)),
        inferred,
    )


def key_matcher(key: Key) -> Matcher:
    return matcher(key.forms, key.type)


class Reading:
    """One folded text whose numbers and moments are read at most once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._loose: str | None = None
        self._quantities: list[Quantity] | None = None
        self._moments: dict[str, list[Moment]] = {}

    @property
    def loose(self) -> str:
        if self._loose is None:
            self._loose = loose(self.text)
        return self._loose

    @property
    def quantities(self) -> list[Quantity]:
        if self._quantities is None:
            self._quantities = find_quantities(self.text)
        return self._quantities

    def moments(self, kind: str) -> list[Moment]:
        if kind not in self._moments:
            self._moments[kind] = find_moments(self.text, kind)
        return self._moments[kind]


def find(matcher: Matcher, reading: Reading) -> list[Match]:
    """Mentions in order, at most LIMIT, never overlapping."""
    found: list[Match] = []
    for form in matcher.literal:
        for span in form.spans(reading.text, reading.loose):
            found.append(Match(*span))
            if len(found) >= LIMIT:
                break
    if matcher.quantities:
        counted = {q.dimension for q in matcher.quantities if q.unit} == {"count"} and not any(q.unit == "分" for q in matcher.quantities)  # 21箱 is no 二十一年, whatever its short form
        clocks = reading.moments("time") if not any(q.unit for q in matcher.quantities) else ()
        for said in reading.quantities:
            if not (counted and said.dimension in _OTHER_KINDS) and any(
                same_quantity(q, with_unit_apart(said, reading.text) if q.unit else said)
                and not (q.unit and not said.unit and not reading.text.startswith(q.unit, said.end) and _other_noun(reading.text, said.end))
                for q in matcher.quantities
            ) and not (_only_counts(matcher, reading.text, said) or _idiom(reading.text, said) or (reading.text.startswith("째", said.end) and not any(q.ordinal for q in matcher.quantities)) or _in_clock(reading.text, said, clocks)):
                found.append(Match(said.start, said.end))
    years = {r[0] for m in matcher.moments if m.kind == "date" for r in m.readings if r[1] is None and r[2] is None}
    if years:
        found += [Match(q.start, q.end) for q in reading.quantities if q.value in years and q.unit in ("", "年", "년")]
    short = {q.plain % 100 for q in matcher.quantities if q.unit == "년" and q.plain and q.plain >= 1000}
    if short:  # 94년 for 1994
        found += [Match(q.start, q.end) for q in reading.quantities if q.unit == "년" and q.plain in short and not _SPAN.match(reading.text, q.end)]
    hours = {r[0] // 60 % 12 for m in matcher.moments if m.kind == "time" for r in m.readings if r[0] % 60 == 0}
    if hours:  # "Nine. Sorry, eight."
        found += [
            Match(q.start, q.end)
            for q in reading.quantities
            if not q.unit and not q.ordinal and q.value in {h or 12 for h in hours} and not _other_noun(reading.text, q.end)
            and not _in_clock(reading.text, q, reading.moments("time"))
        ]
    for key in matcher.moments:
        found += [Match(m.start, m.end) for m in reading.moments(key.kind) if same_moment(key, m)]
    if not found:
        return found
    found.sort(key=lambda m: (m.start, -m.end))
    apart: list[Match] = []
    longest = 2 * max(match.end - match.start for match in found)
    for match in found:
        if not apart or match.start >= apart[-1].end:
            apart.append(match)
        elif match.end > apart[-1].end and not matcher.exact and match.end - apart[-1].start <= longest:
            apart[-1] = Match(apart[-1].start, match.end)  # two forms of one key: 演木偶 and 木偶戏
    return apart if len(apart) <= READ else apart[: READ // 2] + apart[-READ // 2 :]


_SPAN = re.compile(" ?(?:동안|간|째|차|전|뒤|후|만|넘|쯤|정도|이나|을|을 )")  # 94년 동안 is a span, 94년 봄 a year
_OTHER_NOUN = re.compile(
    fold_pattern(
        r"[ -](?!(?:and|or|in|at|by|from|to|is|for|now|exactly|of|on|when|this|last|next|as|if|but|that|sharp|even|flat|already|since|with|it|i|the|a|an|come|not|all|more|years?|total|altogether|thank|sir|today|at|per|so|too|was|were|are|and)\b)[a-z]{3,}"
        r"|(?:[\u4e00-\u9fff](?<![了的吧啊呢整呀哦嘛啦喽咯有左右上下出头来多之是也都就还我在而且不个位名人口岁]))|[가-힣](?<![이입예요야은는을를가에로의도만라인지네세째살])| 리"
        r"| [가-힣]{2,4}(?=이오|이에요|입니다|이죠|이요|예요|이고|인데)"
    )
)


def _other_noun(text: str, at: int) -> bool:
    """Whether a bare number is followed by a noun that is not the key's unit: fourteen tides."""
    return bool(_OTHER_NOUN.match(text, at))


_OTHER_KINDS = ("span", "duration", "mass", "length", "volume", "area", "temperature", "yuan")


def bare_number(text: str, said: Quantity) -> bool:
    """Whether no noun follows that a number would count."""
    return not _other_noun(text, said.end)


def _only_counts(matcher: Matcher, text: str, said: Quantity) -> bool:
    """Whether the key is a rank and the number only counts what stands after it: 第一 and 一枪."""
    ranks = all(q.ordinal for q in matcher.quantities)
    return ranks and not said.ordinal and text[said.end : said.end + 1].isalpha()


def _in_clock(text: str, said: Quantity, clocks: Sequence[Moment]) -> bool:
    """Whether a bare number is only part of a time of day."""
    return any(c.start <= said.start and said.end <= c.end and _CLOCK.search(text, c.start, c.end) for c in clocks)


_CLOCK = re.compile("[点时시:]|[ap]\\.?m|clock|past|quarter")
_ONE_IDIOM = re.compile(
    fold_pattern(
        "一(?:起|样|定|直|切|般|些|下|旦|向|时(?!间)|边|点(?!钟|整)|路|番|辈|生|会|气|心|面|共|手|半|再|律|贯|味|身|阵|连|溜|声|眼|句|口气|把年|把火|看|听|来|去|提|想|问|抬|拍|转|笑|算|遍遍|天到晚|进门|年到头|早|晚上|瞬|番|旁|度|番)|万(?:一|分|物|般)|三番|五湖|四海|九牛|十分|千万|两边|百姓|三心|六六大|三三两|七七八|九九归|四四方"
    )
)


def _idiom(text: str, said: Quantity) -> bool:
    """Whether a small numeral is only part of a word: 一起, 一定, 万一; one as a pronoun."""
    if not said.words:
        return False
    if _ONE_IDIOM.match(text, said.start) or (said.unit == "" and text[said.start - 1 : said.start] == "老"):
        return True
    word = text[said.start : said.end]
    if word == "one":
        return bool(
            re.match(
                r" (?:of|who|that|day|another|thing|could|can|would|must|should|might|is|does|has)\b",
                text[said.end : said.end + 10],
            )
        ) or bool(
            re.search(
                r"\b(?:the|this|that|no|any|every|which|some|each|another|loved|right|last)(?: (?!answer |number |right |only )[a-z]+)? $",
                text[max(0, said.start - 18) : said.start],
            )
        )
    if word in ("second", "third", "score") and said.dimension == "":
        return False
    return (
        "가" <= word[0] <= "힣"
        and said.unit == ""
        and word
        in ("한", "두", "세", "네", "이", "일", "공", "영", "구", "사", "오", "천", "만", "억", "백", "석", "넉")
        and len(text) > 8
    )
