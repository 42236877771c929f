"""The pages in a real browser, as a reader uses them: clicks under the page's own policy, wide and narrow, light and dark."""

from __future__ import annotations

import shutil

import pytest

from toolkit.evaluate.assemble import Weights, write_results
from toolkit.evaluate.records import make_record
from toolkit.evaluate.report import write_report
from toolkit.evaluate.runner import Completion
from toolkit.evaluate.tally import write_records
from toolkit.jsonl import write_list
from toolkit.show.samples import write_page
from toolkit.tasks.roleplay import RolePlay

HOSTILE = ("</p></details></script><script>document.title='HACKED'</script><img src=x onerror=\"document.title='HACKED'\">"
           "<svg onload=document.title='HACKED'><style>*{display:none}</style>\" onclick='x' </textarea><!-- \u202ereversed <answer>")
ROLES, LEVELS = ("Mara Quill", "沈铁山", "Odo Fenn"), ("easy", "medium", "hard")


def row(number, **more):
    return {"id": f"s{number}", "role_id": f"r{number % 3}", "kind": ("SBK", "CM")[number % 2], "language": "en",
            "character_name": ROLES[number % 3], "difficulty": LEVELS[number % 3], "question": f"Where do you live, number {number}?",
            "answer": "I live in Ghent.", "keywords": ["Ghent"], "keys": [{"canonical": "Ghent"}], **more}


def reply(right, length="", tokens=7):
    return Completion(f"<think>{length}</think><answer>I live in {'Ghent' if right else 'Bergen'}.</answer>", "stop", tokens)


def evaluation(folder, rows, base, trained):
    """An evaluation's folder with its page; `base` and `trained` make a reply of a position."""
    task, sides = RolePlay(), {"base": base, "trained": trained}
    records = {side: [make_record(task, task.row(one), n, side, made(n), False) for n, one in enumerate(rows)] for side, made in sides.items()}
    tallies = write_records(folder / "records.jsonl", (one for pair in zip(*records.values(), strict=True) for one in pair))
    write_results(folder, tallies, Weights(), 1, False, {}, [], {
        "model": "m", "against": "b", "task": "roleplay", "data": {"path": "v.json", "sha256": "ab" * 32}, "sampling": {"temperature": 0.0},
        "seconds": 1.0, "versions": {}, "command": "toolkit eval m", "written": "today"})
    return write_report(folder)


@pytest.fixture(scope="module")
def browser():
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install -e '.[dev]'")
    binary, driver = (next(filter(None, map(shutil.which, names)), None) for names in (
        ("chromium", "chromium-browser", "google-chrome"), ("chromedriver",)))
    if not binary or not driver:
        pytest.skip("no Chromium with its driver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
                 "--disable-component-update", "--no-first-run"):
        options.add_argument(word)
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield found
    found.quit()


