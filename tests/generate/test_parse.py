"""A draft is found in whatever a model writes around it, and never made up out of half of one."""

from __future__ import annotations

import contextlib
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.generate.parse import NotJson, parse_object

DRAFT = {"question": "你师父姓什么？", "keys": [{"canonical": "李", "alternatives": []}], "answer": "姓李。"}
PLAIN = orjson.dumps(DRAFT).decode()


@pytest.mark.parametrize("reply", [
    PLAIN,
    f"\n\n  {PLAIN}\n",
    f"```json\n{PLAIN}\n```",
    f"```\n{PLAIN}\n```\n以上就是这条数据。",
    f"好的，下面是这条数据：\n{PLAIN}\n希望有用！",
    f'<think>The skeleton is {{"question": "…"}}; keys need {{}}.</think>{PLAIN}',
    f"I think the role's master is called Li.</think>\n{PLAIN}",
    f'The form is {{"question": "…"}}. So:\n{PLAIN}',
    PLAIN.replace("}]", "},]").replace('"}', '",}'),
    PLAIN.replace('"', "“", 1).replace('"', "”", 1),
    PLAIN.replace('"question"', "question"),
    PLAIN.replace('"', "'"),
    PLAIN.replace(',"answer"', ', // what the role says\n"answer"'),
], ids=["plain", "blanks", "fence", "fence and prose", "prose", "thought", "thought without its start", "skeleton first",
        "trailing commas", "curly quotes", "bare field", "single quotes", "comment"])
def test_the_object_is_found(reply):
    assert parse_object(reply) == DRAFT


def test_quotes_and_line_breaks_inside_a_text_are_kept():
    found = parse_object('{"answer": "他说"好"，\n就走了。", "keys": []}')
    assert found["answer"] == '他说"好"，\n就走了。' and found["keys"] == []


@pytest.mark.parametrize("reply, code", [
    ("", "empty"), ("  \n", "empty"), ("<think>hm</think>", "empty"), ("抱歉，我不能写这个。", "no_json"),
    (PLAIN[:-20], "truncated_json"), (f"```json\n{PLAIN[:40]}", "truncated_json"),
    ("<think>First I look at the profile", "truncated_json"), ("[1, 2]", "no_json"), ("{,,,}", "broken_json"),
    ("{" + "x" * 70_000, "broken_json"),
])
def test_what_is_not_there_is_refused_with_its_reason(reply, code):
    with pytest.raises(NotJson) as refused:
        parse_object(reply)
    assert refused.value.code == code


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30) | st.integers(0, 9) | st.lists(st.text(max_size=5)),
                       min_size=1, max_size=5),
       st.text(alphabet=st.characters(exclude_characters='{}<>"'), max_size=30))
def test_any_object_survives_prose_and_fences(value, prose):
    reply = f"{prose}\n```json\n{orjson.dumps(value).decode()}\n```\n{prose}"
    assert parse_object(reply) == value


@pytest.mark.parametrize("text", ["{" * 60_000, '{"a":' * 12_000, '["' * 30_000, '{["' * 20_000, '{"' + '\\"' * 30_000,
                                  "{'a':" * 12_000, '{"' * 30_000 + "}", "{}" * 30_000, '{"a":"b",' * 6_000 + "}",
                                  "<think>" * 8_000, "</think>" * 8_000])
def test_no_reply_holds_up_the_others(text):
    began = time.process_time()
    with contextlib.suppress(NotJson):
        parse_object(text)
    assert time.process_time() - began < 0.3
