"""Does the reply assert the key fact? One test a habit of the verifier; the case files hold the breadth."""

import pytest

import toolkit.verify
from toolkit.verify import Key, Span, as_key, verify

SMITH = Key("铁匠", ("blacksmith", "鍛冶屋", "대장장이"))
ASK = "你是做什么的？"


def code(completion, key=SMITH, question=ASK, **more):
    keys = key if isinstance(key, list) else [key]
    return verify(completion, question=question, keys=keys, **more).code


def test_the_public_names_are_pinned():
    assert toolkit.verify.__all__ == [
        "Key",
        "Reply",
        "Span",
        "Verdict",
        "as_key",
        "format_verdict",
        "split_reply",
        "verify",
    ]


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("我是铁匠。", "right"),
        ("我不是铁匠。", "negated"),
        ("我不是裁缝，是铁匠。", "right"),
        ("谁敢说我不是铁匠？", "right"),
        ("大概是铁匠吧。", "hedged"),
        ("铁匠？", "asked"),
        ("我要是铁匠就好了。", "hypothetical"),
        ("我哥哥是铁匠。", "attributed"),
        ("大家都说我是铁匠，他们说对了。", "right"),
        ("铁匠。骗你的，我是裁缝。", "retracted"),
        ("我以前是铁匠。", "not_present"),
        ("铁匠或者裁缝。", "listed"),
        ("我是铁匠。我是裁缝。", "contradicted"),
        ("非常好的手艺，铁匠是也。", "right"),
        ("I'm no blacksmith.", "negated"),
        ("I've never been anything but a blacksmith.", "right"),
        ("My uncle is a blacksmith.", "attributed"),
        ("I used to be a blacksmith.", "not_present"),
        ("Perhaps a blacksmith.", "hedged"),
        ("I wish I were a blacksmith.", "hypothetical"),
        ("鍛冶屋ではありません。", "negated"),
        ("鍛冶屋以外の何者でもない。", "right"),
        ("대장장이가 아니에요.", "negated"),
        ("대장장이 말고 뭐겠어요.", "right"),
        ("What can I say?", "absent"),
        ("铁匠铁匠铁匠铁匠铁匠", "stuffed"),
        ("<think>铁匠</think>", "no_answer"),
        ("<think>铁匠</think><answer>不说。</answer>", "absent"),
    ],
)
def test_standing_of_a_mention(completion, expected):
    assert code(completion, distractors=["裁缝", "tailor"]) == expected


def test_no_keys_is_unscored_not_wrong():
    verdict = verify("x", question="?", keys=[])
    assert verdict.score is None and verdict.code == "no_keys"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (Key("47", type="number"), "四十七"),
        (Key("四十七岁", type="quantity"), "I'm forty-seven."),
        (Key("1200"), "一千二"),
        (Key("180厘米", type="quantity"), "一米八"),
        (Key("90分钟", type="quantity"), "一个半小时"),
        (Key("18:00", type="time"), "傍晚六点"),
        (Key("6:30 am", type="time"), "half past six"),
        (Key("March 12", type="date"), "the twelfth of March"),
        (Key("1987年3月12日"), "1987-03-12"),
        (Key("鐵匠"), "铁匠"),
        (Key("ＣＯＯＫ"), "Cook."),
        (Key("Zoë"), "Zoe\u0308."),
        (Key("铁匠"), "铁\u200b匠"),
    ],
)
def test_one_fact_in_many_spellings(key, said):
    assert code(said, key, question="?") == "right"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (Key("李四", type="name"), "我叫李四光。"),
        (Key("art"), "A party."),
        (Key("1", type="number"), "21"),
        (Key("二月", type="date"), "十二月"),
        (Key("12", type="number"), "12.5"),
        (Key("500克", type="quantity"), "五百斤"),
        (Key("14 days", type="quantity"), "Fourteen tides."),
        (Key("カレー"), "カレーライス"),
        (Key("김철", type="name"), "김철수예요."),
    ],
)
def test_a_part_of_another_word_or_number_is_no_mention(key, said):
    assert code(said, key, question="?") in {"absent", "part_of_word"}


def test_yes_answers_a_question_that_states_the_key():
    assert code("是啊，三十年了。", question="你是铁匠吗？") == "right"
    assert code("Yes.", Key("tailor"), question="Are you a blacksmith?", distractors=["blacksmith"]) == "absent"
    assert code("No.", Key("blacksmith"), question="Are you a blacksmith?") == "negated"


def test_the_question_decides_tense_and_person():
    assert code("I used to be a blacksmith.", Key("blacksmith"), question="What did you do before?") == "right"
    assert code("My uncle is a blacksmith.", Key("blacksmith"), question="What does your uncle do?") == "right"
    assert code("You keep goats.", Key("goats"), question="What do I keep?") == "right"
    assert code("I keep goats.", Key("goats"), question="What do I keep?") == "attributed"


def test_lists_need_all_any_or_a_count():
    keys = [Key("Welsh"), Key("Basque"), Key("Manx")]
    ask = "Which languages do you speak?"
    assert code("Welsh, Basque and Manx.", keys, ask) == "right"
    assert code("Welsh and Basque.", keys, ask) == "partial"
    assert code("Welsh and Basque.", keys, ask, match=2) == "right"
    assert code("Manx.", keys, ask, match="any") == "right"


def test_a_denied_key_must_be_denied():
    key = Key("女儿", polarity="deny")
    assert code("我没有女儿。", key, question="你女儿几岁了？") == "right"
    assert code("我女儿三岁了。", key, question="你女儿几岁了？") == "affirmed"


def test_aliases_belong_to_a_name():
    assert code("叫我红袖。", Key("柳三娘", type="name"), question="怎么称呼？", aliases=["红袖"]) == "right"


def test_spans_point_into_the_completion_as_given():
    completion = "<think>鐵匠</think>\n<answer>我\u200b是鐵\u200b匠。</answer>"
    (span,) = verify(completion, question=ASK, keys=[SMITH]).matched
    assert isinstance(span, Span) and completion[span.start : span.end] == "鐵\u200b匠" and span.key == "铁匠"


def test_reasons_speak_the_language_of_the_reply():
    assert "否定" in verify("我不是铁匠。", question=ASK, keys=[SMITH]).reason
    assert "denies" in verify("I'm no blacksmith.", question="?", keys=[SMITH]).reason
    assert "denies" in verify("我不是铁匠。", question=ASK, keys=[SMITH], reason_language="en").reason


def test_as_key_reads_text_and_mappings_and_names_the_bad_field():
    assert as_key("铁匠") == Key("铁匠")
    assert as_key({"canonical": "铁匠", "alternatives": ["打铁的"], "type": "whatever"}) == Key("铁匠", ("打铁的",))
    with pytest.raises(ValueError, match="canonical"):
        as_key({"alternatives": ["x"]})
    with pytest.raises(ValueError, match="alternatives"):
        as_key({"canonical": "x", "alternatives": 5})
    with pytest.raises(ValueError, match="polarity"):
        as_key({"canonical": "x", "polarity": "maybe"})