class Reader:
    """What a reader sees and does."""

    def __init__(self, browser, page):
        self.browser = browser
        browser.get(page.as_uri())

    def all(self, selector):
        return self.browser.find_elements("css selector", selector)

    def one(self, selector):
        return self.browser.find_element("css selector", selector)

    def seen(self):
        """The ids of the cards that are on the screen."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll('.card')].filter(c => c.offsetParent).map(c => c.querySelector('.ids').textContent)")

    def pick(self, name, value):
        from selenium.webdriver.support.ui import Select

        Select(self.one(f"select[name={name}]")).select_by_value(value)

    def click(self, selector):
        """A click where it is, not below the bar that stays on top."""
        found = self.one(selector)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """24 samples: every third right before, every second right now; the last six replies are long."""
    return evaluation(tmp_path_factory.mktemp("report") / "eval", [row(n) for n in range(24)], lambda n: reply(n % 3 == 0),
                      lambda n: reply(n % 2 == 0, tokens=7 if n < 18 else 700))


def names(numbers):
    return [f"s{n}" for n in numbers]


def test_what_was_lost_and_gained_comes_first_and_is_open(browser, report):
    page = Reader(browser, report)
    lost, gained = [n for n in range(24) if n % 3 == 0 and n % 2], [n for n in range(24) if n % 3 and n % 2 == 0]
    assert page.seen()[:len(lost) + len(gained)] == names(lost + gained)
    assert len(page.all(".card[open]")) == 6 and page.all(".card[open] .reply mark")[0].text == "Ghent"


def test_filters_show_what_was_asked_for(browser, report):
    page = Reader(browser, report)
    gained = [n for n in range(24) if n % 3 and n % 2 == 0]
    page.click(".outcomes .gained")
    assert page.seen() == names(gained)
    page.pick("role", "沈铁山")
    assert page.seen() == names(n for n in gained if n % 3 == 1)
    page.pick("length", "up to 1000 tokens")
    assert page.seen() == names(n for n in gained if n % 3 == 1 and n >= 18)
    assert page.one("#count").text.startswith("1 of 24 match.")
    page.one("input[name=text]").send_keys("no such text")
    assert page.seen() == [] and page.one("#none").is_displayed()
    page.click("#reset")
    assert len(page.seen()) == 24 and not page.one("#none").is_displayed()
    page.pick("state", "wrong")
    assert sorted(page.seen()) == sorted(names(range(1, 24, 2)))
    page.one("input[name=text]").send_keys("NUMBER 17?")
    assert page.seen() == ["s17"]


def test_a_number_of_the_headline_leads_to_its_samples(browser, report):
    page = Reader(browser, report)
    page.click("a[data-show=lost]")
    assert page.seen() == names(n for n in range(24) if n % 3 == 0 and n % 2)


def test_many_samples_are_shown_some_at_a_time(browser, tmp_path):
    write_list(tmp_path / "train.json", [row(n) for n in range(70)])
    write_page(tmp_path / "train.json", {}, tmp_path / "page.html")
    page = Reader(browser, tmp_path / "page.html")
    assert len(page.seen()) == 30 and page.one("#more").text == "Show 30 more of 40"
    page.click("#more")
    page.click("#more")
    assert len(page.seen()) == 70 and not page.one("#more").is_displayed()
    page.click("#unfold")
    assert len(page.all(".card[open]")) == 70
    page.pick("difficulty", "hard")
    assert page.seen() == names(range(2, 70, 3))


def test_hostile_text_does_nothing_and_is_read_as_it_is(browser, tmp_path):
    evil = [row(n, character_name=HOSTILE, question=HOSTILE, kind=HOSTILE, id=f"{n}{HOSTILE}", language=HOSTILE, answer=HOSTILE,
                conversation_history=[{"role": "user", "content": HOSTILE}]) for n in range(4)]
    path = evaluation(tmp_path / "eval", evil, lambda n: Completion(HOSTILE, "stop", 3), lambda n: Completion(HOSTILE + "x" * 10**6, "stop", 3))
    write_list(tmp_path / "train.json", evil)
    write_page(tmp_path / "train.json", {}, tmp_path / "page.html")
    for file, title in ((path, "Cannot tell it from the base"), (tmp_path / "page.html", str(tmp_path))):
        page = Reader(browser, file)
        page.click("#unfold")
        assert page.browser.title.startswith(title)
        assert not page.all("body img, body style, .card svg, [onclick], [onerror]") and len(page.all("script")) == 1
        assert len(page.seen()) == 4
        assert HOSTILE.replace("\u202e", "⟨U+202E⟩") in page.one(".card .question").text


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_phone_and_desktop_in_light_and_dark(browser, report, width, scheme):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 700})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    try:
        page = Reader(browser, report)
        page.click("#unfold")
        assert browser.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
        assert (int(paper) < 60) == (scheme == "dark")
        first, second = (side.rect for side in page.all(".card[open] .side")[:2])
        assert (first["y"] == second["y"]) == (width == 1280), "side by side where there is room"
        assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
