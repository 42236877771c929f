"""Exact facts: a value beside another of its kind that settles nothing, and a value that dates or counts something else.

"Sixty-one, sixty-two" names no age; "We open at nine" is no answer to when one closes; "My ladder is fifty-two" is about the ladder.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .content import foreign, shares
from .context import WORDS
from .lazy import Lazy
from .question import Question
from .terms import Match, Matcher
from .terms import Reading as Terms
from .units import whole_quantity

_BESIDE = Lazy(r"[ ,、/~-]{1,3}(?:(?:or|and|maybe|perhaps) |或者?(?:是)?|还是|和|か|や|(?:또는|아니면|이나) ?)?")
_CLOSED = Lazy(r"(?:[岁歳才个人名位年点吧呢了]|세|살|명|개|년|이?에요|이?예요|요|입니다|です|だ|さ){0,2}(?:\W*$|[.,;!?。、…])")  # a unit, an ending, and the end of the clause
_LATER = Lazy(r"(?:再过|明年|来年|下个?月|差|快|到|nearly|next|in (?:a|one)|내년|あと)[^,、。.]{0,8}$")  # 再过一年就三十，二十九
_NEAR = 2  # values further apart than this factor are no two guesses at one


def unsettled(matcher: Matcher, mentions: Sequence[Match], terms: Terms) -> frozenset[int]:
    """The starts of mentions that stand directly beside another value of their kind, with nothing that chooses between them."""
    if not mentions or not matcher.exact:
        return frozenset()
    kinds = {m.kind for m in matcher.moments}
    spans = [(q.start, q.end, q.value, q.dimension) for q in terms.quantities if matcher.quantities and q.value and not q.ordinal]
    spans += [(m.start, m.end, m.readings, kind) for kind in kinds for m in terms.moments(kind)]
    meant = {m.start for m in mentions}
    found: set[int] = set()
    for (start, end, value, kind), (after, close, other, kind2) in pairwise(sorted(spans, key=lambda span: span[:2])):
        own = [at for at in (start, after) if at in meant]
        if (
            len(own) == 1
            and value != other
            and _BESIDE.fullmatch(terms.text, end, after)
            and _CLOSED.match(terms.text, close)
            and not _LATER.search(terms.text, max(0, start - 12), start)
            and kind in (kind2, "")
            and (not _agree(value, other) if isinstance(value, tuple) else abs(value) <= _NEAR * abs(other) <= _NEAR**2 * abs(value))
        ):
            found.update(own)
    return frozenset(found)


def _agree(one: tuple, other: tuple) -> bool:
    """Whether two moments may be the same one, told with more and with less: 霜月の、十一月の九日."""
    return any(all(None in pair or pair[0] == pair[1] for pair in zip(a[:3], b[:3], strict=True)) for a in one for b in other)


# What happens at a time; a date or hour of one of these is none of another.
_EVENTS = {
    "open": Lazy(r"\b(?:(?<!eyes )open(?:s|ed|ing)?|beg[aiu]n|begins?|start(?:s|ed)?|founded|built|build|raised)\b|修(?:的|建|成)|建(?:的|成|造)|动工|开工|开始|起头|始ま|시작|开(?:门|张|业|铺|馆|店|市|工|的?(?=[,。!?]|$))|营业|開店|開業|開[きくけい]|創業|열(?:어|었|죠|지|고|려|거)|여(?:세요|시|셨|신|는|나)|(?<![가-힣])연 (?:건|게|해|날|때)|개점|개업|문을 ?(?:연|여)"),
    "begin": Lazy("开始|开场|开演|开幕|开讲"),
    "admission": Lazy("检票|入场|进场|放人"),
    "close": Lazy(r"まで(?:開|営業|やって)|까지 ?(?:열|영업|해요|합니다)|\b(?:clos(?:e|es|ed|ing)|shut(?:s|ting)?|end(?:s|ed)?|finish(?:es|ed)?)\b|完工|结束|終わ|끝|关门|关铺|打烊|收摊|收工|闭馆|[几点半]散|散(?:场|市|会|戏)?(?=[,。!?]|$)|閉店|閉[めま]|店じまい|鍵を|자물쇠|잠그|닫|폐점|마감"),
    "ruin": Lazy(r"\b(?:burn(?:ed|t)(?: down)?|collapsed|destroyed|washed away)\b|烧(?:毁|了)|塌了|冲垮|毁于|焼け|崩れ|불[에이] ?탔|무너"),
    "rise": Lazy(r"\b(?:eyes|wak(?:e|es|ing)|woke|(?:get|got|getting) up|breakfast)\b|起床|才起|睡醒|睁眼|爬起来|起き|目が覚め|일어나|눈을 ?뜨|깨"),
    "eat": Lazy(r"\b(?:dinner|supper|lunch|dine|meal)\b|吃饭|用饭|开饭|[早午晚]饭|夕飯|夕食|昼飯|朝飯|晩飯|밥|식사"),
    "sleep": Lazy(r"\b(?:bed|bedtime|sleep|asleep)\b|睡下|睡觉|就寝|歇下|寝[るま]|잠자리|자러|잠들"),
    "sign": Lazy(r"\b(?:sign(?:s|ed|ing)|lease|deed|contract)\b|(?<!抽)签(?!名|到|筒|子)|租约|地契|契約|계약|임대"),
    "birth": Lazy(r"\b(?:born|birth\w*)\b|生日|出生|生于|诞|誕生|生まれ|생일|생신|태어"),
    "wedding": Lazy(r"\b(?:marr(?:y|ied|iage)|wed(?:ding)?|engaged)\b|成亲|成婚|结婚|大婚|婚礼|拜堂|結婚|祝言|婚礼|결혼|혼인|혼례"),
    "death": Lazy(r"\b(?:died|dies|death|buried|funeral)\b|忌日|去世|过世|下葬|命日|亡くな|葬|기일|돌아가|세상을 ?떠|장례"),
    "leave": Lazy(r"\b(?:depart\w*|leav(?:e|es|ing)|left|set(?:s|ting)? (?:off|out|sail)|sail(?:s|ed)?)\b|出发|启程|动身|开船|离港|発つ|出発|出航|떠나|출발|출항"),
    "arrive": Lazy(r"\b(?:arriv\w+|dock(?:s|ed)?|land(?:s|ed))\b|抵达|到达|靠岸|到港|到站|着く|到着|着き|도착|입항"),
    "hospital": Lazy(r"\b(?:hospital|discharged)\b|出院|住院|入院|退院|퇴원|입원"),
}
_THE_DAY = Lazy(
    r"^,? (?:was|is|'s) (?:when|the (?:day|date|night|morning|year|hour))\b([^.!?;,]{0,60})|^是([^,。!?]{1,14})(?:那天|那日|的日子|之日|的时候)|^的(?:那)?(?:是|叫)([^,。!?]{1,6})"
    r"|^は([^、。!?]{1,14}日)(?:で|です|だ|の)|^(?:은|는) ([^.!?,]{1,16}(?:날|해|달))(?:이?고|이에요|예요|입니다|이지|지|이었|인데|이죠|죠|야)"
)
_DAY_OFF = Lazy("店休|公休|休息|歇业|停业|休馆|闭店|放假|关门|打烊")
_NUMBER_OF = Lazy("^是([^,。!?我]{2,14})(?:数|数目|号码|编号|的价)(?=[,。;!]|$)")  # 十七是栏杆上的狮子数
# What was asked came later than the date that is told: "… 翌年の4月に開けました", "開業はその秋".
_SOON = 60
_THEN = Lazy(
    r"(?:翌(?:年|月|春|日|週)|その(?:年の)?(?:春|夏|秋|冬|後|翌)|次の(?:年|月|春)|[一二三四五\d]+(?:年|か月|月|週間)後)[^。、!?]{0,14}|[^。、!?]{1,8}のは(?:それから)?[一二三四五六七八九十\d]+(?:年|か月)(?:も)?(?:あと|後|先)|[^。、!?]{1,6}(?:は|が)(?:翌|その(?:年の)?(?:春|夏|秋|冬|翌)|次の(?:年|月))"
    r"|(?:이듬해|다음 ?(?:해|달)|그해 ?(?:봄|여름|가을|겨울)|(?:한|두|세) ?(?:해|달) ?(?:뒤|후))[^.,!?]{0,14}|[^.,!?]{1,8} 건 (?:그로부터 )?[가-힣\d]{1,3} ?[년달해] ?(?:뒤|후)|[^.,!?]{1,6}(?:은|는) ?(?:이듬해|그해|다음 ?(?:해|달))"
    "|(?:次年|第二年|隔年|转年|当年[春夏秋冬]|过了[一两半]年)[^。,!?]{0,10}"
)
_FUNCTION = frozenset("是的我你您了在那天日月年哪个什么时候の日はがをにいつ은는이가을를에도의로인한된던 ")
_WORD = Lazy(r"[a-z]{4,}")


def of_another_event(before: str, after: str, rest: str, later: str, q: Question) -> bool:
    """Whether a date or an hour is told of something that the question does not ask: "We open at nine", "… is the day she died".

    `before` and `after` are the clause, `rest` all that follows in the sentence, `later` all that follows the clause.
    """
    asked = {name for name, event in _EVENTS.items() if event.search(q.text)}
    told = {name for name, event in _EVENTS.items() if event.search(before) or event.search(after)}
    if asked and told and not asked & told:
        return True
    if _DAY_OFF.search(after) and not _DAY_OFF.search(q.text):
        return True
    text = (after + later)[:_SOON]
    for turn in _THEN.finditer(text):
        if any(_EVENTS[name].search(turn[0]) and not _EVENTS[name].search(before + text[: turn.start()]) for name in asked):
            return True
    number = _NUMBER_OF.match(rest)
    if number and not any(char in q.text for char in number[1] if char not in _FUNCTION):
        return True
    day = _THE_DAY.match(rest)
    if day is None or asked & told:
        return False
    about = next(group for group in day.groups() if group is not None)
    if q.language == "en":
        words = [m.group()[:4] for m in _WORD.finditer(about)]
        return bool(words) and not any(word in q.text for word in words)
    return not any(char in q.text for char in about if char.isalpha() and char not in _FUNCTION)


_AGES = ("", "age", "span", "count")  # 일 is also the copula: 예순하나일세
def on_that_day_only(before: str, rest: str) -> bool:
    """Whether a value is told of one day or season, and another of the rest: 土曜は九時だが、普段は七時だ."""
    return bool(_ONE_DAY.search(before) and _USUALLY.search(rest[:40]))


_ONE_DAY = Lazy(
    "(?:[月火水木金土日]曜日?|週末|平日|祝日|休日|夏|冬|祭り?|雨の日|盆|正月)(?:だけ|のうち)?(?:は|には)$|(?:[월화수목금토일]요일|주말|평일|공휴일|명절|여름|겨울|장날|비 ?오는 ?날)(?:은|는|엔|에는|에만|만)? $"
)
_USUALLY = Lazy("(?:普段|ふだん|平日|いつも|ほかの日|他の日|通常|それ以外|あとの日)(?:は|なら)|(?:평소|평일|보통|다른 ?날|나머지)(?:은|는|엔|에는)")


def one_of_parts(before: str, after: str, q: Question) -> bool:
    """Whether a number counts a part of what is asked, another part being counted beside it: 男の子が五人に女の子が二人."""
    part = _PART.search(before)
    return part is not None and part[part.lastindex][-2:] not in q.text and bool(_NEXT_PART.match(after))


_PART = Lazy("(?:^|[、。 ])(?:うち)?([\u3041-\u9fff]{1,6})[がは]$|(?:^|[ ,.])([가-힣]{1,5})(?:이|가|은|는) $")
_NEXT_PART = Lazy(
    "^(?:に|と|で?、)[^。、はが]{1,6}[がは][一二三四五六七八九十百\\d]|^(?:이고|에|하고|이랑|랑|,)? ?[가-힣]{1,5}(?:이|가|은|는) (?:\\d|[가-힣]{1,3} ?(?:명|마리|개))"
)
HOW_OLD = Lazy(r"\bhow old are you\b|\byour age\b|贵庚|高寿|(?:您|你)[^,。]{0,6}(?:多大|几岁|岁数|年纪|年龄)|おいくつ|何歳|お?年(?:は|齢)|연세|나이|몇 ?살")
_THING = Lazy(
    r"\b(?:my|our|the|this|that) (?!age\b|last birthday|next birthday)(?:old |poor )?[a-z]+(?:'s| is| are| was| turns| turned| looks) (?:only |just |all of |at least )?$"
    r"|(?:这|那|我这|我那)(?:把|座|间|条|只|棵|张|口|艘|件|门|面|匹|头)[^,。!?]{1,6}$"
    r"|(?:^|[、。])(?:この|その|うちの)?(?:店|家|道具|机|船|木|猫|犬|馬|看板|時計|刀)(?:は|が)(?:もう|今年)?$"
    r"|(?:^|[,.] ?)(?:이|저|우리|제|그)? ?(?:가게|집|배|나무|고양이|개|말|연장|칼|시계|등대|책상)(?:은|는|이|가) (?:올해 |벌써 )?$"
)


def of_something_else(before: str, after: str, language: str, q: Question) -> bool:
    """Whether a value is what a sentence is about, and is said to be something that nobody asked for: "The 7:15 is the bus."."""
    told = _SAID_TO_BE[language].match(after)
    if told is None or WORDS.search(_DETERMINER.sub("", before)):
        return False
    predicate = after[told.end() :]
    return foreign(predicate, language, q.text) >= 1 and not shares(predicate, language, q.text)


_SAID_TO_BE = {
    "en": Lazy(r"^(?:'s| is| was| are| were) (?!my\b|mine\b|our\b|ours\b|it\b|me\b|correct|right|the (?:answer|number|age|figure|truth|time|hour|date|year|total)\b)"),
    "zh": Lazy("^(?:就|才|那)?是(?!我的|对|真|实|准)"),
    "ja": Lazy("^は(?!、?(?:私|わし|俺|僕|うち))"),
    "ko": Lazy("^(?:은|는) (?!제 |내 |우리 )"),
}
_DETERMINER = Lazy(r"^\W*(?:the|an?|at|well|oh|and)\b")
_RANK = Lazy("第几|排行|老几|名次")
_COUNT = Lazy("^[^第]+[个人口位]$")


def of_a_thing(text: str, before: str, q: Question) -> bool:
    """Whether a number tells the age of a thing, or another quantity, where the role's own age is asked, or counts where a rank is."""
    if _RANK.search(q.text) and _COUNT.search(text):
        return True
    if q.kin or not HOW_OLD.search(q.text):
        return False
    said = whole_quantity(text)
    return bool(_THING.search(before)) or (said is not None and said.dimension not in _AGES and said.unit != "일")
