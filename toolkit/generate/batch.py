"""Runs items through an engine: a bounded number at a time, in plan order, each outcome into the journal.

Nothing waits for anything else: an item that has its outcome makes room for the next one at once. Ctrl-C begins nothing
more and finishes what is under way; a second one stops. Whatever ends the process, the same run continues it.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from toolkit.generate.complete import Completer, Sent
from toolkit.generate.engines.base import Ending, Engine, EngineError, Item, Make
from toolkit.generate.gate import Gate, Pace
from toolkit.generate.journal import Journal

TICK_S, STILL_S = 0.25, 2.0
SYNC_EVERY_S, LOAD_EVERY_S = 5.0, 1.0
FIRST_PATIENCE_S = 60.0     # with servers that have not answered once: more likely wrong than away
JUDGED = 20                 # items, after which a run that mostly fails is stopped
FAILED_SHARE = 0.5

AnyItem = TypeVar("AnyItem", bound=Item)


@dataclass(slots=True)
class Totals:
    """How far a run is."""

    skipped: int = 0                       # done by an earlier run
    done: int = 0                          # by this one
    working: int = 0                       # items that have begun and are not done
    failed: Counter[str] = field(default_factory=Counter)   # by reason
    last_failure: str = ""                 # what was said of the last one
    sent: Sent = field(default_factory=Sent)
    in_flight: int = 0
    limit: int = 0                         # requests that may be under way now
    seconds: float = 0.0
    interrupted: bool = False              # by Ctrl-C: the plan is not finished
    down: str = ""                         # why no endpoint answers, while none does


def run(items: Iterable[Any], make: Make, engine: Engine, journal: Journal, pace: Pace = Pace(),  # noqa: B008 (frozen)
        progress: Callable[[Totals], None] = lambda totals: None,
        enough: Callable[[Totals], bool] = lambda totals: False) -> Totals:
    """Make the items that the journal does not have.

    Args:
        items: with `id` and `affinity`; read as needed, in the order in which they are begun.
        make: an item's outcome, by any number of requests in sequence.
        progress: told about four times a second, and at the end.
        enough: asked before an item begins. While it is true none does; when nothing is under way either, the run ends.

    Raises:
        EngineError: what makes every further request useless: credentials, a wrong model, a server that stays away.
        InputError: the journal cannot be written.
    """
    return asyncio.run(_Run(items, make, engine, journal, pace, progress, enough).all())


class _Run:
    def __init__(self, items: Iterable[Any], make: Make, engine: Engine, journal: Journal, pace: Pace,
                 progress: Callable[[Totals], None], enough: Callable[[Totals], bool]):
        self.make, self.engine, self.journal, self.pace = make, engine, journal, pace
        self.progress, self.enough = progress, enough
        self.totals = Totals()
        self.items = iter(first_of_each_ahead(self._undone(items), self._ahead))
        self.ending = False                # nothing more begins
        self.beginning = asyncio.Lock()    # one worker asks for an item at a time
        self.finished = asyncio.Event()    # an item is done, or the run ends: ask again
        self.error: BaseException | None = None
        self.workers: list[asyncio.Task[None]] = []

    def _undone(self, items: Iterable[AnyItem]) -> Iterator[AnyItem]:
        done = self.journal.done
        for item in items:
            if item.id in done:
                self.totals.skipped += 1
            else:
                yield item

    def _ahead(self) -> int:
        """Half of what is under way: as long as half a reply, enough to read a profile."""
        return self.gate.limit // 2

    async def all(self) -> Totals:
        began = time.monotonic()
        try:
            unusable = await self.engine.open(self.pace.most)
            self.gate = Gate(self.engine.endpoints, self.pace)
            self.completer = Completer(self.engine, self.gate, self.pace, self.end)
            self.totals.sent = self.completer.sent
            for number, error in enumerate(unusable):
                if error:
                    self.gate.mark_down(number, str(error))
            await self._loads()
            with self._interruptible(), _fewer_collections():
                watching = asyncio.create_task(self._watch(began))
                ended = -1
                while ended < len(self.workers):     # the clock may have hired more meanwhile
                    await self._hire()
                    ended = len(self.workers)
                    await asyncio.gather(*self.workers, return_exceptions=True)
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
        finally:
            await self.engine.close()
        self._tell(began)
        if self.error:
            raise self.error
        self.journal.sync()
        return self.totals

    async def _hire(self) -> None:
        """Half as many more workers than requests, so that what waits for a retry leaves no slot empty; and for twice the
        requests, which may be under way before the next look. Each holds an item with its prompts: all that could ever be needed
        would take 8 MB."""
        wanted = min(self.pace.most, 2 * self.gate.limit) * 3 // 2 + 1
        while len(self.workers) < wanted and not self.ending:
            self.workers.append(asyncio.create_task(self._work()))
            if len(self.workers) % 8 == 0:           # the first requests go out while the others are being prepared
                await asyncio.sleep(0)

    async def _work(self) -> None:
        """Item after item. The one place where what goes wrong with an item is caught."""
        while True:
            item = None
            try:
                item = await self._begin()
                if item is None:
                    return
                outcome = await self.make(item, self.completer.for_item())
                self.journal.write(item.id, outcome)
                self.totals.done += 1
            except Ending:
                return
            except EngineError as error:
                self._failed(item.id, error)
            except Exception as error:
                self.end(error)
                return
            finally:
                self.totals.working -= item is not None
                self.finished.set()

    async def _begin(self) -> Any | None:
        """The next item, as soon as one may begin; None when none will."""
        async with self.beginning:
            while not self.ending and self.enough(self.totals):
                if not self.totals.working:
                    return None
                self.finished.clear()
                await self.finished.wait()
            item = None if self.ending else next(self.items, None)
            self.totals.working += item is not None
            return item

    def _failed(self, id: str, error: EngineError) -> None:
        self.journal.fail(id, str(error))
        totals = self.totals
        totals.failed[error.reason] += 1
        totals.last_failure = str(error)
        failed = totals.failed.total()
        if failed >= JUDGED and failed > FAILED_SHARE * (failed + totals.done):
            reason, count = totals.failed.most_common(1)[0]
            self.end(EngineError(f"{failed} of {failed + totals.done} items failed, {count} of them: {reason}. The last: "
                                 f"{error} See {self.journal.failed_path}.", "fatal", reason))

    def end(self, error: BaseException) -> None:
        """End the run with an error. What is under way is still finished when the error is the engine's."""
        if self.error is None:
            self.error = error
        self._begin_no_more()
        if isinstance(error, EngineError):
            self.gate.stop()
        else:
            for worker in self.workers:
                worker.cancel()

    def _begin_no_more(self) -> None:
        self.ending = True
        self.finished.set()

    async def _watch(self, began: float) -> None:
        try:
            await self._by_the_clock(began)
        except Exception as error:         # the disk, or what is told of progress
            self.end(error)

    async def _by_the_clock(self, began: float) -> None:
        synced = loaded = time.monotonic()
        while True:
            asleep = time.monotonic()
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            if now - asleep < STILL_S:          # else this process stood still: replies may have come, unread
                self.gate.end_late()
            await self._hire()
            self._look_if_down()
            self._tell(began)
            if now - synced >= SYNC_EVERY_S:
                synced = now
                await asyncio.to_thread(self.journal.sync)
            if now - loaded >= LOAD_EVERY_S:
                loaded = now
                await self._loads()

    def _look_if_down(self) -> None:
        down = self.gate.down()
        self.totals.down = down[1] if down else ""
        if not down:
            return
        away_s = self.gate.loop.time() - down[0]
        patience_s = self.pace.patience_s if self.totals.sent.replies else min(FIRST_PATIENCE_S, self.pace.patience_s)
        if away_s > patience_s:
            self.end(EngineError(f"{down[1]} No endpoint has answered for {away_s:.0f} s. Once one does, the same command goes on.", "fatal", "down"))
        elif self.ending:
            self.gate.stop()

    async def _loads(self) -> None:
        up = [lane.number for lane in self.gate.lanes if lane.down_since is None]
        for number, load in zip(up, await asyncio.gather(*map(self.engine.load, up)), strict=True):
            if load:
                self.gate.told(number, load)

    def _tell(self, began: float) -> None:
        totals = self.totals
        totals.in_flight, totals.limit = self.gate.in_flight, self.gate.limit
        totals.seconds = time.monotonic() - began
        self.progress(totals)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C (or SIGTERM) once: finish; twice: stop."""
        def interrupted() -> None:
            if self.totals.interrupted:
                self.end(KeyboardInterrupt())
            self.totals.interrupted = True
            self._begin_no_more()
            self.gate.drop_fresh()

        loop, signals = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
        try:
            for number in signals:
                loop.add_signal_handler(number, interrupted)
        except (NotImplementedError, RuntimeError, ValueError):   # Windows, or not the main thread: Ctrl-C stops at once
            yield
            return
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Looking for reference cycles costs a fifth of the CPU time of a run that makes hardly any."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(30_000, 10, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def first_of_each_ahead(items: Iterable[AnyItem], ahead: Callable[[], int]) -> Iterator[AnyItem]:
    """The items in order, but the first of each affinity up to `ahead()` places earlier.

    It brings the profile into the server's cache before the others of its profile come.
    """
    coming = iter(items)
    behind: deque[AnyItem] = deque()
    last: str | None = None
    for item in coming:
        if not item.affinity or item.affinity != last:
            last = item.affinity
            if item.affinity:
                yield item
                while len(behind) > ahead():
                    yield behind.popleft()
                continue
        behind.append(item)
        while len(behind) > ahead():
            yield behind.popleft()
    yield from behind
