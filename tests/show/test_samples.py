"""Reading samples and rollouts; comparing runs."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from toolkit.errors import InputError
from toolkit.jsonl import dumps, write_list
from toolkit.show.commands import show as show_command
from toolkit.show.compare import compare_runs, render
from toolkit.show.samples import chosen, sample, samples, show, write_page

HOSTILE = "</p></details><script>document.title='HACKED'</script><img src=x onerror=alert(1)>{{ 7*7 }}"
SAMPLE = {"id": "s1", "kind": "CM", "language": "en", "difficulty": "hard", "character_name": "Odo", "question": "Where?",
          "answer": "In Ghent.", "keys": [{"canonical": "Ghent"}], "distractors": ["Bergen"],
          "evidence": [{"source": "history", "quote": "I live in Ghent", "turn": 1}],
          "conversation_history": [{"role": "user", "content": "Hello."}]}
ROLLOUT = {"step": 20, "id": "s1", "question": "Where?", "completion": "<answer>Ghent</answer>", "accuracy": 1.0, "reason": "asserted"}


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.seen, self.handlers = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.handlers += [name for name, _ in attributes if name.startswith("on") or name in ("src", "href")]


def test_a_sample_and_a_rollout_read_alike():
    data, rollout = sample([SAMPLE]), sample([ROLLOUT])
    assert (data.question, data.sides[0].text, data.tags["role"]) == ("Where?", "In Ghent.", "Odo")
    assert (data.keys, data.evidence, dict(data.facts)) == (("Ghent",), ("I live in Ghent",), {"distractors": "Bergen"})
    assert rollout.sides[0].text == "<answer>Ghent</answer>" and rollout.tags == {"state": "right", "step": "20"}
    assert ("accuracy", "1") in rollout.facts and rollout.sides[0].reason == "asserted"
    assert [piece.text for piece in data.sides[0].pieces if piece.key] == ["Ghent"]


def test_the_records_of_a_sample_stand_side_by_side(tmp_path, capsys):
    record = {"index": 0, "id": "s1", "role_id": "odo", "question": "Where?", "finish_reason": "stop", "n_tokens": 3, "score": 1.0,
              "format": None, "code": ""}
    rows = [{**record, "side": "base", "completion": "Bergen", "state": "wrong", "reason": "another town"},
            {**record, "side": "trained", "completion": "In Ghent.", "state": "right", "reason": "asserted", "matched": [[3, 8, "Ghent"]]}]
    (tmp_path / "records.jsonl").write_text("".join(dumps({**row, "index": n}) + "\n" for n in range(2) for row in rows))
    found = list(samples(tmp_path))
    assert [[side.name for side in card.sides] for card in found] == [["base", "trained"]] * 2
    assert found[0].outcome == "gained"
    show(found, 1)
    assert "base, wrong: Bergen\n  reason: another town\ntrained, right: In ⟦Ghent⟧.\n  reason: asserted" in capsys.readouterr().out


def test_a_conversation_is_read_from_its_prompt():
    found = sample([{"prompt": [{"role": "system", "content": "You are Odo."}, {"role": "user", "content": "Who?"}],
                   "completion": [{"role": "assistant", "content": "Odo."}]}])
    assert (found.question, found.sides[0].text, found.history[0][0]) == ("Who?", "Odo.", "system")


def test_a_run_shows_its_rollouts_in_the_order_of_the_steps(tmp_path):
    for step in (20, 1):
        write_list(tmp_path / "samples" / f"step-{step:06d}.json", [{**ROLLOUT, "step": step}])
    assert [one.tags["step"] for one in samples(tmp_path)] == ["1", "20"]


def test_only_what_is_asked_for_is_printed(tmp_path, capsys):
    write_list(tmp_path / "train.json", [SAMPLE, {**SAMPLE, "id": "s2", "kind": "SBK", "question": "Who [bold]are[/bold] you?"}])
    assert show(chosen(samples(tmp_path), {"kind": "SBK"}), 10) == 1
    out = capsys.readouterr().out
    assert "Who [bold]are[/bold] you?" in out and "s1" not in out


def test_samples_are_printed_as_json_lines(tmp_path, capsys):
    write_list(tmp_path / "train.json", [SAMPLE, SAMPLE, SAMPLE])
    show_command(tmp_path, limit=2, as_json=True)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 2 and found[0]["tags"]["role"] == "Odo" and found[0]["sides"][0]["pieces"][1]["key"] == "Ghent"


def test_a_folder_without_samples_says_what_is_there(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match=r"no samples to show \(notes\.txt\)"):
        list(samples(tmp_path))


def test_the_page_is_one_file_in_which_hostile_text_is_text(tmp_path):
    evil = {**SAMPLE, "question": HOSTILE, "answer": HOSTILE, "character_name": HOSTILE, "kind": HOSTILE, "id": HOSTILE,
            "language": HOSTILE, "conversation_history": [{"role": HOSTILE, "content": HOSTILE}]}
    pages = {}
    for name, row in (("evil", evil), ("tame", SAMPLE)):
        write_list(tmp_path / f"{name}.json", [row, {**row, "kind": "SBK"}])
        assert write_page(tmp_path / f"{name}.json", {}, tmp_path / f"{name}.html") == (2, 2)
        pages[name] = (tmp_path / f"{name}.html").read_text()
    found = Tags(pages["evil"])
    assert sorted(set(found.seen)) == sorted(set(Tags(pages["tame"]).seen)) and found.seen.count("script") == 1
    assert found.handlers == [] and "default-src 'none'" in pages["evil"]
    with pytest.raises(InputError, match="already exists"):
        write_page(tmp_path / "tame.json", {}, tmp_path / "tame.html")


def test_a_page_of_long_samples_stays_under_two_megabytes(tmp_path):
    write_list(tmp_path / "train.json", [{**SAMPLE, "id": str(n), "answer": "长文<&" * 3000} for n in range(600)])
    assert write_page(tmp_path / "train.json", {}, tmp_path / "t.html") == (500, 600)
    page = (tmp_path / "t.html").read_text()
    assert len(page.encode()) < 2_000_000 and "500 of 600 samples are on this page" in page
    assert '<p class="ids" lang="en">599</p>' in page, "evenly taken, up to the end"


def test_of_many_more_samples_a_page_holds_some_of_every_part(tmp_path):
    write_list(tmp_path / "train.json", [{**SAMPLE, "id": f"{n}"} for n in range(2345)])
    assert write_page(tmp_path / "train.json", {}, tmp_path / "t.html") == (500, 2345)
    shown = list(map(int, re.findall(r'<p class="ids" lang="en">(\d+)</p>', (tmp_path / "t.html").read_text())))
    assert shown[0] == 0 and shown[-1] >= 2340 and max(b - a for a, b in pairwise(shown)) <= 8


def test_a_reply_cannot_send_commands_to_the_terminal(tmp_path, capsys):
    write_list(tmp_path / "train.json", [{**SAMPLE, "answer": "\x1b[2J\u202eIn Ghent.", "question": "\x1b]0;x\x07?"}])
    show(samples(tmp_path), 1)
    out = capsys.readouterr().out
    assert "⟨U+001B⟩[2J⟨U+202E⟩In ⟦Ghent⟧." in out and "\x1b" not in out


def run(folder, right, sha="ab"):
    """A run folder with a stage, metrics and an evaluation in which `right` of 20 samples are right."""
    (folder / "eval").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"config": {}, "data": {}, "stages": {"grpo": {"seconds": 75.0, "finished": "now"}}}))
    (folder / "metrics.jsonl").write_text("".join(
        dumps({"stage": "grpo", "step": n, "rewards/accuracy/mean": n / 10}) + "\n" for n in range(1, 6)))
    records = [{"index": n, "side": "trained", "id": f"s{n}", "role_id": f"r{n % 4}", "question": "", "completion": "", "n_tokens": 1,
                "finish_reason": "stop", "state": "right" if n < right else "wrong", "score": 1.0, "format": None, "code": "", "reason": ""}
               for n in range(20)]
    (folder / "eval" / "records.jsonl").write_text("".join(dumps(r) + "\n" for r in records))
    (folder / "eval" / "report.json").write_text(json.dumps({
        "n": 20, "trained": {"accuracy": right / 20, "low": 0.1, "high": 0.9}, "base": None, "difference": None, "verdict": None,
        "data": {"sha256": sha}}))
    return folder


def test_runs_stand_in_one_table_and_are_paired_on_the_same_samples(tmp_path, capsys):
    rows = compare_runs([run(tmp_path / "a", 4), run(tmp_path / "b", 18)])
    stage = rows[0]["stages"]["grpo"]
    assert (stage["seconds"], stage["steps"], stage["score"]) == (75.0, 5, "rewards/accuracy/mean")
    assert (stage["first"], stage["last"]) == (pytest.approx(0.15), pytest.approx(0.45)), "the ends of the smoothed line"
    assert rows[1]["against_first"]["gained"] == 14 and rows[1]["against_first"]["verdict"] == "better"
    render(rows)
    said = capsys.readouterr().err
    assert "1 min 15 s" in said and "accuracy 0.150 → 0.450" in said and "better" in said


def test_what_only_logged_stands_before_the_stage_that_it_led_to(tmp_path):
    folder = run(tmp_path / "a", 4)
    (folder / "metrics.jsonl").write_text("".join(dumps(row) + "\n" for row in (
        {"stage": "read", "step": 1, "loss": 3.0}, {"stage": "grpo", "step": 1, "reward": 0.1}, {"stage": "extra", "step": 1, "loss": 1.0})))
    assert list(compare_runs([folder])[0]["stages"]) == ["read", "grpo", "extra"]


def test_runs_on_other_data_are_not_paired_and_a_folder_that_is_no_run_is_named(tmp_path):
    rows = compare_runs([run(tmp_path / "a", 4), run(tmp_path / "b", 18, sha="cd")])
    assert rows[1]["against_first"] is None
    with pytest.raises(InputError, match="is no run folder"):
        compare_runs([tmp_path])
