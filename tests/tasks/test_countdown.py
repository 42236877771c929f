"""Countdown: what an expression may be, that it is computed exactly and never evaluated, and problems that can be solved."""

from __future__ import annotations

import ast
import json
import operator
import time
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.generate.countdown import problems, sizes_of
from toolkit.rewards.attacks import long_attacks
from toolkit.tasks.countdown import Countdown, Puzzle, judge
from toolkit.verify.arithmetic import Unreadable, parse, solve

ROW = Puzzle("1", (1, 2, 8), 24)


def verdict(answer: str, nums: tuple[int, ...] = (1, 2, 8), target: int = 24):
    return judge(nums, target, f"<think>…</think><answer>{answer}</answer>")


@pytest.mark.parametrize("answer", [
    "(1 + 2) * 8", "8*(2+1)", "((1+2)*8)", "(1 + 2) × 8", "(１＋２)＊８", "[1+2]*8", "(1+2)x8", "(1+2) x 8", "(1+2)*8 = 24", "24 = (1+2)*8",
    "(1+2)·8.", "\\boxed{(1+2) \\times 8}", "$(1+2)*8$", "\\left(1+2\\right) \\cdot 8", "\n(1 + 2)\n* 8\n"])
def test_expressions_as_people_write_them_are_right(answer):
    assert verdict(answer).score == 1.0, verdict(answer).reason


@pytest.mark.parametrize("answer, nums, code", [
    ("2**3", (2, 3), "power"), ("2^3", (2, 3), "power"), ("99**98**97", (99, 98, 97), "power"), ("7//2", (7, 2), "floor_division"),
    ("2.5*4", (2, 5, 4), "decimal"), ("8*3.", (8, 3), "right"), (".5*48", (5, 48), "decimal"), ("-5+29", (5, 29), "unary"),
    ("+24", (24,), "unary"), ("5*-3", (5, 3), "unary"), ("--24", (24,), "unary"), ("2(12)", (2, 12), "missing_operator"),
    ("(2)(12)", (2, 12), "missing_operator"), ("3 8", (3, 8), "missing_operator"), ("024", (24,), "leading_zero"),
    ("3*8²", (3, 8), "character"), ("٣*٨", (3, 8), "character"), ("三*八", (3, 8), "character"), ("3*8 # 24", (3, 8), "character"),
    ("__import__('os')", (24,), "character"), ("3*(8", (3, 8), "brackets"), ("3*8)", (3, 8), "brackets"), ("3*", (3, 8), "empty"),
    ("1_000", (1000,), "number"), ("1,000", (1000,), "number"), ("9" * 30, (9,), "number"), ("3e1", (3, 1), "character"),
    ("3*8=25", (3, 8), "claim"), ("25=3*8", (3, 8), "claim"), ("3*8=24=24", (3, 8), "claim"), ("24=25", (24,), "numbers"), ("**3*8**", (3, 8), "right"),
    ("8/(3-3)", (8, 3, 3), "division_by_zero"), ("3*8+0", (3, 8), "numbers"), ("24", (3, 8), "numbers"), ("3+8", (3, 8), "value"),
    ("3*8 or 3+8", (3, 8), "character"), ("3*8\n3*8", (3, 8), "missing_operator"), ("1+" * 200 + "1", (1,), "too_long"),
    ("(" * 100, (3, 8), "too_long"), ("3*8; 3*8", (3, 8), "character"), ("0x18", (24,), "numbers"), ("", (3, 8), "no_answer")])
def test_every_trick_has_a_verdict_of_its_own(answer, nums, code):
    found = verdict(answer, nums)
    assert found.code == code and found.score == float(code == "right"), found.reason
    assert "{" not in found.reason and found.reason.endswith(".")


def test_fractions_are_exact():
    assert verdict("5*(5-1/5)", (5, 5, 1, 5), 24).score == 1.0
    assert verdict("8/(3-8/3)", (8, 3, 8, 3), 24).score == 1.0
    assert verdict("1/3*3", (1, 3, 3), 1).score == 1.0
    assert verdict("33333333/99999999*3", (33333333, 99999999, 3), 1).score == 1.0


@pytest.mark.parametrize("completion, code", [
    ("(1+2)*8", "right"), ("<answer>(1+2)*8", "right"), ("so it is</think><answer>(1+2)*8</answer>", "right"),
    ("<think>(1+2)*8</think>", "no_answer"), ("<think><answer>(1+2)*8</answer>", "no_answer"),
    ("<answer>1</answer><answer>(1+2)*8</answer>", "repeated"), ("<think>a</think><think>b <answer>(1+2)*8</answer>", "no_answer")])
def test_only_one_answer_outside_the_thinking_counts(completion, code):
    assert judge((1, 2, 8), 24, completion).code == code


def test_a_prefilled_thinking_must_end():
    assert judge((1, 2, 8), 24, "<answer>(1+2)*8</answer>", prefilled=True).code == "no_answer"
    assert judge((1, 2, 8), 24, "…</think><answer>(1+2)*8</answer>", prefilled=True).score == 1.0


def test_the_matched_span_is_the_expression():
    text = "<think>…</think><answer> (1+2)*8 </answer>"
    (span,) = judge((1, 2, 8), 24, text).matched
    assert text[span.start:span.end] == "(1+2)*8"


def test_nothing_takes_a_millisecond():
    task = Countdown()
    texts = [text for _, text in long_attacks("24")]
    texts += [f"<answer>{part * 100_000}"[:100_000] for part in ("(", "9", "1+", "99*", "1/999999999997+", " ", "x", "=", "\\boxed{")]
    texts += [f"<answer>{part * 300}"[:245] for part in ("99*", "1/9*", "((1)+", "1/999999999997+")]
    for part in task.parts:
        for text in texts:
            spent = []
            for _ in range(5):
                began = time.process_time()
                task.score(part, ROW, text)
                spent.append(time.process_time() - began)
            assert min(spent) < 1e-3, (part, text[:30], min(spent))


