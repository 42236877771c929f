"""A reward in a process of its own, one JSON line a call, so that a call that hangs can be killed.

The parent holds a `Worker`; the child is `python -m toolkit.rewards.worker`, which reads a target and then rows with texts, and
answers one line a text. What the reward prints goes nowhere: stdout carries the answers.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from toolkit.errors import InputError, ToolkitError

PATIENCE = 3                                    # times the limit, for a call that is made again
START_S = 60.0                                  # importing a user's module may load a library


@dataclass(frozen=True, slots=True)
class Call:
    """What one call of a reward gave. `trouble` is empty or says why there is no usable score."""

    score: float | None
    reason: str = ""
    code: str = ""
    seconds: float = 0.0
    trouble: str = ""                           # raised, none, not_finite, out_of_range, hangs, died


@dataclass
class Worker:
    """Calls a reward in a child process and starts it again when it had to be killed.

    Args:
        task, weights: what is scored; see `compose`.
        timeout_s: how long one call may take before the child is killed; it is made once more, with `PATIENCE`.
        hash_seed: PYTHONHASHSEED of the child: a reward that depends on the order of a set shows it under another one.
    """

    task: str
    weights: Mapping[str, float]
    timeout_s: float = 2.0
    hash_seed: int = 0
    _child: subprocess.Popen[bytes] | None = None
    _answers: queue.Queue[bytes] = field(default_factory=queue.Queue)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def score(self, row: Mapping[str, Any], texts: Sequence[str]) -> Iterator[Call]:
        """The calls for one row, in the order of the texts.

        Raises:
            InputError: when the reward cannot be loaded in the child.
        """
        rest, again = list(texts), False
        while rest:
            self._start()
            assert self._child is not None and self._child.stdin is not None
            try:
                self._child.stdin.write(orjson.dumps({"row": row, "texts": rest}) + b"\n")
                self._child.stdin.flush()
            except BrokenPipeError:
                pass                            # it died: told by the missing answer
            while rest:
                answer = self._answer(self.timeout_s if not again else PATIENCE * self.timeout_s)
                if isinstance(answer, Call) and answer.trouble == "hangs" and not again:
                    again = True                # a busy machine may stand still as well: only twice is a hang
                    break
                again = False
                rest.pop(0)
                yield answer if isinstance(answer, Call) else Call(**answer)
                if isinstance(answer, Call):
                    break

    def stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    pipe.close()
            self._child = None

    def _start(self) -> None:
        if self._child is not None:
            return
        self._answers = queue.Queue()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "toolkit.rewards.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONHASHSEED": str(self.hash_seed), "PYTHONPATH":
                                            os.pathsep.join(p or os.curdir for p in sys.path)})
        assert self._child.stdin is not None
        threading.Thread(target=_collect, args=(self._child.stdout, self._answers), daemon=True).start()
        self._child.stdin.write(orjson.dumps({"task": self.task, "weights": dict(self.weights)}) + b"\n")
        self._child.stdin.flush()
        ready = self._answer(START_S)
        if isinstance(ready, Call) or ready.get("problems"):
            self.stop()
            raise InputError(ready["problems"] if isinstance(ready, dict) else
                             f"the reward could not be loaded within {START_S:.0f} s in a process of its own.")

    def _answer(self, timeout_s: float) -> dict[str, Any] | Call:
        """The child's next answer; a call with trouble when it was killed or died."""
        began = time.monotonic()
        try:
            line = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            self.stop()
            return Call(None, f"It was killed after {timeout_s:g} s.", seconds=timeout_s, trouble="hangs")
        if not line:
            self.stop()
            return Call(None, "Its process ended.", seconds=time.monotonic() - began, trouble="died")
        return orjson.loads(line)


def _collect(pipe: Any, answers: queue.Queue[bytes]) -> None:
    try:
        for line in pipe:
            answers.put(line)
    except ValueError:                          # closed while reading: the child was killed
        return
    answers.put(b"")


def serve() -> None:
    """The child: loads the reward, then answers until its input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)                               # what the reward prints must not stand among the answers

    def answer(value: Any) -> None:
        answers.write(orjson.dumps(value) + b"\n")
        answers.flush()

    target = orjson.loads(sys.stdin.buffer.readline())
    try:
        from toolkit.rewards.compose import compose
        from toolkit.tasks.base import load_task

        task = load_task(target["task"])
        reward = compose(task, target["weights"])
    except ToolkitError as error:
        answer({"problems": error.problems})
        return
    answer({})
    for line in sys.stdin.buffer:
        request = orjson.loads(line)
        row = task.row(request["row"])
        for text in request["texts"]:
            answer(_call(reward, row, text))


def _call(reward: Any, row: Any, text: str) -> dict[str, Any]:
    from toolkit.rewards.compose import highest

    began = time.perf_counter()
    try:
        paid = reward(row, text)
    except Exception as error:      # the one boundary of this stage: whatever a reward raises is a finding
        return {"score": None, "reason": f"{type(error).__name__}: {error}"[:300], "code": "",
                "seconds": time.perf_counter() - began, "trouble": "raised"}
    seconds = time.perf_counter() - began
    scores = {part: verdict.score for part, verdict in paid.parts.items()}
    reason = " ".join(v.reason for v in paid.parts.values())
    code = next(iter(paid.parts.values())).code
    if any(score is None for score in scores.values()):
        trouble = "none"
    elif any(not -1e300 < score < 1e300 for score in scores.values()):
        trouble = "not_finite"
    else:
        trouble = "" if all(0 <= score <= highest(reward.task, part) for part, score in scores.items()) else "out_of_range"
    usable = trouble in ("", "out_of_range")
    if trouble == "out_of_range":
        reason = f"It gave {', '.join(f'{score:g}' for score in scores.values())}. {reason}"
    return {"score": paid.total if usable else None, "reason": reason, "code": code, "seconds": seconds,
            "trouble": trouble}


if __name__ == "__main__":
    serve()
