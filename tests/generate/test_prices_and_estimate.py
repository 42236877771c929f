"""Money and tokens before they are spent: the price table, the estimate, the status line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.generate.batch import Totals
from toolkit.generate.card import card
from toolkit.generate.drafting import Drafting
from toolkit.generate.estimate import estimate, guessed_tokens, spread
from toolkit.generate.make import Tally
from toolkit.generate.prices import Price, price_of
from toolkit.generate.prompt_files import Prompts
from toolkit.generate.second_look import SecondLook
from toolkit.generate.watch import status
from toolkit.generate.work import Assigner, works


def test_cached_tokens_cost_their_own_price_and_a_server_by_the_hour():
    price = Price("x", input=3, output=15, cached_input=0.3, usd_per_hour=10)
    assert price.of(1_000_000, 100_000, 800_000, hours=0.5) == pytest.approx(0.6 + 0.24 + 1.5 + 5)
    assert Price("y", input=2, output=0).of(1_000_000, 0, 1_000_000) == pytest.approx(2)


@pytest.mark.parametrize("engine, model, pattern", [
    ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock/*claude-sonnet-4*"),
    ("openai", "gpt-4.1-mini-2025-04-14", "openai/gpt-4.1-mini*"), ("openai", "gpt-4.1", "openai/gpt-4.1*"),
    ("sglang", "Qwen/Qwen2.5-72B-Instruct", "sglang/*")])
def test_the_shipped_table_knows_common_models_the_nearest_first(engine, model, pattern):
    assert price_of(engine, model).name == pattern


def test_a_model_without_a_price_has_none():
    assert price_of("openai", "my-own-model") is None


@pytest.mark.parametrize("text, said", [
    ("[1]", "not a table"), ('"a/*": 3', 'entry "a/*" is not a table'), ('"a/*": {inputs: 3}', 'has "inputs"'),
    ('"a/*": {input: cheap}', "expected a number"), ('"a/*": {input: -1}', "expected a number"), ("a: [", "not YAML")])
def test_a_wrong_table_is_named_with_its_entry(tmp_path, text, said):
    (tmp_path / "prices.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said.replace("*", r"\*")):
        price_of("a", "b", tmp_path / "prices.yaml")


def parts(profiles):
    prompts = Prompts({p.language for p in profiles})
    return Assigner(prompts), (drafting := Drafting(prompts)), SecondLook(drafting)


def test_an_estimate_grows_with_the_rows_and_counts_two_steps_for_a_memory(zh):
    assigner, drafting, look = parts(zh)
    price = Price("x", input=1, output=2)

    def of(kinds, rows):
        some = spread(works(zh, kinds, 0, None, rows), rows)
        return estimate(some, rows, assigner, drafting, look, 64, price)

    small, large, memory = of(("SBK",), 100), of(("SBK",), 1000), of(("CM",), 100)
    assert large.prompt_tokens == pytest.approx(10 * small.prompt_tokens, rel=0.02)
    assert memory.requests == 2 * small.requests and memory.completion_tokens > small.completion_tokens
    assert small.cost_usd == pytest.approx((small.prompt_tokens + 2 * small.completion_tokens) / 1e6)


@given(rows=st.integers(64, 2000))
def test_a_spread_of_a_plan_has_its_kinds_and_difficulties_in_proportion(zh, rows):
    some = spread(works(zh, ("SBK", "CM"), 0, None, rows), rows)
    assert 60 <= len(some) <= 2 * 64
    assert 0.45 < sum(work.item.kind == "CM" for work in some) / len(some) < 0.55
    assert {work.item.difficulty for work in some} == {"easy", "medium", "hard"}


def test_a_counter_is_used_and_said(zh):
    assigner, drafting, look = parts(zh)
    some = spread(works(zh, ("SBK",), 0, None, 40), 40)
    found = estimate(some, 40, assigner, drafting, look, 64, None, count=lambda messages: 100)
    assert found.counted and found.prompt_tokens == found.requests * 100
    assert "counted" in found.lines(None)[1] and "unknown" in found.lines(None)[2]


def test_second_looks_add_their_requests(zh):
    assigner, drafting, _ = parts(zh)
    some = spread(works(zh, ("SBK",), 0, None, 40), 40)
    plain = estimate(some, 40, assigner, drafting, SecondLook(drafting), 64, None)
    more = estimate(some, 40, assigner, drafting, SecondLook(drafting, True, 4, True), 64, None)
    assert more.requests == plain.requests + 40 * 6


def test_chinese_takes_more_tokens_a_character_than_english():
    assert guessed_tokens([{"content": "你今年多大年纪了呀"}]) > guessed_tokens([{"content": "how old?!"}])


def test_the_status_line_tells_what_matters():
    tally, totals = Tally(accepted=90, rejected=10, prompt_tokens=2_000_000, completion_tokens=500_000), Totals()
    tally.codes.update({"answer_refused": 7, "near_duplicate": 3})
    totals.in_flight, totals.limit, totals.seconds = 60, 72, 10.0
    line = status(tally, totals, 200, 5.0, Price("x", input=1, output=2))
    for part in ("90 accepted", "10 rejected (answer_refused 7, near_duplicate 3)", "5.0 rows/s", "0:00:20 left", "$3.00",
                 "2.50 M tokens", "60/72 in flight"):
        assert part in line


def test_the_card_of_an_empty_data_set_can_be_written():
    split = {"samples": 0, "roles": 0, "by_kind": {}, "by_difficulty": {}, "by_language": {}}
    made = {"model": "m", "engine": "e", "toolkit": "1", "prompts": "p", "seed": 0, "kinds": "SBK", "closed_book": False,
            "measure_difficulty": 0, "judge": None, "stress": True, "temperature": 0.8, "max_distance": None, "max_attempts": 3}
    text = card({"samples": 0, "profiles": 1, "made_by": made, "train": split, "validation": split, "requests": 0,
                 "prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0, "rejected": 0, "refused_drafts": {}}, None)
    assert "0 samples" in text and "Refused drafts by reason: none." in text


def test_a_batch_costs_half():
    whole, half = (price_of(engine, "us.anthropic.claude-sonnet-4-5-v1:0") for engine in ("bedrock", "bedrock-batch"))
    assert half.of(1e6, 1e6, 5e5) == pytest.approx(whole.of(1e6, 1e6, 5e5) / 2) and half.of(1e6, 1e6) > 0
