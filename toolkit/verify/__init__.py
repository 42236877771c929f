"""Does a reply assert the key fact, as the role's own present answer to the question? Pure text in, verdict out.

    >>> from toolkit.verify import Key, verify
    >>> verify("I'm no tailor. I'm a blacksmith.", question="What do you do?", keys=[Key("blacksmith")]).code
    'right'

The way of a reply: reply (tags) → normalise → terms (mentions) → clauses, question → assertion (what each mention is worth) → judge.
"""

from .judge import verify
from .reply import Reply, format_verdict, split_reply
from .verdict import Key, Span, Verdict, as_key

__all__ = ["Key", "Reply", "Span", "Verdict", "as_key", "format_verdict", "split_reply", "verify"]
