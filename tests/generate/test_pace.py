"""What the client makes of a server's behaviour: its rate, its slots, how long its replies take."""

from __future__ import annotations

import asyncio
import heapq
import random

import pytest

from toolkit.errors import InputError
from toolkit.generate.deadline import LEAST_S, Deadline
from toolkit.generate.engines.base import Load
from toolkit.generate.gate import Pace
from toolkit.generate.rate import Rate
from toolkit.generate.retry_budget import EARNED, LEAST, RetryBudget
from toolkit.generate.slots import Slots


def sent_to(admits, seconds: float, wish_per_s: float, retry_after=lambda now: None) -> list[tuple[float, bool]]:
    """Times and fates of requests sent as a Rate allows, refusals arriving 10 ms later. Virtual time."""
    now, rate, log, late = 0.0, Rate(0.0), [], []
    while now < seconds:
        while late and late[0][0] <= now:
            arrived, _, window = heapq.heappop(late)
            rate.refused(window, arrived, 0.01, retry_after(arrived))
        if rate.paused_until > now:
            now = rate.paused_until
            continue
        window, fine = rate.sent(now), admits(now)
        log.append((now, fine))
        if not fine:
            heapq.heappush(late, (now + 0.01, len(log), window))
        now += 1 / min(wish_per_s, rate.per_s)
    return log


def bucket(per_s: float, burst: float):
    held, last = burst, 0.0

    def admits(now: float) -> bool:
        nonlocal held, last
        held, last = min(burst, held + (now - last) * per_s), now
        if held < 1:
            return False
        held -= 1
        return True

    return admits


@pytest.mark.parametrize("per_s, burst", [(200, 3), (200, 20), (200, 200), (20, 20), (1000, 100), (50, 5)])
def test_a_true_rate_is_used_and_hardly_exceeded_after_five_seconds(per_s, burst):
    log = sent_to(bucket(per_s, burst), 30, 2000)
    later = [fine for when, fine in log if when > 5]
    assert sum(later) >= 0.95 * per_s * 25
    assert later.count(False) <= 0.05 * len(later)


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
def test_refusals_by_chance_do_not_slow_the_client_down(share):
    chance = random.Random(1)
    log = sent_to(lambda now: chance.random() > share, 30, 1000)
    assert sum(fine for _, fine in log) > 0.8 * 30 * 1000 * (1 - share)


def test_a_limit_by_the_minute_is_waited_for_as_the_server_says():
    counted: list[tuple[float, bool]] = []

    def admits(now: float) -> bool:
        fine = sum(ok for when, ok in counted if when // 60 == now // 60) < 600
        counted.append((now, fine))
        return fine

    log = sent_to(admits, 180, 300, lambda now: 60 - now % 60)
    assert sum(fine for _, fine in log) >= 0.85 * 1800
    assert sum(not fine for _, fine in log) < 0.3 * len(log)     # most of them before the first pause


def test_a_limit_that_is_lifted_is_forgotten():
    limit = bucket(100, 10)
    log = sent_to(lambda now: now > 10 or limit(now), 40, 1000)
    assert sum(1 for when, _ in log if when > 35) > 0.8 * 5 * 1000


def test_deadlines_follow_the_latencies():
    deadline = Deadline(600)
    assert deadline.seconds([0.1] * 10) == 600    # nothing known
    for _ in range(200):
        deadline.add(2.0)
    assert deadline.seconds([1.0] * 10) == pytest.approx(12)
    for _ in range(500):
        deadline.add(0.1)
    assert deadline.seconds() == LEAST_S


def test_the_first_quick_replies_do_not_condemn_the_long_ones():
    deadline = Deadline(600)
    for _ in range(20):
        deadline.add(1.0)
    assert deadline.seconds([30.0] * 480) == pytest.approx(180)


def capacity(limit: int, servers: int, latency_s: float = 0.5) -> float:
    return min(limit, servers) / latency_s


def test_requests_under_way_grow_to_what_the_server_uses():
    slots, now = Slots(1024, 64), 0.0
    for _ in range(20_000):
        now += 1 / capacity(slots.limit, 200)
        slots.replied(now, full=True)
    assert 200 <= slots.limit <= 400


def test_a_slow_server_is_not_given_more_than_it_answers_in_time():
    slots, now = Slots(1024, 32, timeout_s=600), 0.0
    for _ in range(2000):
        now += 1 / capacity(slots.limit, 4, latency_s=30)
        slots.replied(now, True, took_s=slots.limit * 30 / 4)
    assert slots.limit == 32


def test_the_servers_own_account_counts_first():
    slots = Slots(1024, 64)
    slots.told(Load(512, 0, 0), 0)
    assert slots.limit == 576
    slots.told(Load(512, 128, 448), 576)          # its memory holds fewer than it has slots
    assert slots.limit == 144
    slots.told(Load(512, 144, 0), 144)
    assert slots.limit == 180


def test_many_late_replies_mean_less_at_once():
    slots = Slots(512, 512)
    for now in range(30):
        slots.late(now, now + 0.9)
    assert slots.limit < 300


def test_a_server_that_stood_still_once_is_given_a_quarter_less():
    slots = Slots(512, 512)
    for number in range(512):
        slots.late(number / 512, 10.0)
    assert slots.limit == 384


def test_limits_that_are_none_are_refused():
    with pytest.raises(InputError) as error:
        Pace(concurrency=0, rpm=-1)
    assert "--concurrency 0" in str(error.value) and "--rpm -1" in str(error.value)


def test_retries_beyond_the_budget_wait_for_replies_and_the_end_frees_them():
    async def spending() -> list[int]:
        budget = RetryBudget(asyncio.get_running_loop())
        spent = [asyncio.create_task(budget.spend()) for _ in range(LEAST + 10)]
        gone = []
        for event in (lambda: None, budget.earn, budget.stop):
            event()
            await asyncio.sleep(0.01)
            gone.append(sum(task.done() for task in spent))
        return gone

    assert asyncio.run(spending()) == [LEAST, LEAST + EARNED, LEAST + 10]
