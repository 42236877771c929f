"""What a model is asked follows from seed and place in the plan, covers the profile, and varies."""

from __future__ import annotations

from collections import Counter
from itertools import groupby, islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.generate.dialogue import outline
from toolkit.generate.prompt_files import Prompts
from toolkit.generate.work import Assigner, passages, proportions, works
from toolkit.profiles import Profile, profile_from_row


def test_shares_of_kinds_are_exact_and_spread_out():
    order = proportions("SBK=4,CM=4,SCK=1,RCB=1")
    assert Counter(order) == {"SBK": 4, "CM": 4, "SCK": 1, "RCB": 1}
    assert not any(a == b for a, b in pairwise(order))
    assert proportions("sbk, cm") == ("SBK", "CM") and proportions("RCB") == ("RCB",)


@pytest.mark.parametrize("text, said", [("SBC", "Known: SBK"), ("SBK=0", "share from 1 to 100"), ("", "no kind"),
                                        ("SBK=many", "share")])
def test_a_wrong_kind_is_named_with_the_known_ones(text, said):
    with pytest.raises(InputError, match=said):
        proportions(text)


def test_every_kind_has_its_difficulties_in_3_5_2_over_its_own_items(zh):
    items = list(works(zh, proportions("SBK=4,CM=4,SCK=1,RCB=1"), 0, None, 400))
    for kind, wanted in (("SBK", 160), ("CM", 160), ("SCK", 40), ("RCB", 40)):
        found = Counter(w.item.difficulty for w in items if w.item.kind == kind)
        assert found == {"easy": wanted * 0.3, "medium": wanted * 0.5, "hard": wanted * 0.2}


def test_ids_stay_when_more_samples_are_asked_for(zh):
    few = {w.id for w in works(zh, ("SBK", "CM"), 0, 4, None)}
    many = [w.id for w in works(zh, ("SBK", "CM"), 0, 9, None)]
    assert few < set(many) and len(set(many)) == len(many) == 54


def test_a_run_cut_short_has_seen_every_role(zh):
    items = list(islice(works(zh, ("SBK", "CM"), 0, 500, None), 240))
    assert Counter(w.item.profile.id for w in items) == {p.id: 40 for p in zh}
    together = [role for role, _ in groupby(w.item.profile.id for w in items)]
    assert len(together) == 12                  # 20 in a row, for the server's cache


def test_an_endless_plan_goes_on_with_new_ids_and_the_same_balance(zh):
    items = list(islice(works(zh, ("SBK", "CM"), 0, None, 12, endless=True), 500))
    assert len({w.id for w in items}) == 500
    counts = Counter(w.item.kind for w in items)
    assert abs(counts["SBK"] - counts["CM"]) <= 2


def test_the_same_seed_asks_the_same_and_another_one_something_else(zh):
    def asked(seed):
        assigner = Assigner(Prompts(["zh"]))
        return [assigner.assign(w) for w in works(zh, ("SBK", "CM"), seed, 6, None)]

    assert asked(1) == asked(1) != asked(2)


def test_questions_go_round_the_whole_profile_before_any_part_comes_again(zh):
    profile = zh[0]
    parts = list(dict.fromkeys(passages(profile)))
    assigner = Assigner(Prompts(["zh"]))
    items = [w for w in works([profile], ("SBK",), 0, len(parts), None)]
    assert {assigner.assign(w).focus[0] for w in items} == {text for _, text in parts}
    assert len(parts) > 15 and all(text in profile.text() for _, text in parts)


@pytest.mark.parametrize("row", [
    {"prompt": "Name: 沈铁山\nGender: male\nDetailed Description: 沈铁山今年47岁，祖籍杭州，现住苏州。有三个女儿，徒弟叫阿福！"},
    {"name": "Ann", "character": "Ann mends nets in Whitby. Her cat is called Soot. Dr. Finch taught her to read; she was nine."},
    {"name": "민수", "background": "민수는 부산에서 배를 고친다. 그의 스승은 김 노인이다."}])
def test_free_text_is_asked_about_sentence_by_sentence(row):
    profile = profile_from_row(row)
    parts = [text for _, text in passages(profile)]
    assert len(parts) >= 2 and all(part in profile.text() for part in parts)
    assert not any(part.endswith("Dr") for part in parts)


def test_types_of_questions_scenes_and_topics_vary(every_profile):
    assigner = Assigner(Prompts({p.language for p in every_profile}))
    found = [assigner.assign(w) for w in works(every_profile, ("SBK", "CM"), 0, 20, None)]
    assert {a.question_type for a in found} >= {"what", "who", "where", "when", "why", "how", "any"}
    assert len({a.scene for a in found}) > 80
    assert len({s.topic for a in found if a.outline for s in a.outline.steps}) > 80


TOPICS = ({"name": "甲", "type": "time", "word": "when"}, {"name": "乙", "type": "place", "word": "where"})


@given(st.sampled_from(["easy", "medium", "hard"]), st.none() | st.integers(1, 4), st.randoms())
def test_outlines_tell_in_order_update_before_the_question_and_keep_the_distance(difficulty, most, rng):
    plan = outline(difficulty, *TOPICS, most, rng)
    places = [s.exchange for s in plan.steps]
    assert places == sorted(set(places)) and places[-1] < plan.exchanges
    assert len(plan.steps) == {"easy": 1, "medium": 2, "hard": 3}[difficulty]
    low, high = {"easy": (1, 2), "medium": (2, 4), "hard": (3, 6)}[difficulty]
    after = len(plan.steps) - 1 - plan.steps.index(plan.asked)
    assert plan.distance <= max(high if most is None else min(high, most), after + 1)
    assert plan.distance >= (low if most is None else min(low, most))
    if difficulty == "hard":
        first = next(s for s in plan.steps if s.speaker == plan.asked.speaker and not s.update)
        assert plan.asked.update and first.exchange < plan.asked.exchange
        assert {s.speaker for s in plan.steps} == {"user", "role"} and len(plan.rivals()) == 2


def test_a_long_plan_costs_no_memory_to_speak_of():
    import tracemalloc

    profiles = [Profile(str(n), f"甲{n}", "zh", persona="他住在河边的旧屋里。") for n in range(50)]
    tracemalloc.start()
    count = sum(1 for _ in islice(works(profiles, ("SBK", "CM"), 0, None, 30_000), 30_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_000 and peak < 200_000
