"""One spelling for every width, case, script and accent, with the way back to the original offsets.

`fold("ＡＲＴ　鐵匠​")` is `"art 铁匠"`; `Folded.span(4, 6)` tells where 铁匠 stood before.
Almost every character folds to exactly one, so that `str.translate` does the work and no offsets are kept;
only text with invisible, combining or multi-character forms takes the slow path.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass
from functools import lru_cache

_HOLE = "\uffff"  # marks a character that does not fold to exactly one
_PUNCTUATION = {
    **dict.fromkeys("“”„‟〝〞〟「」『』«»《》〈〉", '"'),
    **dict.fromkeys("‘’‚‛´ʼ`", "'"),
    **dict.fromkeys("，﹐､", ","),
    **dict.fromkeys("–‒‐‑−", "-"),
    **dict.fromkeys("―─", "—"),
    **dict.fromkeys("～〜〰", "~"),
    **dict.fromkeys("（【〔", "("),
    **dict.fromkeys("）】〕", ")"),
    **dict.fromkeys("…⋯‥", "…"),
    **dict.fromkeys("・•‧･", "·"),
    "｡": "。",
}
# Simplified forms that OpenCC reaches neither from traditional nor from Japanese characters.
_EXTRA_HAN = {
    "両": "两",
    "働": "动",
    "箇": "个",
    "個": "个",
    "妳": "你",
    "祂": "他",
    "甚": "什",
    "麽": "么",
    "齣": "出",
    "隻": "只",
    "裡": "里",
    "裏": "里",
    **dict(zip("髙嶋嶌﨑邉濵栁桺冨峯埜舘薗着著牠佔彷彿綫纔喫臺麪", "高岛岛崎边滨柳柳富峰野馆园着着它占仿佛线才吃台面", strict=True)),
}
# Letters that decompose into no base letter, and those that are written as two.
_LATIN = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i"}
_LATIN_PAIRS = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}


@lru_cache(maxsize=1)
def _converters():  # OpenCC loads its dictionaries on first use only
    import opencc

    return opencc.OpenCC("jp2t").convert, opencc.OpenCC("t2s").convert


def _fold_han(char: str) -> str:
    if char in _EXTRA_HAN:
        return _EXTRA_HAN[char]
    from_japanese, to_simplified = _converters()
    simplified = to_simplified(char)
    if simplified == char:
        simplified = to_simplified(from_japanese(char))
    return simplified if len(simplified) == 1 else char


def _fold_char(char: str) -> str:
    if char in _PUNCTUATION:
        return _PUNCTUATION[char]
    code = ord(char)
    if char in "\n\t ":
        return char
    category = unicodedata.category(char)
    if category in {"Cf", "Cc", "Mn", "Me", "Cs", "Co", "Cn"} or 0xFF61 <= code <= 0xFF9F:
        return "\n" if char in "\r\x0b\x0c\x85" else _HOLE
    if category.startswith("Z"):
        return "\n" if category in {"Zl", "Zp"} else " "
    if 0x1100 <= code <= 0x11FF:  # decomposed Hangul
        return _HOLE
    compatible = unicodedata.normalize("NFKC", char)
    if len(compatible) != 1:
        return _HOLE
    if 0x2E80 <= ord(compatible) <= 0x2FFFF and category == "Lo" and not 0x3040 <= ord(compatible) <= 0x30FF:
        return compatible if 0xAC00 <= ord(compatible) <= 0xD7A3 else _fold_han(compatible)
    low = compatible.lower()
    if len(low) != 1:
        return low[0]
    if low in _LATIN_PAIRS:
        return _HOLE
    low = _LATIN.get(low, low)
    base = unicodedata.normalize("NFD", low)
    return base[0] if "a" <= base[0] <= "z" else low


class _Table(dict):
    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_char(chr(code))
        return folded


_TABLE = _Table()


def fold_pattern(source: str) -> str:
    """Folds only the Han characters of a regular expression, so that cues match folded text."""
    return "".join(_TABLE[ord(c)] if "\u3400" <= c <= "\u9fff" else c for c in source)


HEAD, TAIL = 3000, 2000  # of a longer text only its beginning and its end are read, where an answer stands


@dataclass(frozen=True, slots=True)
class Folded:
    text: str
    offsets: array | None  # offsets[i] = index in the shortened original; None = identity
    skipped: int = 0  # characters left out after HEAD

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the original of a stretch of the folded text; end > start."""
        if self.offsets is not None:
            start, end = self.offsets[start], self.offsets[end - 1] + 1
        if self.skipped:
            start += self.skipped if start > HEAD else 0
            end += self.skipped if end > HEAD + 1 else 0
        return start, end


_MARKS = frozenset(
    chr(code)
    for first, last in ((0x300, 0x36F), (0x483, 0x489), (0x20D0, 0x20F0), (0x3099, 0x309A), (0xFF9E, 0xFF9F), (0xFE00, 0xFE0F), (0x1160, 0x11FF))
    for code in range(first, last + 1)
)
_HOLES = re.compile(_HOLE)


@lru_cache(maxsize=1024)
def _fold_cluster(cluster: str) -> str:
    compatible = unicodedata.normalize("NFKC", cluster)
    for letter, pair in _LATIN_PAIRS.items():
        compatible = compatible.lower().replace(letter, pair) if letter in compatible.lower() else compatible
    return compatible.translate(_TABLE).replace(_HOLE, "").replace("⁄", "/")


def _fold_slowly(original: str, rough: str, skipped: int) -> Folded:
    pieces: list[str] = []
    offsets = array("l")
    at = 0
    for hole in _HOLES.finditer(rough):
        start = hole.start()
        if start < at:
            continue
        char = original[start]
        before = start
        if char in _MARKS and start > at:  # a mark composes with the character before it: か + ゛ = が
            before = start - 1
        pieces.append(rough[at:before])
        offsets.extend(range(at, before))
        end = start + 1
        while end < len(original) and end - before < 8 and original[end] in _MARKS:
            end += 1
        folded = _fold_cluster(original[before:end])
        pieces.append(folded)
        offsets.extend([before] * len(folded))
        at = end
    pieces.append(rough[at:])
    offsets.extend(range(at, len(original)))
    return Folded("".join(pieces), offsets, skipped)


def fold(original: str) -> Folded:
    """Folds width, case, script, accents and punctuation; drops what cannot be seen."""
    skipped = max(0, len(original) - HEAD - TAIL - 1)
    if skipped:
        original = original[:HEAD] + "\n" + original[-TAIL:]
    rough = original.translate(_TABLE)
    if _HOLE in rough:
        return _fold_slowly(original, rough, skipped)
    return Folded(rough, None, skipped)


@lru_cache(maxsize=1024)
def fold_text(original: str) -> str:
    """The folded text alone, for keys, questions and profile values, which repeat."""
    return fold(original).text
