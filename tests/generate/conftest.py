"""Profiles, and the scripted model behind a real HTTP server."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from toolkit.profiles import Profile, read_profiles

PROFILES = Path(__file__).parents[2] / "data" / "online_profiles.jsonl"


@pytest.fixture(scope="session")
def every_profile() -> list[Profile]:
    return read_profiles(PROFILES)


@pytest.fixture(scope="session")
def zh(every_profile) -> list[Profile]:
    return [p for p in every_profile if p.language == "zh"][:6]


@pytest.fixture(scope="session")
def en(every_profile) -> list[Profile]:
    return [p for p in every_profile if p.language == "en"][:6]


@pytest.fixture(scope="session")
def scripted():
    """The module `scripted.py` beside this file."""
    spec = importlib.util.spec_from_file_location("scripted", Path(__file__).with_name("scripted.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
