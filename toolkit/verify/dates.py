"""Dates, times of day and weekdays in text: 2024-03-12, 12th of March, 三月十二号, half past six, 傍晚六点半, 오후 여섯 시.

A moment keeps every reading that its wording allows (six o'clock is 06:00 or 18:00; 3/12 is March or December);
two moments are the same when a reading agrees in all that the key states.
"""



from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .lazy import compiled_pattern
from .normalise import fold_pattern
from .numbers import whole_number

Reading = tuple[int | None, ...]  # date: (year, month, day, lunar); time: (minute of the day,); weekday: (0 = Monday,)


@dataclass(frozen=True, slots=True)
class Moment:
    start: int
    end: int
    kind: str  # date | time | weekday
    readings: tuple[Reading, ...]


_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = {name[:size]: i for i, name in enumerate(_MONTHS, 1) for size in (3, len(name))} | {"sept": 9}
_MONTH_NAMES = "|".join(sorted(_MONTH, key=len, reverse=True))
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_N = r"(?:\d{1,2}|[零〇一二三四五六七八九十两廿]{1,3})"
_KN = r"(?:\d{1,2}|(?:열|스물|스무)? ?(?:하나|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)|열|[일이삼사오육칠팔구십]{1,4})"
_EN_NUMBER = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    "twenty(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|thirty(?:[- ]five)?|forty(?:[- ]five)?|fifty(?:[- ]five)?"
)
_HOUR_WORD = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_EN_ORDINAL = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|"
    "nineteenth|twentieth|twenty[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|thirty[- ]first"
)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TWO_DIGITS = rf"(?:(?:{_TENS})(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|oh[- ](?:one|two|three|four|five|six|seven|eight|nine))"
_YEAR_WORDS = rf"(?:(?:fif|six|seven|eigh|nine)teen|twenty)(?: hundred(?: and)?)?[- ]{_TWO_DIGITS}"
_YEAR = rf"\d{{4}}|'\d\d|{_YEAR_WORDS}"
_KO_DAYS = {
    "하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9, "열흘": 10, "열하루": 11, "열이틀": 12, "열사흘": 13,
    "열나흘": 14, "보름": 15, "열닷새": 15, "열엿새": 16, "열이레": 17, "열여드레": 18, "열아흐레": 19, "스무날": 20,
    "하룻날": 1, "사흗날": 3, "나흗날": 4, "닷샛날": 5, "엿샛날": 6, "이렛날": 7, "여드렛날": 8, "아흐렛날": 9,
}  # fmt: skip
_D = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{_EN_ORDINAL})"
_PART = {
    "night": "凌晨|拂晓|黎明|午前|오전|새벽|明け方|未明|清晨|清早|大清早|早上|早晨|上午|一早|今早|明早|早|朝|아침|a\\.?m\\.?|in the morning",
    "noon": "中午|正午|昼|晌午|점심|낮",
    "day": "下午|午后|午後|傍晚|黄昏|日暮|晚上|夜里|夜晚|今晚|晚|夕方|夜|오후|저녁|밤|p\\.?m\\.?|in the (?:afternoon|evening)|at night",
    "late": "半夜|深夜|夜半|夜中|한밤중|한밤",
}
_ZH_PART = "凌晨|拂晓|黎明|午前|清晨|清早|大清早|早上|早晨|上午|一早|今早|明早|中午|正午|晌午|下午|午后|午後|傍晚|黄昏|日暮|晚上|夜里|夜晚|今晚|半夜|深夜|夜半|夜中|明け方|未明|夕方|早|晚|朝|昼|夜"
_KO_PART = "오전|오후|새벽|아침|점심|낮|저녁|한밤중|한밤|밤"
_AFTER = r"(?: ?(?P<ap{}>[ap]\.?m\b\.?|in the (?:morning|afternoon|evening)|at night))"

