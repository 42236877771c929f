"""How many requests a second a server takes, found from the share that it refuses.

A single 429 says little: some servers refuse five in a hundred whatever one does. So requests are counted in windows, and
a share of refusals is met by sending only what was admitted. When the share then falls, the server has a rate and that is
it; when it stays the same through several windows, refusals do not depend on the rate, and the old rate is taken up again.
"""

from __future__ import annotations

import math

WINDOW_S = 1.0          # limits are set by the second or by longer: shorter windows would see bursts
EARLY_S = 0.25          # the first flood is judged sooner
CLEAN_S = 0.5           # while nothing is refused, the rate grows sooner
LONGEST_S = 15.0        # for slow servers
LEAST = 20              # requests that a share is computed from
CLEAN, BAD = 0.01, 0.03  # above the tolerated share: below the one the rate grows, above the other it falls
FIRST_STEP, LAST_STEP = 0.02, 0.16
NEAR, NEAR_WINDOWS = 0.95, 8   # from this share of the rate last found on, so many windows grow by the first step
MOST_WAIT = 16          # windows between looks for more, after looks that found nothing
STUBBORN = 5            # windows in which sending less did not help


class Window:
    """Requests sent in a stretch of time, and how many of them were refused."""

    __slots__ = ("began", "ended", "refused", "sent")

    def __init__(self, began: float):
        self.began, self.ended, self.sent, self.refused = began, 0.0, 0, 0


class Rate:
    """Requests a second to send at most: `per_s`, infinite until the server refuses too many.

    Every request is counted in the window of its sending (`sent`), so that late successes and quick refusals weigh the same.
    """

    def __init__(self, now: float):
        self.per_s = math.inf
        self.tolerated = 0.0                     # share of refusals that sending less does not change
        self.paused_until = 0.0
        self.window: Window | None = Window(now)
        self._closed: Window | None = None
        self._refusal_s = 0.02                   # how long a refusal takes to arrive
        self._step = FIRST_STEP
        self._streak = 0
        self._streak_from = math.inf
        self._shares: list[float] = []
        self._unused = 0
        self._found, self._near = 0.0, 0         # what was admitted when the rate was last too high; windows near it
        self._clean_per_s = 0.0                  # sent in the last window without many refusals
        self._wait, self._waits = 0, 1           # windows before the next look for more
        self._cycle_began, self._cycle_admitted = now, 0
        self._retry_after_s: float | None = None

    def sent(self, now: float) -> Window | None:
        """Count a request; returns the window to name when it is refused."""
        self._look(now)
        if self.window:
            self.window.sent += 1
        return self.window

    def refused(self, window: Window | None, now: float, after_s: float, retry_after_s: float | None) -> None:
        self._refusal_s += 0.2 * (after_s - self._refusal_s)
        if retry_after_s is not None:
            self._retry_after_s = min(retry_after_s, self._retry_after_s or math.inf)
        if window:
            window.refused += 1
        self._look(now)

    def _look(self, now: float) -> None:
        """Close a window that is long enough; judge it when its refusals have had time to arrive."""
        if self._closed:
            if now >= self._closed.ended + max(0.03, 2 * self._refusal_s):
                self._judge(self._closed, now)
                self._closed, self.window = None, Window(now)
            return
        window = self.window
        if window is None:
            return
        took_s = now - window.began
        flooded = math.isinf(self.per_s) and took_s >= EARLY_S and window.refused >= LEAST and window.refused * 2 > window.sent
        clean = math.isfinite(self.per_s) and took_s >= CLEAN_S and window.sent >= 2 * LEAST and not window.refused
        if flooded or clean or (took_s >= WINDOW_S and window.sent >= LEAST) or (took_s >= LONGEST_S and window.sent):
            window.ended = now
            self._closed, self.window = window, None

    def _judge(self, window: Window, now: float) -> None:
        took_s = window.ended - window.began
        share = window.refused / window.sent
        admitted = window.sent - window.refused
        self._cycle_admitted += admitted
        over = share - self.tolerated
        if not admitted and self._retry_after_s:
            self._pause(now)
        elif over > BAD and window.refused >= 2:
            self._less(share, admitted / took_s)
        else:
            self._streak, self._shares = 0, []
            if over < 0:
                self.tolerated += 0.2 * over
            if math.isfinite(self.per_s) and over <= CLEAN:
                self._clean_per_s = window.sent / took_s
                self._more(self._clean_per_s)
            else:
                self._step = FIRST_STEP
        self._retry_after_s = None

    def _pause(self, now: float) -> None:
        """Nothing is admitted before the server's next period: what it admitted over the whole period is its rate."""
        assert self._retry_after_s is not None
        self.paused_until = now + self._retry_after_s
        period_s = self.paused_until - self._cycle_began
        if self._cycle_admitted:
            self.per_s = self._cycle_admitted / period_s
        elif math.isfinite(self.per_s):
            self.per_s /= 2
        self._cycle_began, self._cycle_admitted = self.paused_until, 0
        self._streak, self._shares, self._step, self._near = 0, [], FIRST_STEP, NEAR_WINDOWS

    def _less(self, share: float, admitted_per_s: float) -> None:
        if not self._streak:
            self._streak_from = self.per_s
        self._streak += 1
        self._shares.append(share)
        self._step = FIRST_STEP
        if self._streak >= STUBBORN and min(self._shares) > max(self._shares) / 2:
            self.tolerated = sum(self._shares) / len(self._shares)
            self.per_s = self._streak_from
            self._streak, self._shares = 0, []
        elif admitted_per_s:
            # a limit without any burst admits half as much when it is exceeded by a little
            self.per_s = self._found = self._clean_per_s if admitted_per_s < 0.8 * self._clean_per_s else admitted_per_s
            self._clean_per_s, self._near = 0.0, 0
            self._wait, self._waits = self._waits, min(MOST_WAIT, 2 * self._waits)
        elif math.isfinite(self.per_s):
            self.per_s /= 2

    def _more(self, sent_per_s: float) -> None:
        """Probe upwards; a rate that nobody asks for any more is no limit."""
        if sent_per_s < 0.8 * self.per_s:
            self._unused += 1
            if self._unused >= 3:
                self.per_s, self._unused = math.inf, 0
            return
        self._unused = 0
        if self._wait:
            self._wait -= 1
            return
        self.per_s *= 1 + self._step
        if self.per_s > 1.1 * self._found:
            self._waits = 1
        if self.per_s > NEAR * self._found and self._near < NEAR_WINDOWS:
            self._near, self._step = self._near + 1, FIRST_STEP   # a server's burst hides that this is too much
        else:
            self._step = min(LAST_STEP, 2 * self._step)
