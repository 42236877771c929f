"""Numbers in every written form: 47, 1,200, 四十七, 一千二, forty-seven, 마흔일곱, 사십칠, twenty-first.

`find_numbers` reads folded text. Values are Fractions: nothing is rounded and nothing is evaluated.
"""



from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from .lazy import compiled_pattern
from .normalise import fold_pattern

LIMIT = 200  # numbers read from one text; a reply with more is not an answer


class Number(NamedTuple):
    start: int
    end: int
    value: Fraction | None  # None: an approximation by its form alone, as 四五十
    ordinal: bool = False
    words: bool = False


_HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9, "参": 3, "俩": 2, "仨": 3,
}  # fmt: skip
_HAN_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "廿": 20, "卅": 30}
_BIG = {"万": 10**4, "亿": 10**8, "兆": 10**12}
_KO_DIGITS = dict(zip("영일이삼사오육칠팔구", range(10), strict=True)) | {"공": 0, "륙": 6}
_KO_UNITS = {"십": 10, "백": 100, "천": 1000}
_KO_BIG = {"만": 10**4, "억": 10**8}
_KO_TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_KO_ONES = {
    "하나": 1,
    "둘": 2,
    "셋": 3,
    "넷": 4,
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
    "한": 1,
    "두": 2,
    "세": 3,
    "네": 4,
    "석": 3,
    "넉": 4,
}
_JA_NATIVE = {
    "ひとつ": 1,
    "ふたつ": 2,
    "みっつ": 3,
    "よっつ": 4,
    "いつつ": 5,
    "むっつ": 6,
    "ななつ": 7,
    "やっつ": 8,
    "ここのつ": 9,
    "ひとり": 1,
    "ふたり": 2,
    "さんにん": 3,
    "よにん": 4,
    "ごにん": 5,
    "ろくにん": 6,
    "しちにん": 7,
    "はちにん": 8,
    "はたち": 20,
    "みそじ": 30,
}
_EN_SMALL = {
    w: i
    for i, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_EN_TENS = {
    w: 10 * i for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
} | {"fourty": 40}
_EN_SCALE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12, "score": 20}
_EN_ORDINAL = {
    w: i
    for i, w in enumerate(
        [
            "zeroth",
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
        ]
    )
} | {w[:-1] + "ieth": v for w, v in _EN_TENS.items()}
_EN_ORDINAL_SCALE = {"hundredth": 100, "thousandth": 1000}

_HAN = "零〇○一二三四五六七八九十百千万亿兆两廿卅壹贰叁肆伍陆柒捌玖拾佰仟俩仨"
_EN_WORD = "|".join(
    sorted([*_EN_SMALL, *_EN_TENS, *_EN_SCALE, *_EN_ORDINAL, *_EN_ORDINAL_SCALE], key=len, reverse=True)
)
_KO_ONE = "하나|다섯|여섯|일곱|여덟|아홉|둘|셋|넷|한|두|세|네|석|넉"
_NUMBER = compiled_pattern(
    fold_pattern(
        rf"(?=[\dひふみいむなやこは가-힣{_HAN}参]|(?:さん|よ|ご|ろく|しち)にん|\b[a-z])(?:"
        r"(?P<digits>(?<![a-z0-9.])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?: \d{3})+(?!\d)|\d{1,20})(?:\.\d{1,12})?(?:st|nd|rd|th)?)(?P<tail> ?[十百千万亿兆](?![米克瓦])[零〇一二三四五六七八九十百千万两\d]{0,12}| ?[천만억][천만억일이삼사오육칠팔구십백\d ]{0,12}(?<! )| ?(?:k|thousand|million|billion|hundred|dozen)\b)?"
        r"|(?P<sixty>[一二两]甲子(?:[零又加有过](?P<more>[一二三四五六七八九十]{1,3}))?)"
        rf"|(?P<han>(?:[{_HAN}]|参(?=[百拾佰千万])){{1,24}}(?:(?<=十)有[一二三四五六七八九]|(?<=[万千百])と[一二三四五六七八九十百千]{{1,8}}|(?<=十)と[一二三四五六七八九](?![十百千]))?(?:[点点·][零〇一二三四五六七八九]{{1,8}}(?![十分刻钟]))?)"
        r"|(?P<ja>ひとつ|ふたつ|みっつ|よっつ|いつつ|むっつ|ななつ|やっつ|ここのつ|ひとり|ふたり|(?:さん|よ|ご|ろく|しち|はち)にん|はたち)"
        rf"|(?P<en>\b(?:half a (?=dozen))?(?:a )?(?:{_EN_WORD})(?:(?:s|(?:[ -]| and |-and-)(?:{_EN_WORD}|a half))){{0,8}}\b(?: point(?: (?:{'|'.join(_EN_SMALL)})){{1,6}})?)"
        rf"|(?P<native>(?<![가-힣])(?:(?:열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔)(?:하고도? )? ?(?:{_KO_ONE})?|{_KO_ONE}))"
        rf"|(?P<mixed>(?<![가-힣])[일이삼사오육칠팔구십천만]{{0,6}}[백천] ?(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔) ?(?:{_KO_ONE})?)"
        r"|(?P<sino>(?<![가-힣])[영공일이삼사오육륙칠팔구십백천만억]{1,16}(?: ?[일이삼사오육칠팔구십백천만억]{1,12}){0,3}))"
    )
)
_KANA = re.compile("[\u3041-\u30fa]")
_NEIGHBOURS = 8  # characters beside a numeral that tell whether it is Japanese
_KO_ROUND = frozenset("십백천만억")
_COPULA = re.compile("지|에요|죠|오(?![가-힣])|다(?![가-힣])|야|고|네|라|며|랍|올|니")
_HAN_RUN = re.compile(r"\d+(?:\.\d+)?|.", re.DOTALL)


