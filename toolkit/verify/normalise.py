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
    **dict.fromkeys("⋯‥", "…"),
    **dict.fromkeys("・•‧･", "·"),
    "｡": "。",
}
# Simplified forms that OpenCC reaches neither from traditional nor from Japanese characters.
_EXTRA_HAN = {"両": "两", "働": "动", "箇": "个", "個": "个", "妳": "你", "祂": "他", "甚": "什", "麽": "么", "齣": "出", "隻": "只", "裡": "里", "裏": "里"}


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


@dataclass(frozen=True, slots=True)
class Folded:
    text: str
    offsets: array | None  # offsets[i] = index in the original; None = identity
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        if self.offsets is None:
            return start, end
        if end <= start:
            here = self.offsets[start] if start < len(self.offsets) else self.length
            return here, here
        return self.offsets[start], self.offsets[end - 1] + 1


_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u20d0-\u20f0\u3099\u309a\uff9e\uff9f\ufe00-\ufe0f\u1160-\u11ff]")
_HOLES = re.compile(_HOLE)


def _fold_slowly(original: str, rough: str) -> Folded:
    pieces: list[str] = []
    offsets = array("l")
    at = 0
    for hole in _HOLES.finditer(rough):
        start = hole.start()
        if start < at:
            continue
        char = original[start]
        before = start
        if _MARKS.match(char) and start > at:  # a mark composes with the character before it: か + ゛ = が
            before = start - 1
        pieces.append(rough[at:before])
        offsets.extend(range(at, before))
        end = start + 1
        while end < len(original) and end - before < 8 and _MARKS.match(original[end]):
            end += 1
        cluster = original[before:end]
        composed = unicodedata.normalize("NFKC", cluster)
        folded = composed.translate(_TABLE).replace(_HOLE, "").replace("⁄", "/")
        pieces.append(folded)
        offsets.extend([before] * len(folded))
        at = end
    pieces.append(rough[at:])
    offsets.extend(range(at, len(original)))
    return Folded("".join(pieces), offsets, len(original))


def fold(original: str) -> Folded:
    """Folds width, case, script, accents and punctuation; drops what cannot be seen."""
    rough = original.translate(_TABLE)
    if _HOLE in rough:
        return _fold_slowly(original, rough)
    return Folded(rough, None, len(original))


@lru_cache(maxsize=4096)
def fold_text(original: str) -> str:
    """The folded text alone, for keys, questions and profile values, which repeat."""
    return fold(original).text
