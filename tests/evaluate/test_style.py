"""Leaks, refusals, repetition and variety of replies."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from toolkit.evaluate.style import Style, declines, other_roles, repeats, role_marks, role_names, speaks_as_ai, units


def reply(text, language="en"):
    return SimpleNamespace(completion=f"<think>as an AI</think><answer>{text}</answer>", language=language, prefilled=False, n_tokens=9, other_roles=[])


def style(replies):
    found = Style()
    for one in replies:
        found.add(one)
    return found.to_json()


@pytest.mark.parametrize("text", ["As an AI language model, I have no trade.", "I'm just an AI.", "作为一个人工智能，我没有职业。",
                                  "我只是一个AI。", "私はAIアシスタントです。", "저는 인공지능입니다."])
def test_a_role_that_calls_itself_a_machine_leaks(text):
    assert speaks_as_ai(text)


@pytest.mark.parametrize("text", ["I am a baker.", "我是铁匠，不懂什么人工智能。", "I said: my aim is true.", "彼はAIを知らない。"])
def test_a_role_that_speaks_of_other_things_does_not(text):
    assert not speaks_as_ai(text)


@pytest.mark.parametrize(("text", "refused"), [
    ("I'm sorry, but I can't help with that.", True), ("抱歉，我无法提供这个信息。", True), ("As an AI I cannot have a home.", True),
    ("I would rather not say.", False), ("I cannot read; I never went to school.", False), ("我不认字。", False)])
def test_a_refusal_is_an_assistant_s_not_a_role_s(text, refused):
    assert declines(f"<think>x</think><answer>{text}</answer>") == refused


def test_style_counts_what_the_user_sees():
    found = style([reply("I am a baker in town."), reply("As an AI, I have no trade."), reply("我是铁匠师傅。")])
    assert (found["replies"], found["ai_leaks"]) == (3, 1)
    assert found["language_kept"] == pytest.approx(2 / 3)
    assert found["mean_tokens"] == 9
    assert style([])["distinct_1"] is None


def test_repetition_and_distinct_n_agree_with_their_definitions():
    assert repeats(["a", "b", "c"]) is None
    assert repeats(["a"] * 8) == pytest.approx(1 - 1 / 5)
    assert repeats(list("abcdefgh")) == 0
    found = style([reply("go go go go go go go go")])
    assert (found["loops"], found["distinct_1"]) == (1, pytest.approx(1 / 8))
    assert units("我是 blacksmith") == ["我", "是", "blacksmith"]


def test_a_fact_that_only_another_role_has_is_counted_and_one_that_two_have_is_not():
    def sample(name: str, *keys: str) -> SimpleNamespace:
        return SimpleNamespace(character_name=name, kind="SBK", keys=[SimpleNamespace(canonical=key) for key in keys])

    marks = role_marks([sample("Odo Fenn", "blacksmith", "47"), sample("沈铁山", "桥梁检测员", "蓝色"), sample("Mara Quill", "lighthouse keeper"),
                        sample("Ben Ash", "lighthouse keeper")])
    assert other_roles(marks, "我是桥梁检测员。", "沈铁山 职业：守林人") == ["桥梁检测员"]
    assert other_roles(marks, "I am a blacksmith.", "Mara Quill") == ["blacksmith"]
    assert other_roles(marks, "I am a blacksmith.", "Odo Fenn\nOccupation: blacksmith") == []
    assert other_roles(marks, "I am 47, a lighthouse keeper. 蓝色", "Odo Fenn") == []
    assert role_marks([sample("Odo Fenn", "blacksmith")]) is None


def test_a_role_that_speaks_of_another_role_unasked_is_counted():
    names = role_names(["Mara Quill", "沈铁山", "Art"])
    assert other_roles(names, "<think>Mara Quill</think><answer>I learned it from Mara Quill.</answer>", "Odo Fenn") == ["Mara Quill"]
    assert other_roles(names, "I learned it from Mara Quill.", "Odo Fenn, friend of Mara Quill") == []
    assert other_roles(names, "Artful.", "") == [] and other_roles(names, "我师父是沈铁山。", "") == ["沈铁山"]
    assert role_names(["alone"]) is None
    assert style([reply("x"), SimpleNamespace(**{**vars(reply("y")), "other_roles": ["Mara Quill"]})])["other_role_rate"] == 0.5
