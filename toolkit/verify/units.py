"""Units that convert, counters that do not, and quantities in text: 180 cm, 1米8, 三斤半, five foot eleven."""



from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from .normalise import fold_pattern, fold_text
from .numbers import Number, find_numbers
from .unit_names import IMPERIAL, KILO, KILOS, MONTHS, OLD_CHINESE, UNITS

_F = Fraction
_LONGEST = max(map(len, UNITS))
_AGE_WORDS = re.compile(r"[ -]?(?:years?|yrs?)[ -](?:old|young|of age)\b|[ -]?y/?o\b|[ -]?winters\b|[ -]?summers\b")
_LATIN_UNIT = re.compile(
    r"[ -]?(sq(?:uare)? ?(?:m|met(?:er|re)s?)|°?[a-z]+[23]?(?![a-z])|%|°[cf]|''|\"|')", re.IGNORECASE
)
_CURRENCY_BEFORE = {"$": "dollar", "¥": "yuan", "€": "euro", "₩": "won", "£": "pound"}


@dataclass(frozen=True, slots=True)
class Quantity:
    start: int
    end: int
    value: Fraction | None  # in the base unit of the dimension
    plain: Fraction | None  # as written
    dimension: str  # "" when no unit stands there
    unit: str
    ordinal: bool = False
    words: bool = False


def _unit_at(text: str, at: int) -> tuple[str, str, Fraction, int] | None:
    """The unit that starts at `at`: (name, dimension, size, end)."""
    age = _AGE_WORDS.match(text, at)
    if age:
        return "years old", "age", _F(1), age.end()
    latin = _LATIN_UNIT.match(text, at)
    if latin:
        name = latin.group(1)
        if name.startswith("sq"):
            return name, "area", _F(1), latin.end()
        if name == "'":
            return name, "length", _F(3048, 10000), latin.end()
        if name in ("''", '"'):
            return name, "length", _F(254, 10000), latin.end()
        if name in UNITS and not (name == "in" and text[at : at + 1] == " "):
            return name, *UNITS[name], latin.end()
        return None
    start = at + 1 if text[at : at + 1] == " " else at
    for length in range(min(_LONGEST, len(text) - start), 0, -1):
        name = text[start : start + length]
        if name in UNITS:
            return name, *UNITS[name], start + length
    return None


_HALF_AFTER = re.compile("半钟|半(?![个天夜路])| ?반(?!장|찬|지|칸|대|응|갑|복|드시)")
_HALF_BEFORE = re.compile(r"(?:半(?=[斤里年岁天个月小时尺两吨升米公])|half (?:an? )?|반 ?(?=[가-힣]))")
_SHARES = {
    "half": _F(1, 2),
    "a third": _F(1, 3),
    "one third": _F(1, 3),
    "two thirds": _F(2, 3),
    "a quarter": _F(1, 4),
    "three quarters": _F(3, 4),
    "一半": _F(1, 2),
    "절반": _F(1, 2),
    "半分": _F(1, 2),
}
_SHARE = re.compile(
    r"\b(?:half(?! a| an| past)|a third|one third|two thirds|a quarter(?! to| past)|three quarters)\b|一半|절반|半分"
)
_MINUS = re.compile("(?:(?<![\\w)])-|minus |negative |零下|负|マイナス|영하 ?)$")
_HALF_INSIDE = re.compile("[个]半(?=小时|钟头|月|星期|礼拜|时辰)")
_ONE = re.compile(
    r"\ban? (?=(?:hour|day|week|fortnight|month|year|decade|century|mile|metre|meter|kilo|kilogram|pound|ton|tonne|litre|liter|foot|inch|gallon|pint)\b)"
)
_PART_OF = re.compile(r"\b(an?|one|two|three|four|five|seven|nine) (half|third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twelfth|twentieth)s? of an? ")
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "twelfth": 12, "twentieth": 20}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "nine": 9}
# A number told by another: "a hundred shy of thirteen hundred", "two more than fifty".
_SHORT_OF = re.compile(r"(?: [a-z]{3,9})? (?:shy|short) of (?:a |the |my )?|(?: [a-z]{3,9})? (?:less|fewer) than (?:a |the )?")
_PAST = re.compile(r"(?: [a-z]{3,9})? (?:more than|past|beyond|over|above|on top of) (?:a |the |my )?")
_AND_A_HALF = re.compile(" and a half")


