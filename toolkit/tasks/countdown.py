"""Countdown: reach a target with given numbers, each used exactly once.

    numbers   95, 36, 32    target 91
    reply     <think>95 - 36 = 59, 59 + 32 = 91</think><answer>95 - 36 + 32</answer>        accuracy 1, format 1

Layouts: `{"nums": [95, 36, 32], "target": 91}` (Jiayi-Pan/Countdown-Tasks-3to4, JSON lines or parquet) and `{"input": "95,36,32",
"output": "91"}`. Problems of your own: `toolkit gen-data --task countdown --num 10000 --numbers 3-4 --max 99`.

The expression is read by `toolkit.verify.arithmetic`, never evaluated by Python, and in less than a millisecond whatever the reply is:

    2**3  7//2  2.5*4  99**98**97  2²  -5+29  2(3)  07      refused, each with its code
    3 × 8  3x8  3 \\times 8  (１＋２)＊８  [1+2]*8             read as 3 * 8, (1 + 2) * 8
    3 * 8 = 24   24 = 3 * 8                                 right when the number beside = is the target, else refused
    8 / (3 - 3)                                             refused: division by zero

Reward parts: `accuracy` 0.9 and `format` 0.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.resources import text
from toolkit.tables import read_as, row_as
from toolkit.tasks.base import Message
from toolkit.verify import Span, Verdict
from toolkit.verify.arithmetic import LONGEST, Unreadable, parse, plain, solutions

MOST_NUMBERS = 6
MOST_SOLVED, LOOKED = 4, 500                    # the solver looks at every expression: ten milliseconds for four numbers
LONGEST_FORMAT = 20_000                         # characters of a reply whose form is looked at


@dataclass(frozen=True, slots=True)
class Puzzle:
    id: str
    nums: tuple[int, ...]
    target: int
    language: str = "en"

    @property
    def question(self) -> str:
        return (text(f"prompts/countdown/question.{self.language}.md").rstrip("\n")
                .replace("{numbers}", ", ".join(map(str, self.nums))).replace("{target}", str(self.target)))

    @property
    def answer(self) -> str:
        return str(self.target)

    @property
    def difficulty(self) -> str:
        return f"{len(self.nums)} numbers"

    def to_row(self) -> dict[str, Any]:
        return {"id": self.id, "nums": list(self.nums), "target": self.target, "language": self.language,
                "question": self.question, "answer": self.answer}


class Countdown:
    name = "countdown"
    parts: Mapping[str, float] = {"accuracy": 0.9, "format": 0.1}
    system_prompt = "prompts/countdown/system.{language}.md"
    examples = "data/countdown/train.jsonl"
    columns: Mapping[str, str] = {}

    def read(self, path: str | Path) -> Iterator[tuple[int, Puzzle]]:
        return read_as(path, self.make, self.columns)

    def row(self, value: Mapping[str, Any]) -> Puzzle:
        return row_as(value, self.make)

    def make(self, value: Mapping[str, Any], where: str, name: str, problems: list[str]) -> Puzzle | None:
        """A row of either layout, or None after telling what is wrong."""
        told = len(problems)
        given = value.get("nums", value.get("numbers", value.get("input")))
        if isinstance(given, str):
            given = [word for word in given.replace("[", "").replace("]", "").replace(",", " ").split()]
        nums = [_whole(n) for n in given] if isinstance(given, list | tuple) else []
        target = _whole(value.get("target", value.get("output")))
        if not nums or None in nums or any(n is not None and n < 0 for n in nums):
            problems.append(f'{where} field "nums" is {str(given)[:60]!r}, expected whole numbers: "nums": [95, 36, 32], or '
                            '"input": "95,36,32".')
        elif not 2 <= len(nums) <= MOST_NUMBERS:
            problems.append(f'{where} field "nums" has {len(nums)} numbers, expected 2 to {MOST_NUMBERS}.')
        if target is None:
            problems.append(f'{where} field "target" is {value.get("target", value.get("output"))!r}, expected a whole number (or '
                            '"output": "91").')
        if len(problems) > told or target is None:
            return None
        return Puzzle(str(value.get("id") or name), tuple(n for n in nums if n is not None), target,
                      "zh" if value.get("language") == "zh" else "en")

    def prompt(self, row: Puzzle, system_prompt: str = "") -> list[Message]:
        system = text((system_prompt or self.system_prompt).replace("{language}", row.language)).rstrip("\n")
        return [{"role": "system", "content": system}, {"role": "user", "content": row.question}]

    def score(self, part: str, row: Puzzle, completion: str, prefilled: bool = False) -> Verdict:
        if part == "format":
            return _format(completion, prefilled)
        if part == "accuracy":
            return judge(row.nums, row.target, completion, prefilled)
        raise InputError(f'countdown has no reward part "{part}". It has: {", ".join(self.parts)}.')

    def extract(self, row: Puzzle, completion: str) -> str:
        """What a submission file says that the reply answers."""
        found = _answer(completion, False)
        return "" if isinstance(found, str) else found[0].strip()

    def check(self, rows: Sequence[tuple[int, Puzzle]]) -> dict[str, Any]:
        """How many numbers the problems have, and which of the first few hundred cannot be solved."""
        looked = [(line, row) for line, row in rows if len(row.nums) <= MOST_SOLVED][:LOOKED]
        notes = [f"line {line}: no expression of {', '.join(map(str, row.nums))} equals {row.target}." for line, row in looked
                 if not _solved(row.nums, row.target)]
        sizes = Counter(row.difficulty for _, row in rows)
        return {"sizes": dict(sorted(sizes.items())), "solvable": {"yes": len(looked) - len(notes), "no": len(notes)}, "notes": notes}

    def honest(self, row: Puzzle) -> Iterable[tuple[str, str]]:
        for number, solution in enumerate(_solved(row.nums, row.target), start=1):
            yield f"solution_{number}", _tagged(solution)
            if number > 1:
                continue
            spaced = "".join(f" {c} " if c in "+-*/" else c for c in solution)
            yield "spaced", _tagged(spaced)
            yield "with_target", _tagged(f"{spaced} = {row.target}")
            yield "target_first", _tagged(f"{row.target} = {solution}")
            yield "typeset", _tagged(solution.replace("*", " × ").replace("/", " ÷ ").replace("-", " − "))
            latex = solution.replace("*", " \\times ").replace("/", " \\div ")
            yield "latex", _tagged(f"\\boxed{{{latex}}}")
            yield "full_width", _tagged(solution.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789+*/()"}))
            yield "bracketed", _tagged(f"({solution})")
            yield "thinking_prefilled", f"so it is {solution}</think>\n<answer>{solution}</answer>"

    def baits(self, row: Puzzle) -> Iterable[tuple[str, str]]:
        nums, target = row.nums, row.target
        joined = "+".join(map(str, nums))
        solution = next(iter(_solved(nums, target)), "")
        yield "target_alone", _tagged(str(target))
        if sum(nums) != target:
            yield "sum_that_claims", _tagged(f"{joined} = {target}")
        yield "one_replaced", _tagged(f"{'+'.join(map(str, nums[1:]))}-{sum(nums[1:])}+{target}")
        if Counter((target, nums[0], nums[0])) != Counter(nums):
            yield "own_numbers", _tagged(f"{target}+{nums[0]}-{nums[0]}")
        yield "eval", _tagged(f"__import__('os').getpid()*0+{target}")
        yield "call", _tagged(f"int('{target}')")
        yield "towers", _tagged("99**98**97")
        yield "letters", _tagged("the expression that gives " + str(target))
        yield "decimal_point", _tagged(f"{target}.0*1")
        yield "empty_brackets", _tagged(f"(){target}")
        if not solution:
            return
        yield "only_thought", f"<think>{solution}</think><answer></answer>"
        yield "unclosed_thought", f"<think>{solution} <answer>{solution}</answer>"
        yield "two_answers", f"<think>…</think><answer>{joined}-0</answer><answer>{solution}</answer>"
        yield "number_twice", _tagged(f"{solution}+{nums[0]}-{nums[0]}")
        yield "one_more_number", _tagged(f"{solution}+0")
        yield "times_one", _tagged(f"({solution})*1")
        yield "power_of_one", _tagged(f"({solution})**1")
        yield "superscript", _tagged(f"({solution})¹")
        yield "floor_division", _tagged(f"({solution})//1")
        yield "unary_minus", _tagged(f"-(-({solution}))")
        yield "unary_plus", _tagged(f"+({solution})")
        yield "leading_zero", _tagged(solution.replace(str(nums[0]), f"0{nums[0]}", 1))
        yield "decimals", _tagged(solution.replace(str(nums[0]), f"{nums[0]}.0", 1))
        yield "implicit_product", _tagged(f"({solution})(1)")
        yield "wrong_claim", _tagged(f"{solution} = {target + 1}")
        yield "claimed_twice", _tagged(f"{solution} = {target} = {target}")
        yield "other_digits", _tagged(solution.translate({ord(str(d)): chr(0x0660 + d) for d in range(10)}))
        yield "comment", _tagged(f"{solution} # or {target}")
        yield "two_lines", _tagged(f"{joined}\n{solution}")
        yield "candidates", _tagged(f"{solution} or {joined}")


def judge(nums: tuple[int, ...], target: int, completion: str, prefilled: bool = False) -> Verdict:
    """1 when the answer is an expression with the given numbers, each once, that equals the target; else 0 with a code."""
    found = _answer(completion, prefilled)
    if isinstance(found, str):
        return Verdict(0.0, found, _WHY[found])
    raw, start = found
    lead = len(raw) - len(raw.lstrip())
    spans = (Span(start + lead, start + len(raw.rstrip()), str(target)),)
    try:
        expression = parse(_claimed(raw, target))
    except Unreadable as error:
        return Verdict(0.0, error.code, _WHY[error.code].format(quote=error.quote), spans)
    missing, extra = Counter(nums) - Counter(expression.numbers), Counter(expression.numbers) - Counter(nums)
    if missing or extra:
        said = [f"{name} {', '.join(map(str, sorted(counts.elements())))}" for name, counts in
                (("does not use", missing), ("uses beyond what is given", extra)) if counts]
        return Verdict(0.0, "numbers", f"The expression {' and '.join(said)}.", spans)
    if expression.value is None:
        return Verdict(0.0, "division_by_zero", "The expression divides by zero.", spans)
    if expression.value != target:
        return Verdict(0.0, "value", f"The expression equals {str(expression.value)[:40]}, not {target}.", spans)
    return Verdict(1.0, "right", f"The expression uses each number once and equals {target}.", spans)


_WHY = {"no_answer": "There is no answer outside the thinking.", "repeated": "The reply gives more than one answer.",
        "too_long": "The answer is too long for an expression.", "power": "Powers are not allowed: {quote}.",
        "floor_division": "Only exact division (/) is allowed: {quote}.", "decimal": "Numbers are whole: {quote}.",
        "leading_zero": "A number is not written with a leading zero: {quote}.", "number": "This is no number: {quote}.",
        "character": "This belongs to no expression: {quote}.", "unary": "A sign needs a number on both sides: {quote}.",
        "missing_operator": "A sign is missing: {quote}.", "brackets": "The brackets do not match: {quote}.",
        "empty": "The expression is not complete: {quote}.", "claim": "The number beside = is not the target: {quote}."}


def _claimed(raw: str, target: int) -> str:
    """The expression without `= target` on either side."""
    if len(raw) > LONGEST:
        raise Unreadable("too_long", raw[:20])
    body = plain(raw).strip().rstrip(".。").strip("$ \n\t`")
    if body.startswith("**") and body.endswith("**"):
        body = body[2:-2]
    if body.startswith("\\boxed{") and body.endswith("}"):
        body = body[len("\\boxed{"):-1]
    if "=" not in body:
        return body
    sides = [side.strip() for side in body.split("=")]
    if len(sides) == 2 and str(target) in sides:
        return sides[0] if sides[1] == str(target) else sides[1]
    raise Unreadable("claim", " ".join(body.split())[:40])


def _answer(completion: str, prefilled: bool) -> tuple[str, int] | str:
    """The answer's text and its offset, or a code. Only searches of fixed words: linear, and fast on 100 kB."""
    closed = completion.rfind("</think>")
    if closed < 0 and (prefilled or "<think>" in completion):
        return "no_answer"
    start = closed + len("</think>") if closed >= 0 else 0
    if completion.find("<think>", start) >= 0:
        return "no_answer"
    opened = completion.find("<answer>", start)
    if opened < 0:
        return (completion[start:], start) if completion[start:start + LONGEST + 1].strip() else "no_answer"
    if completion.find("<answer>", opened + 1) >= 0:
        return "repeated"
    begin = opened + len("<answer>")
    end = completion.find("</answer>", begin)
    answer = completion[begin:end if end >= 0 else len(completion)]
    return (answer, begin) if answer[:LONGEST + 1].strip() else "no_answer"


def _format(completion: str, prefilled: bool) -> Verdict:
    from toolkit.verify import format_verdict

    if len(completion) > LONGEST_FORMAT:
        return Verdict(0.0, "too_long", f"The reply has {len(completion):,} characters.")
    return format_verdict(completion, prefilled=prefilled)


@lru_cache(maxsize=4096)
def _solved(nums: tuple[int, ...], target: int) -> tuple[str, ...]:
    return tuple(islice(solutions(nums, target), 3))


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip()
        return int(value) if value.lstrip("-").isascii() and value.lstrip("-").isdigit() and len(value) < 12 else None
    return int(value) if isinstance(value, int | float) and value == int(value) else None


def _tagged(answer: str) -> str:
    return f"<think>…</think><answer>{answer}</answer>"
