"""Profiles in every layout that files have in the wild, and what is said when one cannot be read."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.profiles import Profile, profile_from_row, read_profiles

SHARED = Path(__file__).parents[2] / "shared/data"


def facts(profile: Profile) -> dict[str, str]:
    return {fact.key: fact.value for fact in profile.facts}


def only(path: Path) -> Profile:
    [profile] = read_profiles(path)
    return profile


def saved(folder: Path, name: str, value: object) -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*c) for c in chunks)
            + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def test_our_own_layout_reads_with_nothing_lost(tmp_path):
    row = {"id": "zh-mu", "name": "穆小川", "aliases": ["小川"], "language": "zh", "persona": "爱说笑。",
           "style": "慢。",
           "facts": [{"key": "occupation", "value": "修船匠", "alternatives": ["船匠"], "type": "text"},
                     {"key": "年龄", "value": 41}],
           "relations": [{"name": "阿满", "relation": "徒弟"}], "boundary": "不谈政治。"}
    profile = only(saved(tmp_path, "p.jsonl", row))
    assert (profile.id, profile.name, profile.aliases, profile.language) == ("zh-mu", "穆小川", ("小川",), "zh")
    assert facts(profile) == {"occupation": "修船匠", "age": "41"}
    assert profile.facts[0].alternatives == ("船匠",) and profile.facts[1].type == "number"
    assert profile.relations[0]["name"] == "阿满" and profile.raw == row
    assert profile.text().splitlines()[:3] == ["姓名：穆小川", "职业：修船匠", "年龄：41"]
    assert profile.text(profile.facts[1:]).splitlines() == ["姓名：穆小川", "年龄：41"]


FLAT = {
    "zh": {"姓名": "穆小川", "职业": "修船匠", "年龄": 41, "特长": ["听船", "补帆"],
           "背景": "他在江边住了半辈子，修过三百多条船，最得意的是那条没有名字的渡船。"},
    "en": {"name": "Ada Fenn", "occupation": "lock-keeper", "age": 41, "skills": ["swimming", "knots"],
           "background": "She has kept the same lock for half her life and knows each boat by its engine."},
    "ja": {"名前": "汐見はる", "職業": "灯台守", "年齢": "41歳", "好きな食べ物": "たい焼き"},
    "ko": {"이름": "윤서하", "직업": "등대지기", "나이": "41살", "취미": "별 보기"},
}


@pytest.mark.parametrize("language", FLAT)
def test_flat_objects_read_in_four_languages(tmp_path, language):
    profile = only(saved(tmp_path, "p.jsonl", FLAT[language]))
    assert (profile.language, profile.name) == (language, next(iter(FLAT[language].values())))
    assert {"occupation", "age"} <= set(facts(profile)) and "41" in facts(profile)["age"]
    for value in FLAT[language].values():
        for part in value if isinstance(value, list) else [str(value)]:
            assert part in profile.text()


def test_sections_of_a_flat_object_are_opened_and_their_names_are_not_the_roles(tmp_path):
    row = {"name": "Ada Fenn", "basic": {"occupation": "lock-keeper", "home": {"town": "Hull", "street": "Quay"}},
           "dog": {"name": "Biscuit", "breed": "terrier"}}
    profile = only(saved(tmp_path, "p.json", row))
    assert profile.name == "Ada Fenn" and facts(profile)["occupation"] == "lock-keeper"
    assert facts(profile)["dog name"] == "Biscuit" and "town: Hull; street: Quay" in profile.persona


def test_reference_rows_read_with_an_object_or_with_all_in_the_prompt(tmp_path):
    inner = {"Name": "Ada Fenn", "Gender": "female", "Introduction": "A lock-keeper.",
             "Detailed Description": "Lives in Hull. " * 5}
    rows = [{"prompt": "You are …", "character_profile": inner},
            {"prompt": "Play this.\n\n<Character Setting>\nName: Bo Lund\nIntroduction: A baker.\nHe sings.\n"
                       "</Character Setting>\nGo."},
            {"character_name": "穆小川", "character_profile": {"职业": "修船匠"}}]
    ada, bo, mu = read_profiles(saved(tmp_path, "p.json", rows))
    assert (ada.name, bo.name, mu.name) == ("Ada Fenn", "Bo Lund", "穆小川")
    assert facts(ada)["Introduction"] == "A lock-keeper." and "Lives in Hull." in ada.persona
    assert "He sings." in bo.persona and "Play this" not in bo.text() and "Go." not in bo.text()
    assert facts(mu)["occupation"] == "修船匠" and ada.raw == rows[0]


def test_raiden_npc_files_read_one_role_for_each_name(tmp_path):
    npcs = {"穆小川": {"npc_type": "原创", "npc_setting": "姓名: 穆小川,\n职业: 修船匠,\n年龄: 41,\n他怕打雷。"},
            "Ada Fenn": {"npc_type": "original", "npc_setting": "occupation: lock-keeper,\nhometown: Hull,"}}
    mu, ada = read_profiles(saved(tmp_path, "npc.json", npcs))
    assert facts(mu) == {"occupation": "修船匠", "age": "41"} and "他怕打雷。" in mu.persona
    assert facts(ada) == {"occupation": "lock-keeper", "hometown": "Hull"} and ada.name == "Ada Fenn"


def test_characterglm_files_read_with_the_greeting_as_style(tmp_path):
    row = {"穆小川": {"user_info": "", "bot_info": "修船匠，住在江边。", "user_name": "用户", "bot_name": "穆小川",
                   "greeting": "（抬头）修船？"}}
    profile = only(saved(tmp_path, "character.json", row))
    assert (profile.name, profile.persona, profile.style) == ("穆小川", "修船匠，住在江边。", "（抬头）修船？")


def test_rpbench_rows_read(tmp_path):
    row = {"id": 7, "npc_profile": {"name_text": "Ada Fenn", "occupation": "lock-keeper"}, "conversation": []}
    profile = only(saved(tmp_path, "rp.jsonl", row))
    assert (profile.name, facts(profile)["occupation"]) == ("Ada Fenn", "lock-keeper")
    assert only(saved(tmp_path, "rp2.jsonl", {"npc_profile": "Name: Ada Fenn\nAge: 41"})).name == "Ada Fenn"


CARD = {"name": "Ada \\1 Fenn", "description": "{{char}} keeps a lock in Hull.\nAge: 41", "personality": "dry",
        "scenario": "{{user}} arrives.", "first_mes": "Mind the rope.",
        "mes_example": "<START>\n{{user}}: hi\n{{char}}: Mind the rope."}
BOOK = {"character_book": {"entries": [{"keys": ["rope"], "content": "The rope is <BOT>'s.", "enabled": True},
                                       {"keys": ["x"], "content": "never shown", "enabled": False}]},
        "extensions": {"toolkit": {"aliases": ["Addie"]}}}


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_character_cards_read_with_their_slots_filled(tmp_path, version):
    card = CARD if version == "v1" else {"spec": f"chara_card_{version}", "data": {**CARD, **BOOK}}
    profile = only(saved(tmp_path, "card.json", card))
    assert profile.name == "Ada \\1 Fenn" and facts(profile)["age"] == "41"
    assert "Ada \\1 Fenn keeps a lock in Hull." in profile.persona and "you arrives." in profile.persona
    assert profile.style.startswith("dry") and "{{" not in profile.text()
    if version != "v1":
        assert "The rope is Ada \\1 Fenn's." in profile.persona and "never shown" not in profile.text()
        assert profile.aliases == ("Addie",)


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "tEXt in lines"])
def test_a_card_inside_a_png_reads(tmp_path, kind):
    encoded = base64.b64encode(json.dumps({"spec": "chara_card_v2", "data": CARD}).encode())
    body = {"tEXt": encoded, "zTXt": b"\0" + zlib.compress(encoded), "iTXt": b"\1\0\0\0" + zlib.compress(encoded),
            "tEXt in lines": base64.encodebytes(base64.b64decode(encoded))}[kind]
    (tmp_path / "card.png").write_bytes(png((b"tEXt", b"Software\0any"), (kind[:4].encode(), b"chara\0" + body)))
    assert only(tmp_path / "card.png").name == CARD["name"]


def test_the_newer_card_of_a_png_wins_and_a_bad_png_is_one_line(tmp_path):
    def encoded(name: str) -> bytes:
        return base64.b64encode(json.dumps({"data": {**CARD, "name": name}, "spec": "chara_card_v3"}).encode())

    path = tmp_path / "card.png"
    path.write_bytes(png((b"tEXt", b"ccv3\0" + encoded("New")), (b"tEXt", b"chara\0" + encoded("Old"))))
    assert only(path).name == "New"
    for data, reason in ((b"GIF89a", "not a PNG"), (png(), "carries no character card"),
                         (png((b"tEXt", b"chara\0!!")), "damaged"), (png((b"zTXt", b"chara\0\0zz")), "damaged"),
                         (png((b"tEXt", b"chara\0" + base64.b64encode(b'{"a": "\xff"}'))), "damaged")):
        path.write_bytes(data)
        with pytest.raises(InputError, match=reason):
            read_profiles(path)


def test_free_text_reads_with_its_lines_as_facts_and_the_rest_as_persona(tmp_path):
    text = "\ufeff姓名：穆小川\n职业： 修船匠；\n- 年龄: 41,\n见 https://example.org\n12:30 吃午饭。\n他怕打雷。\n"
    profile = only(saved(tmp_path, "mu.txt", text))
    assert (profile.name, facts(profile)) == ("穆小川", {"occupation": "修船匠", "age": "41"})
    assert "见 https://example.org" in profile.persona and "12:30 吃午饭。" in profile.persona


def test_yaml_reads_with_its_values_as_written(tmp_path):
    text = ("- 姓名: 穆小川\n  职业: 修船匠\n  起床时间: 5:30\n  生日: 1984-05-03\n  忌口: no\n"
            "---\nname: Ada Fenn\nage: 041\n")
    mu, ada = read_profiles(saved(tmp_path, "p.yaml", text))
    assert "5:30" in mu.text() and "1984-05-03" in mu.text() and "no" in facts(mu).values()
    assert facts(ada)["age"] == "041"
    named = "穆小川:\n  npc_type: x\n  npc_setting: |\n    职业: 修船匠\n"
    assert facts(only(saved(tmp_path, "npc.yml", named))) == {"occupation": "修船匠"}


# names that unfold to seven times the one before: a small file, a huge value
ALIASES = "".join(f"{c}: &{c} [{', '.join([f'*{p}'] * 7)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
YAML_DAMAGE = ["a: [1", "a: 1\n b: 2\n", "[" * 5000, "\0", "? [a]\n: b\n", "a: &a [x, x]\n" + ALIASES]


@pytest.mark.parametrize("text", YAML_DAMAGE, ids=["open", "indent", "deep", "control", "key", "aliases"])
def test_bad_yaml_is_one_line(tmp_path, text):
    with pytest.raises(InputError) as caught:
        read_profiles(saved(tmp_path, "p.yaml", text))
    assert len(caught.value.problems) == 1 == len(str(caught.value).splitlines())


def test_every_unreadable_row_is_named_at_once_with_its_line(tmp_path):
    lines = ['{"name": "A", "occupation": "x"}', "{oops}", '{"occupation": "x"}', "5", '{"name": ["A"]}',
             '{"name": "B", "facts": [{"key": "age"}]}', '{"name": "B", "facts": [], "language": "fr"}', "[1]",
             '{"bot_info": "x"}', '{"npc_profile": 5}', '{"name": "A", "id": "x", "facts": []}',
             '{"name": "B", "id": "x", "facts": []}']
    path = saved(tmp_path, "p.jsonl", "\n".join(lines))
    with pytest.raises(InputError) as caught:
        read_profiles(path)
    named = [int(p.removeprefix(f"{path}:").split(" ")[0]) for p in caught.value.problems]
    assert sorted(named) == [2, 3, 4, 5, 6, 7, 8, 9, 10, 12]
    assert all(len(p.splitlines()) == 1 for p in caught.value.problems)
    assert "the id of" in str(caught.value) and "facts[0]" in str(caught.value)


def test_a_language_that_no_profile_has_is_refused_with_those_that_are_there(tmp_path):
    path = saved(tmp_path, "p.jsonl", FLAT["ja"])
    assert read_profiles(path, "ja")
    with pytest.raises(InputError, match="no profile in ko; it has ja"):
        read_profiles(path, "ko")
    with pytest.raises(InputError, match="holds no profile"):
        read_profiles(saved(tmp_path, "e.jsonl", ""))


def test_ids_are_stable_and_keep_namesakes_apart():
    one, two = profile_from_row({"name": "A", "age": 1}), profile_from_row({"name": "A", "age": 2})
    assert one.id == profile_from_row({"name": "A", "age": 1}).id != two.id


def test_shipped_profiles_read_and_are_rich():
    profiles = read_profiles("data/online_profiles.jsonl")
    assert len(profiles) >= 40 and {p.language for p in profiles} == {"zh", "en", "ja", "ko"}
    assert all(len(p.facts) >= 12 and p.persona and p.style for p in profiles)


@pytest.mark.skipif(not SHARED.is_dir(), reason="extracts of public data are not here")
@pytest.mark.parametrize("name, roles", [("online_profiles.jsonl", 5), ("chara_card_v2_zh.json", 1),
                                         ("characterglm_character.json", 14)])
def test_extracts_of_public_files_read(name, roles):
    profiles = read_profiles(SHARED / name)
    assert len(profiles) == roles and all(p.name and p.text() for p in profiles)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=8)
LABELS = ("name", "id", "facts", "language", "aliases", "relations", "persona", "bot_info", "bot_name", "npc_setting",
          "greeting", "npc_profile", "name_text", "spec", "data", "description", "first_mes", "character_book",
          "entries", "content", "extensions", "toolkit", "prompt", "character_profile", "姓名", "职业", "key", "value",
          "alternatives", "type")
ROW = st.recursive(
    JSON | st.sampled_from(("chara_card_v2", "zh", "name: A", "姓名：甲\n职业：乙")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(LABELS), inner, max_size=6),
    max_leaves=12)


@settings(max_examples=400)
@given(ROW)
def test_any_row_is_a_profile_or_a_one_line_problem(row):
    try:
        profile = profile_from_row(row)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1 and len(str(error)) < 400
    else:
        assert profile.name.strip() and profile.text() and len(profile.id.splitlines()) == 1
        assert all(isinstance(f.value, str) and f.value and isinstance(f.key, str) for f in profile.facts)
