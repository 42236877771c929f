"""Whatever the text: no exception, spans inside it, the same verdict twice, and time that stays small."""

import time  # process_time: other work on the machine must not fail a test

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.verify import Key, format_verdict, split_reply, verify

KEYS = [
    [Key("铁匠", ("blacksmith", "鍛冶屋", "대장장이"))],
    [Key("47岁", ("forty-seven",), "quantity")],
    [Key("18:00", (), "time")],
    [Key("March 12", ("三月十二",), "date")],
    [Key("李四", (), "name"), Key("art")],
]
PIECES = st.sampled_from(
    [
        "铁匠",
        "不是",
        "没",
        "我是",
        "大概",
        "如果",
        "我哥",
        "说",
        "blacksmith",
        "not",
        "never",
        "I'm",
        "if",
        "maybe",
        "my-brother",
        "鍛冶屋",
        "ではない",
        "です",
        "대장장이",
        "아니에요",
        "47",
        "四十七",
        "六点半",
        "half-past",
        "3/12",
        "李四",
        "光",
        "party",
        "<think>",
        "</think>",
        "<answer>",
        "</answer>",
        "，",
        "。",
        "？",
        "!",
        "…",
        "—",
        "\u200b",
        "゙",
        "�",
        "ﬁ",
        "㎝",
        "\x00",
        "1,200",
        "(",
        "*",
        '"',
        "\n",
    ]
)
TEXT = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=30).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXT, st.sampled_from(KEYS), st.booleans())
def test_any_text_gets_a_verdict(completion, keys, prefilled):
    kwargs = {
        "question": "你是做什么的？",
        "keys": keys,
        "distractors": ["裁缝", "48", "tailor"],
        "prefilled": prefilled,
    }
    verdict = verify(completion, **kwargs)
    assert verdict.score in (0.0, 1.0) and verdict.code and verdict.reason
    assert all(0 <= s.start < s.end <= len(completion) for s in verdict.matched)
    assert verify(completion, **kwargs) == verdict
    format_verdict(completion, prefilled=prefilled)
    reply = split_reply(completion, prefilled=prefilled)
    assert len(reply.answer) <= len(completion) - reply.answer_start


@settings(max_examples=100, deadline=None)
@given(TEXT, TEXT, TEXT)
def test_any_question_and_key_are_accepted(question, key, distractor):
    verify("我是铁匠。", question=question, keys=[Key(key or "x")], distractors=[distractor])


HUNDRED_KB = 100_000
FLOODS = [
    "铁匠",
    "不是铁匠，",
    "blacksmith ",
    "1 ",
    "1,",
    "一二三",
    "<think>",
    "<",
    '"',
    "\u200b",
    "か゛",
    "ﬁ",
    "a b c ",
    "铁匠？",
    "他说",
    "forty-seven ",
    "12:00 ",
    "3/12 ",
    "대장장이 ",
    "鍛冶屋ない、",
    "\n",
    "one hundred ",
    "铁匠、",
    "blacksmith; ",
    "blacksmith/ ",
    "[铁匠] ",
    "(blacksmith) ",
    "#铁匠 ",
    "a, ",
    "a b, ",
    '{"a": ',
    "铁匠——",
    "…",
    "the ",
    "not a, but a ",
    "*a* ",
]


@pytest.mark.parametrize("flood", FLOODS)
def test_a_hundred_kilobytes_return_within_fifty_milliseconds(flood):
    completion = (flood * HUNDRED_KB)[:HUNDRED_KB]
    for keys in KEYS:
        seconds = []
        for _ in range(3):
            start = time.process_time()
            verify(completion, question="你是做什么的？", keys=keys, distractors=["裁缝", "48"])
            seconds.append(time.process_time() - start)
        assert min(seconds) < 0.05


@given(st.text(alphabet="铁匠不是我0123456789一二三点 notblacksmith,.?", min_size=2000, max_size=4000))
@settings(max_examples=40, deadline=None)
def test_no_text_makes_the_patterns_explode(completion):
    for keys in KEYS:
        start = time.process_time()
        verify(completion, question="你是做什么的？", keys=keys)
        assert time.process_time() - start < 0.25  # far above the usual 5 ms, far below what backtracking would take


def test_a_typical_reply_takes_well_under_a_millisecond():
    keys, reply = (
        KEYS[0],
        "<think>他问我的营生。</think><answer>（放下锤子）我没念过书，也没出过远门，到如今还是个铁匠。</answer>",
    )
    verify(reply, question="你是做什么的？", keys=keys, distractors=["裁缝", "木匠"])
    start = time.process_time()
    for _ in range(200):
        verify(reply, question="你是做什么的？", keys=keys, distractors=["裁缝", "木匠"])
    assert (time.process_time() - start) / 200 < 0.001