# Where a moment may begin; tried before all else, for a long text has few such places.
_STARTS = r"(?=[\d'零〇一二三四五六七八九十两廿卅가-힣]|\b[a-z]|{})"
_TIME = compiled_pattern(
    fold_pattern(
        _STARTS.format(f"(?:{_ZH_PART})|[的の差零子]")
        + rf"(?:(?P<sp>{_ZH_PART})?(?P<sh>{_N})[点时]钟?差(?P<sm>{_N}分|一刻)|(?P<bp>{_ZH_PART})?の?(?P<fh>{_N})时の?(?P<fm>{_N})分前|(?:(?P<kbp>{_KO_PART})(?:에)? ?)?(?P<kfh>{_KN}) ?시 ?(?:되기 )?(?P<kfm>\d{{1,2}}|[일이삼사오육칠팔구십]{{1,4}}) ?분 전|"
        rf"(?P<zp>{_ZH_PART})?の? ?(?<![\d:])(?P<ch>[01]?\d|2[0-4])[:h](?P<cm>[0-5]\d)(?![\d:]){_AFTER.format(1)}?"
        rf"|(?P<qp>{_ZH_PART})?[的の]? ?差(?P<qm>{_N}分?钟?|一刻钟?|半个?(?:钟头?|小时))(?:不?到)?(?P<qh>{_N})[点时]钟?"
        rf"|(?P<hp>{_ZH_PART})?[的の]? ?(?<![\d第])(?P<hh>{_N})(?:[点时](?!代|间|光|候|刻|空|髦|常|机|子|头|心|灯|赞|名|评|火|菜)|点钟|点整)(?:钟|整|正)?(?:过?(?:(?P<half>半)|(?P<qtr>[一三])刻钟?(?:[过零又加](?P<qmore>{_N})分钟?)?|(?P<hm>{_N})分?))?"
        rf"|(?:(?P<kp>{_KO_PART})(?:에)? ?)?(?<![\d가-힣])(?P<kh>{_KN}) ?시(?!간|작|대|절|장|내|민|도|계)(?: ?(?:(?P<km>\d{{1,2}}|[일이삼사오육칠팔구십]{{1,4}}) ?분|(?P<khalf>반)))?"
        rf"|\b(?:(?P<rel>half|(?:a )?quarter|(?:\d{{1,2}}|{_EN_NUMBER})(?: minutes?)?) (?P<pt>past|to|after|before|till|of|shy of|short of) )(?P<eh>\d{{1,2}}|{_EN_NUMBER}|noon|midnight)\b(?: o'?clock)?{_AFTER.format(2)}?"
        rf"|\b(?P<mil>[0-2]\d[0-5]\d)(?: ?h(?:ou)?rs?\b)|(?<![\d.:])(?P<mil0>0\d[0-5]\d)(?!\d)|\b(?P<milw>{_EN_NUMBER}) hundred hours"
        rf"|\bhalf (?P<hs>\d{{1,2}}|{_EN_NUMBER})\b(?! past| an?\b){_AFTER.format(3)}?"
        rf"|\b(?P<dh>\d{{1,2}})\.(?P<dm>[0-5]\d){_AFTER.format(4)}"
        rf"|\b(?P<ww>{_HOUR_WORD})[- ](?P<wm>thirty-five|thirty|fifteen|forty-five|forty|fifty-five|fifty|twenty-five|twenty|ten|oh[- ]five)\b(?! (?:years|people|men|miles|minutes)){_AFTER.format(5)}?"
        rf"|(?:^|\b(?:at|until|till|from|by|before|after|around|about) )(?P<bh>\d{{1,2}}|{_HOUR_WORD})(?= ?(?:[.,!;)]|$|sharp|on the dot|exactly|every|each|and not|tonight|tomorrow|on|in the))"
        rf"|\b(?P<oh>\d{{1,2}}|{_EN_NUMBER}) ?o'?clock(?: sharp)?{_AFTER.format(6)}?"
        rf"|\b(?P<ah>\d{{1,2}}|{_EN_NUMBER})(?:[- ](?P<am>thirty|fifteen|forty-five|twenty|ten|oh five))?{_AFTER.format(7)}"
        rf"|\b(?P<word>noon|midday|midnight)\b|(?P<zword>正午(?!{_N})|零点|子夜|정오|자정))"
    )
)
_FEASTS = {fold_pattern(name): day for name, day in {
    "腊八": (12, 8), "元宵": (1, 15), "中秋": (8, 15), "七夕": (7, 7), "乞巧": (7, 7), "端午": (5, 5), "重阳": (9, 9), "中元": (7, 15), "除夕": (12, 30), "大年三十": (12, 30), "大年初一": (1, 1), "春节": (1, 1),
    "元旦": (1, 1), "妇女节": (3, 8), "植树节": (3, 12), "愚人节": (4, 1), "劳动节": (5, 1), "儿童节": (6, 1), "教师节": (9, 10), "国庆": (10, 1), "圣诞": (12, 25), "圣诞节": (12, 25), "万圣": (10, 31), "万圣节": (10, 31), "万圣夜": (10, 31), "平安夜": (12, 24), "情人节": (2, 14),
    "元日": (1, 1), "大晦日": (12, 31), "ひな祭り": (3, 3), "雛祭り": (3, 3), "桃の節句": (3, 3), "こどもの日": (5, 5), "子供の日": (5, 5), "文化の日": (11, 3), "バレンタイン": (2, 14), "ホワイトデー": (3, 14), "ハロウィン": (10, 31), "クリスマスイブ": (12, 24), "クリスマス": (12, 25), "聖夜": (12, 24),
    "설날": (1, 1), "대보름": (1, 15), "삼일절": (3, 1), "만우절": (4, 1), "식목일": (4, 5), "어린이날": (5, 5), "단오": (5, 5), "칠석": (7, 7), "추석": (8, 15), "한가위": (8, 15), "광복절": (8, 15), "개천절": (10, 3), "한글날": (10, 9), "핼러윈": (10, 31), "할로윈": (10, 31), "밸런타인": (2, 14), "발렌타인": (2, 14), "크리스마스이브": (12, 24), "성탄절": (12, 25), "크리스마스": (12, 25),
    "ides of march": (3, 15), "ides of may": (5, 15), "ides of july": (7, 15), "ides of october": (10, 15), **{f"ides of {month}": (at, 13) for at, month in enumerate(_MONTHS, 1) if at not in (3, 5, 7, 10)}, "midsummer's day": (6, 24), "twelfth night": (1, 5), "lady day": (3, 25), "martinmas": (11, 11), "armistice day": (11, 11), "hogmanay": (12, 31), "st stephen's day": (12, 26), "st andrew's day": (11, 30), "st david's day": (3, 1), "groundhog day": (2, 2), "walpurgis night": (4, 30), "lammas day": (8, 1), "st swithin's day": (7, 15),
    "new year's day": (1, 1), "new year's eve": (12, 31), "valentine's day": (2, 14), "st patrick's day": (3, 17), "april fools' day": (4, 1), "april fool's day": (4, 1), "st george's day": (4, 23), "may day": (5, 1), "independence day": (7, 4), "the fourth of july": (7, 4), "bastille day": (7, 14), "lammas": (8, 1), "michaelmas": (9, 29), "halloween": (10, 31), "all hallows' eve": (10, 31), "all saints' day": (11, 1), "all souls' day": (11, 2), "bonfire night": (11, 5), "guy fawkes night": (11, 5), "st nicholas' day": (12, 6), "christmas eve": (12, 24), "christmas": (12, 25), "boxing day": (12, 26), "leap day": (2, 29), "candlemas": (2, 2), "epiphany": (1, 6),
}.items()}  # fmt: skip
_OLD_MONTHS = [fold_pattern(name) for name in ("睦月", "如月", "弥生", "卯月", "皐月", "水無月", "文月", "葉月", "長月", "神無月", "霜月", "師走")]
_DATE = compiled_pattern(
    fold_pattern(
        _STARTS.format("[元正腊冬农睦如弥卯皐水文葉長神霜師阴旧昭平令大明民]|(?:" + "|".join(sorted({name[0] for name in _FEASTS if name[0] > "z"})) + ")")
        + r"(?:(?<!\d)(?P<iy>\d{4}) ?[-/.年년] ?(?P<im>\d{1,2})(?: ?[-/.月월] ?(?P<id>\d{1,2})(?!\d)(?: ?[日号일])?| ?[月월])"
        r"|(?:(?P<era>昭和|平成|令和|大正|明治|民国)?(?P<cy>(?<!\d)\d{1,4}|元|[零〇一二三四五六七八九十]{1,5})年の?[、,]?)?"
        rf"(?P<lunar>农历|阴历|旧历|旧暦)?(?P<cm>(?<!\d){_N}|正|腊|冬)月(?!间|亮|光|饼|色|台|下)(?:の|的第)?(?:(?P<chu>初)?(?P<cd>\d{{1,2}}|[一二三四五六七八九十廿卅]{{1,3}})(?P<cdu>[日号天])?)?"
        r"|(?P<era2>昭和|平成|令和|大正|明治|民国)(?P<ey>\d{1,3}|元|[一二三四五六七八九十]{1,3})年|(?P<cy2>(?<!\d)\d{4}|[零〇一二三四五六七八九]{4}|(?<![零〇一二三四五六七八九十百千\d])(?:[零〇一二三四五六七八九]{2}|\d{2}))年(?!级|前|后|代|[,、]?(?:" + "|".join(_FEASTS) + "))"
        r"|(?P<jm>" + "|".join(_OLD_MONTHS) + r")の?(?:(?P<jd>\d{1,2}|[一二三四五六七八九十廿卅]{1,3})日)?"
        rf"|(?:(?P<ky>\d{{2,4}}|(?<![가-힣])[일이삼사오육칠팔구십백천]{{3,9}}) ?년 ?)?(?<![\d가-힣])(?P<km>\d{{1,2}}|[일이삼사오육유칠팔구시십]{{1,2}}) ?월(?: ?(?P<kd>\d{{1,2}}|[일이삼사오육칠팔구십]{{1,4}}?) ?일|(?: ?하고)? ?초?(?P<kn>{'|'.join(sorted(_KO_DAYS, key=len, reverse=True))})째?(?![가-힣]*만)|(?:의| ?하고도)? ?(?P<kb>{_KN}) ?번째 ?날)?"
        rf"|\b(?:(?P<d1>{_D}) (?:day )?(?:of )?)?(?P<em>{_MONTH_NAMES})\b(?:\.(?=,? ?(?:the )?\d))?(?:,? (?:the )?(?P<d2>{_D})\b(?!:))?(?:,? (?:of |in )?(?P<ey2>{_YEAR})\b)?"
        rf"|\b(?P<od>{_EN_ORDINAL})(?: day)? of the (?P<om>{_EN_ORDINAL})(?: month)?\b(?:,? (?:of |in )?(?P<oy>{_YEAR}|{_TWO_DIGITS})\b)?"
        r"|(?<![\w.])'?(?P<yf>[4-9]\d|3[2-9])(?P<ysep>[/.-])(?P<ym>\d{1,2})(?P=ysep)(?P<yd>\d{1,2})(?!\d|[/.-]\d)"
        r"|(?<![\d/.-])(?P<sa>\d{1,2})[/.](?P<sb>\d{1,2})(?:[/.](?P<sy>\d{4}|\d{2}))?(?!\d|[/.]\d|%|-\d)"
        r"|(?<!\w)'(?P<short>\d\d)(?![\d\w])|(?:(?P<fy>\d{4}|[零〇一二三四五六七八九]{4})[年년][,、]?(?:的|の)? ?)?(?P<feast>"
        + "|".join(sorted(_FEASTS, key=len, reverse=True))
        + r")"
        r"|\bin (?P<year>1\d{3}|20\d{2})\b|\b(?P<year2>1[5-9]\d{2}|20\d{2}|2[1-9]\d{2})\b)"
    )
)
_WEEKDAY = compiled_pattern(
    fold_pattern(
        r"\b(?P<en>monday|tuesday|wednesday|thursday|friday|saturday|sunday|tues?|wed|thu(?:rs?)?|fri)s?\b|(?:星期|礼拜|周)(?P<zh>[一二三四五六日天])|(?P<ja>[月火水木金土日])曜|(?P<ko>[월화수목금토일])요일"
    )
)
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018, "民国": 1911}
_PARTS = {kind: re.compile(fold_pattern(words)) for kind, words in _PART.items()}


