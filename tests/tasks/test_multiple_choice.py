"""Multiple choice: which letters a reply chooses, layouts in the wild, cleaning, and the guide's reward that never reads the key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.tables import sift
from toolkit.tasks.multiple_choice import Item, MultipleChoice, heuristic, leaked
from toolkit.verify.letters import read_letters

TASK = MultipleChoice()
SEVEN = ("question", "option_A", "option_B", "option_C", "option_D", "correct_answer", "reasoning")
GOOD = dict(zip(SEVEN, ("最长的河？", "黄河", "长江", "珠江", "淮河", "B", "长江约6300千米"), strict=True))


def chosen(answer: str) -> str:
    return read_letters(f"<think>A C</think><answer>{answer}</answer>").letters


@pytest.mark.parametrize("letters, answer", [
    ("B", "B"), ("B", "b"), ("B", "(B)"), ("B", "Ｂ"), ("B", "**B**"), ("B", "答案：B"), ("B", "答案:B\n理由：因為 A 不對"), ("B", "选B"), ("B", "故选B。"),
    ("B", "正确答案是B，因为A错误。"), ("B", "The answer is B."), ("B", "The answer is (B) 1789."), ("B", "B. 1789"), ("B", "Option B"), ("B", "\\boxed{B}"),
    ("B", "$\\boxed{\\text{B}}$"), ("B", "I choose B"), ("B", "not A but B"), ("B", "Answer: B\nReason: a dog is not a cat; C is wrong."), ("A", "A"),
    ("A", "The answer is A."), ("A", "The answer is A because a cat says so."), ("BD", "BD"), ("BD", "B、D"), ("BD", "B and D"), ("BD", "选 B 和 D"),
    ("BD", "答案：BD"), ("BCD", "B, C, D"), ("D", "D. AAbb × aaBB, 或 $A A B B$")])
def test_letters_as_people_write_them(letters, answer):
    assert chosen(answer) == letters


@pytest.mark.parametrize("answer", [
    "A or B", "A/B", "not B", "答案不是B", "B is wrong", "B?", "Is it B?", "答案：A或B", "答案：A 答案：B", "B " * 50, "选B" * 50, "bad", "B B B", "maybe A or B",
    "可能是A或B", "选A还是B？", "", "the letter", "The answer is not B.", "Answer: A\nAnswer: B", "B, not B", "A bee", "x"])
def test_what_is_no_choice(answer):
    assert chosen(answer) == ""


@given(st.text(max_size=60))
def test_any_reply_has_a_verdict(text):
    row = TASK.row({"id": "1", "question": "q", "options": ["a", "b"], "answer": "A"})
    for part in TASK.parts:
        assert 0 <= TASK.score(part, row, f"<answer>{text}").score <= 1


def test_all_of_several_right_letters_are_wanted():
    row = TASK.row({"id": "1", "question": "q", "options": list("wxyz"), "answer": ["B", "D"]})

    def score(answer: str) -> float:
        return TASK.score("accuracy", row, f"<answer>{answer}</answer>").score

    assert [score(a) for a in ("BD", "D、B", "B", "D", "BCD", "ABCD")] == [1, 1, 0, 0, 0, 0]
    found = TASK.score("accuracy", row, text := "<answer>选 B 和 D</answer>")
    assert [text[s.start:s.end] for s in found.matched] == ["B 和 D"]


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "parquet"])
def test_seven_columns_in_every_format(write, suffix):
    (_, row), = TASK.read(write(f"d.{suffix}", [GOOD]))
    assert (row.options, row.answer, row.reasoning) == (("黄河", "长江", "珠江", "淮河"), "B", "长江约6300千米")
    assert TASK.row(json.loads(json.dumps(row.to_row()))) == row
    assert TASK.prompt(row)[-1]["content"] == "最长的河？\nA. 黄河\nB. 长江\nC. 珠江\nD. 淮河"


@pytest.mark.parametrize("row, options, key", [
    ({"passage": None, "question": "q", "options": ["(A)甲", "(B)乙"], "label": "B", "answer": None}, ("甲", "乙"), "B"),
    ({"question": "q", "options": ["(A)甲", "(B)乙", "(C)丙"], "label": ["A", "C"]}, ("甲", "乙", "丙"), "AC"),
    ({"question": "1. 正确的是（ ）\nA. 甲 B．乙\nC、丙  D. 丁", "answer": ["BD"], "analysis": "x"}, ("甲", "乙", "丙", "丁"), "BD"),
    ({"题目": "q", "选项A": "甲", "选项B": "乙", "答案": "B"}, ("甲", "乙"), "B"), ({"question": "q", "choices": ["x", "y"], "answer": 1}, ("x", "y"), "B"),
    ({"question": "q", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answer_key": "A"}, ("x", "y"), "A"),
    ({"question": "q", "A": "x", "B": "y", "answer": "(b)"}, ("x", "y"), "B")])
def test_layouts_of_the_wild(write, row, options, key):
    (_, found), = TASK.read(write("d.jsonl", [row]))
    assert (found.options, found.answer) == (options, key)


def test_rows_inside_an_object_are_found(tmp_path):
    (tmp_path / "2010-2022_Physics_MCQs.json").write_text(json.dumps({"keywords": "k", "example": [
        {"index": 0, "question": "1. ( )\nA. a\nB. b\nC. c\nD. d", "answer": ["BD"], "analysis": "…"},
        {"index": 1, "question": "2. ( )\nA. a\nB. b\nC. c\nD. d", "answer": ["C"], "analysis": "…"}]}), encoding="utf-8")
    assert [row.answer for _, row in TASK.read(tmp_path / "2010-2022_Physics_MCQs.json")] == ["BD", "C"]


def test_a_test_set_without_a_key_can_be_answered_and_not_scored(write):
    (_, row), = TASK.read(write("d.jsonl", [{"id": 7, "question": "q", "options": ["x", "y"]}]))
    assert row.answer == "" and TASK.row(row.to_row()) == row
    assert TASK.score("accuracy", row, "<answer>A</answer>").score is None and TASK.extract(row, "<answer>A</answer>") == "A"


def test_columns_with_other_names(write):
    task = MultipleChoice()
    path = write("d.tsv", [{"Frage": "q", "a1": "x", "a2": "y", "Loesung": "A"}])
    task.columns = {"question": "Frage", "option_A": "a1", "option_B": "a2", "correct_answer": "Loesung"}
    assert [row.options for _, row in task.read(path)] == [("x", "y")]
    task.columns = {"question": "Fragen"}
    with pytest.raises(InputError, match='Did you mean "Frage"'):
        list(task.read(path))


def test_bad_rows_are_refused_with_every_reason(write):
    path = write("d.tsv", [GOOD, {**GOOD, "option_B": "", "correct_answer": "E", "reasoning": ""}, {**GOOD, "option_C": "黄河"},
                           {**GOOD, "question": ""}, {**GOOD, "correct_answer": ""}])
    with pytest.raises(InputError) as caught:
        list(TASK.read(path))
    said = str(caught.value)
    assert len(caught.value.problems) == 6 and f'{path}:3 field "option_B" is empty' in said
    assert "two equal options" in said and "--clean" in caught.value.problems[0]


def test_cleaning_says_what_it_dropped_and_why(toolkit, write, tmp_path):
    path = write("d.tsv", [GOOD, {**GOOD, "correct_answer": "E"}, {**GOOD, "option_B": ""}, {**GOOD, "question": "答案是B，最长的河？"}, GOOD])
    with path.open("a", encoding="utf-8") as out:
        out.write("cut\toff\n")
    done = toolkit("validate", path, "--task", "multiple_choice", "--clean", tmp_path / "clean.jsonl")
    assert done.returncode == 0, done.stderr
    assert "3 rows are good, 3 are not" in done.stderr and "answers: B 3 (100%)" in done.stderr
    assert "the question names the answer's letter" in done.stderr and "the same question as in line 2" in done.stderr
    assert len(list(TASK.read(tmp_path / "clean.jsonl"))) == 3
    dropped = [json.loads(line) for line in (tmp_path / "clean_dropped.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["line"] for row in dropped] == [3, 4, 7] and "expected one of A, B, C, D" in dropped[0]["problems"][0]
    assert toolkit("validate", path, "--task", "multiple_choice").returncode == 3
    assert toolkit("validate", path, "--task", "multiple_choice", "--clean", tmp_path / "clean.jsonl").returncode == 2


def test_a_question_that_gives_its_answer_away_is_told():
    row = Item("1", "长江是最长的河，最长的河是？", ("黄河", "长江"), "B")
    assert "right option stands in the question" in leaked(row)
    assert not leaked(Item("1", "黄河和长江哪条长？", ("黄河", "长江"), "B")) and not leaked(Item("1", "最长的河？", ("黄河", "长江"), "B"))


def test_prompts_follow_the_script_of_the_question():
    asked = {"en": ("Which?", "a", "b"), "zh": ("哪条河最长？", "黄河", "长江"), "zh-Hant": ("下列關於臺灣的說法何者正確？", "甲", "乙")}
    for language, (question, *options) in asked.items():
        row = TASK.row({"id": "1", "question": question, "options": options, "answer": "A"})
        assert row.language == language
        assert TASK.prompt(row)[0]["content"] == Path(f"prompts/multiple_choice/system.{language}.md").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("text, score", [
    ("", 0.5), ("答案：", 0.8), ("Answer:", 0.8), ("答案:B", 0.7), ("理由：", 0.7), ("因為", 0.7), ("根據", 0.7), ("因为", 0.5), ("可能", 0.6), ("可能 絕對", 0.5),
    ("可能 相對 絕對", 0.6), ("絕對 必須", 0.5), ("B", 0.7), ("可能 B", 0.7), ("dBd", 0.5), ("E", 0.5), ("答案：B", 0.8), ("答案：B 理由：x", 1.0),
    ("答案：B\n理由：因為可能", 1.0), ("理由：可能", 0.8)])
def test_the_guides_reward_is_exact_to_its_numbers(text, score):
    assert heuristic(text).score == score
    assert "never reads the key" in heuristic(text).reason


def test_the_guides_reward_pays_a_wrong_letter_like_the_right_one():
    row = TASK.row({"id": "1", "question": "q", "options": list("wxyz"), "answer": "B"})
    assert TASK.score("heuristic", row, "答案：C 理由：x").score == TASK.score("heuristic", row, "答案：B 理由：x").score == 1.0


def test_the_audit_is_green_and_that_of_the_guides_reward_is_not(toolkit):
    done = toolkit("reward", "audit", "multiple_choice", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["false_pay"]["failed"] == 0 and found["false_deny"]["failed"] == 0
    done = toolkit("reward", "audit", "multiple_choice", "--part", "heuristic", "--json")
    kinds = json.loads(done.stdout)["false_pay"]["by_kind"]
    assert done.returncode == 3 and kinds["other_marked"]["failed"] == kinds["other_marked"]["of"] > 10


def test_rows_that_cannot_be_used_do_not_stop_the_others(write):
    found = sift(write("d.jsonl", [GOOD, {"question": "q"}]), TASK.make)
    assert [line for line, _ in found.rows] == [1] and found.dropped[0]["line"] == 2 and len(found.problems) == len(found.dropped[0]["problems"])
