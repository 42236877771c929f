"""GSM8K and maths in XML tags: the number a reply ends in, its layouts in the wild, and the numbers of the reference guide."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.rewards.attacks import long_attacks
from toolkit.tasks.gsm8k import Gsm8k, Problem
from toolkit.tasks.math_xml import MathXml
from toolkit.verify.final_number import compare, read_final


def form(key: str, answer: str) -> str:
    return compare(read_final(f"<think>…</think><answer>{answer}</answer>"), key)[0]


@pytest.mark.parametrize("key, answer, found", [
    ("72", "72", "exact"), ("72", "72.", "exact"), ("72", "$72", "equal"), ("72", "72.0", "equal"), ("12", "１２", "equal"), ("12", "十二", "equal"),
    ("12", "twelve", "equal"), ("1200", "1,200", "equal"), ("0.75", "3/4", "equal"), ("0.75", "\\frac{3}{4}", "equal"), ("1.5", "1 1/2", "equal"),
    ("0.5", ".5", "equal"), ("50", "50%", "equal"), ("0.5", "50%", "equal"), ("20", "百分之二十", "equal"), ("-5", "−5", "equal"), ("-5", "-5", "exact"),
    ("72", "**72**", "exact"), ("72", "$72$", "equal"), ("72", "\\(72\\)", "exact"), ("72", "72\\text{ clips}", "exact"), ("72", "\\boxed{72}", "exact"),
    ("72", "She sold 72 clips.", "exact"), ("72", "48 + 24 = 72 clips", "exact"), ("72", "In 2 months she sold 72.", "exact"),
    ("72", "The answer is 72 clips in 2 months.", "exact"), ("72", "答案：72", "exact"), ("72", "一共卖了72个", "exact"), ("12", "共十二个", "equal"),
    ("72", "It is not 71 but 72.", "exact"), ("72", "First 48.\nThen 24.\n#### 72", "exact"), ("30000", "3万", "equal"), ("3200", "3千2百", "equal"),
    ("2500000", "2.5 million", "equal"), ("24", "2 dozen", "equal"), ("1000000", "1000000.00", "equal")])
def test_a_number_is_right_in_any_form(key, answer, found):
    assert form(key, answer) == found


@pytest.mark.parametrize("answer", [
    "72 or 73", "either 72 or 71", "71, 72, 73", "71 72", "71\n72\n73", "73\n71\n72", "between 70 and 72", "not 72", "The answer is not 72.",
    "72, not 72", "72 is wrong", "72 isn't right", "答案不是72", "Is it 72?", "172", "72.5", "7.2", "-72", "720", "7 2", "7,2", "72/2", "2*36", "72²",
    "7²", "72nd", "72 " * 50, "not 72. " * 20, "72? " * 20, "", "none", "72. No wait, the answer is 73.", "seventy-two of 2"])
def test_what_only_looks_like_the_number_is_wrong(answer):
    assert form("72", answer) == "wrong"


@pytest.mark.parametrize("completion, score", [
    ("The answer is 72.", 1), ("48 + 24 = 72\n\\boxed{72}", 1), ("\\boxed{71}\n#### 72", 0), ("<think>72</think>", 0), ("<think>72", 0),
    ("<answer>71</answer><answer>72</answer>", 0), ("<think>71</think>72", 1), ("71</think><answer>72</answer>", 1)])
def test_where_the_number_stands(completion, score):
    assert Gsm8k().score("accuracy", Problem("1", "?", "72"), completion).score == score


@given(st.text(max_size=80))
def test_any_reply_has_a_verdict(text):
    row = Problem("1", "?", "72")
    for task in (Gsm8k(), MathXml()):
        for part in task.parts:
            assert 0 <= task.score(part, row, f"<answer>{text}").score <= 2


@given(st.fractions(-1000, 1000, max_denominator=50))
def test_a_number_equals_itself_in_every_form(value):
    assert form(str(value), f"\\frac{{{value.numerator}}}{{{value.denominator}}}") in ("equal", "exact")
    assert form(str(value), f"The answer is {value}.") == "exact"
    assert form(str(value), f"{value + 1}") == "wrong"


def test_a_long_reply_is_read_at_once():
    for _, text in long_attacks("72"):
        began = time.process_time()
        assert Gsm8k().score("accuracy", Problem("1", "?", "72"), text).score == 0
        assert time.process_time() - began < 0.5


LAYOUTS = [
    {"question": "How many?", "answer": "48+24 = <<48+24=72>>72.\n#### 72"},
    {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "How many?"}, {"role": "assistant", "content": "72\n#### 72"}]},
    {"prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "How many?"}], "answer": "72"},
    {"prompt": "How many?", "completion": [{"role": "assistant", "content": "So \\boxed{72}."}]},
    {"prompt": [{"role": "user", "content": "How many?"}], "reward_model": {"style": "rule", "ground_truth": "72"}},
    {"problem": "How many?", "solution": "It is $\\boxed{72}$."}, {"question": "How many?", "answer": 72}]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda row: "-".join(row))
def test_layouts_of_the_wild_are_read(write, layout, suffix):
    task = Gsm8k()
    (_, row), = task.read(write(f"train.{suffix}", [layout]))
    assert (row.question, row.answer) == ("How many?", "72")
    assert task.row(json.loads(json.dumps(row.to_row()))) == row
    assert [m["role"] for m in task.prompt(row)] == ["system", "user"]


def test_bad_rows_are_told_all_at_once(write):
    path = write("d.jsonl", [{"question": "q", "answer": "#### 1"}, {"question": "", "answer": "#### 1"}, {"question": "q"}, {"q": 1}])
    with pytest.raises(InputError) as caught:
        list(Gsm8k().read(path))
    assert len(caught.value.problems) == 4 and f"{path}:2 has no question" in str(caught.value)


def test_thousands_in_the_key_are_no_other_form(write):
    (_, row), = Gsm8k().read(write("d.jsonl", [{"question": "q", "answer": "x\n#### 1,750"}]))
    assert row.answer == "1750"


def test_expressions_are_compared_by_math_verify(write):
    pytest.importorskip("math_verify")
    task = Gsm8k()
    (_, row), = task.read(write("d.jsonl", [{"problem": "q", "solution": "Thus \\boxed{\\frac{\\sqrt{2}}{2}}."}]))

    def said(answer: str) -> float:
        return task.score("correctness", row, f"<answer>\\boxed{{{answer}}}</answer>").score

    assert said("\\frac{\\sqrt{2}}{2}") == 2.0 and said("\\frac{1}{\\sqrt{2}}") == 1.5 and said("\\sqrt{2}") == 0.0
    began = time.process_time()
    assert all(said(text) == 0.0 for text in ("9^{9^{9}}", "99**98**97", "((9^{99})^{99})^{99}", "(a+b+c+d)^{40}", "x" * 5000))
    assert time.process_time() - began < 1


def test_the_rewards_have_the_numbers_of_the_reference():
    task, row = MathXml(), Problem("1", "?", "72")
    reply = "<reasoning>\n48+24\n</reasoning>\n<answer>\n{}\n</answer>"
    assert [task.score("correctness", row, reply.format(a)).score for a in ("72", "72.0", "73")] == [2.0, 1.5, 0.0]
    assert task.score("xml_format", row, reply).score == 0.8
    assert [task.score("xml_format", row, text).score for text in (
        "", "<answer>72</answer>", "<reasoning>x</reasoning>", "<reasoning>x</reasoning><answer>72", "<answer><answer></answer>")] == [
        0.0, 0.4, 0.4, 0.6, 0.2]
    assert dict(task.parts) == {"correctness": 1.0, "xml_format": 1.0, "accuracy": 0.0}


def test_reasoning_is_not_read_for_the_answer():
    task, row = MathXml(), Problem("1", "?", "72")
    assert task.score("correctness", row, "<reasoning>72</reasoning><answer>71</answer>").score == 0.0
    assert task.score("correctness", row, "<reasoning>It is 72.</reasoning>").score == 0.0
    verdict = task.score("correctness", row, text := "<reasoning>71</reasoning><answer>72</answer>")
    assert [text[s.start:s.end] for s in verdict.matched] == ["72"]


@pytest.mark.parametrize("words", [["gsm8k"], ["math_xml"], ["gsm8k", "--part", "correctness", "--part", "xml_format"]])
def test_the_audits_are_green(toolkit, words):
    done = toolkit("reward", "audit", *words, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["false_pay"]["rate"] < 0.005 and found["false_deny"]["failed"] == 0 and found["seconds"] < 30
