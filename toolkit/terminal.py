"""The terminal: tables, progress and messages go to stderr through rich, results to stdout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

console = Console(stderr=True, highlight=False)

# terminal commands but tab and line ends, and the characters that turn or hide the text around them (Unicode bidi, zero width)
_CONTROL = re.compile("\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def visible(text: str) -> str:
    """Control characters by their names: a reply must not move the cursor, nor be read otherwise than it was scored."""
    return _CONTROL.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


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
