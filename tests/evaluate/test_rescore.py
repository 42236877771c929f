"""Old replies with a new verifier; repeats; contamination; guards of other tasks; RAIDEN's files."""

from __future__ import annotations

import json

import pytest
from stub_server import Stub
from stub_server import served as serving
from typer.testing import CliRunner

from toolkit.cli import app
from toolkit.errors import InputError, Refused
from toolkit.evaluate import contamination, guard, raiden
from toolkit.evaluate.records import read_records
from toolkit.evaluate.rescore import rescore
from toolkit.evaluate.runner import evaluate
from toolkit.jsonl import dumps, write_list
from toolkit.tasks.roleplay import RolePlay
from toolkit.verify import Verdict

TASK = RolePlay()
REPLY = "<think>trade</think><answer>I am a baker.</answer>"


@pytest.fixture
def evaluated(data, tmp_path):
    with serving(Stub(content=REPLY)) as url:
        evaluate(f"{url}#stub", None, data, out=tmp_path / "eval")
    return tmp_path / "eval"


def test_rescoring_with_the_same_verifier_changes_nothing_and_generates_nothing(evaluated):
    before = json.loads((evaluated / "report.json").read_text())
    report, out = rescore(evaluated)
    assert out == evaluated.with_name("eval-rescored")
    assert report["trained"] | {"seconds": 0} == before["trained"] | {"seconds": 0}
    assert report["notes"][0].endswith("no state changed.")
    assert list(read_records(out / "records.jsonl")) == list(read_records(evaluated / "records.jsonl"))


def test_rescoring_counts_what_a_new_verifier_changes(evaluated):
    class Strict(RolePlay):
        def score(self, part, row, completion, prefilled=False):
            return Verdict(0.0, "absent", "no") if part == "accuracy" else super().score(part, row, completion, prefilled)

    before = json.loads((evaluated / "report.json").read_text())["trained"]["states"]["right"]
    report, _ = rescore(evaluated, task=Strict())
    assert before > 0 and report["trained"]["states"]["right"] == 0
    assert f"{before} right → wrong" in report["notes"][0]
    assert report["rescored"]["changed"] == [["right", "wrong", before]]


def test_rescoring_without_the_samples_names_them(evaluated, tmp_path, rows):
    write_list(tmp_path / "fewer.json", rows[:20])
    with pytest.raises(InputError, match=r"lacks 4 of the evaluated samples \(s020"):
        rescore(evaluated, data=tmp_path / "fewer.json")
    with pytest.raises(InputError, match=r"report\.json does not exist"):
        rescore(tmp_path / "nowhere")


def samples(rows):
    return [TASK.row(row) for row in rows]


def test_roles_and_prompts_in_both_are_a_broken_split(rows):
    found = contamination.overlap(samples(rows[:12]), samples(rows[:1]))
    assert found.roles == ("mara-quill",)
    assert "s000" in found.prompts
    with pytest.raises(Refused, match="roles are in the training data"):
        contamination.check(found)


def test_a_role_under_another_name_is_a_broken_split(rows):
    copied = [{**row, "id": f"x{n}", "role_id": "other", "character_name": "Ned Oakes", "question": row["question"].upper() + " !",
               "character_profile": row["character_profile"].replace(row["character_name"], "Ned Oakes")} for n, row in enumerate(rows[:6])]
    found = contamination.overlap(samples(copied), samples(rows))
    assert found.roles == () and len(found.prompts) == 6
    with pytest.raises(Refused, match="prompts are in the training data"):
        contamination.check(found)


def test_problems_that_differ_in_a_sign_are_two_problems():
    from toolkit.tasks.gsm8k import Gsm8k

    plus, times = ([Gsm8k().row({"id": "1", "question": f"What is 12 {sign} 3?", "answer": "#### 1"})] for sign in "+*")
    assert contamination.overlap(plus, times).prompts == ()


