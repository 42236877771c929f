"""Settings and fixtures of every test."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path

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


@pytest.fixture
def aws(_aws_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An AWS account on loopback, with S3: the address that the environment names, as it does its keys."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
                        "AWS_ENDPOINT_URL": _aws_url, "AWS_CONFIG_FILE": str(tmp_path / "none"),
                        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}.items():
        monkeypatch.setenv(name, value)
    return _aws_url


@pytest.fixture(scope="session")
def _aws_url() -> Iterator[str]:
    moto = pytest.importorskip("moto.server", reason="moto stands for AWS: pip install 'moto[server,s3]'")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
