"""Near duplicates: the same question of one role, the same dialogue of any; other roles' questions are their own."""

from __future__ import annotations

import tracemalloc

import pytest

from toolkit.generate.near import NearDuplicates
from toolkit.samples import Sample
from toolkit.verify import Key


def sample(question: str, role: str = "a", dialogue: tuple[str, ...] = ()) -> Sample:
    history = tuple({"role": "user", "content": text} for text in dialogue)
    return Sample("1", role, "CM" if dialogue else "SBK", "zh", "甲", "", history, question, "", (Key("x"),))


@pytest.mark.parametrize("first, second", [
    ("你当年是跟谁学的这门手艺啊？", "你当年是跟谁学的这门手艺呀？"),
    ("Who was it that taught you to mend nets, then?", "Who was it that taught you to mend nets?"),
    ("天没亮你就背着家什出门，这是忙什么去？", "天没亮，你就背着家什出门！这是忙什么去")])
def test_a_question_that_differs_in_a_word_is_a_duplicate(first, second):
    near = NearDuplicates()
    near.add(sample(first))
    assert near.near(sample(second)) is not None
    assert near.near(sample(second, role="b")) is None


@pytest.mark.parametrize("first, second", [
    ("你当年是跟谁学的这门手艺啊？", "闲下来的时候你爱做点什么？"),
    ("Who was it that taught you to mend nets?", "Where do you keep the nets in winter?")])
def test_other_questions_are_not(first, second):
    near = NearDuplicates()
    near.add(sample(first))
    assert near.near(sample(second)) is None


def test_a_dialogue_told_for_two_roles_is_a_duplicate():
    told = ("我跟人约好了，今晚八点在钟楼底下见。", "那你可得早点出门，路上人多。", "放心，我先把鱼收了。")
    near = NearDuplicates()
    near.add(sample("我约在几点？", "a", told))
    assert near.near(sample("在哪儿见来着？", "b", told)) is not None
    assert near.near(sample("我约在几点？", "a", ("昨天我在市集上买了把旧伞。", "伞面还好吗？"))) is None


def test_memory_is_bounded_and_the_latest_are_remembered():
    near = NearDuplicates(window=500)
    texts = [f"第{n}回你在{n * 7919 % 10007}号码头遇见的那位{n}先生姓什么？" for n in range(4000)]
    for text in texts[:1000]:
        near.add(sample(text))
    tracemalloc.start()
    for text in texts[1000:]:
        near.add(sample(text))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert near.near(sample(texts[-1])) is not None and near.near(sample(texts[-400])) is not None
    assert grown < 1_500_000
