"""The terminal: tables, progress and messages go to stderr through rich, results to stdout."""

from __future__ import annotations

from rich.console import Console

console = Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """One line for the person watching. Text from files and models is not markup."""
    console.print(message, markup=False, soft_wrap=True)
