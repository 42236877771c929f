"""The number that a reply to a maths problem ends in, and whether it equals the key.

Where it stands, in this order: `\\boxed{…}`, after `####`, the answer tag, the sentence that announces it ("the answer is", 答案),
the last sentence with a number. How it is written does not matter: 72, 72., $72, 72.0, 1,200, １２, 十二, twelve, 3/4, 1 1/2, 50%,
\\frac{3}{4}. A reply makes one claim: candidates in a row, a question, or a denied number are not it.

    >>> read_final("<think>48 + 24</think><answer>She sold 72 clips.</answer>").value
    Fraction(72, 1)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from .normalise import fold
from .numbers import find_numbers
from .reply import split_reply
from .verdict import Span, Verdict

READ = 1500                                     # characters of an answer, from its end
LONGEST_BOX = 300
MANY = 6                                        # the same number so often, and little else, is no answer


@dataclass(frozen=True, slots=True)
class Final:
    """What was read: a number with its text and place, or the code of why there is none."""

    value: Fraction | None
    text: str = ""
    start: int = 0                              # offsets into the completion
    end: int = 0
    percent: bool = False
    code: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class _Number:
    value: Fraction
    start: int
    end: int
    percent: bool = False
    text: str = ""


_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,30})(?:\.\d{1,30})?|\.\d{1,30}"
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w)\]])[-+] ?)?(?P<money>[$€£¥₩] ?)?(?P<sign2>-)?"
    rf"(?:(?P<whole>\d{{1,9}}) (?P<over>\d{{1,9}})/(?P<under>\d{{1,9}})(?![\d/])"
    rf"|(?<![a-z0-9.,^])(?P<number>{_DIGITS})(?!\d|\^|(?:st|nd|rd|th)\b)(?: ?/ ?(?P<by>\d{{1,12}})(?![\d/.]))?)"
    rf"(?P<percent> ?%| percent\b)?", re.IGNORECASE)
# folding would turn 7² into 72
_RAISED = str.maketrans(dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "^"))
# 百分之五十
_PERCENT_HAN = re.compile("百分之 ?$")
_SCALE = re.compile(r" ?(?:[万亿千百兆]|(?:hundred|thousand|million|billion|dozen|k)\b)")
_FRACTION = re.compile(r"\\[dt]?frac\s?\{\s?(-?\d{1,12})\s?\}\s?\{\s?(\d{1,12})\s?\}")
_LATEX = ((re.compile(r"\\(?:text|mathrm|mathbf|textbf)\s?\{([^{}]*)\}"), r"\1"), (re.compile(r"\{,\}"), ","),
          (re.compile(r"\\[,;!: ]|\\(?:left|right|quad)|\^\{?\\circ\}?"), " "), (re.compile(r"\\([$%#])"), r"\1"),
          (re.compile(r"\\[()\[\]]|\$(?!\s?\d)|(?<=\d)\$"), ""))
_MIXED = re.compile(r"(-?)(\d{1,9}) ?\\[dt]?frac\s?\{\s?(\d{1,9})\s?\}\s?\{\s?(\d{1,9})\s?\}")
_MARKED = re.compile(r"####[ \t]*([^\n#<]{1,80})")
_SENTENCE = re.compile(r"[^.!?。!?\n]*(?:\.(?=\S)[^.!?。\n]*)*[.!?。]?\n?")
_ANNOUNCED = re.compile(r"\banswer\b|\bresult is\b|答案|答え|정답|답은|结果是|結果是", re.IGNORECASE)
_DENIED = re.compile(r"(?:\b(?:not|isn't|wasn't|aren't|never|cannot be|can't be)|不是|不等于|並非|并非|不为|ではない)"
                     r"(?: equal to| be| the answer)? ?[$€£¥]?$", re.IGNORECASE)
_DENIED_AFTER = re.compile(r"^[^,.;!?。\n]{0,12}(?:(?:is|are) (?:not|wrong|incorrect)|isn't|不对|不是|是错|ではない|じゃない|이 아니)", re.IGNORECASE)
_CANDIDATES = re.compile(r"\bor\b|或|还是|または|또는|\bbetween\b|\bversus\b|\bvs\b", re.IGNORECASE)
_IN_A_ROW = re.compile(r"^[\s,;/|、·~&.。-]*(?:and|和|と|to)?[\s,;/|、·~&.。-]*$", re.IGNORECASE)
_DOUBT = re.compile(r"\b(?:wrong|incorrect|false)\b|不正确|是错", re.IGNORECASE)


def read_final(completion: str, *, prefilled: bool = False) -> Final:
    """The one number that a completion claims. prefilled: the prompt ended in "<think>"."""
    reply = split_reply(completion, prefilled=prefilled)
    if not reply.answer.strip():
        return Final(None, code="no_answer")
    if "repeated_answer" in reply.problems:
        return Final(None, code="repeated")
    cut = max(0, len(reply.answer) - READ)
    region, base = reply.answer[cut:], reply.answer_start + cut
    for start, end in _marked(region):
        found = _inside(region[start:end])
        if found is not None:
            return Final(found.value, found.text, base + start, base + end, found.percent)
    return _prose(region, base)


def compare(final: Final, key: str) -> tuple[str, Verdict]:
    """How a number that was read stands to the key: `exact`, `equal` (another form), or `wrong`, with a verdict of 1 or 0."""
    if final.value is None:
        return "wrong", Verdict(0.0, final.code, _WHY[final.code].format(quote=final.quote))
    spans = (Span(final.start, final.end, key),)
    wanted = number_of(key)
    if wanted is None:
        return "wrong", Verdict(None, "no_number", f'The key "{key}" is no number.')
    if final.text == key.strip():
        return "exact", Verdict(1.0, "right", f"The reply ends in {final.text}, the key.", spans)
    # a key such as 50 may count percent: the text of a problem knows, the key does not
    if final.value == wanted or (final.percent and final.value == wanted / 100):
        return "equal", Verdict(1.0, "equal", f"The reply ends in {final.text}, which equals the key {key}.", spans)
    return "wrong", Verdict(0.0, "other", f"The reply ends in {final.text}, not in {key}.", spans)


_WHY = {"no_answer": "There is no answer outside the thinking.", "no_number": "The reply names no number.",
        "repeated": "The reply gives more than one answer.", "listed": 'The reply lists candidates: "{quote}".',
        "asked": 'The reply only asks: "{quote}".', "denied": 'The reply denies the number: "{quote}".',
        "stuffed": 'The reply repeats a number instead of answering: "{quote}".'}


def number_of(text: str) -> Fraction | None:
    """The number that a whole text is, in any written form, or None."""
    found = _inside(text)
    return found.value / 100 if found and found.percent else found.value if found else None


def _marked(region: str) -> Iterator[tuple[int, int]]:
    """Spans of what the reply marks as its result: the last box, then the last `####`, then all of it."""
    if (boxed := last_box(region)) is not None:
        yield boxed
    if marked := list(_MARKED.finditer(region)):
        yield marked[-1].span(1)
    yield 0, len(region)


def last_box(text: str) -> tuple[int, int] | None:
    """Where the content of the last \\boxed{…} stands, brackets within it matched."""
    at = text.rfind("\\boxed")
    begin = text.find("{", at) if at >= 0 else -1
    if not 0 <= begin <= at + 8:
        return None
    depth = 0
    for place in range(begin, min(len(text), begin + LONGEST_BOX)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return begin + 1, place
    return None


def _inside(text: str) -> _Number | None:
    """The number that a short text consists of: with a unit or currency, or at the end of an equation."""
    if len(text) > 120:
        return None
    plain = _plain(fold(text.translate(_RAISED)).text).strip(" ,:;*`'\"!。").rstrip(".")
    equation = re.split(r"=|≈", plain)
    if len(equation) > 1 and "≈" not in plain:
        plain = equation[-1].strip()
    found = list(_numbers(plain))
    if len(found) != 1:
        return None
    number = found[0]
    before, after = plain[:number.start].strip(), plain[number.end:].strip()
    # beside the number there may stand a unit, a currency or a variable, no sentence
    worded = len(before.split()) + len(after.split()) > 3 or _DENIED.search(plain[:number.start]) or _CANDIDATES.search(plain) \
        or _DENIED_AFTER.search(plain[number.end:]) or re.search(r"[?^\\√]|\d", before + after) or _DOUBT.search(plain)
    written = plain[number.start:number.end].strip()
    return None if worded else replace(number, text=written if written in text else text.strip())


def _plain(text: str) -> str:
    """Folded text without LaTeX around its numbers."""
    if "\\" in text or "$" in text:
        text = _MIXED.sub(r"\1\2 \3/\4", text)
        text = _FRACTION.sub(r"\1/\2", text)
        for pattern, plain in _LATEX:
            text = pattern.sub(plain, text)
    return text


def _numbers(text: str) -> Iterator[_Number]:
    """Numbers in digits; in words only where a text has no digits ("one of them" is no number)."""
    some, read = False, 0
    for found in _NUMBER.finditer(text):
        if found.start() < read:
            continue
        some = True
        sign = -1 if "-" in (found["sign"] or "") or found["sign2"] else 1
        if found["whole"]:
            if not int(found["under"]):
                continue
            value = int(found["whole"]) + Fraction(int(found["over"]), int(found["under"]))
        else:
            value = Fraction(found["number"].replace(",", ""))
            if found["by"]:
                if not int(found["by"]):
                    continue
                value /= int(found["by"])
        end = found.end()
        if _SCALE.match(text, end) and not found["percent"] and (scaled := find_numbers(text[found.start("number"):end + 12])):
            value, end = scaled[0].value or value, found.start("number") + scaled[0].end     # 3万, 2.5 million
        read = end
        percent = bool(found["percent"]) or bool(_PERCENT_HAN.search(text[:found.start()]))
        yield _Number(sign * value / (100 if percent else 1), found.start(), end, percent)
    if not some:
        for word in find_numbers(text):
            if word.value is not None and word.words and not word.ordinal:
                percent = bool(_PERCENT_HAN.search(text[:word.start]))
                yield _Number(word.value / (100 if percent else 1), word.start, word.end, percent)


def _prose(region: str, base: int) -> Final:
    """The number of the sentence that announces the answer, or of the last that has one."""
    folded = fold(region.translate(_RAISED))
    text = folded.text
    sentences = [(found.start(), found.end()) for found in _SENTENCE.finditer(text) if found.group().strip()]
    with_number = [(start, end, numbers) for start, end in sentences if (numbers := list(_numbers(_blanked(text[start:end]))))]
    if not with_number:
        return Final(None, code="no_number")
    announcing = [found for found in with_number if _ANNOUNCED.search(text, found[0], found[1])]
    start, end, numbers = (announcing or with_number)[-1]
    sentence = text[start:end]
    quote = " ".join(sentence.split())[:80]
    if sentence.rstrip().endswith("?"):
        return Final(None, code="asked", quote=quote)
    if _DOUBT.search(sentence):
        return Final(None, code="denied", quote=quote)
    denied = {n.value for n in numbers if _DENIED.search(sentence[max(0, n.start - 30):n.start])
              or _DENIED_AFTER.search(sentence[n.end:n.end + 40])}
    claimed = [n for n in numbers if n.value not in denied]
    if not claimed:
        return Final(None, code="denied", quote=quote)
    if _row_of_candidates(sentence, claimed) or _spray(text, with_number):
        return Final(None, code="listed", quote=quote)
    chosen = _chosen(sentence, claimed, bool(announcing))
    everywhere = [n.value for _, _, found in with_number for n in found]
    if everywhere.count(chosen.value) >= MANY and 2 * everywhere.count(chosen.value) > len(everywhere):
        return Final(None, code="stuffed", quote=quote)
    left, right = folded.span(start + chosen.start, start + chosen.end)
    return Final(chosen.value, sentence[chosen.start:chosen.end].strip(), base + left, base + right, chosen.percent)


def _blanked(sentence: str) -> str:
    """A sentence without LaTeX, as long as before where it can be, so that offsets hold."""
    plain = _plain(sentence)
    return plain if len(plain) == len(sentence) else re.sub(r"[\\{}]", " ", sentence)


def _chosen(sentence: str, numbers: list[_Number], announced: bool) -> _Number:
    """Of several numbers of one sentence: after the last =, else the first after the announcement, else the last."""
    equals = sentence.rfind("=")
    after = [n for n in numbers if n.start > equals >= 0]
    if after:
        return after[0]
    if announced and (cue := list(_ANNOUNCED.finditer(sentence))):
        after = [n for n in numbers if n.start >= cue[-1].end()]
        if after:
            return after[0]
    return numbers[-1]


def _row_of_candidates(sentence: str, numbers: list[_Number]) -> bool:
    equals = sentence.rfind("=")
    kept = [n for n in numbers if n.start > equals]
    return any(first.value != second.value and (_IN_A_ROW.match(between := sentence[first.end:second.start])
                                                or _CANDIDATES.search(between))
               for first, second in pairwise(kept))


def _spray(text: str, sentences: list[tuple[int, int, list[_Number]]]) -> bool:
    """Three different numbers one under the other, and nothing else."""
    bare = [[n.value for n in numbers] for start, end, numbers in sentences
            if len(numbers) == 1 and not text[start:start + numbers[0].start].strip(" -*")
            and not text[start + numbers[0].end:end].strip(" ,.;。\n")]
    return len({value for values in bare for value in values}) >= 3
