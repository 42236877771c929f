"""Whether two mathematical expressions are equal, by math-verify: for keys that are no number, such as \\frac{\\sqrt{2}}{2} or x^2+1."""

from __future__ import annotations

import re
from importlib.util import find_spec

LONGEST = 300                                   # characters: computer algebra on model text has no bound of its own
# powers of powers and large exponents, which it would compute
_HUGE = re.compile(r"\^\{?[^}^]{0,20}\^|\*\*[^*]{0,20}\*\*|(?:\^|\*\*)\{?\s?\d{3,}|\d{30,}|!|factorial", re.IGNORECASE)


def available() -> bool:
    return find_spec("math_verify") is not None


def equal(key: str, text: str) -> bool:
    """Whether `text` is the same expression as `key`; False for what cannot be read as one."""
    if len(text) > LONGEST or _HUGE.search(text):
        return False
    if _squeezed(key) == _squeezed(text):
        return True
    from math_verify import parse, verify

    # the time limits of math-verify are signals, which only a main thread has; the two checks above bound the work
    return bool(verify(parse(f"${key}$", parsing_timeout=None), parse(f"${text}$", parsing_timeout=None), timeout_seconds=None))


def _squeezed(text: str) -> str:
    return re.sub(r"\s|\\left|\\right|\\[,;!]|\$", "", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
