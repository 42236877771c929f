"""The same value in another form: numerals, dates, scripts, widths. Written apart from the verifier, which it tests."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_HAN = "〇一二三四五六七八九"
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")
# not part of a decimal, a time, a range or a longer name such as B52
_WHOLE = re.compile(r"(?<![\dA-Za-z.:：/-])(\d{1,3}(?:,\d{3})+|\d{1,4})(?![\dA-Za-z.:：/-])")
_HAN_NUMBER = re.compile("[零〇一二三四五六七八九十百千两]+")
_WIDE = {n: n + 0xFEE0 for n in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}
_ZERO_WIDTH = "\u200b"
# you and me, as patterns; English only at the start, where a verb need not change with it
_PERSONS = {"zh": (("你", "我"),), "ja": (("あなた", "私"),), "ko": (("그쪽", "제 쪽"),),
            "en": ((r"^Your\b", r"^My\b"), (r"^You're\b", r"^I'm\b"))}
_METRES = {"厘米": "米", "公分": "公尺", "センチ": "メートル", "センチメートル": "メートル", "센티미터": "미터", "cm": "m",
           "centimetres": "metres", "centimeters": "meters"}


def number_forms(value: str, language: str) -> list[str]:
    """A number or quantity with its numeral written otherwise: 39岁 → 三十九岁, 48 → forty-eight, five → 5."""
    found = []
    if len(numerals := _WHOLE.findall(value)) == 1:
        plain = numerals[0].replace(",", "")
        if language in ("zh", "ja"):
            found.append(_WHOLE.sub(lambda m: _counted(int(plain), language, value[m.end():]), value))
        elif language == "en" and int(plain) < 1000:
            found.append(_WHOLE.sub(in_words(int(plain)), value))
        if len(plain) == 4 and not value.endswith("年"):
            found.append(_WHOLE.sub(f"{int(plain):,}", value))
    elif language in ("zh", "ja") and len(han := _HAN_NUMBER.findall(value)) == 1:
        number = from_han(han[0])
        if number is not None:
            found.append(_HAN_NUMBER.sub(str(number), value))
    elif language == "en":
        words = value.split()
        for place, word in enumerate(words):
            if word.lower() in _WORDS:
                found.append(" ".join([*words[:place], str(_WORDS.index(word.lower())), *words[place + 1:]]))
    return [form for form in found if form != value]


def date_forms(value: str, language: str) -> list[str]:
    """A day of the year otherwise: 8月25日 → 八月二十五日 and 8月25号, 2 May → May 2 and the 2nd of May."""
    if language in ("zh", "ja"):
        found = re.fullmatch(r"(\d{1,2})月(\d{1,2})[日号]", value)
        if not found:
            return []
        month, day = int(found[1]), int(found[2])
        return [f"{in_han(month)}月{in_han(day)}日", *([f"{month}月{day}号"] if language == "zh" else [])]
    if language == "en":
        found = re.fullmatch(rf"(\d{{1,2}}) ({'|'.join(_MONTHS)})|({'|'.join(_MONTHS)}) (\d{{1,2}})", value)
        if not found:
            return []
        day, month = int(found[1] or found[4]), found[2] or found[3]
        return [form for form in (f"{month} {day}", f"{day} {month}", f"the {_ordinal(day)} of {month}") if form != value]
    return []


def unit_forms(value: str) -> list[str]:
    """A length in centimetres as metres: 183厘米 → 1.83米, 168 cm → 1.68 m."""
    found = re.fullmatch(r"(\d{2,3})( ?)(厘米|公分|センチ|センチメートル|센티미터|cm|centimetres|centimeters)", value)
    if not found:
        return []
    metres = f"{int(found[1]) / 100:.2f}".rstrip("0").rstrip(".")
    return [f"{metres}{found[2]}{_METRES[found[3]]}"]


def in_han(number: int) -> str:
    """0 to 9999 in Chinese numerals: 110 → 一百一十, 12 → 十二."""
    if number == 0:
        return "零"
    text, pending = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if pending and text else "") + _HAN[digit] + sign
            pending = False
        else:
            pending = bool(text)
    return text.removeprefix("一") if 10 <= number < 20 else text


def from_han(text: str) -> int | None:
    """A Chinese numeral from 1 to 9999; None for what is no plain numeral (二三, 十十, 三百一 for 310)."""
    total, digit, last, gap = 0, None, 10_000, False
    for sign in text:
        if sign in "零〇":
            gap = True
        elif sign in "十百千":
            unit = {"十": 10, "百": 100, "千": 1000}[sign]
            if unit >= last or (digit is None and unit != 10):
                return None
            total, digit, last, gap = total + (1 if digit is None else digit) * unit, None, unit, False
        elif digit is not None:
            return None
        else:
            digit = 2 if sign == "两" else _HAN.index(sign)
    if digit is not None and last in (100, 1000) and not gap:
        return None
    return total + (digit or 0) or None


def in_words(number: int) -> str:
    """0 to 999 in English words."""
    if number < 20:
        return _WORDS[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f"-{_WORDS[number % 10]}" if number % 10 else "")
    rest = number % 100
    return f"{_WORDS[number // 100]} hundred" + (f" and {in_words(rest)}" if rest else "")


def wide(text: str) -> str:
    """Full-width digits and Latin letters; other characters stay."""
    return text.translate(_WIDE)


def spotted(text: str) -> str:
    """The text with a zero-width space between all of its characters."""
    return _ZERO_WIDTH.join(text)


def other_script(text: str) -> str:
    """Simplified Chinese as traditional, or the other way about; the text itself when there is no difference."""
    traditional = _converter("s2t").convert(text)
    return traditional if traditional != text else _converter("t2s").convert(text)


def longer_word(key: str, kind: str, language: str) -> str | None:
    """A word or number of another meaning that contains the key: 李四 → 李四光, 47 → 147, Ford → Fordham."""
    if kind in ("date", "time"):                # 211月20日 is no date
        return None
    if key[:1].isdecimal():
        return ("1" if not key.startswith("1") else "2") + key
    if kind not in ("name", "place"):
        return None
    if key.isascii() and key.isalpha():
        return key + ("son" if kind == "name" else "ham")
    if language == "zh" and kind == "name" and 2 <= len(key) <= 3 and not key.isascii():
        return f"{key}光"
    return None


def other_person(answer: str, language: str) -> str | None:
    """The answer said of the other of two speakers: 你要去敦煌 → 我要去敦煌, Your cat → My cat.

    None when it names both, neither, or in words that do not simply swap.
    """
    pairs = [pair for pair in _PERSONS.get(language, ()) if any(re.search(word, answer) for word in pair)]
    if len(pairs) != 1 or len(found := [word for word in pairs[0] if re.search(word, answer)]) != 1:
        return None
    you, me = pairs[0]
    swapped, rest = (me if found[0] == you else you).replace(r"\b", "").lstrip("^"), re.sub(found[0], "", answer)
    if language == "en" and re.search(r"\b(?:you|your|yours|my|mine|me|I)\b", rest, re.IGNORECASE):
        return None
    return re.sub(found[0], swapped, answer)


def _counted(number: int, language: str, after: str) -> str:
    if after.startswith("年") and number >= 1000:
        return "".join(_HAN[int(digit)] for digit in str(number))
    if language == "zh" and number == 2 and after and not after.startswith(("月", "日", "号")):
        return "两"
    text = in_han(number)
    # Japanese says 百 and 千 without a one
    return re.sub("一(?=[百千])", "", text).replace("零", "") if language == "ja" and number else text


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


@lru_cache(maxsize=2)
def _converter(name: str) -> Any:
    from opencc import OpenCC

    return OpenCC(name)
