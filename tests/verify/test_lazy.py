"""A pattern whose lists are sorted matches what `re` matches."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.verify.lazy import Lazy

LETTERS = "abc "
WORDS = st.text(LETTERS, min_size=1, max_size=3)
PIECES = st.one_of(
    WORDS,
    WORDS.map(lambda word: rf"\b{word}"),
    WORDS.map(lambda word: f"(?:{word})?"),
    WORDS.map(lambda word: f"(?<!{word})"),
    WORDS.map(lambda word: f"({word})"),
    st.sampled_from(["[ab]", "[^a]", "[a-c]{1,2}", "^", "$", "(?=b)", r"\w", "a*"]),
)
LISTS = st.recursive(
    st.lists(PIECES, max_size=3).map("".join),
    lambda inner: st.lists(inner, min_size=2, max_size=9).map(lambda branches: f"(?:{'|'.join(branches)})"),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LISTS, min_size=1, max_size=3).map("".join), st.text(LETTERS, max_size=20))
def test_sorted_lists_match_what_re_matches(source, text):
    found = [(m.regs, m.lastindex) for m in Lazy(source).finditer(text)]
    assert found == [(m.regs, m.lastindex) for m in re.finditer(source, text)]
    assert (Lazy(source).match(text) is None) == (re.match(source, text) is None)