def _composite(
    text: str, digits: dict[str, int], units: dict[str, int], big: dict[str, int], *, exact: bool = False
) -> Fraction | None:
    """Reads 1万2千, 一千二百两 and 사십칠; None for an approximation such as 四五十 or 七八. exact: 二百一 is 201, not 210."""
    tokens = [t for t in _HAN_RUN.findall(text.replace(",", "").replace(" ", "").replace("と", ""))]
    if all(t in digits for t in tokens):
        if len(tokens) == 2 and digits[tokens[1]] - digits[tokens[0]] == 1 and digits[tokens[0]] > 0:
            return None
        return Fraction(int("".join(str(digits[t]) for t in tokens)))
    total = section = Fraction(0)
    current: Fraction | None = None
    scale, zero = 1, False
    for token in tokens:
        if token in digits:
            value = digits[token]
            if value == 0:
                zero = True
            if current is not None:
                if current + 1 == value:
                    return None  # 四五十, 四十七八
                current = current * 10 + value
            else:
                current = Fraction(value) if value else None
        elif token in units:
            unit = units[token]
            section += unit if unit in (20, 30) else (current if current is not None else 1) * unit
            current, scale, zero = None, unit if unit not in (20, 30) else 10, False
        elif token in big:
            section += current or 0
            total = (
                (total + (section or (0 if total else 1))) * big[token]
                if big[token] > 10**4
                else total + (section or 1) * big[token]
            )
            section, current, scale, zero = Fraction(0), None, big[token], False
        else:
            current = Fraction(token)
    if current is not None:
        # 一千二 is 1200, 一千零二 is 1002, 三万五 is 35000
        short = digits is _HAN_DIGITS and tokens[0] in digits and not exact  # 百二 and 백이 are 102
        section += current * scale // 10 if short and scale > 10 and current < 10 and not zero else current
    return total + section


def _english(text: str) -> tuple[Fraction | None, bool]:
    words = [w for w in re.split(r"[ -]", text) if w not in ("and", "a", "")]
    if len(words) == 2 and 0 < _EN_SMALL.get(words[0], 0) < 10 and words[1] in _EN_TENS:  # nine-and-thirty
        return Fraction(_EN_TENS[words[1]] + _EN_SMALL[words[0]]), False
    ordinal = False
    total, current, last = Fraction(0), Fraction(0), None
    for index, word in enumerate(words):
        if word == "point":
            decimals = "".join(str(_EN_SMALL[w]) for w in words[index + 1 :] if w in _EN_SMALL)
            return total + current + Fraction(f"0.{decimals or 0}"), False
        if word == "half":
            current += Fraction(1, 2)
            continue
        if word not in _EN_SMALL and word.endswith("s"):
            word = word[:-1]
            if word in _EN_SCALE or word in _EN_TENS:
                return None, False  # dozens, hundreds, forties
        if word in _EN_ORDINAL or word in _EN_ORDINAL_SCALE:
            ordinal = True
        if word in _EN_SCALE or word in _EN_ORDINAL_SCALE:
            size = _EN_SCALE.get(word) or _EN_ORDINAL_SCALE[word]
            if size >= 1000:
                total += (current or 1) * size
                current = Fraction(0)
            else:
                current = (current or 1) * size
            last = None
            continue
        value = _EN_SMALL.get(word, _EN_TENS.get(word, _EN_ORDINAL.get(word, 0)))
        if last is not None and not (last >= 20 and last % 10 == 0 and 0 < value < 10):
            current = (
                current * 100 + value if current >= 10 and value >= 10 else current * 10 + value
            )  # nineteen eighty-seven; four seven
        else:
            current += value
        last = value
    return total + current, ordinal