def _int(text: str | None) -> int | None:
    if not text:
        return None
    text = text.strip().removesuffix("分钟").removesuffix("分")
    if text in ("元", "正"):
        return 1
    if text == "廿":
        return 20
    number = whole_number(text)
    if number is None and text in ("유", "시"):
        return {"유": 6, "시": 10}[text]
    return int(number.value) if number and number.value is not None else None


def _hours(hour: int, part: str | None) -> tuple[int, ...]:
    if hour > 12 or hour == 0:
        return (hour % 24,)
    if part:
        if _PARTS["day"].fullmatch(part):
            return (
                (hour + 12 if hour < 12 else (0 if part[0] in "夜晚今밤" or part == "at night" else 12),)
                if hour >= 4 or part[0] not in "夜晚今밤"
                else (hour, hour + 12)
            )
        if _PARTS["late"].fullmatch(part):
            return (hour % 12 + (12 if hour >= 9 and hour != 12 else 0),)
        if _PARTS["noon"].fullmatch(part):
            return (hour if hour >= 10 else hour + 12,)
        return (hour % 12,)
    return (hour % 12, hour % 12 + 12)


def _time(match: re.Match) -> tuple[Reading, ...]:
    get = match.group
    part = (
        get("zp")
        or get("qp")
        or get("hp")
        or get("kp")
        or get("sp")
        or get("bp")
        or get("kbp")
        or get("ap1")
        or get("ap2")
        or get("ap3")
        or get("ap4")
        or get("ap5")
        or get("ap6")
        or get("ap7")
    )
    minute: int | None = 0
    if get("word") or get("zword"):
        word = get("word") or get("zword")
        return ((0,),) if word in ("midnight", "零点", "子夜", "자정") else ((720,),)
    if get("ch"):
        hour, minute = int(get("ch")), int(get("cm"))
        if get("ch")[0] == "0" and part is None:
            return ((hour * 60 + minute,),)  # 06:30 is written on the 24-hour clock
    elif get("qh"):
        hour, minute = _int(get("qh")), -(15 if "刻" in get("qm") else 30 if "半" in get("qm") else _int(get("qm")) or 0)
    elif get("mil") or get("mil0"):
        digits = get("mil") or get("mil0")
        return ((int(digits[:2]) * 60 + int(digits[2:]),),)
    elif get("milw"):
        return (((_int(get("milw")) or 0) % 24 * 60,),)
    elif get("hs"):
        hour, minute = _int(get("hs")), 30  # British: half six is 6:30
    elif get("dh"):
        hour, minute = int(get("dh")), int(get("dm"))
    elif get("ww"):
        hour, minute = _int(get("ww")), 5 if get("wm").startswith("oh") else _int(get("wm"))
    elif get("bh"):
        hour = _int(get("bh"))
    elif get("sh"):
        hour, minute = _int(get("sh")), -(15 if "刻" in get("sm") else _int(get("sm")) or 0)
    elif get("fh"):
        hour, minute = _int(get("fh")), -(_int(get("fm")) or 0)
    elif get("kfh"):
        hour, minute = _int(get("kfh")), -(_int(get("kfm")) or 0)
    elif get("hh"):
        hour = _int(get("hh"))
        minute = 30 if get("half") else {"一": 15, "三": 45}[get("qtr")] if get("qtr") else _int(get("hm")) or 0
        minute += _int(get("qmore")) or 0
    elif get("kh"):
        hour, minute = _int(get("kh")), 30 if get("khalf") else _int(get("km")) or 0
    elif get("eh"):
        word = get("eh")
        if word in ("noon", "midnight"):
            hour, part = 12, "p.m" if word == "noon" else "at night"
        else:
            hour = _int(word)
        rel = get("rel")
        amount = (
            30
            if rel == "half"
            else 15
            if "quarter" in rel
            else _int(rel.removesuffix("minutes").removesuffix("minute")) or 0
        )
        minute = amount if get("pt") in ("past", "after") else -amount
    else:
        hour = _int(get("oh") or get("ah"))
        if get("am"):
            minute = {"thirty": 30, "fifteen": 15, "forty-five": 45, "twenty": 20, "ten": 10, "oh five": 5}[get("am")]
    if hour is None or hour > 24 or minute is None or minute > 59:
        return ()
    return tuple(sorted({((h * 60 + minute) % 1440,) for h in _hours(hour, part)}))


