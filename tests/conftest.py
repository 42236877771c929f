"""Settings of every test."""

from hypothesis import settings

# the same examples each time, and no verdict that depends on how busy the machine is
settings.register_profile("toolkit", deadline=None, derandomize=True)
settings.load_profile("toolkit")
