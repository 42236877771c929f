"""The terminal: tables, progress and messages go to stderr through rich, results to stdout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

console = Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """One line for the person watching. Text from files and models is not markup."""
    console.print(message, markup=False, soft_wrap=True)


@contextmanager
def counter(name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar that is told how many are done."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(name, total=total)
        yield lambda done: progress.update(task, completed=done)
