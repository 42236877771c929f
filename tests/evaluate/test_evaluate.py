"""`evaluate` from model folders and a data file to records and report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.evaluate.compare import difference, differences, summary, weighted
from toolkit.evaluate.records import make_record, read_records
from toolkit.evaluate.runner import Completion, evaluate, subset
from toolkit.evaluate.tally import Tally
from toolkit.tasks.roleplay import RolePlay, gold_reply
from toolkit.verify import Verdict

TASK = RolePlay()


def record(row, text, side="trained", index=0, finish="stop", task=TASK):
    return make_record(task, task.row(row), index, side, Completion(text, finish, 9), False)


def gold(row):
    return gold_reply(TASK.row(row))


@pytest.fixture
def replies(monkeypatch):
    """Replaces generation: `replies[model name]` is a function from (position, prompt) to the reply."""
    said = {}

    def load(name, *_):
        return Model(name), None

    class Model:
        def __init__(self, name):
            self.name = name

        def to(self, device):
            return self

        def num_parameters(self):
            return 1

    def complete(model, tokenizer, prompts, progress=None, keep=None, **options):
        for n, prompt in enumerate(prompts):
            keep(n, Completion(said[Path(model.name).name](n, prompt), "stop", 5))

    monkeypatch.setattr("toolkit.train.models.load", load)
    monkeypatch.setattr("toolkit.train.models.prefills_think", lambda tokenizer, template: False)
    monkeypatch.setattr("toolkit.evaluate.replies.complete", complete)
    return said


@pytest.fixture
def folders(tmp_path):
    found = []
    for name in ("base", "trained"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps({"name": name}))
        found.append(tmp_path / name)
    return found


def test_real_models_are_evaluated_from_folder_to_report(models, data, tmp_path):
    base, trained = models
    out = tmp_path / "eval"
    report = evaluate(trained, base, data, out=out, limit=12, max_new_tokens=8, batch_size=5)
    assert json.loads((out / "report.json").read_text()) == json.loads(json.dumps(report))
    assert {"base", "trained", "difference", "n", "verdict", "model", "against", "data", "sampling", "seconds",
            "versions", "weighted"} <= set(report)
    assert report["n"] == report["trained"]["n"] == sum(report["base"]["states"].values()) == 12
    assert report["verdict"] == "cannot tell"
    assert report["data"]["sha256"] and report["data"]["samples"] == 12
    records = list(read_records(out / "records.jsonl"))
    assert [r.side for r in records] == ["base", "trained"] * 12
    assert [r.index for r in records[::2]] == [r.index for r in records[1::2]] == list(range(12))
    assert [r.id for r in records[::2]] == [r.id for r in records[1::2]]
    assert any(b.completion != t.completion for b, t in zip(records[::2], records[1::2], strict=True))
    again = evaluate(trained, base, data, out=out, limit=12, max_new_tokens=8, batch_size=12, overwrite=True)
    assert [r.completion for r in read_records(out / "records.jsonl")] == [r.completion for r in records]
    assert again["difference"] == report["difference"]


def test_an_adapter_is_evaluated_on_the_model_that_it_was_trained_on_as_its_merge_is(models, data, tmp_path):
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base, _ = models
    torch.manual_seed(1)
    adapted = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), peft.LoraConfig(
        r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False))
    adapted.save_pretrained(tmp_path / "lora")
    adapted.merge_and_unload().save_pretrained(tmp_path / "merged")
    AutoTokenizer.from_pretrained(base).save_pretrained(tmp_path / "merged")
    said = {}
    for name in ("lora", "merged"):
        evaluate(tmp_path / name, base, data, out=tmp_path / f"eval-{name}", limit=8, max_new_tokens=8)
        said[name] = [(r.side, r.completion) for r in read_records(tmp_path / f"eval-{name}" / "records.jsonl")]
    assert said["lora"] == said["merged"]
    assert [text for side, text in said["lora"] if side == "base"] != [text for side, text in said["lora"] if side == "trained"]


def test_a_model_that_answers_is_better_than_one_that_does_not(replies, folders, data, rows, tmp_path):
    replies["base"] = lambda n, prompt: "<think>?</think><answer>I would rather not say.</answer>"
    replies["trained"] = lambda n, prompt: gold(rows[n])
    report = evaluate(folders[1], folders[0], data, out=tmp_path / "eval")
    assert (report["base"]["accuracy"], report["trained"]["accuracy"]) == (0, 1)
    found = report["difference"]
    assert (found["value"], found["gained"], found["lost"], report["verdict"]) == (1, 24, 0, "better")
    assert found["p_value"] == pytest.approx(2 / 2**24)
    assert report["trained"]["by_kind"]["SBK"]["n"] == report["trained"]["by_kind"]["CM"]["n"] == 12
    assert set(report["trained"]["by_language"]) == {"en", "zh"}
    assert set(report["trained"]["by_difficulty"]) == {"easy", "medium", "hard"}
    assert set(report["trained"]["by_form"]) == {"direct", "told"}
    assert report["weighted"]["trained"] == 1 and report["weighted"]["base"] == 0
    assert "3 role(s)" in report["notes"][0]
    assert set(report["trained"]["by_role"]) == {"Mara Quill", "沈铁山", "Odo Fenn"}
    assert set(report["trained"]["by_distance"]) == {"1"}
    assert report["weighted"]["difference"]["value"] == pytest.approx(1)
    swapped = evaluate(folders[0], folders[1], data, out=tmp_path / "swapped")
    assert (swapped["verdict"], swapped["difference"]["lost"]) == ("worse", 24)


def test_one_model_alone_has_no_difference(replies, folders, data, rows, tmp_path):
    replies["trained"] = lambda n, prompt: gold(rows[n]) if n % 2 else ""
    report = evaluate(folders[1], None, data, out=tmp_path / "eval")
    assert report["base"] is report["difference"] is report["verdict"] is report["against"] is None
    assert report["trained"]["accuracy"] == 0.5
    assert len(list(read_records(tmp_path / "eval" / "records.jsonl"))) == 24


def test_every_state_is_told_apart(rows):
    row = rows[0]
    wrong = gold(row).replace("baker", "tailor")
    assert record(row, gold(row)).state == "right"
    assert record(row, wrong).state == "wrong"
    assert record(row, "<think>My trade is baker.</think><answer></answer>").state == "no_answer"
    cut = record(row, gold(row), finish="length")
    assert (cut.state, cut.score, cut.right) == ("truncated", 1.0, False)
    assert record(row, "").state == "no_answer"


def test_a_verifier_that_breaks_leaves_the_sample_out_and_says_why(rows):
    class Broken(RolePlay):
        def score(self, part, row, completion, prefilled=False):
            raise RecursionError("too deep")

    failed = record(rows[0], gold(rows[0]), task=Broken())
    assert (failed.state, failed.score, failed.right) == ("verifier_failed", None, False)
    assert "RecursionError: too deep" in failed.reason
    both = [record(rows[1], gold(rows[1])), failed]
    assert summary(Tally(both))["accuracy"] == 1 and summary(Tally(both))["n"] == 1
    assert summary(Tally([failed]))["accuracy"] is None
    assert difference([failed], [failed], seed=0) is None


def test_many_missing_verdicts_block_the_conclusion(replies, folders, data, rows, tmp_path):
    class Flaky(RolePlay):
        def score(self, part, row, completion, prefilled=False):
            return Verdict(None, "lost", "not now") if row.id == "s003" else super().score(part, row, completion)

    replies["base"] = lambda n, prompt: ""
    replies["trained"] = lambda n, prompt: gold(rows[n])
    report = evaluate(folders[1], folders[0], data, Flaky(), out=tmp_path / "eval")
    assert report["difference"]["verdict"] == "better" and report["verdict"] == "cannot tell"
    assert "1 of 24 samples have no verdict" in report["notes"][0]
    assert report["trained"]["n"] == 23


def test_the_matched_span_stands_where_the_record_says(rows):
    found = record(rows[0], gold(rows[0]))
    assert found.matched
    assert all(found.completion[start:end] == "baker" == key for start, end, key in found.matched)


def test_a_larger_limit_contains_every_smaller_one_and_keeps_the_order(rows):
    samples = [TASK.row(row) for row in rows]
    chosen = {limit: [s.id for s in subset(samples, limit)] for limit in (1, 5, 10, 24, 99)}
    assert [len(ids) for ids in chosen.values()] == [1, 5, 10, 24, 24]
    assert set(chosen[1]) < set(chosen[5]) < set(chosen[10]) < set(chosen[24])
    assert all(ids == sorted(ids) for ids in chosen.values())
    # the choice hangs on the sample, not on its place in the file
    assert {s.id for s in subset(samples[::-1], 10)} == set(chosen[10])


def test_slices_are_paired_and_adjusted_for_their_number(rows):
    base = [record(row, "" if n % 3 else gold(row), "base", n) for n, row in enumerate(rows)]
    trained = [record(row, gold(row), "trained", n) for n, row in enumerate(rows)]
    kinds = differences(base, trained, seed=1)["by_kind"]
    assert kinds["SBK"]["n"] == kinds["CM"]["n"] == 12
    assert kinds["SBK"]["gained"] == 8
    assert kinds["SBK"]["p_holm"] == pytest.approx(2 * kinds["SBK"]["p_value"])


def test_scores_between_right_and_wrong_have_student_s_interval(rows):
    side = summary(Tally(record(row, gold(row) if n % 4 else row["answer"], index=n) for n, row in enumerate(rows)))
    found = side["format_interval"]
    assert found["value"] == side["format"] < 1 and 0 <= found["low"] < found["value"] < found["high"] <= 1
    assert summary(Tally([record(rows[0], gold(rows[0]))]))["format_interval"] is None


def test_the_weighted_score_needs_both_kinds(rows):
    side = summary(Tally(record(row, gold(row), index=n) for n, row in enumerate(rows)))
    side["by_kind"]["CM"]["accuracy"] = 0.5
    assert weighted(side, 0.25, 0.75) == pytest.approx(0.625)
    del side["by_kind"]["CM"]
    assert weighted(side, 0.5, 0.5) is None


@pytest.mark.parametrize(("change", "says"), [
    ({"limit": 0}, "limit is 0"), ({"temperature": -1.0}, "temperature is -1.0"),
    ({"batch_size": 0}, "batch_size is 0"), ({"repeats": 2}, "repeats is 2 and temperature 0"),
    ({"against": "./nowhere"}, "./nowhere does not exist"), ({"data": "nowhere.json"}, "nowhere.json does not exist")])
def test_wrong_input_is_named_before_a_model_is_loaded(replies, folders, data, tmp_path, change, says):
    options = {"model_path": folders[1], "against": None, "data": data, "out": tmp_path / "eval", **change}
    with pytest.raises(InputError, match=says):
        evaluate(**options)
    assert not (tmp_path / "eval").exists()


def test_a_folder_that_is_no_model_is_named(replies, data, tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(InputError, match=r"config\.json is missing"):
        evaluate(tmp_path / "run", None, data, out=tmp_path / "eval")


def test_an_evaluation_that_is_there_is_not_overwritten_unasked(replies, folders, data, tmp_path):
    replies["trained"] = lambda n, prompt: ""
    evaluate(folders[1], None, data, out=tmp_path / "eval")
    with pytest.raises(InputError, match="already exists"):
        evaluate(folders[1], None, data, out=tmp_path / "eval")
    evaluate(folders[1], None, data, out=tmp_path / "eval", overwrite=True)


def test_a_data_file_without_samples_is_refused(folders, tmp_path):
    (tmp_path / "empty.json").write_text("[\n]\n")
    with pytest.raises(InputError, match="holds no samples"):
        evaluate(folders[1], None, tmp_path / "empty.json", out=tmp_path / "eval")


def test_a_file_of_other_rows_is_no_records_file(tmp_path):
    (tmp_path / "records.jsonl").write_text('{"index": 0}\n')
    with pytest.raises(InputError, match=r"records.jsonl:1 is no evaluation record"):
        list(read_records(tmp_path / "records.jsonl"))
