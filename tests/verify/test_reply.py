"""What counts as the answer of a completion, and what format pays."""

import pytest

from toolkit.verify import format_verdict, split_reply


def test_tags_separate_thinking_from_answer():
    reply = split_reply("<think>hm</think>\n<answer>I forge.</answer>")
    assert (reply.think, reply.answer, reply.problems) == ("hm", "I forge.", ())


def test_the_answer_starts_where_it_stands_in_the_completion():
    completion = "<think>hm</think>\n<answer>I forge.</answer>"
    reply = split_reply(completion)
    assert completion[reply.answer_start :].startswith("I forge.")


def test_without_tags_the_whole_completion_is_the_answer():
    reply = split_reply("I forge.")
    assert reply.think is None and reply.answer == "I forge." and "no_answer_tag" in reply.problems


def test_an_unclosed_think_leaves_no_answer():
    assert split_reply("<think>铁匠").answer == ""
    assert split_reply("<think>铁匠 <answer>铁匠</answer>").answer == ""


def test_a_prefilled_think_starts_inside_the_thinking():
    reply = split_reply("he asks my trade</think><answer>smith</answer>", prefilled=True)
    assert reply.think == "he asks my trade" and reply.answer == "smith"


def test_everything_before_a_lone_closing_think_is_thinking():
    reply = split_reply("he asks</think>smith")
    assert reply.think == "he asks" and reply.answer == "smith"


def test_thinking_inside_the_answer_is_not_answer():
    assert "smith" not in split_reply("<answer><think>smith</think>well</answer>").answer


@pytest.mark.parametrize(
    ("completion", "code"),
    [
        ("<think>a</think><answer>b</answer>", "format_right"),
        (" \n<think>a</think>\n\n<answer>b</answer>\n", "format_right"),
        ("<think>a</think>b", "format_missing"),
        ("<answer>b</answer>", "format_missing"),
        ("<think>a<answer>b</answer>", "format_missing"),
        ("<think>a</think><answer>b</answer><answer>c</answer>", "format_repeated"),
        ("<answer>b</answer><think>a</think>", "format_order"),
        ("well <think>a</think><answer>b</answer>", "format_outside"),
        ("<think>a</think> so <answer>b</answer>", "format_outside"),
        ("<think> </think><answer>b</answer>", "format_empty"),
        ("<think>a</think><answer>\u200b</answer>", "format_empty"),
        ("", "format_missing"),
    ],
)
def test_format_pays_exactly_one_think_and_one_answer(completion, code):
    verdict = format_verdict(completion)
    assert verdict.code == code
    assert verdict.score == (1.0 if code == "format_right" else 0.0)


def test_format_understands_a_prefilled_think():
    assert format_verdict("a</think><answer>b</answer>", prefilled=True).score == 1.0
    assert format_verdict("a</think><answer>b</answer>").score == 0.0
