"""Settings and fixtures of every test."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator

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


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """Address of a server that speaks S3, on loopback."""
    moto = pytest.importorskip("moto.server", reason="moto is the S3 server: pip install 'moto[server,s3]'")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
