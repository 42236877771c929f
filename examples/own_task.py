"""A task of your own in one file: reply with the word spelt backwards.

    toolkit reward audit examples/own_task.py --data words.jsonl
    toolkit train --config my.yaml --set task=examples/own_task.py          # rows: {"word": "lamp"}

A package names its task in the entry-point group "toolkit.tasks" instead: `backwards = "my_package.own_task:Backwards"`.
"""

from dataclasses import asdict, dataclass

from toolkit.tables import read_as
from toolkit.verify import Verdict, format_verdict, split_reply


@dataclass(frozen=True)
class Word:
    id: str
    word: str

    question = property(lambda self: f"Spell the word {self.word} backwards.")
    answer = property(lambda self: self.word[::-1])

    def to_row(self):
        return {**asdict(self), "answer": self.answer}


class Backwards:
    name = "backwards"
    parts = {"accuracy": 0.9, "format": 0.1}     # noqa: RUF012

    def read(self, path):
        return read_as(path, self.make)

    def row(self, value):
        return Word(str(value["id"]), value["word"])

    def make(self, value, where, name, problems):
        """A row, or None after telling what is wrong with it: `where` is file and line."""
        if not str(value.get("word", "")).isalpha():
            problems.append(f'{where} field "word" is {value.get("word")!r}, expected letters.')
            return None
        return Word(str(value.get("id", name)), value["word"])

    def prompt(self, row, system_prompt=""):
        return [{"role": "system", "content": "Think inside <think></think>, then answer inside <answer></answer>."},
                {"role": "user", "content": row.question}]

    def score(self, part, row, completion, prefilled=False):
        if part == "format":
            return format_verdict(completion, prefilled=prefilled)
        said = split_reply(completion, prefilled=prefilled).answer.strip().strip(".")
        right = said.casefold() == row.answer.casefold()
        return Verdict(float(right), "right" if right else "other", f"The reply spells {said[:40]!r}, expected {row.answer!r}.")

    def honest(self, row):
        yield "plain", f"<think>{row.word}</think><answer>{row.answer}</answer>"
        yield "full_stop", f"<think>{row.word}</think><answer>{row.answer}.</answer>"

    def baits(self, row):
        yield "longer", f"<think>…</think><answer>{row.answer}s</answer>"
        yield "negation", f"<think>…</think><answer>not {row.answer}</answer>"
        yield "only_thought", f"<think>{row.answer}</think><answer>?</answer>"
