"""Units that convert, counters that do not, and quantities in text: 180 cm, 1米8, 三斤半, five foot eleven."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from .normalise import fold_text
from .numbers import Number, find_numbers

_F = Fraction
# dimension: {size in the base unit: names}. Sources: SI; international yard and pound (1959); 市制 (1959); 尺貫法.
_TABLE: dict[str, dict[Fraction, str]] = {
    "length": {  # metre
        _F(1, 1000): "mm millimeter millimeters millimetre millimetres 毫米 公厘 ミリ ミリメートル 밀리미터",
        _F(1, 100): "cm centimeter centimeters centimetre centimetres 厘米 公分 センチ センチメートル 센티미터 센티 센치",
        _F(1, 10): "分米",
        _F(1): "m meter meters metre metres 米 公尺 メートル 미터",
        _F(1000): "km kilometer kilometers kilometre kilometres klick klicks 千米 公里 キロメートル 킬로미터 킬로",
        _F(254, 10000): "in inch inches 英寸 インチ 인치",
        _F(3048, 10000): "ft foot feet 英尺 フィート 피트",
        _F(9144, 10000): "yd yard yards 码 ヤード 야드",
        _F(1609344, 1000): "mi mile miles 英里 マイル 마일",
        _F(500): "里 里地 里路 华里",
        _F(10, 3): "丈",
        _F(1, 3): "尺",
        _F(1, 30): "寸",
    },
    "mass": {  # gram
        _F(1, 1000): "mg milligram milligrams 毫克",
        _F(1): "g gram grams gramme grammes 克 公克 グラム 그램 그람",
        _F(1000): "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes 千克 公斤 キロ キログラム 킬로그램 키로",
        _F(10**6): "t ton tons tonne tonnes 吨 トン 톤",
        _F(45359237, 100000): "lb lbs pound pounds 磅 ポンド 파운드",
        _F(45359237, 1600000): "oz ounce ounces 盎司 オンス 온스",
        _F(45359237 * 14, 100000): "stone stones 英石",
        _F(500): "斤 市斤",
        _F(50): "两",
        _F(600): "근",
    },
    "volume": {  # litre
        _F(1, 1000): "ml milliliter milliliters millilitre millilitres 毫升 ミリリットル 밀리리터",
        _F(1): "l liter liters litre litres 升 公升 リットル 리터",
        _F(3785411784, 10**9): "gallon gallons 加仑 ガロン 갤런",
        _F(473176473, 10**9): "pint pints 品脱",
    },
    "area": {  # square metre
        _F(1): "m2 sqm 平方米 平米 平方メートル 제곱미터",
        _F(10**4): "hectare hectares ha 公顷 ヘクタール",
        _F(2000, 3): "亩",
        _F(10**6): "km2 平方公里 平方千米",
        _F(40468564224, 10**7): "acre acres 英亩",
    },
    "duration": {  # second
        _F(1): "s sec secs second seconds 秒 秒钟 秒间 초",
        _F(60): "min mins minute minutes 分钟 分间 분",
        _F(900): "刻钟",
        _F(1800): "半小时",
        _F(3600): "h hr hrs hour hours 小时 个小时 个钟头 钟头 时间 시간",
        _F(7200): "时辰 个时辰",
        _F(86400): "day days 天 日 日间 昼夜 일 날 하루",
        _F(604800): "week weeks 周 星期 个星期 礼拜 个礼拜 周间 주 주일",
        _F(1209600): "fortnight fortnights",
    },
    "span": {  # month
        _F(1): "month months 个月 月间 か月 ヶ月 ケ月 カ月 개월 달",
        _F(3): "季度",
        _F(12): "year years yr yrs 年 年间 载 春秋 년 해 寒暑",
        _F(120): "decade decades",
        _F(1200): "century centuries 世纪 世纪 세기",
    },
    "age": {_F(1): "岁 歳 才 周岁 살 세 岁数"},
    "temperature": {_F(1): "°c ℃ celsius 摄氏度 度 degrees degree 도"},
    "fahrenheit": {_F(1): "°f ℉ fahrenheit 华氏度"},
    "yuan": {_F(1): "元 块 块钱 圆 rmb yuan 人民币", _F(1, 10): "毛 角"},
    "yen": {_F(1): "yen"},
    "won": {_F(1): "원 won"},
    "dollar": {_F(1): "dollar dollars usd bucks 美元 美金 ドル 달러", _F(1, 100): "cent cents"},
    "euro": {_F(1): "euro euros 欧元 ユーロ 유로"},
    "percent": {_F(1): "% percent パーセント 퍼센트 프로", _F(10): "成 割 할"},
}
# Counters say what is counted but never change the value.
_COUNTERS = (
    "个 位 名 人 只 匹 条 本 把 张 次 回 口 件 间 层 楼 级 号 头 座 栋 家 所 辆 艘 架 门 枚 颗 粒 块 片 根 支 枝 杯 碗 壶 瓶 坛 盘 道 顶 双 对 套 群 代 世 届 期 集 卷 册 章 页 篇 首 句 字 "
    "步 招 式 剑 发 分 点 番 号室 号房 年级 班 排 连 营 团 师 军 岁 桶 箱 袋 包 筐 车 船 趟 遍 场 局 盏 扇 面 幅 台 棵 株 朵 亩地 "
    "人目 匹目 回目 本目 番目 阶 阶建 冊 羽 台 着 足 通 杯目 代目 つ つ目 こ 个目 体 枚目 ページ "
    "명 분 마리 개 권 번 번째 층 호 호실 대 잔 병 송이 그루 자루 장 채 척 켤레 쌍 학년 반 등 위 곳 가지 사람 회 차례 벌 "
    "people persons times pieces copies men women floors"
).split()


def _names() -> dict[str, tuple[str, Fraction]]:
    table = {fold_text(name): ("count", _F(1)) for name in _COUNTERS}
    for dimension, sizes in _TABLE.items():
        for size, names in sizes.items():
            table.update({fold_text(name): (dimension, size) for name in names.split()})
    return table


UNITS = _names()
_LONGEST = max(map(len, UNITS))
_AGE_WORDS = re.compile(r"[ -]?(?:years?|yrs?)[ -](?:old|young|of age)\b|[ -]?y/?o\b|[ -]?winters\b|[ -]?summers\b")
_LATIN_UNIT = re.compile(r"[ -]?(sq(?:uare)? ?(?:m|met(?:er|re)s?)|°?[a-z][a-z0-9]*|%|°[cf]|''|\"|')", re.IGNORECASE)
_CURRENCY_BEFORE = {"$": "dollar", "¥": "yuan", "€": "euro", "₩": "won", "£": "pound"}


@dataclass(frozen=True, slots=True)
class Quantity:
    start: int
    end: int
    value: Fraction | None  # in the base unit of the dimension
    plain: Fraction | None  # as written
    dimension: str  # "" when no unit stands there
    unit: str
    ordinal: bool = False
    words: bool = False


def _unit_at(text: str, at: int) -> tuple[str, str, Fraction, int] | None:
    """The unit that starts at `at`: (name, dimension, size, end)."""
    age = _AGE_WORDS.match(text, at)
    if age:
        return "years old", "age", _F(1), age.end()
    latin = _LATIN_UNIT.match(text, at)
    if latin:
        name = latin.group(1)
        if name.startswith("sq"):
            return name, "area", _F(1), latin.end()
        if name == "'":
            return name, "length", _F(3048, 10000), latin.end()
        if name in ("''", '"'):
            return name, "length", _F(254, 10000), latin.end()
        if name in UNITS and not (name == "in" and text[at : at + 1] == " "):
            return name, *UNITS[name], latin.end()
        return None
    start = at + 1 if text[at : at + 1] == " " else at
    for length in range(min(_LONGEST, len(text) - start), 0, -1):
        name = text[start : start + length]
        if name in UNITS:
            return name, *UNITS[name], start + length
    return None


_HALF_AFTER = re.compile("半(?![个天夜路])|반(?![가-힣])")
_HALF_BEFORE = re.compile(
    r"(?:半(?=[斤里年岁天个月小时尺两吨升米公])|half (?:an? )?|반 ?(?=[가-힣]))"
)


def find_quantities(text: str) -> list[Quantity]:
    """Numbers with the unit that follows, compound forms (five foot eleven, 1米8, 两斤三两) joined to one."""
    numbers = find_numbers(text)
    found: list[Quantity] = []
    index = 0
    while index < len(numbers):
        number = numbers[index]
        quantity, index = _quantity(text, numbers, index)
        found.append(quantity)
        del number
    for half in _HALF_BEFORE.finditer(text) if len(text) < 4000 else ():
        unit = _unit_at(text, half.end())
        if unit and not any(q.start <= half.start() < q.end for q in found):
            found.append(Quantity(half.start(), unit[3], unit[2] / 2, _F(1, 2), unit[1], unit[0], words=True))
    return found


def _quantity(text: str, numbers: list[Number], index: int) -> tuple[Quantity, int]:
    number = numbers[index]
    before = text[number.start - 1 : number.start] if number.start else ""
    start = number.start
    unit = _unit_at(text, number.end)
    # 一千二百两: 两 after a unit of ten is the tael unless it stands inside a numeral
    value, end = number.value, number.end
    if unit is None and number.words and value is not None and text[number.end - 1] == "两" and number.end - number.start > 1:
        inner = find_numbers(text[number.start : number.end - 1])
        if len(inner) == 1 and inner[0].value is not None:
            return Quantity(start, end, inner[0].value * 50, inner[0].value, "mass", "两", number.ordinal, True), index + 1
    if unit is None:
        if before in _CURRENCY_BEFORE:
            return Quantity(start - 1, end, value, value, _CURRENCY_BEFORE[before], before), index + 1
        if text.startswith("百分之", start) is False and text[max(0, start - 3) : start] == "百分之":
            return Quantity(start - 3, end, value, value, "percent", "%", words=True), index + 1
        return Quantity(start, end, value, value, "", "", number.ordinal, number.words), index + 1
    name, dimension, size, end = unit
    plain = value
    if value is not None and dimension != "count":
        value = value * size
        half = _HALF_AFTER.match(text, end)
        if half:
            value, plain, end = value + size / 2, plain + _F(1, 2), half.end()
        # a smaller unit, or a bare digit for the next decimal, may follow: 1米8, 5 foot 11, 两斤三两
        if index + 1 < len(numbers) and not half:
            following = numbers[index + 1]
            gap = text[end : following.start]
            if following.value is not None and gap in ("", " ", ",", ", ", " and ", "零", "-"):
                second = _unit_at(text, following.end)
                if second and second[1] == dimension and second[2] < size and following.value * second[2] < size:
                    return Quantity(start, second[3], value + following.value * second[2], None, dimension, name, words=number.words), index + 2
                if gap in ("", " ", "-") and name in ("foot", "feet", "ft", "'") and following.value < 12:
                    return Quantity(start, following.end, value + following.value * _F(254, 10000), None, dimension, name), index + 2
                if gap == "" and second is None and name in ("米", "块", "尺", "丈", "斤", "m") and following.value.denominator == 1:
                    digits = len(str(following.value))
                    return Quantity(start, following.end, value + following.value * size / 10**digits, None, dimension, name), index + 2
    return Quantity(start, end, value, plain, dimension, name, number.ordinal, number.words), index + 1


_CONVERTIBLE = {"length", "mass", "volume", "area", "temperature", "fahrenheit"}


def same_quantity(key: Quantity, said: Quantity) -> bool:
    """Whether two quantities are the same fact: equal after conversion, or equal where one names no unit."""
    if key.value is None or said.value is None or key.ordinal != said.ordinal and (said.ordinal and key.dimension not in ("", "count")):
        return False
    a, b = key.dimension, said.dimension
    if {a, b} == {"temperature", "fahrenheit"}:
        celsius, other = (key, said) if a == "temperature" else (said, key)
        return abs(celsius.value - (other.value - 32) * _F(5, 9)) <= _F(1, 2)
    if a == b or {a, b} <= {"yuan", "yen"} and "圆" in (key.unit, said.unit):
        if a == "count":
            return key.value == said.value
        if key.value == said.value:
            return True
        # 5 ft 11 and 180 cm are the same height: allow rounding only between systems of units
        if a in _CONVERTIBLE and _system(key.unit) != _system(said.unit):
            return abs(key.value - said.value) <= abs(key.value) * _F(6, 1000)
        return False
    if key.plain is not None and key.plain == said.plain:
        if {a, b} <= {"age", "span", ""} and (key.unit or said.unit):
            return not ({a, b} == {"age", "span"} and (key.unit in _MONTHS or said.unit in _MONTHS))
        if a == "" or b == "":
            return b in ("", "count") if a != "" else True
        return {a, b} in ({"count", "age"}, {"count", "yuan"}, {"duration", "count"}) and {key.unit, said.unit} & {"分", "岁", "块", "분", "세"} != set()
    return False


_MONTHS = {"个月", "月间", "か月", "ヶ月", "개월", "달", "month", "months"}
_IMPERIAL = {"in", "inch", "inches", "ft", "foot", "feet", "'", '"', "yd", "yard", "yards", "mi", "mile", "miles", "lb", "lbs", "pound", "pounds", "oz", "ounce", "ounces", "stone", "英寸", "英尺", "英里", "磅", "盎司", "gallon", "gallons", "pint", "pints", "acre", "acres", "英亩", "加仑", "ft", "stones"}  # fmt: skip
_OLD_CHINESE = {"丈", "尺", "寸"}


def _system(unit: str) -> str:
    return "imperial" if unit in _IMPERIAL else "chinese" if unit in _OLD_CHINESE else "metric"


@lru_cache(maxsize=4096)
def whole_quantity(text: str) -> Quantity | None:
    """The quantity that a folded text consists of, or None."""
    text = text.strip()
    if not text or len(text) > 64:
        return None
    found = find_quantities(text)
    if len(found) == 1 and found[0].start <= (1 if text[0] in "第$¥€₩" else 0) and found[0].end == len(text):
        return found[0]
    return None
