"""Settings and fixtures of every test."""

from __future__ import annotations

import resource
from collections.abc import Callable

import pytest
from hypothesis import settings

# the same examples each time, and no verdict that depends on how busy the machine is
settings.register_profile("toolkit", deadline=None, derandomize=True)
settings.load_profile("toolkit")


@pytest.fixture
def child_seconds() -> Callable[[], float]:
    """Processor time of child processes since the last call, seconds: what a command takes on an idle machine."""
    def used() -> float:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return spent.ru_utime + spent.ru_stime

    last = used()

    def since() -> float:
        nonlocal last
        before, last = last, used()
        return last - before

    return since
