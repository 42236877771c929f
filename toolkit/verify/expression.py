"""Whether two mathematical expressions are equal, by math-verify: for keys that are no number, such as \\frac{\\sqrt{2}}{2} or x^2+1."""

from __future__ import annotations

import logging
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from math import prod
from threading import current_thread, main_thread

LONGEST = 150                                   # characters: computer algebra on model text has no bound of its own
# powers of powers and large exponents, which it would compute
_HUGE = re.compile(r"\^\{?[^}^]{0,20}\^|\*\*[^*]{0,20}\*\*|\d{30,}|!|factorial|binom|\\sum|\\prod|\\int|\\lim", re.IGNORECASE)
_EXPONENT = re.compile(r"(?:\^|\*\*)\s?[{(]?\s?(\d+)")
MOST_EXPONENT = 12                              # the exponents of a text multiplied: (a+b+c)^40 takes a minute to expand
LIMIT_S = 2.0                                   # of processor time: a busy machine must not change a verdict


def available() -> bool:
    return find_spec("math_verify") is not None


def equal(key: str, text: str) -> bool:
    """Whether `text` is the same expression as `key`; False for what cannot be read as one."""
    if _squeezed(key) == _squeezed(text):
        return True
    if len(text) > LONGEST or _HUGE.search(text) or prod(map(int, _EXPONENT.findall(text))) > MOST_EXPONENT:
        return False
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)     # what cannot be compared is not equal, and no news
    try:
        with _limit(LIMIT_S):
            return bool(verify(parse(f"${key}$", parsing_timeout=None), parse(f"${text}$", parsing_timeout=None), timeout_seconds=None))
    except TimeoutError:
        return False


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """TimeoutError after so much processor time, where signals can be had; the checks before bound the work everywhere."""
    if current_thread() is not main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.1)      # again and again: computer algebra catches errors
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _squeezed(text: str) -> str:
    return re.sub(r"\s|\\left|\\right|\\[,;!]|\$", "", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
