"""Whether two mathematical expressions are equal, by math-verify: for keys that are no number, such as \\frac{\\sqrt{2}}{2} or x^2+1."""

from __future__ import annotations

import re
from importlib.util import find_spec
from math import prod
from threading import current_thread, main_thread

LONGEST = 150                                   # characters: computer algebra on model text has no bound of its own
# powers of powers and large exponents, which it would compute
_HUGE = re.compile(r"\^\{?[^}^]{0,20}\^|\*\*[^*]{0,20}\*\*|\d{30,}|!|factorial|binom|\\sum|\\prod|\\int|\\lim", re.IGNORECASE)
_EXPONENT = re.compile(r"(?:\^|\*\*)\s?[{(]?\s?(\d+)")
MOST_EXPONENT = 12                              # the exponents of a text multiplied: (a+b+c)^40 takes a minute to expand
LIMIT_S = 1                                     # for each of reading and comparing


def available() -> bool:
    return find_spec("math_verify") is not None


def equal(key: str, text: str) -> bool:
    """Whether `text` is the same expression as `key`; False for what cannot be read as one."""
    if _squeezed(key) == _squeezed(text):
        return True
    if len(text) > LONGEST or _HUGE.search(text) or prod(map(int, _EXPONENT.findall(text))) > MOST_EXPONENT:
        return False
    from math_verify import parse, verify

    # the limits of math-verify are signals, which only a main thread has; the checks above bound the work everywhere
    limit = LIMIT_S if current_thread() is main_thread() else None
    return bool(verify(parse(f"${key}$", parsing_timeout=limit), parse(f"${text}$", parsing_timeout=limit), timeout_seconds=limit))


def _squeezed(text: str) -> str:
    return re.sub(r"\s|\\left|\\right|\\[,;!]|\$", "", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
