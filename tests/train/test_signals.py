"""Requests to end that reach a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WAITS = """
import signal, sys
from pathlib import Path
from toolkit.train.signals import handled

asked = []
with handled(lambda number, frame: asked.append(number)):
    Path(sys.argv[1], "ready").touch()
    while not asked:
        signal.pause()
print("to a terminal that is gone", flush=True)
Path(sys.argv[1], "saved").write_text(signal.Signals(asked[0]).name)
"""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_what_is_saved_after_a_terminal_is_closed_is_not_lost_for_want_of_it(tmp_path: Path) -> None:
    master, terminal = os.openpty()
    child = subprocess.Popen([sys.executable, "-c", WAITS, str(tmp_path)], stdin=terminal, stdout=terminal, stderr=terminal)
    while not (tmp_path / "ready").exists() and child.poll() is None:
        time.sleep(0.01)
    os.close(terminal)
    os.close(master)
    child.send_signal(signal.SIGHUP)
    assert child.wait(60) == 0 and (tmp_path / "saved").read_text() == "SIGHUP"
