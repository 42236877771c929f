"""Exact arithmetic in text: `(55 + 36) - 19 - 7` → 65, and which numbers it used. Nothing is ever given to Python's eval.

The language is small on purpose: whole numbers, + - * /, and brackets. `2**3`, `7//2`, `2.5*4`, `-5+29`, `2(3)`, `07` and `2²` are
not in it, and each has a code of its own. Signs as people write them count: × ÷ − and full-width digits.

    >>> parse("(1 + 2) × 8").value, parse("(1 + 2) × 8").numbers
    (Fraction(24, 1), (1, 2, 8))
    >>> solve((1, 5, 5, 5), 24)
    '5*(5-1/5)'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 240                                   # characters; six numbers with spaces, brackets and LaTeX signs need half
DEEPEST = 30                                    # brackets within brackets
LONGEST_NUMBER = 12                             # digits

# one sign for each operator; NFKC is not used, since it would turn 2² into 22
_SIGNS = str.maketrans({
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    **dict.fromkeys("×✕✖·⋅∙∗＊", "*"), **dict.fromkeys("÷／∕⁄", "/"), **dict.fromkeys("−–－﹣", "-"), **dict.fromkeys("＋﹢", "+"),
    **dict.fromkeys("（[［", "("), **dict.fromkeys("）]］", ")"), "＝": "=", "\u00a0": " ", "\u3000": " "})
_LETTER_X = re.compile(r"(?<=[0-9)\s])[xX](?=[\s0-9(])")
_LATEX = re.compile(r"\\(times|cdot|div|left|right|,|;|!|\(|\)|\[|\]|quad)")
_LATEX_SIGNS = {"times": "*", "cdot": "*", "div": "/"}
_TOKEN = re.compile(r"\s*(?:([0-9]+)|(\*\*|//|[-+*/()])|(\S))")


class Unreadable(ValueError):
    """The text is no expression of this language; `code` says which rule it breaks, `quote` where."""

    def __init__(self, code: str, quote: str):
        self.code, self.quote = code, quote
        super().__init__(f"{code}: {quote}")


@dataclass(frozen=True, slots=True)
class Expression:
    value: Fraction | None                      # None: it divides by zero
    numbers: tuple[int, ...]                    # as they are used, in order


def plain(text: str) -> str:
    """The text with one spelling for each sign: × ✕ \\times → *, ÷ → /, full-width digits and brackets → ASCII."""
    text = _LETTER_X.sub("*", text.translate(_SIGNS))
    return _LATEX.sub(lambda found: _LATEX_SIGNS.get(found[1], " "), text) if "\\" in text else text


def parse(text: str) -> Expression:
    """Read and compute an expression, in time linear in its length.

    Raises:
        Unreadable: codes too_long, power, floor_division, decimal, leading_zero, number, character, unary, missing_operator,
            brackets, empty.
    """
    if len(text) > LONGEST:
        raise Unreadable("too_long", text[:20])
    return _Parser(list(_tokens(plain(text)))).whole()


def _tokens(text: str) -> Iterator[int | str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        assert found is not None
        at = found.end()
        digits, sign, other = found.groups()
        if digits:
            if len(digits) > LONGEST_NUMBER:
                raise Unreadable("number", digits[:20])
            if len(digits) > 1 and digits[0] == "0":
                raise Unreadable("leading_zero", digits)
            if at < end and text[at] in ".,_":
                raise Unreadable("decimal" if text[at] == "." else "number", text[found.start(1):at + 4])
            yield int(digits)
        elif sign == "**" or other == "^":
            raise Unreadable("power", text[max(0, at - 4):at + 3].strip())
        elif sign == "//":
            raise Unreadable("floor_division", text[max(0, at - 4):at + 3].strip())
        elif other:
            raise Unreadable("decimal" if other == "." else "character", text[found.start(3):at + 10])
        else:
            yield sign


class _Parser:
    """Recursive descent: sum → product → operand."""

    def __init__(self, tokens: list[int | str]):
        self.tokens, self.at, self.depth = tokens, 0, 0
        self.numbers: list[int] = []
        self.by_zero = False

    def whole(self) -> Expression:
        if not self.tokens:
            raise Unreadable("empty", "")
        value = self.sum()
        if self.at < len(self.tokens):
            left = self.tokens[self.at]
            raise Unreadable("brackets" if left == ")" else "missing_operator", self.quote())
        return Expression(None if self.by_zero else value, tuple(self.numbers))

    def sum(self) -> Fraction:
        value = self.product()
        while self.next() in ("+", "-"):
            sign, right = self.take(), self.product()
            value = value + right if sign == "+" else value - right
        return value

    def product(self) -> Fraction:
        value = self.operand()
        while self.next() in ("*", "/"):
            sign, right = self.take(), self.operand()
            if sign == "/" and right == 0:
                self.by_zero, right = True, Fraction(1)
            value = value * right if sign == "*" else value / right
        return value

    def operand(self) -> Fraction:
        token = self.next()
        if isinstance(token, int):
            self.numbers.append(token)
            return Fraction(self.take())
        if token != "(":
            raise Unreadable("brackets" if token == ")" else "unary" if token else "empty", self.quote())
        self.take()
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable("too_long", self.quote())
        value = self.sum()
        if self.next() != ")":
            raise Unreadable("missing_operator" if self.next() else "brackets", self.quote())
        self.take()
        self.depth -= 1
        return value

    def next(self) -> int | str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> int | str:
        self.at += 1
        return self.tokens[self.at - 1]

    def quote(self) -> str:
        return " ".join(map(str, self.tokens[max(0, self.at - 2):self.at + 3]))


# An expression in the making: value, text, and how tightly it binds (0 sum, 1 product, 2 operand).
_Part = tuple[Fraction, str, int]


def solve(numbers: Sequence[int], target: int) -> str | None:
    """An expression that uses each number once and gives the target, or None when there is none.

    Searches all of them: two numbers become one until one is left. Four numbers take ten milliseconds at most, five half a second.
    """
    return next(solutions(numbers, target), None)


def solutions(numbers: Sequence[int], target: int) -> Iterator[str]:
    """Expressions that give the target; values met before are not tried again."""
    yield from _search(tuple((Fraction(n), str(n), 2) for n in numbers), Fraction(target), set())


def _search(parts: tuple[_Part, ...], target: Fraction, seen: set[tuple[Fraction, ...]]) -> Iterator[str]:
    if len(parts) == 1:
        if parts[0][0] == target:
            yield parts[0][1]
        return
    state = tuple(sorted(part[0] for part in parts))
    if state in seen:
        return
    seen.add(state)
    for i, first in enumerate(parts):
        for j, second in enumerate(parts[i + 1:], start=i + 1):
            rest = parts[:i] + parts[i + 1:j] + parts[j + 1:]
            for made in combined(first, second):
                yield from _search((*rest, made), target, seen)


def combined(first: _Part, second: _Part) -> Iterator[_Part]:
    """What two parts can become: a+b, a-b, b-a, a*b, a/b, b/a."""
    for left, right, signs in ((first, second, "+-*/"), (second, first, "-/")):
        for sign in signs:
            if sign != "/" or right[0]:
                yield joined(left, sign, right)


def joined(left: _Part, sign: str, right: _Part) -> _Part:
    """`left sign right` with the brackets that it needs, and no more."""
    (a, text_a, binds_a), (b, text_b, binds_b) = left, right
    binds = 0 if sign in "+-" else 1
    text_a = f"({text_a})" if binds_a < binds else text_a
    text_b = f"({text_b})" if binds_b < binds or (binds_b == binds and sign in "-/") else text_b
    value = a + b if sign == "+" else a - b if sign == "-" else a * b if sign == "*" else a / b
    return value, f"{text_a}{sign}{text_b}", binds