def _native(text: str) -> int:
    for tens, value in _KO_TENS.items():
        if text.startswith(tens):
            return value + _KO_ONES.get(text[len(tens) :].replace("하고도", "").replace("하고", "").strip(), 0)
    return _KO_ONES[text]


def _read(match: re.Match) -> Number | None:
    start, end = match.span()
    kind = match.lastgroup if match.lastgroup != "tail" else "digits"
    text = match.group()
    if kind == "digits":
        digits = match.group("digits")
        tail = match.group("tail")
        ordinal = digits[-1].isalpha()
        plain = digits.rstrip("sthnrd") if ordinal else digits
        if tail is None:
            return Number(start, end, Fraction(plain.replace(",", "").replace(" ", "")), ordinal)
        word = tail.strip()
        if word in _EN_SCALE or word == "k":
            return Number(start, end, Fraction(plain.replace(",", "").replace(" ", "")) * _EN_SCALE.get(word, 1000))
        korean = "가" <= word[0] <= "힣"
        tables = (_KO_DIGITS, _KO_UNITS, _KO_BIG) if korean else (_HAN_DIGITS, _HAN_UNITS, _BIG)
        return Number(start, end, _composite(plain + word, *tables))
    if kind == "sixty":  # 甲子 is the cycle of sixty years
        more = _composite(match.group("more"), _HAN_DIGITS, _HAN_UNITS, _BIG) if match.group("more") else 0
        return Number(start, end, Fraction(60 * _HAN_DIGITS[text[0]] + (more or 0)), words=True)
    if kind == "han":
        whole, _, decimals = text.replace("有", "").replace("·", "点").partition("点")
        japanese = _KANA.search(match.string, max(0, start - _NEIGHBOURS), end + _NEIGHBOURS)
        value = _composite(whole, _HAN_DIGITS, _HAN_UNITS, _BIG, exact=japanese is not None)
        if decimals and value is not None:
            value += Fraction("0." + "".join(str(_HAN_DIGITS[c]) for c in decimals))
        return Number(start, end, value, match.string[max(0, start - 1) : start] == "第", words=True)
    if kind == "ja":
        return Number(start, end, Fraction(_JA_NATIVE[text]), words=True)
    if kind == "en":
        value, ordinal = _english(text.removeprefix("half a "))
        if text.startswith("half a ") and value is not None:
            value /= 2
        return Number(start, end, value, ordinal, words=True)
    if kind == "native":
        return Number(start, end, Fraction(_native(text)), words=True)
    if kind == "mixed":  # 삼백예순다섯
        cut = max(text.rfind("백"), text.rfind("천")) + 1
        hundreds = _composite(text[:cut], _KO_DIGITS, _KO_UNITS, _KO_BIG)
        return Number(start, end, hundreds + _native(text[cut:].strip()), words=True)
    if text[-1] == "이" and text[-2:-1] in _KO_ROUND and _COPULA.match(match.string, end):  # 삼백칠십이지 is 370, no 372
        text, end = text[:-1], end - 1
    value = _composite(text, _KO_DIGITS, _KO_UNITS, _KO_BIG)
    return Number(start, end, value, words=True)


def find_numbers(text: str) -> list[Number]:
    """The numbers of a folded text in order, at most LIMIT."""
    found: list[Number] = []
    for match in _NUMBER.finditer(text):
        number = _read(match)
        if number is not None:
            found.append(number)
            if len(found) >= LIMIT:
                break
    return found


@lru_cache(maxsize=4096)
def whole_number(text: str) -> Number | None:
    """The number that a folded text consists of, or None."""
    text = text.strip()
    match = _NUMBER.fullmatch(text) if len(text) <= 64 else None
    return _read(match) if match else None