# What goes on at an hour tells which half of the day it is in: "half past six, with the cocks crowing".
_AT_WHICH = r"(?:,? (?:(?:just|right|straight|sharp|exactly|each|every|of an?) )?(?:with|when|as|while|before|after|at|by|in|around) (?:the |my |an? )?(?:[a-z]+ )?)"
_MORNING = re.compile(rf"{_AT_WHICH}(?:cocks?\b|cock-?crow|roosters?\b|dawn|sun-?rise|first light|breakfast|larks?\b|milk(?:man|maid)?\b|early mass\b|matins|dew\b|sun (?:comes|is coming|rises|gets) up)")
_EVENING = re.compile(rf"{_AT_WHICH}(?:dusk|sun-?set|supper|twilight|lamplight|lamps\b|bats?\b|owls?\b|fireflies|vespers|tea\b|evening\b|sun (?:goes|is going|sets) down|sun sets)")


def _by_daylight(text: str, end: int, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    if len(readings) != 2:
        return readings
    early, late = _MORNING.match(text, end), _EVENING.match(text, end)
    return readings[:1] if early and not late else readings[1:] if late and not early else readings


def _date(match: re.Match) -> tuple[Reading, ...]:
    get = match.group
    if get("iy"):
        return _valid(int(get("iy")), int(get("im")), _int(get("id")))
    if get("cm"):
        month = {"正": 1, "冬": 11, "腊": 12}.get(get("cm")) or _int(get("cm"))
        year = _int(get("cy"))
        if year is not None and get("era"):
            year += _ERAS[get("era")]
        elif get("cy") and len(get("cy")) == 2 and year is not None and year >= 20:
            return _centuries(year, month, _int(get("cd")))  # 九八年十月
        lunar = bool(get("lunar") or get("chu") or get("cm") in "正冬腊")
        return _valid(year, month, _int(get("cd")), lunar)
    if get("era2"):
        return _valid((_int(get("ey")) or 0) + _ERAS[get("era2")], None, None)
    if get("cy2"):
        year = "".join(str(_int(c) or 0) for c in get("cy2"))
        if len(year) == 2:  # 八七年
            return _centuries(int(year), None, None)
        return _valid(int(year), None, None)
    if get("short"):
        return _centuries(int(get("short")), None, None)
    if get("od"):
        return _in_year(get("oy"), _ordinal(get("om")), _ordinal(get("od")))
    if get("yf"):
        return _centuries(int(get("yf")), int(get("ym")), int(get("yd")))
    if get("feast"):
        month, day = _FEASTS[get("feast")]
        return _valid(_int(get("fy")), month, day)
    if get("jm"):
        return _valid(None, _OLD_MONTHS.index(get("jm")) + 1, _int(get("jd")))
    if get("km"):
        day = _KO_DAYS[get("kn")] if get("kn") else _int(get("kd") or get("kb"))
        year = _int(get("ky"))
        return _valid(year, _int(get("km")), day) if year is None or not 20 <= year <= 99 else _centuries(year, _int(get("km")), day)
    if get("em"):
        day = get("d1") or get("d2")
        return _in_year(get("ey2"), _MONTH[get("em")], _ordinal(day))
    if get("sa"):
        a, b, year = int(get("sa")), int(get("sb")), get("sy")
        return _in_year(year, a, b) + _in_year(year, b, a)
    return _valid(int(get("year") or get("year2")), None, None)


def _ordinal(text: str | None) -> int | None:
    number = whole_number(text.replace(" ", "-")) if text else None
    return int(number.value) if number and number.value else None


def _in_year(written: str | None, month: int | None, day: int | None) -> tuple[Reading, ...]:
    """The readings of a day whose year may be written with two digits: '98, 5/10/98, ninety-eight."""
    year = _int(written.removeprefix("'").replace("oh", "zero")) if written else None
    return _valid(year, month, day) if year is None or year > 99 else _centuries(year, month, day)


def _centuries(year: int, month: int | None, day: int | None) -> tuple[Reading, ...]:
    """A year of two digits in each century that it may mean."""
    return tuple(r for century in (1800, 1900, 2000) for r in _valid(century + year, month, day))


def _valid(year: int | None, month: int | None, day: int | None, lunar: bool = False) -> tuple[Reading, ...]:
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return ()
    return ((year, month, day, int(lunar)),)


def find_moments(text: str, kind: str) -> list[Moment]:
    """The moments of one kind (date, time, weekday) in a folded text, at most 200."""
    found: list[Moment] = []
    pattern = {"time": _TIME, "date": _DATE, "weekday": _WEEKDAY}[kind]
    for match in pattern.finditer(text):
        if kind == "weekday":
            get = match.group
            day = (
                next(i for i, d in enumerate(_DAYS) if d.startswith(get("en")[:3]))
                if get("en")
                else "一二三四五六日".index(get("zh").replace("天", "日"))
                if get("zh")
                else "月火水木金土日".index(get("ja"))
                if get("ja")
                else "월화수목금토일".index(get("ko"))
            )
            readings: tuple[Reading, ...] = ((day,),)
        else:
            readings = _by_daylight(text, match.end(), _time(match)) if kind == "time" else _date(match)
        if readings:
            found.append(Moment(match.start(), match.end(), kind, readings))
            if len(found) >= 200:
                break
    return found


def settle(moments: list[Moment]) -> list[Moment]:
    """Forms of one key agree: six o'clock beside 18:00 means 18:00 only."""
    settled = []
    for moment in moments:
        if len(moment.readings) > 1:
            sure = {m.readings[0] for m in moments if m.kind == moment.kind and len(m.readings) == 1}
            both = tuple(r for r in moment.readings if r in sure)
            moment = Moment(moment.start, moment.end, moment.kind, both) if both else moment
        settled.append(moment)
    return settled


def same_moment(key: Moment, said: Moment) -> bool:
    if key.kind != said.kind:
        return False
    return any(
        all(k is None or k == s or i == 3 for i, (k, s) in enumerate(zip(a, b, strict=True)))
        for a in key.readings
        for b in said.readings
    )


@lru_cache(maxsize=4096)
def whole_moment(text: str) -> Moment | None:
    """The moment that a folded text consists of, or None."""
    text = text.strip().removeprefix("at ").removeprefix("on ").removeprefix("the ")
    if not text or len(text) > 64:
        return None
    for kind in ("time", "date", "weekday"):
        for moment in find_moments(text, kind):
            if moment.start == 0 and text[moment.end :] in ("", "整", "日", "日生", "钟", "에", "日に"):
                return moment
    return None