def test_a_quarter_of_the_samples_with_n_grams_of_the_training_data_is_a_broken_split(rows):
    mine = [{**row, "question": f"Now number {n} of all the things that were told by the river that night?"} for n, row in enumerate(rows[:8])]
    theirs = [{**row, "role_id": "other", "question": f"Well, {mine[n]['question']} So?"} for n, row in enumerate(rows[:3])]
    with pytest.raises(Refused, match="3 of 8 evaluated samples share 13 words in a row"):
        contamination.check(contamination.overlap(samples(mine[:8]), samples(theirs)))
    contamination.check(contamination.overlap(samples(mine), samples(theirs[:2])))


def test_other_roles_with_other_text_are_a_clean_split(rows):
    other = [{**row, "role_id": "other", "character_profile": "He is tall.", "question": "How tall are you?"} for row in rows]
    found = contamination.overlap(samples(rows), samples(other))
    assert (found.roles, found.prompts, found.touched, found.training_rows) == ((), (), 0, 24)
    contamination.check(found)


def test_n_grams_in_both_are_counted_whatever_stands_around_them(rows):
    long = "when the old mill by the river burned down in the winter of that year"
    mine = samples([{**rows[0], "question": f"Tell me, {long}, where were you?"}, rows[1]])
    theirs = samples([{**rows[2], "role_id": "other", "question": f"So {long} you said"}])
    assert contamination.overlap(mine, theirs).touched == 1
    everywhere = [{**rows[2], "role_id": "other", "question": f"So {long} you said {n}"} for n in range(8)]
    assert contamination.overlap(mine, samples(everywhere)).touched == 0        # the wording of the task


def test_a_sister_task_is_named_with_its_samples_and_data():
    assert guard.sisters(["gsm8k:200=a.jsonl", "countdown"]) == [guard.Sister("gsm8k", 200, "a.jsonl"),
                                                                 guard.Sister("countdown", None, None)]
    for wrong in ("gsm8k:x", ":3", "gsm8k:0"):
        with pytest.raises(InputError, match="cannot be read"):
            guard.sisters([wrong])


def test_a_loss_above_the_limit_is_refused_and_one_below_is_not():
    allowed = guard.limits(["gsm8k:2"], ["roleplay", "gsm8k"])
    report = {"task": "gsm8k", "blocked": False, "difference": {"value": -0.03, "low": -0.05, "high": -0.01}}
    assert "lost 3.0 points" in guard.losses([report], allowed)[0]
    assert guard.losses([report], guard.limits(["gsm8k:3"], ["gsm8k"])) == []
    assert "no difference" in guard.losses([{**report, "difference": None}], allowed)[0]
    with pytest.raises(InputError, match='Did you mean "gsm8k"'):
        guard.limits(["gsm8:2"], ["roleplay", "gsm8k"])
    with pytest.raises(InputError, match="no loss in points"):
        guard.limits(["gsm8k:much"], ["gsm8k"])


def test_p_values_of_several_tasks_are_adjusted_by_holm_and_so_is_the_verdict():
    reports = [{"task": str(p), "difference": {"p_value": p}, "verdict": "better", "notes": []} for p in (0.01, 0.04, 0.03)]
    guard.adjust([*reports, {"difference": None}])
    assert [r["difference"]["p_holm"] for r in reports] == pytest.approx([0.03, 0.06, 0.06])
    assert [r["verdict"] for r in reports] == ["better", "cannot tell", "cannot tell"]
    assert reports[1]["notes"] == ["0.04: better by itself, but not among 3 tasks (Holm, p = 0.060)."]


@pytest.mark.parametrize(("code", "kind", "distance"), [("A", "SBK", 0), ("B", "RCB", 0), ("K1", "CM", 1), ("K2-5", "CM", 5)])
def test_raiden_codes_are_dimensions(code, kind, distance):
    assert raiden.dimension(code) == (kind, distance)


