"""The report: what the page says, and that text of models and data stays text."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from toolkit.errors import InputError
from toolkit.evaluate import compare
from toolkit.evaluate.cards import cards
from toolkit.evaluate.records import make_record
from toolkit.evaluate.report import headline, points, render, significance, write_report
from toolkit.evaluate.runner import Completion
from toolkit.evaluate.tally import Tally
from toolkit.jsonl import dumps
from toolkit.show.cards import pieces
from toolkit.tasks.roleplay import RolePlay, gold_reply

TASK = RolePlay()
HOSTILE = ("</p></details></script><script>document.title='HACKED'</script>"
           "<img src=x onerror=\"document.title='HACKED'\"><svg onload=alert(1)><style>*{display:none}</style>"
           "{{ 7*7 }}{% raw %}\" onclick='x' &lt;b&gt; <!-- <answer>")
METRICS = [{"stage": "grpo", "step": n, "rewards/accuracy/mean": n / 30, "reward": n / 30} for n in range(30)]


def records_of(rows, base, trained):
    """Two records a row; `base` and `trained` are functions from (position, row) to the reply."""
    return [make_record(TASK, TASK.row(row), n, side, Completion(reply(n, row), "stop", 7), False)
            for n, row in enumerate(rows) for side, reply in (("base", base), ("trained", trained)) if reply]


def write(folder, records, **more):
    folder.mkdir(parents=True, exist_ok=True)
    sides = {side: [r for r in records if r.side == side] for side in ("base", "trained")}
    paired = bool(sides["base"])
    found = compare.difference(sides["base"], sides["trained"], 1) if paired else None
    report = {
        "model": "outputs/<i>run</i>/final_model", "against": "outputs/base" if paired else None, "task": "roleplay",
        "data": {"path": "validation.json", "sha256": "ab" * 32, "samples": len(sides["trained"])},
        "n": len(sides["trained"]), "verdict": found and found["verdict"], "difference": found,
        "base": compare.summary(Tally(sides["base"])) if paired else None, "trained": compare.summary(Tally(sides["trained"])),
        "weighted": {"sbk_weight": 0.5, "cm_weight": 0.5, "base": 0.1 if paired else None, "trained": 0.9},
        "differences": compare.differences(sides["base"], sides["trained"], 1) if paired else None,
        "notes": ["Only 3 role(s)."], "sampling": {"temperature": 0.0, "max_new_tokens": 64}, "seconds": 12.5,
        "versions": {"torch": "2"}, "command": "toolkit eval outputs/run/final_model --limit 24", "written": "today", **more}
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "records.jsonl").write_text("".join(dumps(r.to_row()) + "\n" for r in records))
    return report


def right(n, row):
    return gold_reply(TASK.row(row))


def nothing(n, row):
    return "<think>?</think><answer>I would rather not say.</answer>"


def run_folder(folder):
    """A run with a manifest and curves."""
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({
        "config": {"learning_rate": 1e-5, "rewards": {"accuracy": 0.7}}, "data": {"train_data": {"path": "t.json", "sha256": "cd" * 32}},
        "stages": {"sft": {"seconds": 5.0}, "grpo": {"seconds": 12.0}}, "host": "box"}))
    (folder / "metrics.jsonl").write_text("".join(dumps(row) + "\n" for row in METRICS))
    return folder


def said(page):
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


class Tags(HTMLParser):
    """What a browser would build from the page."""

    def __init__(self, page):
        super().__init__()
        self.seen, self.handlers, self.links = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self.links += [value for name, value in attributes if name in ("src", "href", "srcset", "action", "data")]


def test_the_page_says_verdict_number_interval_and_how_to_repeat(rows, tmp_path):
    report = write(tmp_path / "eval", records_of(rows, nothing, right))
    page = write_report(tmp_path / "eval", run_folder(tmp_path / "run")).read_text()
    assert headline(report) == "Better than the base: 0.0 % → 100.0 %"
    shown = html.unescape(re.sub(r"<[^>]+>", "", page))
    for text in (headline(report), "+100.0", "p < 0.0001", "toolkit eval outputs/run/final_model --limit 24",
                 "SBK · profile", "CM · memory", "Only 3 role(s).", "GRPO: accuracy reward"):
        assert text in shown


def test_the_page_needs_nothing_from_outside(rows, tmp_path):
    write(tmp_path / "eval", records_of(rows, nothing, right))
    page = write_report(tmp_path / "eval", run_folder(tmp_path / "run")).read_text()
    assert all(link.startswith("#") for link in Tags(page).links)
    assert "@import" not in page and "url(" not in page
    assert "default-src 'none'" in page


def test_an_evaluation_inside_a_run_shows_its_manifest_and_curves(rows, tmp_path):
    run = run_folder(tmp_path / "run")
    write(run / "eval", records_of(rows, nothing, right))
    shown = said(write_report(run / "eval").read_text())
    for text in ("Manifest of the training run", "learning_rate", "1e-05", "cd" * 32, "box", "GRPO: accuracy reward"):
        assert text in shown


def test_the_command_repeats_what_a_demo_or_a_program_evaluated(rows, tmp_path):
    sampling = {"temperature": 0.0, "max_new_tokens": 64, "limit": None, "system_prompt": "my prompts/{language}.md"}
    write(tmp_path / "eval", records_of(rows[:3], nothing, right), command="toolkit demo", sampling=sampling)
    shown = " ".join(said(write_report(tmp_path / "eval").read_text()).split())
    assert ("toolkit eval 'outputs/<i>run</i>/final_model' --against outputs/base --data validation.json --task roleplay "
            "--system-prompt 'my prompts/{language}.md' --max-new-tokens 64 --temperature 0.0 --output-dir") in shown


def test_what_is_measured_beside_stands_under_names_that_a_reader_has_for_it(rows, tmp_path):
    rate = {"accuracy": 0.5, "low": 0.4, "high": 0.6, "n": 40, "states": {"truncated": 3}}
    change = {"value": -0.1, "low": -0.2, "high": 0.0, "gained": 1, "verdict": "worse"}
    write(tmp_path / "eval", records_of(rows[:3], nothing, right),
          also=[{"task": "gsm8k", "n": 40, "verdict": "worse", "base": rate, "trained": rate, "difference": change, "folder": "eval/also/gsm8k"}],
          anonymised={"n": 3, "base": None, "trained": rate, "by_name": {"trained": change}, "folder": "eval/anonymised"},
          contamination={"samples": 3, "roles": [], "prompts": ["s1"], "n": 13, "samples_with_ngrams": 2, "training_rows": 1275},
          plan={"task": "roleplay", "samples": 3, "roles": 3, "models": 2, "replies": 6, "kept": 1, "max_new_tokens": 64, "power": 0.8,
                "detectable_gain": {"0.15": 0.1}, "half_width": 0.09, "hours_at_most": None},
          rescored={"from": "old", "changed": [["several_answers", "right", 2]]},
          dimensions=[{"dimension": "SBK", "n": 3, "accuracy": 0.5, "low": 0.4, "high": 0.6, "base": None, "paper": 0.8804, "source": "RAIDEN-R1"}])
    page = write_report(tmp_path / "eval").read_text()
    shown = " ".join(said(page.partition('<section id="also">')[2]).split())
    for text in ("gsm8k 40 50.0 % (40.0 to 60.0) 50.0 % (40.0 to 60.0) −10.0 points (−20.0 to 0.0) worse eval/also/gsm8k",
                 "Names of the roles replaced", "Trained 3 50.0 % (40.0 to 60.0) −10.0 points (−20.0 to 0.0) worse", "Prompts in both s1",
                 "Samples that share 13 words in a row with it 2", "Smallest gain told when 15 % change 10.0 points", "several answers right 2",
                 "SBK 3 — 50.0 % (40.0 to 60.0) 88.04 %"):
        assert text in shown
    assert "_" not in shown.partition("How to repeat this")[0]
    assert "Also gsm8k (40): 50.0 %, −10.0 points (−20.0 to 0.0): worse; 3 cut off" in " ".join(said(page).split())


@pytest.mark.parametrize(("given", "again"), [
    ("toolkit eval run/final_model --limit 24 --output-dir 'my eval' --overwrite --seed 1", "toolkit eval run/final_model --limit 24 --seed 1"),
    ("toolkit eval --rescore outputs/eval --output-dir=x", "toolkit eval --rescore outputs/eval")])
def test_the_command_that_repeats_an_evaluation_writes_beside_it(rows, tmp_path, given, again):
    write(tmp_path / "eval", records_of(rows[:3], nothing, right), command=given)
    shown = " ".join(said(write_report(tmp_path / "eval").read_text()).split())
    assert f"{again} --output-dir outputs/eval-again" in shown and html.escape(given, quote=False) in shown


def test_a_part_of_the_report_that_the_page_does_not_know_is_shown(rows, tmp_path):
    write(tmp_path / "eval", records_of(rows[:3], nothing, right),
          survey={"dimensions": {"warmth": {"mean": 3.14159, "seat_bias": 0.02}, "wit": {"mean": 2.5, "seat_bias": 0.1}}, "calibrated": False,
                 "worst": [HOSTILE]}, refused=["gsm8k lost 10 points"])
    page = write_report(tmp_path / "eval").read_text()
    shown = " ".join(said(page).split())
    for text in ("Survey", "mean seat_bias warmth 3.142 0.02 wit 2.5 0.1",
                 "calibrated no", "gsm8k lost 10 points"):
        assert text in shown
    assert Tags(page).seen.count("script") == 1 and Tags(page).handlers == []


def test_hostile_text_from_model_and_data_stays_text(rows, tmp_path):
    evil = [{**row, "character_name": HOSTILE, "question": HOSTILE, "role_id": HOSTILE, "language": HOSTILE,
             "kind": HOSTILE, "metadata": {"form": HOSTILE}, "answer": HOSTILE, "keys": [{"canonical": "alert"}],
             "conversation_history": [{"role": "user", "content": HOSTILE}]} for row in rows[:4]]
    tame = write(tmp_path / "tame", records_of(rows[:4], nothing, right))
    write(tmp_path / "evil", records_of(evil, lambda n, row: HOSTILE, lambda n, row: "<answer>alert" + HOSTILE))
    page, plain = (write_report(tmp_path / name).read_text() for name in ("evil", "tame"))
    found = Tags(page)
    assert set(found.seen) <= set(Tags(plain).seen)
    assert found.seen.count("script") == found.seen.count("style") == 1
    assert found.handlers == [] and "49" not in re.sub(r"<style.*</style>", "", page, flags=re.S).split("Results")[0]
    assert html.escape("<img src=x onerror=", quote=False) in page
    assert tame["n"] == 4


def test_characters_that_turn_text_around_are_shown_by_name(rows, tmp_path):
    write(tmp_path / "eval", records_of(rows[:2], None, lambda n, row: "\u202eabc\u2066\x1b[2J\0</answer>"))
    page = write_report(tmp_path / "eval").read_text()
    assert "⟨U+202E⟩abc⟨U+2066⟩⟨U+001B⟩[2J⟨U+0000⟩" in page
    assert not set("\u202e\u2066\x1b\0") & set(page)


def test_a_megabyte_in_any_field_is_cut(rows, tmp_path):
    huge = "<b>" * 350_000
    evil = [replace(record, id=huge, character_name=huge, question=huge, expected=huge, keys=[huge], evidence=[huge], reason=huge,
                    completion=huge, kind=huge, form=huge, history=[{"role": "user", "content": huge}])
            for record in records_of(rows[:2], nothing, right)]
    write(tmp_path / "eval", evil)
    assert write_report(tmp_path / "eval").stat().st_size < 2_000_000


@pytest.mark.parametrize("length", [30, 3000])
def test_five_hundred_samples_stay_under_two_megabytes(rows, tmp_path, length):
    many = [{**rows[n % 24], "id": f"s{n}"} for n in range(500)]
    long = "<think>" + "想<一>想&\"" * length + "</think><answer>不知道</answer>"
    write(tmp_path / "eval", records_of(many, lambda n, row: long, right))
    path = write_report(tmp_path / "eval")
    assert path.stat().st_size < 2_000_000
    page = path.read_text()
    assert page.count('<details class="card') == 500
    assert ("more characters</span>" in page) == (length == 3000)


def test_more_samples_than_fit_are_counted_and_what_changed_is_kept(rows, tmp_path):
    many = [{**rows[n % 24], "id": f"s{n}"} for n in range(700)]
    write(tmp_path / "eval", records_of(many, right, lambda n, row: right(n, row) if n < 690 else nothing(n, row)))
    page = write_report(tmp_path / "eval").read_text()
    assert page.count('<details class="card') == 500
    assert page.count('data-outcome="lost"') == 10
    assert "500 of 700 samples are on this page" in page


def test_lost_and_gained_samples_come_first_and_the_first_are_unfolded(rows):
    found, _ = cards(records_of(rows, lambda n, row: right(n, row) if n % 3 == 0 else nothing(n, row),
                             lambda n, row: right(n, row) if n % 2 == 0 else nothing(n, row)))
    outcomes = [card.outcome for card in found]
    assert outcomes == ["lost"] * 4 + ["gained"] * 8 + ["wrong"] * 8 + ["right"] * 4
    assert [card.outcome for card in found if card.open] == ["lost"] * 3 + ["gained"] * 3


def test_the_span_that_matched_is_marked_and_no_character_is_lost(rows):
    record = records_of(rows[:1], None, right)[0]
    found = pieces(record.completion, record.matched)
    assert "".join(piece.text for piece in found) == record.completion
    assert [(p.text, p.part) for p in found if p.key] == [("baker", "answer")]
    assert {p.text: p.part for p in found}["</think>"] == "tag"


def test_a_reply_that_continues_a_prefilled_think_is_shown_as_thinking(rows):
    record = make_record(TASK, TASK.row(rows[0]), 0, "trained",
                         Completion("My trade.</think><answer>I am a baker.</answer>", "stop", 9), True)
    assert pieces(record.completion)[0].part == "think"


def test_one_model_alone_gets_a_page_without_a_comparison(rows, tmp_path):
    report = write(tmp_path / "eval", records_of(rows, None, right))
    page = write_report(tmp_path / "eval").read_text()
    assert headline(report) == "100.0 % right"
    assert "Gained" not in page and ">Base<" not in page


def test_the_terminal_table_goes_to_stderr_and_fits_eighty_columns(rows, tmp_path, capsys):
    for base in (nothing, None):
        render(write(tmp_path / "eval", records_of(rows, base, right)))
        out, err = capsys.readouterr()
        assert out == ""
        assert "SBK" in err and "100.0 %" in err
        assert "…" not in err and max(map(len, err.splitlines())) <= 80


def test_a_difference_is_shown_with_its_sign():
    assert [points(v) for v in (0.123, -0.123, 0.0, 0.0004, -0.0004)] == ["+12.3", "−12.3", "0.0", "0.0", "0.0"]


def test_the_test_of_a_difference_is_named_with_its_mid_p():
    assert significance({"p_value": 0.03125, "p_mid": 0.01562}) == "exact McNemar p = 0.0312 (mid-p = 0.0156)"
    assert significance({"p_value": 1e-6, "p_mid": 5e-7}) == "exact McNemar p < 0.0001"
    assert significance({"test": "sign flips", "p_value": 0.2, "p_mid": None}) == "sign flips p = 0.2000"


def test_a_folder_without_a_report_is_named(tmp_path):
    with pytest.raises(InputError, match=r"report\.json does not exist"):
        write_report(tmp_path)
    (tmp_path / "report.json").write_text('{"n": 3}')
    (tmp_path / "records.jsonl").write_text("")
    with pytest.raises(InputError, match="is no evaluation report"):
        write_report(tmp_path)
