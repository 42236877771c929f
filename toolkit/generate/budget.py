"""--max-cost: an item begins only while what is spent, and what everything under way will cost, stays below it."""

from __future__ import annotations

from toolkit.generate.batch import Totals
from toolkit.generate.prices import Price

FIRST = 32      # items that begin before any has shown what it costs; with every two that have, another one may be under way


class Budget:
    """
    Args:
        most_usd: None: no limit.
        price: None when it is not known; then there is no limit.
        each_usd: what an item costs, as estimated.
        earlier_usd: spent by earlier runs.
    """

    def __init__(self, most_usd: float | None, price: Price | None, each_usd: float, earlier_usd: float = 0.0):
        self.most_usd, self.price, self.each_usd, self.earlier_usd = most_usd, price, each_usd, earlier_usd

    def reached(self, totals: Totals, made: int, made_usd: float) -> bool:
        """Whether another item could go beyond it.

        Args:
            made, made_usd: items of this run that are done, and what their tokens cost.
        """
        if self.most_usd is None or self.price is None:
            return False
        each_usd = max(self.each_usd, made_usd / max(1, made))      # the cheap ones are done first
        under_way = totals.working + 1
        # replies of items under way are counted twice, as spent and as to come: as they finish, others may begin
        return (under_way > FIRST + made // 2
                or self.earlier_usd + spent(totals, self.price) + under_way * each_usd > self.most_usd)


def spent(totals: Totals, price: Price) -> float:
    """What this run has spent, replies of unfinished items included."""
    sent = totals.sent
    return price.of(sent.prompt_tokens, sent.completion_tokens, sent.cached_tokens, totals.seconds / 3600)
