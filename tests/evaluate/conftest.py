"""Samples of three roles, and two tiny random models whose tokenizer knows their text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolkit.jsonl import write_list

ROLES = (("Mara Quill", "en", "Her trade is {value}.", "What is your trade?", "My trade is {value}.",
          ("baker", "tailor", "smith")),
         ("沈铁山", "zh", "职业：{value}", "你做什么工作？", "我是{value}。", ("铁匠", "裁缝", "木匠")),
         ("Odo Fenn", "en", "He was born in {value}.", "Where were you born?", "I was born in {value}.",
          ("Lisbon", "Bergen", "Ghent")))


def make_rows(count: int = 24) -> list[dict[str, Any]]:
    """Rows of the data format; SBK and CM in turn."""
    rows = []
    for number in range(count):
        name, language, line, question, answer, values = ROLES[number % len(ROLES)]
        value, wrong = values[number // 3 % 3], values[(number // 3 + 1) % 3]
        memory = number % 2 == 1
        history = [{"role": "user", "content": "Hello."},
                   {"role": "assistant", "content": answer.format(value=value)}] if memory else []
        rows.append({
            "id": f"s{number:03d}", "role_id": name.lower().replace(" ", "-"), "kind": "CM" if memory else "SBK",
            "language": language, "character_name": name, "character_profile": line.format(value=value),
            "conversation_history": history, "question": question, "answer": answer.format(value=value),
            "keywords": [value], "keys": [{"canonical": value}], "distractors": [wrong],
            "difficulty": ("easy", "medium", "hard")[number % 3], "memory_distance": int(memory),
            "evidence": [{"source": "profile", "quote": line.format(value=value), "turn": None}],
            "metadata": {"form": "told" if memory else "direct"}})
    return rows


@pytest.fixture(scope="session")
def rows() -> list[dict[str, Any]]:
    return make_rows()


@pytest.fixture
def data(tmp_path: Path, rows: list[dict[str, Any]]) -> Path:
    path = tmp_path / "validation.json"
    write_list(path, rows)
    return path


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> tuple[Path, Path]:
    """Two models of random weights: they reply nonsense, each its own."""
    pytest.importorskip("torch")
    from toolkit.train.new_model import NewModel, create

    folder = tmp_path_factory.mktemp("models")
    texts = [f"{row['character_profile']} {row['question']} {row['answer']}" for row in rows]
    # with the usual small weights a tied random model only repeats its last token
    shape = NewModel(vocab_size=400, hidden_size=32, intermediate_size=64, max_position_embeddings=1024,
                     initializer_range=0.6)
    for name, seed in (("base", 1), ("trained", 2)):
        create(texts=texts, out=folder / name, shape=shape, seed=seed)
    return folder / "base", folder / "trained"