# an independent reader: Python's own parser, computed with Fractions
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def computed(node: ast.AST) -> Fraction:
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](computed(node.left), computed(node.right))
    assert isinstance(node, ast.Constant)
    return Fraction(node.value)


expressions = st.recursive(st.integers(0, 99).map(str), lambda inner: st.builds(
    lambda a, sign, b, brackets: f"({a}{sign}{b})" if brackets else f"{a} {sign} {b}", inner, st.sampled_from("+-*/"), inner, st.booleans()),
    max_leaves=7)


@given(expressions)
def test_values_are_those_of_an_independent_reader(text):
    found = parse(text)
    tree = ast.parse(text.replace("\n", " "), mode="eval").body
    try:
        assert found.value == computed(tree)
    except ZeroDivisionError:
        assert found.value is None
    assert found.numbers == tuple(node.value for node in sorted(
        (n for n in ast.walk(tree) if isinstance(n, ast.Constant)), key=lambda n: n.col_offset))


@given(st.text(alphabet="0123456789+-*/()=. x×÷²^_٣\\boxed{}$\n", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        parse(text)
    except Unreadable as error:
        assert error.code
    assert judge((1, 2, 8), 24, f"<answer>{text}</answer>").score in (0.0, 1.0)


@given(st.lists(st.integers(1, 25), min_size=2, max_size=4), st.integers(-10, 60))
def test_what_the_solver_finds_is_right(nums, target):
    found = solve(nums, target)
    if found is not None:
        assert parse(found).value == target and Counter(parse(found).numbers) == Counter(nums)


def test_the_solver_knows_what_cannot_be_solved():
    assert solve((1, 1), 5) is None and solve((1, 5, 5, 5), 24) == "5*(5-1/5)" and solve((2, 2), 0) == "2-2"


def test_generated_problems_are_solvable_different_and_seeded():
    made = list(problems(300, (3, 4), 99, seed=1))
    assert made == list(problems(300, (3, 4), 99, seed=1)) != list(problems(300, (3, 4), 99, seed=2))
    assert len({(tuple(sorted(m.nums)), m.target) for m in made}) == 300
    assert {len(m.nums) for m in made} == {3, 4} and all(1 <= n <= 99 for m in made for n in (*m.nums, m.target))
    assert all(judge(m.nums, m.target, m.solution).score == 1.0 for m in made)
    with pytest.raises(InputError, match="different problems were found"):
        list(problems(1000, (2, 2), 3, seed=1))
    with pytest.raises(InputError, match="3-4"):
        sizes_of("4-3")


def test_gen_data_writes_problems_that_the_task_reads(toolkit, tmp_path):
    done = toolkit("gen-data", "--task", "countdown", "--num", 60, "--numbers", "3-4", "--max", 50, "--cold-start", 5,
                   "--output-dir", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["train"] == 54
    rows = [row for _, row in Countdown().read(tmp_path / "train.jsonl")]
    assert len(rows) == 54 and len(list(Countdown().read(tmp_path / "validation.jsonl"))) == 6
    assert len(list(Countdown().read(f"{tmp_path}:validation"))) == 6
    cold = [json.loads(line) for line in (tmp_path / "cold_start.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(cold) == 5 and all(Countdown().score(part, rows[n], c["completion"][0]["content"]).score == 1.0
                                  for n, c in enumerate(cold) for part in Countdown.parts)
    again = toolkit("gen-data", "--task", "countdown", "--num", 60, "--output-dir", tmp_path)
    assert again.returncode == 2 and "already exists" in again.stderr
    assert toolkit("gen-data", "--task", "countdown", "--kinds", "SBK").returncode == 2
    assert toolkit("gen-data", "--num", 5).returncode == 2


@pytest.mark.parametrize("name", ["d.jsonl", "d.parquet"])
def test_both_layouts_are_read(write, name):
    task = Countdown()
    assert [row.nums for _, row in task.read(write(name, [{"nums": [95, 36, 32], "target": 91}]))] == [(95, 36, 32)]
    (_, row), = task.read(write(f"i/{name}", [{"input": "30,100,93", "output": "23"}]))
    assert (row.nums, row.target) == ((30, 100, 93), 23) and task.row(row.to_row()) == row
    assert "30, 100, 93" in task.prompt(row)[-1]["content"] and "23" in task.prompt(row)[-1]["content"]


def test_bad_rows_are_told_all_at_once(write):
    path = write("d.jsonl", [{"nums": [1, 2], "target": 3}, {"nums": "1,x", "target": 3}, {"nums": [1], "target": 3}, {"nums": [1, 2.5],
                 "target": 3}, {"nums": [1, 2], "target": "3.5"}, {"nums": [1, 2]}, {"nums": list(range(9)), "target": 3}])
    with pytest.raises(InputError) as caught:
        list(Countdown().read(path))
    assert len(caught.value.problems) == 6 and f"{path}:2 field \"nums\"" in str(caught.value)


def test_validate_names_what_cannot_be_solved(toolkit, write):
    done = toolkit("validate", write("d.jsonl", [{"nums": [1, 1], "target": 5}, {"nums": [3, 8], "target": 24}]), "--task", "countdown")
    assert done.returncode == 0 and "line 1: no expression of 1, 1 equals 5" in done.stderr


def test_the_audit_is_green(toolkit):
    done = toolkit("reward", "audit", "countdown", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["false_pay"]["failed"] == 0 and found["false_deny"]["failed"] == 0
    assert found["samples"] >= 40 and found["seconds"] < 30
