"""The terminal: tables, progress and messages go to stderr through rich, results to stdout."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

console = Console(stderr=True, highlight=False)
LOG_EVERY_S = 60.0

# terminal commands but tab and line ends, and the characters that turn or hide the text around them (Unicode bidi, zero width)
_CONTROL = re.compile("\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def visible(text: str) -> str:
    """Control characters by their names: a reply must not move the cursor, nor be read otherwise than it was scored."""
    return _CONTROL.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def say(message: str) -> None:
    """One line for the person watching. Text from files and models is not markup."""
    console.print(message, markup=False, soft_wrap=True)


@contextmanager
def counter(name: str, total: int | None, keep: bool = False) -> Iterator[Callable[..., None]]:
    """A progress bar: what it yields is called with how many are done and, where there is something to tell, a line under the bar.

    A log file is no place for a bar that is redrawn: the line is written to it once a minute.

    Args:
        total: None where the end is not known.
        keep: leave the bar on the screen.
    """
    columns = [TextColumn("  {task.description:5}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    if total is not None:
        columns += [TextColumn("left"), TimeRemainingColumn()]
    with _Bar(*columns, console=console, transient=not keep, disable=not console.is_terminal) as bar:
        task, said = bar.add_task(name, total=total), time.monotonic()

        def update(done: int, line: str = "") -> None:
            nonlocal said
            bar.line = line or bar.line
            bar.update(task, completed=done)
            if line and not console.is_terminal and time.monotonic() - said >= LOG_EVERY_S:
                said = time.monotonic()
                say(f"  {name} {done}{'' if total is None else f'/{total}'}: {line}")

        yield update


class _Bar(Progress):
    line = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.line:
            yield Text(f"        {self.line}", style="dim", no_wrap=True, overflow="ellipsis")
