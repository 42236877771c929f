"""A new model starts with what reading needs: heads that tell turns apart, and drills whose answers stand in the prompt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import torch

from toolkit.errors import InputError
from toolkit.train.models import load
from toolkit.train.new_model import NewModel, create, make_tokenizer, speakers_of
from toolkit.train.reading import LEVELS, Drills

TEXTS = ["职业：铁匠 年龄：四十七 家乡：杭州 我把钥匙弄丢了，你刚才说你丢了什么？对方我自己好，我记下了。今天风真大", "<think>对方：我把钥匙弄丢了。</think>"]
SPEAKERS = [("对方", "我自己")]


@pytest.fixture(scope="module")
def drills() -> Callable[[int], Drills]:
    tokenizer = make_tokenizer(TEXTS, 10)
    return lambda seed: Drills(tokenizer, ["职业：", "年龄：", "家乡：", "师父："], SPEAKERS, ["另外，"], Random(seed))


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: f"{level[0]}-{level[1]}")
def test_what_a_drill_asks_for_stands_before_the_question(drills: Callable[[int], Drills], level: tuple) -> None:
    for seed in range(20):
        made = drills(seed)
        drill = made.drill(*level[:3])
        assert len(drill.ids) == len(drill.answers) == len(drill.copied)
        assert any(drill.copied)
        first = drill.answers.index(True)
        for at, copied in enumerate(drill.copied):
            assert not copied or (drill.answers[at] and drill.ids[at] in drill.ids[:first])


def test_a_dialogue_drill_asks_for_the_value_of_the_speaker_it_names(drills: Callable[[int], Drills]) -> None:
    for seed in range(50):
        made = drills(seed)
        mark, ids = made.mark, made.turns(2, 3).ids
        (user, role), = made.speakers
        turns, questions = [], []
        for at, token in enumerate(ids):
            if token in (mark["<|user|>"], mark["<|assistant|>"]):
                end = ids.index(mark["<|end|>"], at)
                turn = ids[at + 1:end]
                (questions if mark["<answer>"] in turn else turns).append((token, turn))
        assert len(questions) == 4
        for _, reply in questions:
            named = user if reply[1:1 + len(user)] == user else role
            marker = mark["<|user|>"] if named is user else mark["<|assistant|>"]
            said = reply[1 + len(named) + len(made.colon):reply.index(mark["</think>"])]
            assert (marker, said) in turns
            value = reply[reply.index(mark["<answer>"]) + 1:-1]
            assert value and said[-len(value):] == value


def test_the_last_head_of_the_first_layer_finds_the_marker_of_its_turn_or_who_is_quoted(tmp_path: Path) -> None:
    create(TEXTS, tmp_path, NewModel(vocab_size=10), seed=3)
    model, tokenizer = load(str(tmp_path), {"attn_implementation": "eager"})
    talk = [{"role": role, "content": TEXTS[0][at:at + 9]} for at, role in
            ((0, "system"), (5, "user"), (14, "assistant"), (20, "user"), (30, "assistant"), (36, "user"))]
    talk.append({"role": "assistant", "content": "<think>对方：我把钥匙弄丢了。</think>"})
    ids = tokenizer.apply_chat_template(talk, return_tensors="pt", return_dict=True)["input_ids"]
    with torch.no_grad():
        looked = model(ids, output_attentions=True).attentions[0][0, -1].argmax(-1)
    markers = [at for at, token in enumerate(ids[0].tolist())
               if token in tokenizer.convert_tokens_to_ids(["<|user|>", "<|assistant|>", *SPEAKERS[0]])]
    assert ids[0, markers[-1]] == tokenizer.convert_tokens_to_ids("对方")
    after = range(markers[0], ids.size(1))
    right = sum(looked[at].item() == max(m for m in markers if m <= at) for at in after)
    assert right / len(after) > 0.95


def test_speakers_are_those_whose_words_the_reasoning_uses() -> None:
    assert speakers_of(TEXTS) == SPEAKERS
    assert speakers_of(["对方：这不是推理"]) == []


@pytest.mark.parametrize("section", [{"head_dim": 23}, {"num_attention_heads": 3}, {"num_hidden_layers": 1}])
def test_a_shape_that_cannot_hold_the_heads_is_refused(section: dict[str, int]) -> None:
    with pytest.raises(InputError, match="new_model"):
        NewModel.from_config(section, "demo.yaml")
