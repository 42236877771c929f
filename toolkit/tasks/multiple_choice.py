"""Multiple choice: a question, options A, B, C …, and the letter (or letters) of the right ones; Chinese and English.

    question  中国最长的河流是哪一条？  A. 黄河  B. 长江  C. 珠江  D. 淮河
    reply     <think>长江全长约6300千米</think><answer>B</answer>        accuracy 1, format 1

Layouts: TSV, CSV, JSON lines or parquet with the seven columns `question option_A option_B option_C option_D correct_answer
reasoning` (other names through `columns`, the usual ones are known); AGIEval (`options: ["(A)…"]`, `label: "C"` or a list); GAOKAO-Bench
(options inside the question, `answer: ["BD"]`). Rows with an empty field, a key that is no option or two equal options are refused;
`toolkit validate FILE --task multiple_choice --clean OUT` leaves them out and says why.

Reward parts: `accuracy` 0.9 (exactly the right letters) and `format` 0.1; by name `heuristic`, the reward of the reference guide, with
its numbers and markers. It never reads the key: a wrong letter earns what the right one does, and its audit fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.resources import text
from toolkit.tables import read_as, row_as
from toolkit.tasks.base import Message
from toolkit.verify import Span, Verdict, format_verdict
from toolkit.verify.letters import read_letters
from toolkit.verify.normalise import fold_text

LETTERS = "ABCDEFGH"
LANGUAGES = ("zh", "zh-Hant", "en")             # of the prompts
CLEAN = "toolkit validate {path} --task multiple_choice --clean OUT leaves such rows out and says why."
QUESTION = ("question", "题目", "題目", "问题", "問題", "题干", "題幹", "stem", "query")
KEY = ("correct_answer", "answer", "label", "正确答案", "正確答案", "答案", "correct", "gold", "answer_key")
REASONING = ("reasoning", "analysis", "explanation", "解析", "理由", "推理", "rationale", "solution")
OPTION = ("option_{}", "option{}", "{}", "选项{}", "選項{}", "选项_{}", "choice_{}", "op{}")
LISTS = ("options", "choices", "选项", "選項")

# the numbers and markers of the reference guide
START, MARKED, REASONED, BALANCED, LETTERED, CEILING = 0.5, 0.3, 0.2, 0.1, 0.7, 1.0
ANSWER_MARKERS, REASON_MARKERS = ("答案：", "Answer:"), ("理由：", "因為", "根據")
NEUTRAL, BIASED = ("可能", "相對", "不同觀點", "平衡"), ("絕對", "必須", "唯一", "錯誤")

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LABEL = re.compile(r"^\s*[(（\[【]?\s*([A-Ha-hＡ-Ｈ])\s*[)）\]】.．、:：]\s*")
_INSIDE = re.compile(r"(?:^|(?<=[\s\u3000。？?！!)）]))[(（]?([A-HＡ-Ｈ])\s*[)）.．、:：]\s*")


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    question: str
    options: tuple[str, ...]
    answer: str                                 # the right letters in order: "B", "BD"; "" in a test set without a key
    reasoning: str = ""
    language: str = "en"

    @property
    def letters(self) -> str:
        return LETTERS[:len(self.options)]

    def to_row(self) -> dict[str, Any]:
        key = {"answer": self.answer} if self.answer else {}
        return {"id": self.id, "question": self.question, "options": list(self.options), **key, "reasoning": self.reasoning,
                "language": self.language}


class MultipleChoice:
    name = "multiple_choice"
    parts: Mapping[str, float] = {"accuracy": 0.9, "format": 0.1, "heuristic": 0.0}
    warnings: Mapping[str, str] = {"heuristic": "the reward part heuristic never reads the key: it pays a wrong letter like the "
                                                "right one. accuracy is the part that reads it."}
    system_prompt = "prompts/multiple_choice/system.{language}.md"
    examples = "data/multiple_choice/train.tsv"
    columns: Mapping[str, str] = {}

    def read(self, path: str | Path) -> Iterator[tuple[int, Item]]:
        return read_as(path, self.make, self.columns, CLEAN)

    def row(self, value: Mapping[str, Any]) -> Item:
        return row_as(value, self.make)

    def make(self, value: Mapping[str, Any], where: str, name: str, problems: list[str]) -> Item | None:
        """A row of any of the layouts, or None after telling everything that is wrong with it."""
        told = len(problems)
        question = str(_first(value, QUESTION) or "").strip()
        if passage := str(value.get("passage") or "").strip():
            question = f"{passage}\n{question}"
        options = _options(value)
        if question and not options:
            question, options = _split(question)
        key = _key(value)
        reasoning = value.get("reasoning")
        if not question:
            problems.append(f'{where} field "question" is empty.')
        if len(options) < 2:
            problems.append(f"{where} has {len(options)} options, expected at least 2 (option_A, option_B, …; options; or A. … B. … in "
                            "the question).")
        for letter, option in zip(LETTERS, options, strict=False):
            if not option:
                problems.append(f'{where} field "option_{letter}" is empty.')
        if len({o for o in options if o}) < len([o for o in options if o]):
            problems.append(f"{where} has two equal options: there is no one right letter.")
        if isinstance(reasoning, str) and not reasoning.strip() and "option_A" in value:
            problems.append(f'{where} field "reasoning" is empty.')
        letters = LETTERS[:len(options)]
        if key is None:
            problems.append(f'{where} field "correct_answer" is {str(_first(value, KEY))[:40]!r}, expected letters of {letters or "A-D"}, '
                            "such as B, BD or [\"B\", \"D\"].")
        elif options and any(letter not in letters for letter in key):
            problems.append(f'{where} field "correct_answer" is {key!r}, expected one of {", ".join(letters)}.')
        if len(problems) > told or key is None:
            return None
        return Item(str(value.get("id") or name), question, options, key, str(_first(value, REASONING) or "").strip(),
                    value.get("language") if value.get("language") in LANGUAGES else _language(question + "".join(options)))

    def prompt(self, row: Item, system_prompt: str = "") -> list[Message]:
        system = text((system_prompt or self.system_prompt).replace("{language}", row.language)).rstrip("\n")
        options = "\n".join(f"{letter}. {option}" for letter, option in zip(row.letters, row.options, strict=True))
        return [{"role": "system", "content": system}, {"role": "user", "content": f"{row.question}\n{options}"}]

    def score(self, part: str, row: Item, completion: str, prefilled: bool = False) -> Verdict:
        if part == "format":
            return format_verdict(completion, prefilled=prefilled)
        if part == "heuristic":
            return heuristic(completion)
        if part != "accuracy":
            raise InputError(f'multiple_choice has no reward part "{part}". It has: {", ".join(self.parts)}.')
        if not row.answer:
            return Verdict(None, "no_key", "The row names no right answer, so the reply cannot be scored.")
        choice = read_letters(completion, prefilled=prefilled)
        if choice.code:
            return Verdict(0.0, choice.code, _WHY[choice.code].format(quote=choice.quote))
        spans = (Span(choice.start, choice.end, row.answer),)
        if choice.letters == row.answer:
            return Verdict(1.0, "right", f"The reply chooses {choice.letters}.", spans)
        return Verdict(0.0, "other", f"The reply chooses {choice.letters}, not {row.answer}.", spans)

    def extract(self, row: Item, completion: str) -> str:
        """What a submission file says that the reply answers."""
        return read_letters(completion).letters

    def check(self, rows: Sequence[tuple[int, Item]]) -> dict[str, Any]:
        """What the rows of a data set look like: how often each answer is right, and where the question gives it away."""
        answers = Counter(row.answer for _, row in rows)
        total = max(1, len(rows))
        notes = [f"line {line}: {leak}" for line, row in rows if (leak := leaked(row))]
        if answers and len(rows) >= 20 and max(answers.values()) > 0.5 * total:
            letter, count = answers.most_common(1)[0]
            notes.append(f"{letter} is right in {count} of {total} rows: a model that always says so scores {count / total:.0%}.")
        seen: dict[str, int] = {}
        for line, row in rows:
            if (first := seen.setdefault(fold_text(row.question + "\0".join(row.options)), line)) != line:
                notes.append(f"line {line}: the same question as in line {first}.")
        return {"answers": dict(sorted(answers.items())), "notes": notes}

    def honest(self, row: Item) -> Iterable[tuple[str, str]]:
        key = row.answer
        if not key:
            return
        option = row.options[LETTERS.index(key[0])]
        yield "plain", _tagged(key)
        yield "marked", _tagged(f"答案：{key}\n理由：根據題意。")
        yield "english", _tagged(f"The answer is {key}.")
        yield "brackets", _tagged(f"({key})")
        yield "boxed", _tagged(f"\\boxed{{{key}}}")
        yield "full_width", _tagged(key.translate({ord(c): ord(c) + 0xFEE0 for c in LETTERS}))
        yield "chosen", _tagged(f"应选{key}。")
        yield "untagged", f"答案：{key}\n理由：{row.reasoning or '见题意。'}"
        yield "prefilled", f"先看每个选项。</think><answer>{key}</answer>"
        if len(key) == 1:
            yield "with_option", _tagged(f"{key}. {option}")
            yield "others_refused", _tagged(f"答案是{key}，因为{_other(row)}不对。")
        else:
            yield "listed", _tagged("、".join(key))
            yield "english_list", _tagged(" and ".join(key))

    def baits(self, row: Item) -> Iterable[tuple[str, str]]:
        key, other = row.answer, _other(row)
        if not key:
            return
        yield "other", _tagged(other)
        yield "other_marked", _tagged(f"答案：{other}\n理由：因為根據題意，可能相對平衡。")
        yield "no_letter", _tagged("答案：不知道\n理由：因為題目不清楚。")
        yield "only_thought", f"<think>答案：{key}</think>"
        yield "other_after_thought", f"<think>答案：{key}</think><answer>{other}</answer>"
        yield "negation", _tagged(f"答案不是{key}。")
        yield "english_negation", _tagged(f"The answer is not {key}.")
        yield "two_candidates", _tagged(f"{key[0]} or {other[0]}")
        yield "candidates", _tagged(f"答案：{other[0]}或{key[0]}")
        yield "question", _tagged(f"{key}?")
        yield "two_answers", f"<think>…</think><answer>{other}</answer><answer>{key}</answer>"
        yield "contradiction", _tagged(f"答案：{other}。答案：{key}。")
        yield "wrong", _tagged(f"{key} is wrong.")
        yield "repeated", _tagged(f"{key} " * 40)
        if key != row.letters:
            yield "all_letters", _tagged(row.letters)
            yield "all_options", _tagged("\n".join(f"{letter}. {option}" for letter, option in zip(row.letters, row.options, strict=True))
                                         if not key.startswith("A") else "、".join(row.letters))
        if len(key) > 1:
            yield "one_of_several", _tagged(key[0])


_WHY = {"no_answer": "There is no answer outside the thinking.", "absent": "The reply names no option letter.",
        "repeated": "The reply gives more than one answer.", "listed": 'The reply names candidates: "{quote}".',
        "asked": 'The reply only asks: "{quote}".', "denied": 'The reply denies the letter: "{quote}".',
        "stuffed": 'The reply repeats a letter instead of answering: "{quote}".'}


def heuristic(completion: str) -> Verdict:
    """The reference guide's reward, exact to its numbers. It never reads the key.

    Of neutral and biased words each counts once. A valid letter is an A, B, C or D without a Latin letter beside it.
    """
    marked = any(marker in completion for marker in ANSWER_MARKERS)
    reasoned = any(marker in completion for marker in REASON_MARKERS)
    balanced = sum(w in completion for w in NEUTRAL) > sum(w in completion for w in BIASED)
    lettered = bool(re.search(r"(?<![A-Za-z])[A-D](?![A-Za-z])", completion))
    score = START + MARKED * marked + REASONED * reasoned + BALANCED * balanced
    score = min(CEILING, max(score, LETTERED) if lettered else score)
    said = [name for name, there in (("answer marker", marked), ("reason marker", reasoned), ("neutral words", balanced),
                                     ("a letter", lettered)) if there]
    return Verdict(round(score, 2), "heuristic", f"{', '.join(said) or 'nothing'} found. This reward never reads the key.")


def leaked(row: Item) -> str:
    """How the question gives its answer away, or nothing."""
    asked = fold_text(row.question)
    if re.search(r"(?:答案|answer)[ 是为:is]{0,4}[(\[]?[a-h](?![a-z])", asked):
        return "the question names the answer's letter."
    right = [fold_text(row.options[LETTERS.index(letter)]) for letter in row.answer]
    others = [fold_text(o) for letter, o in zip(LETTERS, row.options, strict=False) if letter not in row.answer]
    if any(len(option) >= 2 and option in asked for option in right) and not any(len(o) >= 2 and o in asked for o in others):
        return "the right option stands in the question, and no other does."
    return ""


def _first(value: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((value[name] for name in names if value.get(name) not in (None, "", [])), None)


def _options(value: Mapping[str, Any]) -> tuple[str, ...]:
    listed = _first(value, LISTS)
    if isinstance(listed, Mapping):             # {"A": …} or {"text": […], "label": […]}
        listed = listed["text"] if isinstance(listed.get("text"), list) else [listed[k] for k in sorted(listed)]
    if isinstance(listed, list):
        return tuple(_LABEL.sub("", str(option)).strip() for option in listed)
    found: list[str] = []
    lower = {str(name).lower(): v for name, v in value.items()}
    for letter in LETTERS:
        name = next((n for pattern in OPTION if (n := pattern.format(letter).lower()) in lower), None)
        if name is None:
            break
        found.append(_LABEL.sub("", str(lower[name] or "")).strip())
    return tuple(found)


def _split(question: str) -> tuple[str, tuple[str, ...]]:
    """A question that holds its options: `… A. 黄河 B. 长江`; the options are the last run of A, B, C, ….

    A row whose options begin more than once holds several questions, and is left without options.
    """
    marks = list(_INSIDE.finditer(question))
    starts = [n for n, mark in enumerate(marks) if _letter(mark) == "A"]
    if len(starts) != 1:
        return question, ()
    run = []
    for mark in marks[starts[0]:]:
        if _letter(mark) == LETTERS[len(run):len(run) + 1]:
            run.append(mark)
    ends = [mark.start() for mark in run[1:]] + [len(question)]
    return question[:run[0].start()].strip(), tuple(question[m.end():end].strip() for m, end in zip(run, ends, strict=True))


def _letter(mark: re.Match[str]) -> str:
    return fold_text(mark[1]).upper()


def _key(value: Mapping[str, Any]) -> str | None:
    """The right letters in order; "" when the file has no such column, None when they cannot be read."""
    names = [name for name in KEY if name in value]
    if not names:
        return ""
    key = _first(value, names)
    if key is None:
        return None
    if isinstance(key, bool) or not isinstance(key, str | list | tuple | int):
        return None
    if isinstance(key, int):                    # MMLU counts options from 0
        return LETTERS[key] if 0 <= key < len(LETTERS) else None
    letters = "".join(map(str, key)) if isinstance(key, list | tuple) else key
    found = re.sub(r"[\s,，、;；()（）\[\].。和与及\"']|^答案[:：]?", "", fold_text(letters)).upper()
    if not found or any(c not in LETTERS for c in found) or len(set(found)) < len(found):
        return None
    return "".join(sorted(found))


def _language(written: str) -> str:
    if not _HAN.search(written):
        return "en"
    changed = sum(a != b for a, b in zip(written, _simplified()(written), strict=False))
    return "zh-Hant" if changed >= 2 else "zh"


@lru_cache(maxsize=1)
def _simplified() -> Callable[[str], str]:
    import opencc

    return opencc.OpenCC("t2s").convert


def _other(row: Item) -> str:
    """The first letter that is not right; where all are, the first alone."""
    return next((letter for letter in row.letters if letter not in row.answer), row.answer[:1])


def _tagged(answer: str) -> str:
    return f"<think>…</think><answer>{answer}</answer>"
