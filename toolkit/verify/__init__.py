"""Does a reply assert the key fact, as the role's own present answer to the question? Pure text in, verdict out.

    >>> from toolkit.verify import Key, verify
    >>> verify("I'm no tailor. I'm a blacksmith.", question="What do you do?", keys=[Key("blacksmith")]).code
    'right'

The way of a reply: reply (tags) → normalise → terms, rivals (mentions) → context, question → assertion (what a mention
is worth: polarity, speech act, person; then its objections: modality, tense, certainty, slots, values) → judge; yes_no where
no key is named; passing where no objection was found.
What the languages say is data in cues_*.py; numbers, units and dates have a file each.
"""

from typing import TYPE_CHECKING

from .reply import Reply, format_verdict, split_reply
from .verdict import Key, Span, Verdict, as_key

if TYPE_CHECKING:
    from .judge import verify

__all__ = ["Key", "Reply", "Span", "Verdict", "as_key", "format_verdict", "split_reply", "verify"]


def __getattr__(name: str) -> object:
    """`verify` loads its language tables on first use; `Key` and the readers that need it stay light."""
    if name == "verify":
        from .judge import verify

        globals()["verify"] = verify
        return verify
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
