"""The report: what the page says, that model text stays text, and that it works in a real browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from toolkit.errors import InputError
from toolkit.evaluate import compare
from toolkit.evaluate.cards import cards, pieces
from toolkit.evaluate.records import make_record
from toolkit.evaluate.report import headline, points, render, write_report
from toolkit.evaluate.runner import Completion
from toolkit.jsonl import dumps
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


def write(folder, records):
    folder.mkdir(exist_ok=True)
    sides = {side: [r for r in records if r.side == side] for side in ("base", "trained")}
    paired = bool(sides["base"])
    found = compare.difference(sides["base"], sides["trained"], 1) if paired else None
    report = {
        "model": "outputs/<i>run</i>/final_model", "against": "outputs/base" if paired else None, "task": "roleplay",
        "data": {"path": "validation.json", "sha256": "ab" * 32, "samples": len(sides["trained"])},
        "n": len(sides["trained"]), "verdict": found and found["verdict"], "difference": found,
        "base": compare.summary(sides["base"]) if paired else None, "trained": compare.summary(sides["trained"]),
        "weighted": {"sbk_weight": 0.5, "cm_weight": 0.5, "base": 0.1 if paired else None, "trained": 0.9},
        "differences": compare.differences(sides["base"], sides["trained"], 1) if paired else None,
        "notes": ["Only 3 role(s)."], "sampling": {"temperature": 0.0, "max_new_tokens": 64}, "seconds": 12.5,
        "versions": {"torch": "2"}, "command": "toolkit eval outputs/run/final_model --limit 24", "written": "today"}
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "records.jsonl").write_text("".join(dumps(r.to_row()) + "\n" for r in records))
    return report


def right(n, row):
    return gold_reply(TASK.row(row))


def nothing(n, row):
    return "<think>?</think><answer>I would rather not say.</answer>"


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
    page = write_report(tmp_path / "eval", METRICS).read_text()
    assert headline(report) == "Better than the base: 0.0 % → 100.0 %"
    shown = html.unescape(re.sub(r"<[^>]+>", "", page))
    for text in (headline(report), "+100.0", "p < 0.0001", "toolkit eval outputs/run/final_model --limit 24",
                 "SBK · profile", "CM · memory", "Only 3 role(s).", "GRPO: accuracy reward"):
        assert text in shown


def test_the_page_needs_nothing_from_outside(rows, tmp_path):
    write(tmp_path / "eval", records_of(rows, nothing, right))
    page = write_report(tmp_path / "eval", METRICS).read_text()
    assert Tags(page).links == []
    assert "@import" not in page and "url(" not in page
    assert "default-src 'none'" in page


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


@pytest.mark.parametrize("length", [30, 3000])
def test_five_hundred_samples_stay_under_two_megabytes(rows, tmp_path, length):
    many = [{**rows[n % 24], "id": f"s{n}"} for n in range(500)]
    long = "<think>" + "想<一>想&\"" * length + "</think><answer>不知道</answer>"
    write(tmp_path / "eval", records_of(many, lambda n, row: long, right))
    path = write_report(tmp_path / "eval", METRICS)
    assert path.stat().st_size < 2_000_000
    page = path.read_text()
    assert page.count("<details") == 500
    assert ("more characters in records.jsonl" in page) == (length == 3000)


def test_more_samples_than_fit_are_counted_and_what_changed_is_kept(rows, tmp_path):
    many = [{**rows[n % 24], "id": f"s{n}"} for n in range(700)]
    write(tmp_path / "eval", records_of(many, right, lambda n, row: right(n, row) if n < 690 else nothing(n, row)))
    page = write_report(tmp_path / "eval").read_text()
    assert page.count("<details") == 500
    assert page.count('data-outcome="lost"') == 10
    assert "500 of 700 samples are on this page" in page


def test_lost_and_gained_samples_come_first_and_the_first_are_unfolded(rows):
    found = cards(records_of(rows, lambda n, row: right(n, row) if n % 3 == 0 else nothing(n, row),
                             lambda n, row: right(n, row) if n % 2 == 0 else nothing(n, row)))
    outcomes = [card.outcome for card in found]
    assert outcomes == ["lost"] * 4 + ["gained"] * 8 + ["wrong"] * 8 + ["right"] * 4
    assert [card.outcome for card in found if card.open] == ["lost"] * 3 + ["gained"] * 3


def test_the_span_that_matched_is_marked_and_no_character_is_lost(rows):
    record = records_of(rows[:1], None, right)[0]
    found = pieces(record)
    assert "".join(piece.text for piece in found) == record.completion
    assert [(p.text, p.part) for p in found if p.key] == [("baker", "answer")]
    assert {p.text: p.part for p in found}["</think>"] == "tag"


def test_a_reply_that_continues_a_prefilled_think_is_shown_as_thinking(rows):
    record = make_record(TASK, TASK.row(rows[0]), 0, "trained",
                         Completion("My trade.</think><answer>I am a baker.</answer>", "stop", 9), True)
    assert pieces(record)[0].part == "think"


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


def test_a_folder_without_a_report_is_named(tmp_path):
    with pytest.raises(InputError, match=r"report\.json does not exist"):
        write_report(tmp_path)
    (tmp_path / "report.json").write_text('{"n": 3}')
    (tmp_path / "records.jsonl").write_text("")
    with pytest.raises(InputError, match="is no evaluation report"):
        write_report(tmp_path)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed: apt-get install chromium")


def dom(page, profile):
    """The page's DOM after its scripts ran."""
    return subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True).stdout