def find_quantities(text: str) -> list[Quantity]:
    """Numbers with the unit that follows, compound forms (five foot eleven, 1米8, 两斤三两) joined to one."""
    numbers = find_numbers(_TAEL.sub(_NO_NUMERAL, text))
    found: list[Quantity] = []
    index = 0
    while index < len(numbers):
        quantity, index = _quantity(text, numbers, index)
        found.append(quantity)
    for one in _ONE.finditer(text) if len(text) < 4000 else ():
        unit = _unit_at(text, one.end())
        if unit and text[max(0, one.start() - 5) : one.start()] != "half ":
            half = _AND_A_HALF.match(text, unit[3])
            value = _F(3, 2) if half else _F(1)
            found.append(
                Quantity(
                    one.start(), half.end() if half else unit[3], unit[2] * value, value, unit[1], unit[0], words=True
                )
            )
    for half in _SHARE.finditer(text) if len(text) < 4000 else ():
        value = _SHARES[half.group()]
        found.append(Quantity(half.start(), half.end(), value, value, "", "", words=True))
    for part in _PART_OF.finditer(text) if len(text) < 4000 else ():
        unit = _unit_at(text, part.end())
        if unit:
            value = _F(_COUNTS[part[1]], _PARTS[part[2]])
            found.append(Quantity(part.start(), unit[3], unit[2] * value, value, unit[1], unit[0], words=True))
    found = [_bakers(text, q) for q in found]
    found += _told_by_another(text, found)
    for half in _HALF_BEFORE.finditer(text) if len(text) < 4000 else ():
        unit = _unit_at(text, half.end())
        if unit and not any(q.start <= half.start() < q.end for q in found):
            found.append(Quantity(half.start(), unit[3], unit[2] / 2, _F(1, 2), unit[1], unit[0], words=True))
    return found


_TIMES = re.compile(r"\b(half of|twice|double|thrice|three times|four times|five times|ten times|a third of|a quarter of) (?:the |a )?$")
_FACTOR = {"half of": _F(1, 2), "twice": _F(2), "double": _F(2), "thrice": _F(3), "three times": _F(3), "four times": _F(4), "five times": _F(5), "ten times": _F(10), "a third of": _F(1, 3), "a quarter of": _F(1, 4)}


def _bakers(text: str, q: Quantity) -> Quantity:
    """A baker's dozen is thirteen."""
    if q.value != 12 or not text.startswith("dozen", q.start) or not text.endswith("baker's ", 0, q.start):
        return q
    return replace(q, start=q.start - len("baker's "), value=_F(13), plain=_F(13))


def _told_by_another(text: str, plain: list[Quantity]) -> list[Quantity]:
    """Differences and sums in words; of a sum the second is the greater by far, since "ten past six" is a time."""
    made = []
    for q in plain[:200]:
        times = _TIMES.search(text, max(0, q.start - 16), q.start)
        if times and q.value and q.plain:
            factor = _FACTOR[times[1]]
            made.append(Quantity(times.start(), q.end, q.value * factor, q.plain * factor, q.dimension, q.unit, words=True))
    for first, second in pairwise(plain[:200]):
        if not (first.value and second.value and 0 < second.start - first.end < 40 and second.value > first.value):
            continue
        less = _SHORT_OF.fullmatch(text, first.end, second.start)
        more = second.value >= 24 and _PAST.fullmatch(text, first.end, second.start)
        if (less or more) and first.plain and second.plain:
            value = second.plain - first.plain if less else second.plain + first.plain
            made.append(Quantity(first.start, second.end, value, value, second.dimension, second.unit, words=True))
    return made


_TIMED = re.compile(fold_pattern("半钟?|[零又]?[\\d一二三四五六七八九十]{1,3}秒"))
_MINUTE = {"duration": _F(60), "length": _F(1, 300), "mass": _F(1, 2)}  # 分 of an hour, of a 尺, of a 两: a tenth of 钱 and of 寸


def _smaller(text: str, at: int, dimension: str, size: Fraction, apart: bool = False) -> tuple[str, str, Fraction, int] | None:
    """The unit at `at`, when it is a smaller one of the same dimension."""
    unit = _unit_at(text, at)
    if unit and unit[0] == "分" and dimension in _MINUTE and not (apart and dimension != "duration"):
        unit = "分", dimension, _MINUTE[dimension], unit[3]
    return unit if unit and unit[1] == dimension and unit[2] < size else None


