"""`validate`: each kind of mistake is found, on its line and with its fix; right data of every layout passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.dataset.across import tolerance
from toolkit.dataset.show import render, summary
from toolkit.dataset.validate import Report, validate
from toolkit.errors import InputError
from toolkit.jsonl import write_list

SBK: dict[str, Any] = {
    "id": "s1", "role_id": "mu", "kind": "SBK", "language": "zh", "character_name": "穆小川",
    "character_profile": "姓名：穆小川\n职业：修船匠\n籍贯：杭州", "conversation_history": [],
    "question": "你靠什么手艺吃饭？",
    "answer": "我是修船匠。", "keys": [{"canonical": "修船匠", "alternatives": ["船匠"], "type": "text"}],
    "evidence": [{"source": "profile", "quote": "职业：修船匠", "turn": None}], "distractors": ["铁匠", "裁缝"],
    "difficulty": "easy", "question_type": "what"}
CM: dict[str, Any] = {
    "id": "c1", "role_id": "ada", "kind": "CM", "language": "en", "character_name": "Ada Fenn",
    "character_profile": "Name: Ada Fenn\nOccupation: lock-keeper",
    "conversation_history": [{"role": "user", "content": "My code word is heron."},
                             {"role": "assistant", "content": "I shall keep it to myself."},
                             {"role": "user", "content": "Nice weather."}, {"role": "assistant", "content": "It is."}],
    "question": "What is my code word?", "answer": "Your code word is heron.",
    "keys": [{"canonical": "heron", "type": "text"}], "distractors": ["badger"],
    "evidence": [{"source": "history", "quote": "My code word is heron.", "turn": 0}], "memory_distance": 2,
    "difficulty": "medium", "question_type": "what"}
WILD: dict[str, Any] = {
    "character_name": "Bo Lund", "character_profile": {"Name": "Bo Lund", "Occupation": "baker"},
    "conversation_history": [], "question": "What do you do for a living?", "answer": "I am a baker.",
    "keywords": ["baker"], "question_type": "what", "validation_method": "single_term_validation"}


def checked(folder: Path, *rows: Any, **files: list[Any]) -> Report:
    paths = []
    for name, content in (files or {"train": list(rows)}).items():
        paths.append(folder / f"{name}.json")
        write_list(paths[-1], content, overwrite=True)
    return validate(paths)


def codes(report: Report, severity: str = "error") -> list[str]:
    return [p.code for p in report.problems if p.severity == severity]


@pytest.mark.parametrize("row", [SBK, CM, WILD], ids=["SBK", "CM", "wild"])
def test_right_samples_pass_without_a_word(tmp_path, row):
    report = checked(tmp_path, row)
    assert report.problems == [] and report.samples == 1 and report.to_json()["ok"]


# (base row, changes, code, field, severity)
MISTAKES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str, str]] = {
    "unreadable field": (SBK, {"answer": 5}, "unreadable", "answer", "error"),
    "no keys": (SBK, {"keys": []}, "unreadable", "", "error"),
    "empty answer": (SBK, {"answer": ""}, "empty_answer", "answer", "error"),
    "tags in the answer": (SBK, {"answer": "<answer>我是修船匠。</answer>"}, "tags_in_answer", "answer", "error"),
    "as an AI": (SBK, {"answer": "作为人工智能，我没有职业。不过我是修船匠。"}, "as_an_ai", "answer", "error"),
    "as an AI, in English": (CM, {"answer": "As an AI language model, I note that your code word is heron."},
                             "as_an_ai", "answer", "error"),
    "answer without the key": (SBK, {"answer": "我是铁匠。"}, "answer_refused", "answer", "error"),
    "answer that denies the key": (SBK, {"answer": "我不是修船匠。"}, "answer_refused", "answer", "error"),
    "key not in its evidence": (SBK, {"evidence": [{"source": "profile", "quote": "籍贯：杭州"}]},
                                "key_not_in_evidence", "keys", "error"),
    "quote not in the profile": (SBK, {"evidence": [{"source": "profile", "quote": "手艺：修船匠"}]},
                                 "evidence_not_found", "evidence[0]", "error"),
    "quote not in the dialogue": (CM, {"evidence": [{"source": "history", "quote": "It is heron.", "turn": None}]},
                                  "evidence_not_found", "evidence[0]", "error"),
    "quote in another turn": (CM, {"evidence": [{"source": "history", "quote": "My code word is heron.", "turn": 2}]},
                              "evidence_not_found", "evidence[0]", "error"),
    "turn that is not there": (CM, {"evidence": [{"source": "history", "quote": "My code word is heron.", "turn": 9}]},
                               "evidence_turn", "evidence[0]", "error"),
    "empty quote": (SBK, {"evidence": [{"source": "profile", "quote": " "}, SBK["evidence"][0]]},
                    "evidence_empty", "evidence[0]", "error"),
    "memory proved by the profile": (
        CM, {"character_profile": "My code word is heron.",
             "evidence": [{"source": "profile", "quote": "My code word is heron."}]},
        "evidence_source", "evidence", "error"),
    "memory without dialogue": (CM, {"conversation_history": [], "evidence": []},
                                "no_history", "conversation_history", "error"),
    "knowledge without profile": (SBK, {"character_profile": "", "evidence": []}, "no_profile", "character_profile",
                                  "error"),
    "key in the question": (SBK, {"question": "修船匠穆小川，你靠什么手艺吃饭？"}, "key_in_question", "question",
    "error"),
    "alternative in the question": (SBK, {"question": "老船匠，你靠什么手艺吃饭？"}, "key_in_question", "question",
    "error"),
    "key in the question, in English": (CM, {"question": "What is heron to me, my code word?"},
                                        "key_in_question", "question", "error"),
    "question in another language": (SBK, {"question": "What do you do for a living?"},
                                     "question_language", "question", "error"),
    "distractor that is the key": (SBK, {"distractors": ["船匠", "裁缝"]}, "distractor_is_key", "distractors[0]",
    "error"),
    "distractor that contains the key": (SBK, {"distractors": ["裁缝", "老修船匠"]},
                                         "distractor_is_key", "distractors[1]", "error"),
    "distractor that the verifier accepts": (
        SBK, {"question": "你多大了？", "character_profile": "年龄：47岁", "answer": "我47岁。",
              "evidence": [{"source": "profile", "quote": "年龄：47岁"}], "distractors": ["四十七岁"],
              "keys": [{"canonical": "47岁", "type": "number"}]}, "distractor_accepted", "distractors[0]", "error"),
    "unknown kind": (SBK, {"kind": "sbk"}, "kind", "kind", "warning"),
    "unknown language": (CM, {"language": "fr"}, "language", "language", "warning"),
    "key that nothing states": (WILD, {"character_profile": "Name: Bo Lund"}, "key_unsupported", "keywords", "warning"),
}


@pytest.mark.parametrize("base, changes, code, field, severity", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found_on_its_line_with_its_field_and_a_fix(tmp_path, base, changes, code, field, severity):
    other = {**(CM if base is SBK else SBK), "id": "other"}
    report = checked(tmp_path, other, {**base, **changes})
    found = [p for p in report.problems if p.code == code]
    assert [(p.severity, p.line, p.field) for p in found] == [(severity, 3, field)]
    assert {p.line for p in report.problems} == {3}
    line = str(found[0])
    assert line.startswith(f"{tmp_path / 'train.json'}:3 ") and len(line.splitlines()) == 1 and line[-1] in ".?"
    assert not field or f'field "{field}" ' in line


def test_a_quote_may_differ_in_width_case_and_line_breaks(tmp_path):
    row = {**SBK, "character_profile": "职业:\n修船匠", "evidence": [{"source": "profile", "quote": "职业：修船匠"}]}
    assert checked(tmp_path, row).problems == []


def test_a_key_may_stand_in_its_evidence_in_another_form(tmp_path):
    row = {**SBK, "question": "你多大了？", "character_profile": "年龄：47岁", "answer": "我四十七岁。",
    "distractors": ["50岁"],
           "evidence": [{"source": "profile", "quote": "年龄：47岁"}], "keys": [{"canonical": "四十七",
           "type": "number"}]}
    assert checked(tmp_path, row).problems == []


@pytest.mark.parametrize("base, question", [
    (SBK, "你是修船匠吗？"), (SBK, "你是铁匠还是修船匠？"), (CM, "Is my code word heron?"), (CM,
    "Is my code word heron or badger?"),
    (CM, "I told you my code word, badger, didn't I?"), (CM, "What is my code word, herons aside?")])
def test_yes_no_questions_choices_false_premises_and_longer_words_give_nothing_away(tmp_path, base, question):
    assert "key_in_question" not in codes(checked(tmp_path, {**base, "question": question}))


def test_a_role_that_is_an_ai_may_say_so(tmp_path):
    row = {**SBK, "character_profile": "姓名：小智，一台人工智能\n职业：修船匠", "answer": "我是人工智能，我是修船匠。"}
    assert "as_an_ai" not in codes(checked(tmp_path, row))


def test_lines_that_are_not_json_are_named_and_the_rest_is_checked(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join([json.dumps(SBK), "{oops", json.dumps({**CM, "answer": ""}), "5"]), encoding="utf-8")
    report = validate([path])
    assert [(p.line, p.code) for p in report.problems] == [(2, "not_json"), (3, "empty_answer"), (4, "unreadable")]
    assert (report.samples, report.files[0].unreadable, report.errors) == (2, 2, 3)
    path.write_bytes(json.dumps(SBK).encode() + b'\n{"a": "\xc9\xf2"}\n')
    [problem] = validate([path]).problems
    assert (problem.code, problem.line) == ("not_json", 2) and "iconv" in problem.message


def test_duplicates_are_errors_and_near_duplicates_warnings(tmp_path):
    near = {**SBK, "id": "s3", "question": "你，靠什么手艺吃饭"}
    other = {**SBK, "id": "s4", "question": "你平日里做什么营生？"}
    report = checked(tmp_path, SBK, {**SBK, "id": "s2"}, near, {**CM, "id": "s1"}, other)
    assert [(p.line, p.code, p.severity) for p in report.problems] == [
        (3, "duplicate", "error"), (4, "near_duplicate", "warning"), (5, "duplicate_id", "error")]
    assert all("train.json:2" in p.message for p in report.problems)


def test_word_order_makes_a_near_duplicate_and_another_dialogue_does_not(tmp_path):
    swapped = {**CM, "id": "c2", "question": "My code word is what?"}
    elsewhere = {**CM, "id": "c3",
    "conversation_history": [*CM["conversation_history"], *CM["conversation_history"][2:]]}
    assert codes(checked(tmp_path, CM, swapped, elsewhere), "warning") == ["near_duplicate"]


def test_a_role_in_two_splits_is_an_error_once_and_by_name_alone_a_warning(tmp_path):
    leaked = [{**SBK, "id": f"v{n}", "question": question, "answer": f"我是修船匠{'。' * n}"}
              for n, question in enumerate(("你干哪一行？", "你做什么工作？"), start=1)]
    report = checked(tmp_path, train=[SBK, CM], validation=leaked)
    [problem] = report.problems
    assert (problem.code, problem.severity, problem.field, problem.line) == ("role_leakage", "error", "role_id", 2)
    assert problem.file.endswith("validation.json") and "train.json:2" in problem.message
    again = {**WILD, "question": "What is your trade?", "answer": "My trade: I am a baker."}
    report = checked(tmp_path, train=[WILD], validation=[again])
    assert codes(report) == [] and codes(report, "warning") == ["role_leakage_by_name"]


def test_the_same_question_and_answer_in_two_splits_is_a_warning(tmp_path):
    report = checked(tmp_path, train=[SBK], validation=[{**SBK, "id": "v1", "role_id": "other"}])
    assert codes(report) == [] and codes(report, "warning") == ["question_leakage"]


def many(kinds: str, difficulties: tuple[str, ...] = ("easy", "medium", "hard")) -> list[Any]:
    bases = {"S": SBK, "C": CM}
    return [{**bases[kind], "id": str(n), "role_id": str(n), "difficulty": difficulties[n % len(difficulties)]}
            for n, kind in enumerate(kinds)]


GOOD = ("easy",) * 3 + ("medium",) * 5 + ("hard",) * 2


@pytest.mark.parametrize("kinds, difficulties, expected", [
    ("SC" * 20, GOOD, []), ("SSC" * 40, GOOD, ["balance_kind"]), ("S" * 19, ("hard",), []), ("SSC" * 8, GOOD, []),
    ("SC" * 30, ("medium",), ["balance_difficulty"]), ("S" * 40, ("easy",), ["balance_kind", "balance_difficulty"])])
def test_balance_is_judged_with_a_tolerance_for_small_sets(tmp_path, kinds, difficulties, expected):
    report = checked(tmp_path, *many(kinds, difficulties))
    assert [p.code for p in report.problems if p.code.startswith("balance")] == expected
    assert all(p.severity == "warning" and p.line is None for p in report.problems if p.code.startswith("balance"))


def test_the_tolerance_shrinks_to_five_points():
    assert tolerance(0.5, 4) > 0.5 and 0.05 < tolerance(0.5, 10_000) < 0.061
    assert tolerance(0.5, 100) > tolerance(0.5, 400)


def test_checks_without_data_are_skipped_and_said_once(tmp_path):
    rows = [{**WILD, "character_name": f"Role {n}", "character_profile": {"Name": f"Role {n}", "Occupation": "baker"}}
            for n in range(50)]
    report = checked(tmp_path, *rows)
    assert codes(report) == [] and codes(report, "warning") == ["balance_kind"]
    assert [n.split('"')[1] for n in report.notes] == ["evidence", "role_id", "distractors", "difficulty", "kind",
    "language"]
    assert all(n.startswith("50 of 50 samples") for n in report.notes)


def test_a_folder_means_its_two_splits_and_a_missing_one_is_said(tmp_path):
    write_list(tmp_path / "train.json", [SBK])
    assert any("validation.json" in note for note in validate([tmp_path]).notes)
    write_list(tmp_path / "validation.json", [CM])
    write_list(tmp_path / "other.json", ["not a sample"])
    assert [Path(f.file).name for f in validate([tmp_path]).files] == ["train.json", "validation.json"]
    assert len(validate([tmp_path, tmp_path / "train.json"]).files) == 2


def test_paths_that_are_not_there_are_all_named_with_what_is(tmp_path):
    write_list(tmp_path / "trian.json", [SBK])
    with pytest.raises(InputError) as caught:
        validate([tmp_path, tmp_path / "train.json"])
    assert len(caught.value.problems) == 2 and str(caught.value).count("trian.json") == 2
    with pytest.raises(InputError, match="No data file"):
        validate([])


def test_a_file_without_samples_is_an_error(tmp_path):
    assert codes(checked(tmp_path)) == ["empty_file"]


def test_against_their_profiles_samples_of_unknown_or_changed_roles_are_errors(tmp_path):
    profiles = tmp_path / "profiles.jsonl"
    profiles.write_text(json.dumps({"id": "mu", "name": "穆小川", "language": "zh", "facts": [
        {"key": "occupation", "value": "铁匠"}]}), encoding="utf-8")
    write_list(tmp_path / "train.json", [SBK, CM])
    report = validate([tmp_path / "train.json"], profiles=profiles)
    assert [(p.line, p.code) for p in report.problems] == [(2, "profile_changed"), (3, "unknown_role")]


def test_the_report_counts_everything_and_keeps_a_bounded_number_of_lines(tmp_path, monkeypatch):
    monkeypatch.setattr("toolkit.dataset.validate.KEPT", 5)
    report = checked(tmp_path, *({**SBK, "id": str(n), "role_id": str(n), "answer": ""} for n in range(8)))
    found = json.loads(json.dumps(report.to_json()))
    assert found["errors"] == 8 and found["counts"]["error"] == {"empty_answer": 8} and not found["ok"]
    assert len(found["problems"]) == 5 and found["problems"][0]["line"] == 2 and found["stats"]["samples"] == 8


def test_progress_is_told_as_samples_are_checked(tmp_path):
    write_list(tmp_path / "train.json", many("SC" * 150))
    told: list[int] = []
    validate([tmp_path], progress=told.append)
    assert told == [200, 300]


def test_the_report_is_shown_on_stderr_with_the_worst_first_and_no_markup(tmp_path, capsys):
    rows = [{**SBK, "id": f"[bold]{n}", "role_id": str(n), "answer": "", "kind": "[red]x"} for n in range(30)]
    report = checked(tmp_path, *rows)
    render(report)
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("error: ") == 21 and '"[red]x"' in shown.err
    assert "10 more. In all: empty_answer 30" in shown.err
    assert shown.err.index("error: ") < shown.err.index("warning: ")
    assert summary(report).startswith("30 samples in 1 file: 30 errors, 3")


def test_ten_samples_a_hundred_times_take_no_more_memory_than_once(tmp_path):
    import tracemalloc

    def peak(samples: int) -> int:
        write_list(tmp_path / "train.json", many("SC" * (samples // 2)), overwrite=True)
        tracemalloc.start()
        validate([tmp_path / "train.json"])
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)                                    # dictionaries of the verifier and caches are loaded once
    few, more = peak(100), peak(600)
    assert (more - few) / 500 < 2000            # bytes a sample: hashes and roles, no texts
