"""Why a draft was refused: a code to count by, and what exactly."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """`code` names a line of `prompts/generate/retry.*.yaml`; `detail` is the text that it quotes."""

    code: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code