@browser
def test_hostile_text_does_nothing_in_a_browser(rows, tmp_path):
    write(tmp_path / "eval", records_of(rows[:4], lambda n, row: HOSTILE, lambda n, row: HOSTILE))
    seen = dom(write_report(tmp_path / "eval"), tmp_path / "profile")
    assert "<title>Cannot tell it from the base" in seen
    assert "<img" not in seen
    assert '<html lang="en" class="js">' in seen, "the page's own script runs under its policy"


@browser
def test_filters_hide_what_does_not_match_in_a_browser(rows, tmp_path):
    write(tmp_path / "eval", records_of(rows, lambda n, row: right(n, row) if n % 3 == 0 else nothing(n, row),
                                        lambda n, row: right(n, row) if n % 2 == 0 else nothing(n, row)))
    page = write_report(tmp_path / "eval")
    user = """<script>{
      const seen = {};
      const shown = () => document.querySelectorAll('.card:not([hidden])').length;
      const set = (selector, value) => {
        const field = document.querySelector(selector);
        if (field.type === 'radio') field.checked = true; else field.value = value;
        field.dispatchEvent(new Event('input', {bubbles: true}));
      };
      seen.all = shown();
      set('[name=outcome][value=gained]'); seen.gained = shown();
      set('[name=difficulty]', 'hard'); seen.hard = shown();
      set('[name=text]', 'no such text'); seen.none = shown();
      seen.said = !document.getElementById('none').classList.contains('hidden');
      document.getElementById('reset').click(); seen.reset = shown();
      set('[name=text]', 'LISBON'); seen.lisbon = shown();
      document.title = JSON.stringify(seen);
    }</script></body>"""
    # a user's clicks, played by a script that the page's own policy would not let run
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text()).replace("</body>", user)
    page.write_text(text)
    seen = json.loads(html.unescape(re.search("<title>(.*?)</title>", dom(page, tmp_path / "profile"))[1]))
    hard = sum(row["difficulty"] == "hard" and n % 3 != 0 and n % 2 == 0 for n, row in enumerate(rows))
    lisbon = sum("Lisbon" in row["answer"] for row in rows)
    assert 0 < hard < 8 and 0 < lisbon < 24
    assert seen == {"all": 24, "gained": 8, "hard": hard, "none": 0, "said": True, "reset": 24, "lisbon": lisbon}
