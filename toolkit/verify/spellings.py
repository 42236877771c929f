"""A whole number in words: 1200 → 一千二百, 千二百, 천이백, one thousand two hundred; so that "24 coins" finds twenty-four coins."""

from __future__ import annotations

_HAN, _HAN_UNITS = "零一二三四五六七八九", ("", "十", "百", "千")
_SINO, _SINO_UNITS = "영일이삼사오육칠팔구", ("", "십", "백", "천")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_NATIVE = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_BEFORE = {"하나": "한", "둘": "두", "셋": "세", "넷": "네", "스물": "스무"}  # before a counter
_SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ("", "", *["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
_MOST = 10_000


def _han(value: int) -> str:
    text, zero = "", False
    for power in range(3, -1, -1):
        digit = value // 10**power % 10
        if digit:
            ten = power == 1 and digit == 1 and not text
            text += (_HAN[0] if zero and text else "") + ("" if ten else _HAN[digit]) + _HAN_UNITS[power]
            zero = False
        elif text:
            zero = True
    return text


def _sino(value: int) -> str:
    text = ""
    for power in range(3, -1, -1):
        digit = value // 10**power % 10
        if digit:
            text += ("" if digit == 1 and power else _SINO[digit]) + _SINO_UNITS[power]
    return text


def _native(value: int) -> list[str]:
    tens, ones = _NATIVE_TENS[value // 10], _NATIVE[value % 10]
    last = ones or tens
    return [tens + ones if ones else tens, (tens if ones else "") + _NATIVE_BEFORE.get(last, last)]


def _english(value: int) -> str:
    if value < 20:
        return _SMALL[value]
    if value < 100:
        return _TENS[value // 10] + (f"[ -]{_SMALL[value % 10]}" if value % 10 else "")
    size, word = (1000, "thousand") if value >= 1000 else (100, "hundred")
    head, rest = divmod(value, size)
    return f"{_english(head)} {word}" + (f"(?: and)? {_english(rest)}" if rest else "")


def spellings(value: int, *, latin: bool) -> list[str]:
    """The patterns of 0 < value < 10,000 in words: English for Latin text, otherwise Han and Korean ones."""
    if not 0 < value < _MOST:
        return []
    if latin:
        return [_english(value)]
    han = _han(value)
    japanese = han.replace(_HAN[0], "")
    forms = [han, japanese, japanese.removeprefix(_HAN[1]) if value >= 100 else japanese, _sino(value)]
    return list(dict.fromkeys([*forms, *(_native(value) if value < 100 else [])]))
