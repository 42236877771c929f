"""The stress generator: honest and adversarial replies to any sample, the same for the same seed, each kind where it applies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.resources import yaml_file
from toolkit.rewards import forms
from toolkit.rewards.stress import stress
from toolkit.rewards.targets import made_samples
from toolkit.samples import Evidence, Sample
from toolkit.verify import Key

SMITH = Sample(
    id="s1", role_id="r", kind="SBK", language="en", character_name="Ada", character_profile="Occupation: blacksmith",
    conversation_history=(), question="What do you do for a living?", answer="I'm the blacksmith here.",
    keys=(Key("blacksmith"),), distractors=("tailor", "baker", "weaver"))
MEMORY = Sample(
    id="m1", role_id="r", kind="CM", language="zh", character_name="沈", character_profile="姓名：沈", question="我说我要去哪里？",
    conversation_history=({"role": "user", "content": "我要去大理。"}, {"role": "assistant", "content": "知道了。"},
                          {"role": "user", "content": "改了，我要去敦煌。"}),
    answer="你要去敦煌。", keys=(Key("敦煌", (), "place"),), distractors=("大理", "泉州"),
    evidence=(Evidence("history", "改了，我要去敦煌。", 2),))


def texts(sample: Sample, kind: str, seed: int = 0) -> list[str]:
    return [p.text for p in stress(sample, seed, wordings=9) if p.kind == kind]


def kinds(sample: Sample, expected: float | None = None) -> set[str]:
    return {p.kind for p in stress(sample) if expected is None or p.expected == expected}


@pytest.mark.parametrize("language", ["zh", "en", "ja", "ko"])
def test_every_language_has_the_same_kinds_and_wordings_that_fill(language):
    words, english = (yaml_file(f"prompts/stress/{name}.yaml") for name in (language, "en"))
    for side in ("honest", "adversarial"):
        assert set(words[side]) == set(english[side])
    sample = next(s for s in made_samples(120) if s.language == language and s.kind == "SBK" and len(s.keys) == 1)
    made = stress(sample, wordings=9)
    assert len({p.kind for p in made if p.expected}) > 15 and len({p.kind for p in made if not p.expected}) > 20
    assert not [p.text for p in made if "{" in p.text or "(은|는)" in p.text or "|" in p.text]


def test_the_seed_decides_and_nothing_else_does():
    assert stress(SMITH, seed=3) == stress(SMITH, seed=3)
    assert stress(SMITH, seed=3) != stress(SMITH, seed=4)
    assert stress(SMITH) != stress(replace(SMITH, id="s2"))


def test_probes_name_their_sample_and_what_an_honest_reward_pays():
    made = stress(SMITH)
    assert {p.sample_id for p in made} == {"s1"} and {p.expected for p in made} == {0.0, 1.0}
    assert {t.split("<answer>")[1] for t in texts(SMITH, "wrong_value")} & {
        f"I'm the {wrong} here.</answer>" for wrong in SMITH.distractors}
    assert all("blacksmith" in t for t in texts(SMITH, "negation") + texts(SMITH, "hedged") + texts(SMITH, "listing"))


def test_without_wrong_values_only_kinds_that_need_none_are_made():
    bare = replace(SMITH, distractors=())
    assert {"listing", "wrong_value", "contrast", "self_correction", "repeated_answer"}.isdisjoint(kinds(bare))
    assert {"negation", "hedged", "question", "stuffing", "plain", "stage_directions"} <= kinds(bare)


def test_without_an_answer_replies_are_made_from_the_key():
    made = stress(replace(SMITH, answer=""), wordings=9)
    assert {"key_alone", "negation"} <= {p.kind for p in made} and "plain" not in {p.kind for p in made}


def test_memory_questions_get_outdated_values_and_the_wrong_speaker():
    assert any("大理" in t for t in texts(MEMORY, "outdated"))
    assert all("大理" in t and "敦煌" in t for t in texts(MEMORY, "update"))
    assert "wrong_speaker_user" in kinds(MEMORY, 0.0)
    assert texts(MEMORY, "of_the_other_speaker") == ["<think>我说我要去哪里？</think><answer>我要去敦煌。</answer>"]
    assert {"wrong_speaker_role", "echoed"}.isdisjoint(kinds(MEMORY))
    assert {"wrong_speaker_user", "outdated"}.isdisjoint(kinds(SMITH)) and "echoed" in kinds(SMITH)


def test_yes_and_no_are_answers_only_to_questions_that_state_a_value():
    asked = replace(SMITH, question="Are you a blacksmith?")
    assert "yes_alone" in kinds(asked, 1.0) and "no_alone" in kinds(asked, 0.0)
    misled = replace(SMITH, question="You're the tailor, right?")
    assert "agreement_with_a_wrong_premise" in kinds(misled, 0.0) and "yes_alone" not in kinds(misled)
    assert {"yes_alone", "no_alone", "agreement_with_a_wrong_premise"}.isdisjoint(kinds(SMITH))


def test_when_all_keys_are_asked_wrong_replies_still_assert_the_others():
    both = replace(SMITH, keys=(Key("blacksmith"), Key("York", (), "place")), answer="I'm the blacksmith. I live in York.")
    for text in texts(both, "negation") + texts(both, "hedged") + texts(both, "question"):
        assert "York" in text and "blacksmith" in text
    assert any(t.endswith("<answer>blacksmith, York.</answer>") for t in texts(both, "key_alone"))


def test_when_one_key_is_enough_no_wrong_reply_holds_another():
    either = replace(SMITH, match="any", keys=(Key("blacksmith"), Key("smith")), answer="A blacksmith, a smith.")
    for kind in ("wrong_value", "contradiction", "repeated_answer"):
        for text in texts(either, kind):
            last = text.split("<answer>")[-1] if kind == "repeated_answer" else text
            assert "A blacksmith, a smith." not in last


def test_a_key_to_be_denied_gets_only_replies_whose_meaning_is_sure():
    denied = replace(SMITH, keys=(Key("tailor", polarity="deny"),), answer="No, I'm no tailor.")
    assert kinds(denied, 0.0) <= {"evasion"} and "negation" not in kinds(denied)


@pytest.mark.parametrize("key, kind, language, others", [
    ("39岁", "number", "zh", ["三十九岁"]), ("两个", "number", "zh", ["2个"]), ("2个", "number", "zh", ["两个"]),
    ("110元", "quantity", "zh", ["一百一十元"]), ("1230元", "quantity", "zh", ["一千二百三十元", "1,230元"]),
    ("40名", "number", "ja", ["四十名"]), ("48", "number", "en", ["forty-eight"]), ("five", "number", "en", ["5"]),
    ("183 cm", "quantity", "en", ["one hundred and eighty-three cm"]), ("3:25", "number", "en", []),
    ("8月25日", "date", "zh", ["八月二十五日", "8月25号"]), ("2 May", "date", "en", ["May 2", "the 2nd of May"]),
])
def test_numbers_and_dates_have_other_forms(key, kind, language, others):
    made = forms.date_forms(key, language) if kind == "date" else forms.number_forms(key, language)
    assert made == others
    sample = replace(SMITH, language=language, keys=(Key(key, (), kind),), answer=f"= {key} =")
    name = "another_date_form" if kind == "date" else "another_number_form"
    assert {t.split("= ")[1].split(" =")[0] for t in texts(sample, name)} == set(others)


@pytest.mark.parametrize("value, other", [("183厘米", "1.83米"), ("170 cm", "1.7 m"), ("168센티미터", "1.68미터"),
                                          ("183", None), ("5 feet", None)])
def test_lengths_convert(value, other):
    sample = replace(SMITH, keys=(Key(value, (), "quantity"),), answer=f"= {value} =")
    assert [t.split("= ")[1].split(" =")[0] for t in texts(sample, "another_unit")] == ([other] if other else [])


def test_alternatives_of_a_key_are_honest_too():
    sample = replace(SMITH, keys=(Key("blacksmith", ("smith",)),))
    assert texts(sample, "alternative_form") == ["<think>What do you do for a living?</think><answer>I'm the smith here.</answer>"]


@pytest.mark.parametrize("match, told", [("all", 2), (2, 1), ("any", 0), (1, 0)])
def test_fewer_facts_than_asked_are_not_enough(match, told):
    keys = (Key("blacksmith"), Key("York"), Key("47"))
    found = texts(replace(SMITH, keys=keys, match=match), "not_all_of_the_facts")
    assert [sum(key.canonical in text for key in keys) for text in found] == ([told] if told else [])


@given(st.integers(0, 9999))
def test_chinese_numerals_read_back(number):
    assert (forms.from_han(forms.in_han(number)) if number else 0) == number


@pytest.mark.parametrize("text", ["十十", "二三", "百", "三百百", "三百一", "零"])
def test_what_is_no_plain_numeral_is_left_alone(text):
    assert forms.from_han(text) is None


def test_korean_particles_fit_what_stands_before_them():
    sample = replace(SMITH, language="ko", keys=(Key("도토리"),), answer="제 암호는 도토리입니다.", distractors=("곰",))
    assert any("도토리예요" in t for t in texts(sample, "key_alone"))
    assert any("곰은 아니에요" in t for t in texts(sample, "contrast"))


def test_longer_words_hold_the_key_and_mean_something_else():
    assert forms.longer_word("47", "number", "en") == "147"
    assert forms.longer_word("李四", "name", "zh") == "李四光"
    assert forms.longer_word("blacksmith", "text", "en") is None
    assert forms.longer_word("10月2日", "date", "zh") is None


@pytest.mark.parametrize("answer, language, swapped", [
    ("Your code word is heron.", "en", "My code word is heron."), ("You're making your trip by coach.", "en", None),
    ("You leave on 2 May.", "en", None), ("你说我要去敦煌。", "zh", None), ("敦煌。", "zh", None),
    ("あなたは秋田へ行きます。", "ja", "私は秋田へ行きます。")])
def test_an_answer_is_said_of_the_other_speaker_where_words_simply_swap(answer, language, swapped):
    assert forms.other_person(answer, language) == swapped


def test_any_text_in_a_sample_makes_replies_and_no_error():
    odd = replace(SMITH, question="{key}?", answer="{lie} (은|는) \\1 blacksmith", keys=(Key("(["), Key("blacksmith")), language="xx")
    assert stress(odd, wordings=9)


@settings(max_examples=60, deadline=None)
@given(question=st.text(max_size=40), answer=st.text(max_size=60), keys=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3),
       wrong=st.lists(st.text(min_size=1, max_size=8), max_size=4), language=st.sampled_from(["zh", "en", "ja", "ko", "fr"]),
       kind=st.sampled_from(["text", "name", "number", "quantity", "date"]))
def test_every_text_makes_probes_that_keep_what_was_given(question, answer, keys, wrong, language, kind):
    sample = replace(SMITH, question=question, answer=answer, keys=tuple(Key(k, (), kind) for k in keys),
                     distractors=tuple(wrong), language=language)
    made = stress(sample)
    assert {"evasion", "stuffing", "key_alone"} <= {p.kind for p in made}
    assert all(answer.strip() in p.text for p in made if p.kind in ("plain", "without_tags", "long", "stage_directions"))
