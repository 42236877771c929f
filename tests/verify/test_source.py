"""What the question is about, where only the profile or the dialogue tells: relations, plans, and what undoes a yes."""



import pytest

from toolkit.verify import Key, verify

HISTORY = (
    {"role": "user", "content": "I just bought rubber gloves. I am going to Oslo."},
    {"role": "assistant", "content": "我打算去西安，家里要来八位客人。"},
)


def code(answer, question, *keys, profile=None, history=(), language="", distractors=()):
    return verify(answer, question=question, keys=[k if isinstance(k, Key) else Key(k) for k in keys], profile=profile,
                  history=history, language=language, distractors=distractors).code


@pytest.mark.parametrize(("question", "answer", "value", "profile"), [
    ("Who is forever your opponent?", "Inspector Cobbold is my rival.", "Inspector Cobbold", "Rival: Inspector Cobbold"),
    ("How do you call your beast to dinner?", "I call my pet Buckle.", "Buckle", {"pet_name": "Buckle"}),
    ("你的至交是哪位？", "我最信得过的伙伴是莫启程。", "莫启程", "最好的朋友：莫启程"),
    ("家の小さな相棒の名は？", "ペットの名前はネジ丸です。", "ネジ丸", "ペット：ネジ丸"),
    ("카이린하고 제일 친하시죠?", "카이린 아니에요. 단짝은 유다올입니다.", "유다올", "친구: 유다올"),
])
def test_a_relation_that_the_profile_names_is_the_answer(question, answer, value, profile):
    assert code(answer, question, Key(value, (), "name"), profile=profile) == "right"


def test_another_relation_than_the_profile_names_is_not():
    assert code("Ada Finch is my mentor.", "Who are you?", Key("Ada Finch", (), "name"), profile="Name: Ada Finch") != "right"
    assert code("My mentor is a sailor.", "What do you do?", "sailor", profile="Occupation: sailor") == "attributed"


@pytest.mark.parametrize(("question", "answer", "value"), [
    ("What did I just buy?", "You said you bought rubber gloves.", "rubber gloves"),
    ("Where did I say I'm travelling?", "You said you're going to Oslo.", "Oslo"),
    ("你说你要去哪里？", "我打算去的地方是西安。", "西安"),
    ("你自己请了几位客人？", "我请的客人有八位。", "八位"),
])
def test_a_plan_or_an_event_that_was_told_is_the_present_answer(question, answer, value):
    assert code(answer, question, value, history=HISTORY) == "right"


def test_the_wrong_speaker_stays_wrong():
    assert code("I told you I bought rubber gloves.", "What did I just buy?", "rubber gloves", history=HISTORY) == "attributed"


def test_a_wish_is_the_answer_only_where_a_wish_is_asked():
    value, told = "走遍一百座古桥", "我的梦想是走遍一百座古桥。"
    assert code(told, "做成哪件事你就没遗憾了？", value, profile=f"梦想：{value}") == "right"
    assert code("我的梦想是当铁匠。", "你做什么的？", "铁匠", profile="职业：铁匠") == "hypothetical"


@pytest.mark.parametrize(("answer", "expected"), [
    ("Yes, since I was a boy.", "right"), ("Yes, I used to be.", "not_present"), ("Yes? What do you mean?", "asked"),
    ("Yes... no, I'm kidding.", "retracted"), ("Yes, my brother is.", "attributed"), ("Maybe, yes.", "hedged"),
])
def test_what_follows_a_yes_may_undo_it(answer, expected):
    assert code(answer, "Are you a sailor?", "sailor") == expected


def test_keys_that_are_only_offered_for_choice_are_not_all_told():
    keys = ("lute", "harp")
    assert code("The lute or the harp.", "Which instruments do you play?", *keys) == "listed"
    assert code("Both the lute and the harp.", "Which instruments do you play?", *keys) == "right"


def test_what_the_role_imagines_not_to_be_it_is():
    assert code("If I weren't a blacksmith, I'd be a baker.", "What do you do?", "blacksmith") == "right"
    assert code("If I were a blacksmith, I'd be rich.", "What do you do?", "blacksmith") == "hypothetical"
