"""The one way patterns are written here: folded like the text they search, and compiled when first used."""

from __future__ import annotations

import re

from .normalise import fold_pattern


class Lazy:
    """A pattern whose `search`, `match`, `fullmatch`, `finditer`, `sub` and `split` compile it on first use."""

    def __init__(self, source: str) -> None:
        self.source = source

    def count(self, text: str) -> int:
        return sum(1 for _ in self.finditer(text))

    def __getattr__(self, name: str) -> object:
        if name not in ("search", "match", "fullmatch", "finditer", "sub", "split"):
            raise AttributeError(name)
        compiled = re.compile(fold_pattern(self.source))
        for method in ("search", "match", "fullmatch", "finditer", "sub", "split"):
            setattr(self, method, getattr(compiled, method))
        return getattr(self, name)