def test_raiden_files_become_rows_and_results_go_back(tmp_path):
    (tmp_path / "npc.json").write_text(dumps({"沈铁山": {"npc_type": "人", "npc_setting": "职业: 铁匠,"}}))
    (tmp_path / "dialogue.json").write_text(dumps({"7": {
        "npc_name": "沈铁山", "reference": "我是铁匠。", "metrics": ["A", "K2-3"],
        "messages": [{"role": "user", "text": "你好"}, {"role": "npc", "text": "好。"}, {"role": "user", "text": "你做什么工作？"}]}}))
    (tmp_path / "keys.jsonl").write_text(dumps({"ID": "7", "keys": ["铁匠"]}) + "\n")
    found = list(raiden.read_dialogues(tmp_path / "dialogue.json", tmp_path / "npc.json", tmp_path / "keys.jsonl"))
    assert [(row["kind"], row["memory_distance"]) for row in found] == [("SBK", 0), ("CM", 3)]
    row = TASK.row(found[0])
    assert row.question == "你做什么工作？" and [t["role"] for t in row.conversation_history] == ["user", "assistant"]
    write_list(tmp_path / "validation.json", found)
    with serving(Stub(content="<think>？</think><answer>我是铁匠。</answer>")) as url:
        report = evaluate(url, None, tmp_path / "validation.json", out=tmp_path / "eval")
    assert report["trained"]["by_kind"]["SBK"]["accuracy"] == 1
    assert raiden.write_results(tmp_path / "results.jsonl", tmp_path / "eval" / "records.jsonl") == 1
    assert raiden.read_results(tmp_path / "results.jsonl") == {"7": "我是铁匠。"}
    table = {row["dimension"]: row for row in report["dimensions"]}
    assert (table["SBK"]["paper"], table["CM"]["paper"]) == (0.8804, 0.8865)


def test_the_benchmark_s_folder_is_evaluated_by_name_and_what_has_no_key_is_only_written(rows, tmp_path):
    folder = tmp_path / "raiden"
    folder.mkdir()
    (folder / "npc.json").write_text(dumps({"沈铁山": {"npc_type": "人", "npc_setting": "职业: 铁匠,"}}))
    (folder / "dialogue.json").write_text(dumps({name: {
        "npc_name": "沈铁山", "reference": "我是铁匠。", "metrics": [code], "messages": [{"role": "user", "text": question}]}
        for name, code, question in (("1", "A", "你做什么工作？"), ("2", "E", "你好吗？"), ("3", "F", "我很难过。"))}))
    (folder / "keys.jsonl").write_text(dumps({"ID": "1", "keys": ["铁匠"]}) + "\n")
    write_list(tmp_path / "train.json", [row for row in rows if row["character_name"] != "沈铁山"])
    with serving(Stub(content="<think>？</think><answer>我是铁匠。</answer>")) as url:
        done = CliRunner().invoke(app, ["eval", f"{url}#stub", "--data", str(folder), "--train-data", str(tmp_path / "train.json"),
                                        "--output-dir", str(tmp_path / "eval"),
                                        "--raiden", str(tmp_path / "results.jsonl"), "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["task"], report["trained"]["accuracy"], report["trained"]["states"]["no_key"]) == ("raiden", 1, 2)
    assert not report["blocked"] and "2 of 3 samples name no key facts" in report["notes"][-1]
    assert report["contamination"]["training_rows"] == 16, "training data is in the form of the run's task"
    assert set(raiden.read_results(tmp_path / "results.jsonl")) == {"1", "2", "3"}
    said = " ".join(done.stderr.split())
    assert "SBK (1): 100.0 %" in said and "the paper's 88.04 %" in said and "arXiv 2505.10218" in said
    assert {row["dimension"]: row["n"] for row in report["dimensions"]} == {"SBK": 1, "ER": 0, "PLS": 0}
    assert rescore(tmp_path / "eval")[0]["trained"]["accuracy"] == 1


def test_a_dialogue_of_an_unknown_role_is_named(tmp_path):
    (tmp_path / "npc.json").write_text("{}")
    (tmp_path / "dialogue.json").write_text(dumps({"7": {"npc_name": "X", "metrics": ["A"], "messages": []}}))
    with pytest.raises(InputError, match='dialogue 7 is of "X", who is not in'):
        list(raiden.read_dialogues(tmp_path / "dialogue.json", tmp_path / "npc.json"))
