"""Errors meant for the user.

ToolkitError
├── InputError   exit 2: something the user gave is wrong; each problem is one line (what, where, fix)
└── Refused      exit 3: the input is readable, but a check says it must not be used

Anything else that reaches the command line is a bug of ours (exit 1).
"""

from __future__ import annotations

from collections.abc import Sequence

SHOWN_PROBLEMS = 20


class ToolkitError(Exception):
    """An error with one line per problem.

    Args:
        problems: one or more complete sentences, each saying what, where and the fix.
    """

    exit_code = 1

    def __init__(self, problems: str | Sequence[str]):
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """At most `SHOWN_PROBLEMS` lines, then a count of the rest."""
        shown = list(self.problems[:SHOWN_PROBLEMS])
        rest = len(self.problems) - len(shown)
        if rest:
            shown.append(f"… and {rest} more of the same kind.")
        return shown


class InputError(ToolkitError):
    exit_code = 2


class Refused(ToolkitError):
    exit_code = 3


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """` Did you mean "x"?`, or nothing when no known word is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""