def _quantity(text: str, numbers: list[Number], index: int) -> tuple[Quantity, int]:
    number = numbers[index]
    before = text[number.start - 1 : number.start] if number.start else ""
    start = number.start
    value, end = number.value, number.end
    inside = _HALF_INSIDE.match(text, number.end)
    if inside and number.value is not None:
        unit = _unit_at(text, inside.end())
        if unit:
            plain = number.value + _F(1, 2)
            return Quantity(start, unit[3], plain * unit[2], plain, unit[1], unit[0], words=True), index + 1
    unit = _unit_at(text, number.end)
    if unit and unit[0] == "分" and _TIMED.match(text, unit[3]):  # 一分半钟, 一分三十秒
        unit = "分", "duration", _F(60), unit[3]
    if _MINUS.search(text[max(0, start - 6) : start]):
        return Quantity(
            start, end, None if value is None else -value, None if value is None else -value, "", "-"
        ), index + 1
    if (
        text.startswith("分之", number.end)
        and index + 1 < len(numbers)
        and numbers[index + 1].start == number.end + 2
        and value
    ):
        part = numbers[index + 1]
        if part.value is not None:
            if value == 100:
                return Quantity(start, part.end, part.value, part.value, "percent", "%", words=True), index + 2
            return Quantity(start, part.end, part.value / value, part.value / value, "", "", words=True), index + 2
    if (
        unit is None
        and text.startswith("/", end)
        and index + 1 < len(numbers)
        and numbers[index + 1].start == end + 1
        and numbers[index + 1].value
        and value is not None
    ):
        share = value / numbers[index + 1].value
        return Quantity(start, numbers[index + 1].end, share, share, "", ""), index + 2
    if unit is None:
        if before in _CURRENCY_BEFORE:
            return Quantity(start - 1, end, value, value, _CURRENCY_BEFORE[before], before), index + 1
        return Quantity(start, end, value, value, "", "", number.ordinal, number.words), index + 1
    name, dimension, size, end = unit
    plain = value
    if value is not None and dimension == "count" and name == "个" and text.startswith("半", end):
        return Quantity(
            start, end + 1, value + _F(1, 2), plain + _F(1, 2), dimension, name, words=number.words
        ), index + 1
    if value is not None and dimension != "count":
        value = value * size
        half = _HALF_AFTER.match(text, end)
        if half:
            value, plain, end = value + size / 2, plain + _F(1, 2), half.end()
        # a smaller unit, or a bare digit for the next decimal, may follow: 1米8, 5 foot 11, 两斤三两
        if index + 1 < len(numbers) and not half:
            following = numbers[index + 1]
            gap = text[end : following.start]
            if following.value is not None and gap in ("", " ", ",", ", ", " and ", "零", "-", "と", "하고 ", "과 ", "와 "):
                second = _smaller(text, following.end, dimension, size, apart=bool(gap))
                if second and following.value * second[2] < size and not ("," in gap and _NOT_EVEN.match(text, second[3])):
                    value, end, index = value + following.value * second[2], second[3], index + 2
                    third = numbers[index] if index < len(numbers) and numbers[index].start == end else None
                    least = _smaller(text, third.end, dimension, second[2]) if third else None
                    if least and third.value is not None and third.value * least[2] < second[2]:  # 三尺三寸三分
                        value, end, index = value + third.value * least[2], least[3], index + 1
                    return Quantity(start, end, value, None, dimension, name, words=number.words), index
                if gap in ("", " ", "-") and name in ("foot", "feet", "ft", "'") and following.value < 12:
                    return Quantity(
                        start, following.end, value + following.value * _F(254, 10000), None, dimension, name
                    ), index + 2
                if (
                    gap in (" ", "")
                    and second is None
                    and name in ("metre", "meter", "metres", "meters", "メートル", "미터")
                    and 10 <= following.value < 100
                ):
                    return Quantity(
                        start, following.end, value + following.value / 100, None, dimension, name
                    ), index + 2
                if (
                    gap == ""
                    and second is None
                    and name in ("米", "块", "尺", "丈", "斤", "m", "度")
                    and following.value.denominator == 1
                ):
                    zero = text[following.start] in "零0"  # 一米零八 is 1.08
                    digits = following.end - following.start if zero else len(str(following.value))
                    return Quantity(
                        start, following.end, value + following.value * size / 10**digits, None, dimension, name
                    ), index + 2
    return Quantity(start, end, value, plain, dimension, name, number.ordinal, number.words), index + 1


# 两 after a numeral is the weight, before 千 and the like the number two: 七两五钱, 一千两百两.
_TAEL = re.compile(r"(?<=[\d一二三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟])两(?![百千万亿佰仟])")
_NO_NUMERAL = "\ue004"

_RANK = "目"
# What a counter counts; counters of different kinds count different things.
_KIND = {fold_text(name): kind for kind, names in {"person": "人 名 명 사람", "animal": "匹 頭 羽 마리", "book": "冊 권", "sheet": "枚 장"}.items() for name in names.split()}
_CONVERTIBLE = {"length", "mass", "volume", "area", "temperature", "fahrenheit"}


