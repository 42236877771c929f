"""Progress: a bar and a line under it on a terminal, a line now and then in a log file."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from toolkit import terminal
from toolkit.terminal import counter


def written(monkeypatch: pytest.MonkeyPatch, on_terminal: bool) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(terminal, "console", Console(file=out, force_terminal=on_terminal, width=100, highlight=False))
    return out


def test_a_terminal_shows_the_bar_and_the_latest_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out = written(monkeypatch, True)
    with counter("grpo", 4, keep=True) as show:
        show(1, "reward 0.25 [x]")
        show(3)
    last = out.getvalue().rpartition("3/4")
    assert last[1] and "reward 0.25 [x]" in last[2]


@pytest.mark.parametrize(("every_s", "lines"), [(0.0, ["grpo 1/4: reward 0.25", "grpo 3/4: reward 0.75"]), (60.0, [])])
def test_a_log_file_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, every_s: float, lines: list[str]) -> None:
    out = written(monkeypatch, False)
    monkeypatch.setattr(terminal, "LOG_EVERY_S", every_s)
    with counter("grpo", 4) as show:
        show(1, "reward 0.25")
        show(2)
        show(3, "reward 0.75")
    assert [line.strip() for line in out.getvalue().splitlines()] == lines
