"""The one way patterns are written here: folded like the text they search, and compiled when first used.

Most patterns are lists of hundreds of words, which `re` would try one after another at every character. So before it is
compiled, a list is sorted by first letters, and is entered only at a character with which one of its words begins. What a
pattern matches stays the same: only alternatives that cannot begin with the same character change places. What sorts them is
the parser and compiler of `re` itself (Python 3.11 to 3.13).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import _compiler, _parser
from typing import Any

from .normalise import fold_pattern

_METHODS = ("search", "match", "fullmatch", "finditer", "sub", "split")
_SLOW = (_parser.MAX_REPEAT, _parser.ASSERT_NOT, _parser.ASSERT, _parser.SUBPATTERN)  # openings tried in vain at most characters
_FEW = 4  # alternatives that are tried sooner than sorted


class once:
    """`functools.cached_property` without the lock that Python 3.11 takes."""

    def __init__(self, method: Callable[[Any], Any]) -> None:
        self.method, self.__doc__ = method, method.__doc__

    def __get__(self, owner: Any, kind: type) -> Any:
        value = vars(owner)[self.method.__name__] = self.method(owner)
        return value


class Lazy:
    """A pattern whose `search`, `match`, `fullmatch`, `finditer`, `sub` and `split` compile it on first use."""

    def __init__(self, source: str) -> None:
        self.source = source

    def count(self, text: str) -> int:
        return sum(1 for _ in self.finditer(text))

    def __getattr__(self, name: str) -> object:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = compiled_pattern(fold_pattern(self.source))
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(self, name)


def compiled_pattern(source: str) -> re.Pattern[str]:
    """The pattern that `re.compile` makes, only faster."""
    tree = _parser.parse(source)
    if tree.state.flags & re.IGNORECASE:
        return re.compile(source)
    opens = bool(tree.data) and tree.data[0][0] in _SLOW
    begins = _begins([tree]) if opens else None
    _sort(tree)
    if begins:
        tree.data.insert(0, _next_is_of(begins, tree.state))
    return _compiler.compile(tree)


Items = list[tuple[Any, Any]]  # of a tree, or of a set of characters: operators with their arguments


def _sort(tree: _parser.SubPattern) -> None:
    """Sorts the lists of a tree, the inner ones too."""
    items: Items = []
    for op, args in tree.data:
        if op is _parser.BRANCH:
            items += _sorted(args[1], tree.state)
            continue
        for inner in args if isinstance(args, tuple) else ():
            if isinstance(inner, _parser.SubPattern):
                _sort(inner)
        items.append((op, args))
    tree.data = items


def _sorted(branches: list[_parser.SubPattern], state: Any) -> Items:
    """What stands for a list: one alternative for each first letter, entered where one of them can begin."""
    entries: list[list[_parser.SubPattern]] = []  # alternatives that begin alike, or a single one
    alike: dict[tuple[Any, int], int] = {}  # the entry of a first letter, with or without a word's boundary before it
    last: dict[int, int] = {}  # the last entry that may begin with a letter: over it none with this letter may pass
    opaque = -1  # the last entry that may begin with any
    for branch in branches:
        lead, letter = _letter(branch)
        at = alike.get((lead, letter), -1) if letter is not None else -1
        if at > opaque and at == last[letter]:
            entries[at].append(branch)
            continue
        entries.append([branch])
        at = len(entries) - 1
        if letter is not None:
            alike[lead, letter] = last[letter] = at
            continue
        begins = _begins([branch])
        if begins is None or any(op is not _parser.LITERAL for op, _ in begins):
            opaque = at
        else:
            last.update((code, at) for _, code in begins)
    begins = _begins(branches) if len(entries) > _FEW else None
    joined = [_joined(entry, state) for entry in entries]
    items = [(_parser.BRANCH, (None, joined))] if len(joined) > 1 else joined[0].data
    return [_next_is_of(begins, state), *items] if begins else items


def _next_is_of(chars: Items, state: Any) -> tuple[Any, Any]:
    """Looks ahead for a character of a set."""
    return _parser.ASSERT, (1, _parser.SubPattern(state, [(_parser.IN, chars)]))


def _joined(entry: list[_parser.SubPattern], state: Any) -> _parser.SubPattern:
    if len(entry) == 1:
        _sort(entry[0])
        return entry[0]
    shared = 1 if entry[0].data[0][0] is _parser.LITERAL else 2
    rests = [_parser.SubPattern(state, branch.data[shared:]) for branch in entry]
    return _parser.SubPattern(state, [*entry[0].data[:shared], *_sorted(rests, state)])


def _letter(branch: _parser.SubPattern) -> tuple[Any, int | None]:
    """The letter that a branch begins with, and what stands before it: nothing or a word's boundary."""
    data = branch.data
    lead = data[0] if data and data[0] == (_parser.AT, _parser.AT_BOUNDARY) else None
    at = 0 if lead is None else 1
    return (lead, data[at][1]) if len(data) > at and data[at][0] is _parser.LITERAL else (None, None)


def _begins(branches: list[_parser.SubPattern]) -> Items | None:
    """The characters that a match of one of the branches may begin with; None where it may be any, or nothing."""
    found: dict[tuple[Any, Any], None] = {}
    known = all([_add_first(branch.data, found) for branch in branches])
    return list(found) if known else None


def _add_first(items: Items, found: dict[tuple[Any, Any], None]) -> bool:
    """Adds the first characters of what the items match; whether they are known, and it is never nothing."""
    for op, args in items:
        if op in (_parser.AT, _parser.ASSERT, _parser.ASSERT_NOT):
            continue
        if op is _parser.LITERAL:
            found[op, args] = None
            return True
        if op is _parser.IN and args[0][0] is not _parser.NEGATE:
            found.update(dict.fromkeys(args))
            return True
        if op is _parser.BRANCH:
            return all([_add_first(branch.data, found) for branch in args[1]])
        if op is _parser.SUBPATTERN:
            return _add_first(args[3].data, found)
        if op not in (_parser.MAX_REPEAT, _parser.MIN_REPEAT) or not _add_first(args[2].data, found):
            return False
        if args[0]:
            return True
    return False
