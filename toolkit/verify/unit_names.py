"""The names of units in four languages, with their sizes; and the counters of Chinese, Japanese and Korean."""



from __future__ import annotations

from fractions import Fraction

from .normalise import fold_text

# fmt: off
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
        _F(9_460_730_472_580_800): "光年 light-year light-years 광년",
        _F(500): "里 里地 里路 华里",
        _F(4320, 11): "리",
        _F(10, 3): "丈",
        _F(1, 3): "尺",
        _F(10, 33): "자",
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
        _F(5): "钱",
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
    "个 位 名 人 只 匹 条 本 把 张 次 回 口 件 间 层 楼 级 号 头 座 栋 家 所 辆 艘 架 门 枚 颗 粒 块 片 根 支 "
    "枝 杯 碗 壶 瓶 坛 盘 道 顶 双 对 套 群 代 世 届 期 集 卷 册 章 页 篇 首 句 字 步 招 式 剑 发 分 点 番 号室 "
    "号房 年级 班 排 连 营 团 师 军 岁 桶 箱 袋 包 筐 车 船 趟 遍 场 局 盏 扇 面 幅 台 棵 株 朵 亩地 人目 匹目 "
    "回目 本目 番目 阶 阶建 冊 羽 台 着 足 通 杯目 代目 つ つ目 こ 个目 体 枚目 ページ 명 분 마리 개 권 번 번째 층 호 "
    "호실 대 잔 병 송이 그루 자루 장 채 척 켤레 쌍 학년 반 등 위 곳 가지 사람 회 차례 벌 people persons "
    "times pieces copies men women floors "
)

# fmt: on


def _names() -> dict[str, tuple[str, Fraction]]:
    table = {fold_text(name): ("count", _F(1)) for name in _COUNTERS.split()}
    for dimension, sizes in _TABLE.items():
        for size, names in sizes.items():
            table.update({fold_text(name): (dimension, size) for name in names.split()})
    return table


UNITS = _names()

KILO = {"킬로", "キロ", "kilo", "kilos", "키로"}
KILOS = {
    "kg",
    "km",
    "公斤",
    "公里",
    "千克",
    "千米",
    "킬로그램",
    "킬로미터",
    "キログラム",
    "キロメートル",
    "kilograms",
    "kilometers",
} | KILO
MONTHS = {"个月", "月间", "か月", "ヶ月", "개월", "달", "month", "months"}
IMPERIAL = {"in", "inch", "inches", "ft", "foot", "feet", "'", '"', "yd", "yard", "yards", "mi", "mile", "miles", "lb", "lbs", "pound", "pounds", "oz", "ounce", "ounces", "stone", "英寸", "英尺", "英里", "磅", "盎司", "gallon", "gallons", "pint", "pints", "acre", "acres", "英亩", "加仑", "stones"}  # fmt: skip
OLD_CHINESE = {"丈", "尺", "寸"}