_NOT_EVEN = re.compile("[都也不没]")  # 九丈,一寸都没掺水
_APART = re.compile(r"(?:[呢啊吧呀,、]|だ|です|よ|이요|요)?\s*(?:…|\.{2,}|—+|-{2,}|–)\s*|[!.] ")


def with_unit_apart(said: Quantity, text: str) -> Quantity:
    """A bare number with the unit that follows after a pause: 九十五呢——毫米!"""
    pause = _APART.match(text, said.end) if not said.unit else None
    unit = _unit_at(text, pause.end()) if pause else None
    if unit is None or said.value is None or (text[unit[3] : unit[3] + 1].isalpha() and unit[1] == "count"):
        return said
    return replace(said, value=said.value * unit[2], dimension=unit[1], unit=unit[0])


def same_quantity(key: Quantity, said: Quantity) -> bool:
    """Whether two quantities are the same fact: equal after conversion, or equal where one names no unit."""
    if (
        key.value is None
        or said.value is None
        or (key.ordinal != said.ordinal and (said.ordinal and key.dimension not in ("", "count")))
    ):
        return False
    if (key.unit[-1:] == _RANK) != (said.unit[-1:] == _RANK) or (_KIND.get(key.unit, said.unit) != _KIND.get(said.unit, key.unit) and key.unit in _KIND and said.unit in _KIND):
        return False  # 三人目 ranks, and three cats are no three children
    a, b = key.dimension, said.dimension
    if {a, b} == {"temperature", "fahrenheit"}:
        celsius, other = (key, said) if a == "temperature" else (said, key)
        return abs(celsius.value - (other.value - 32) * _F(5, 9)) <= _F(1, 2)
    if a == b or ({a, b} <= {"yuan", "yen"} and "圆" in (key.unit, said.unit)):
        if a == "count":
            return key.value == said.value
        if key.value == said.value:
            return True
        # 5 ft 11 and 180 cm are the same height: allow rounding only between systems of units
        if a in _CONVERTIBLE and _system(key.unit) != _system(said.unit):
            return abs(key.value - said.value) <= abs(key.value) * _F(6, 1000)
        return False
    if {a, b} == {"age", "span"} and said.plain is None:  # four centuries and twenty years old
        years, months = (key, said) if a == "age" else (said, key)
        return years.value * 12 == months.value
    if {a, b} == {"duration", "count"}:  # 90分 in Japanese
        counted, timed = (key, said) if a == "count" else (said, key)
        if counted.unit == "分":
            return counted.value * 60 == timed.value
    if b == "" and key.dimension == "length" and 100 <= said.value <= 250 and said.value == key.value * 100:
        return True  # "175" for 1.75 m
    if key.plain is not None and key.plain == said.plain and said.unit in KILO and key.unit in KILOS:
        return True
    if key.plain is not None and key.plain == said.plain:
        if {a, b} <= {"age", "span", ""} and (key.unit or said.unit):
            return not ({a, b} == {"age", "span"} and (key.unit in MONTHS or said.unit in MONTHS))
        if {a, b} == {"", "length"} or a == "" or b == "":
            return b in ("", "count") if a != "" else True
        return {a, b} in ({"count", "age"}, {"count", "yuan"}, {"duration", "count"}) and said.unit in (
            "分",
            "岁",
            "块",
            "분",
            "세",
            "つ",
            "번째",
        )
    return False


def _system(unit: str) -> str:
    return "imperial" if unit in IMPERIAL else "chinese" if unit in OLD_CHINESE else "metric"


@lru_cache(maxsize=4096)
def whole_quantity(text: str) -> Quantity | None:
    """The quantity that a folded text consists of, or None."""
    text = text.strip()
    if not text or len(text) > 64:
        return None
    found = find_quantities(text)
    if len(found) == 1 and found[0].start <= (1 if text[0] in "第$¥€₩" else 0) and found[0].end == len(text):
        return found[0]
    return None


_COUNTED = re.compile("[\u4e00-\u9fff\uac00-\ud7a3]{1,2}")


def counted_quantity(text: str) -> Quantity | None:
    """A number with a counter that is no known unit: 1350锭; elsewhere it may be said without."""
    found = find_quantities(text) if len(text) <= 24 else []
    if len(found) != 1 or found[0].start or found[0].unit or not _COUNTED.fullmatch(text, found[0].end):
        return None
    return replace(found[0], unit=text[found[0].end :], dimension="count")
