"""What a clause about a place says of it: that one lives, works, learns or was born there.

"I live in Larkhaven, but I work in Port Sorrow" names two places and contradicts nothing.
"""

from __future__ import annotations

from .context import MASK
from .lazy import Lazy
from .question import Question

_SLOTS = {
    "home": Lazy(
        r"\b(?:liv(?:e|es|ed|ing)|home|house|resid\w+|dwell\w*|address|lodg\w+|roof|settled|bed)\b"
        "|住|(?<!哪)(?<!大)(?<!别)家(?!乡|伙|人)|宅|安身|落脚|定居|すま|宿|暮らし|살|사세|사시|사는|사십|사나|계시|댁|집(?!안)|거주|머무"
    ),
    "work": Lazy(
        r"\b(?:work(?:s|ed|ing|place)?|shop|store|stall|office|job|trade|employ\w*|forge|clinic|practice|business|boat|ship|fields?|mother|brother|sister|my (?!home|house|bed|room|roof|door|hearth|hat|cottage|lodgings?|place|family|address)[a-z]+(?:'s| is| are) (?=in|on|at))\b"
        "|干活|[上下]班|做工|做事|铺|店|摊|药圃|作坊|工坊|衙门|当差|供职|任职|就职|营生|诊所|(?:地|田|厂|窑)(?=[在就])"
        "|仕事|職場|勤め|勤務|働|工房|工場|畑|가게|일하|일해|일터|직장|출근|근무|공방|작업실|밭|매장"
    ),
    "birth": Lazy(
        r"\b(?:born|birth\w*|grew up|raised|hail(?:s|ed)?|native|roots|hometown|origin\w*|childhood|(?:come|comes|came|i'm|am|is) from)\b"
        "|出生|生在|生于|生人|老家|祖籍|籍贯|故乡|家乡|故里|娘家|长大|哪(?:里|儿)人|生まれ|育ち|故郷|出身|実家|출신|태어|고향|본가|자랐|자란"
    ),
    "school": Lazy(
        r"\b(?:school|stud(?:y|ied|ies|ying)|college|university|train(?:ed|ing)|academy)\b"
        "|读书|念书|上学|求学|学堂|书院|学艺|学校|大学|(?<!から)通って|学ん|학교|(?<!에서 )다니|유학|배웠"
    ),
    "visit": Lazy(
        r"\b(?:go(?:es)?|went|visit\w*|travel\w*|trip|pass(?:ed|ing)? through|holidays?) |去过|常去|赶集|逛|路过|[上下转换等](?:的|了)?(?:车|船|乘)|歇脚|打尖|行(?:き|っ|く)|訪|(?<!에서 )다녀|들르|놀러|구경"
    ),
}
_CLEAR = {
    "home": ("work", "birth", "school", "visit"),
    "work": ("home", "birth"),
    "birth": ("home", "work", "school", "visit"),
    "school": ("birth",),
}
_WHERE = Lazy(
    r"\bwhere\b|\b(?:which|what) (?:town|city|village|street|place|district)\b|哪(?!种|些|年|天|月|几|位|样|款|把|本|只|门|行)|何处|何方|どこ|どちら|どの|住|お住まい|어디|어느|사는|사시|사세"
)


def same_slot(clause: str, q: Question) -> bool:
    """Whether a clause tells a place in the very respect that is asked: "I work in …" where one asks for the work."""
    if not _WHERE.search(q.text) or MASK in clause:
        return False
    asked = [name for name, pattern in _SLOTS.items() if pattern.search(q.text)]
    return len(asked) == 1 and bool(_SLOTS[asked[0]].search(clause))


def other_slot(clause: str, q: Question) -> bool:
    """Whether a clause tells a place in another respect than the one that is asked."""
    if not _WHERE.search(q.text):
        return False
    place = _PLACE_OF.search(clause)  # 扬州是我行医的地方
    if place and not any(char in q.text for char in next(g for g in place.groups() if g) if char.isalpha() and char not in _FUNCTION):
        return True
    asked = [name for name, pattern in _SLOTS.items() if pattern.search(q.text)]
    if len(asked) != 1 or _SLOTS[asked[0]].search(clause):
        return False
    return any(_SLOTS[name].search(clause) for name in _CLEAR.get(asked[0], ()))


_PLACE_OF = Lazy("是(?:我)?([^,。我]{1,8})的(?:地方|所在|去处|地儿)|は(?:私が|わしが|俺が)?([^、。はが]{1,8})(?:ところ|場所)(?:です|だ|で|さ|、)|(?:은|는) ([^.,]{1,10}[는은ㄴ한된간온]) ?곳(?:이|일|입)")
AGE = Lazy(r"\bhow old\b|\bage\b|贵庚|高寿|多大|几岁|岁数|年纪|年龄|いくつ|年齢|何歳|연세|나이|몇 ?살")
_NUMBERED = Lazy(
    r"\b(?:in|of|since|from|the|until|till|summer|winter|spring|autumn) '$|\b(?:at|room|house|flat|cabin|plot|page|the) (?:number|no\.?) $|\b(?:room|cabin|page|flat) $|(?:门牌|房号|编号|学号|工号|座号)[^,。]{0,3}$|(?:番号|部屋)(?:は|が)?$"
)
_NUMBER_OF = Lazy("^(?:号(?!称)|番地|번지|호(?![가-힣]))")
_NUMBERS_A_THING = Lazy(
    r"^ (?!this|was|has|plus|perhaps|alas|always|cheers|thanks|years?|winters?|summers?|springs?|birthdays?|harvests?|months?)[a-z]{3,}s\b(?! (?:old|young))|^(?:码|号|步|里|斤|级|层|间|本|条|根|匹|张|页)|^(?:番|号|歩|里|段|枚|本|匹|軒)(?!目)|^ ?(?:걸음|번지|호|리|근|마리|계단|층|채|권)"
)
_OURS = Lazy(r"^[,;.。、 ]*(?:but |and )?(?:ours|mine)\b|^[,。]*(?:我|咱)们?(?:的|这|家)(?![^,。]{0,4}也)|^[、。]*うちの|^[.,]? ?(?:고|지만|는데)?,? ?(?:우리|저희) ")
_AND_OURS = Lazy("(?:고|지만|는데) (?:우리|저희|제) ")
_MINE = Lazy(r"\b(?:our|my|we|i)\b|我|咱|うち|私|우리|저희|제 ")
_OTHER_WORD = Lazy(r" [a-z]{3,}|是[^,。]{1,}|は[^、。]{1,}|(?:은|는) [^.,]{2,}")
_CONTRAST = Lazy(r"^[,;。. ]*(?:but |though |only |and |可|但|不过|而|で、|が、)?(?:(?:we|i|they|she|he|it) )?")
_SIZE = Lazy(r"\bhow (?:heavy|tall|deep|high|wide|big|large|thick)\b")
_TOOK = Lazy(r"\b(?:took|takes|needed|needs|required|cost|costs|swallowed|ate) (?:us |me |them )?$")
_MASS_OF = Lazy(r"^ of ([a-z]+) (?:lies?|sits?|covers?|rests?|stands?|hangs?|floats?|came|comes|went|goes)\b")  # four metres of mud lie on the bottom
# Half of what is asked: "Five miles out, then back the same way", where one asks for the loop.
_WHOLE = Lazy(r"\b(?:loop|circuit|round trip|there and back|altogether|in all|in total|both ways)\b")
_EACH_WAY = Lazy(r"^,? (?:each|one|either|every) way\b")
_OUTWARD = Lazy(r"^,? (?:out|up|down|there|to the [a-z]+)\b(?! and (?:back|home))")
_BACK = Lazy(r"^[^.!?]{0,24}\b(?:back|home|return|again)\b")
_WORD = Lazy(r"[a-z]{3,}")
_SHIFTED = Lazy("^.{0,4}(?:还|又)?(?:晚|早|迟|推后|在.{1,8}(?:后|前|才))")
_TAKEN_UP = Lazy("([^、。,はがも]{1,5})(?:は|嘛|呢|么|要等|得等)")  # 船は潮しだい: what was asked is told of after the number
_HAN = Lazy("[\u3400-\u9fff]")
_TURNED = Lazy("(?:고|지만|는데) (?=[가-힣]{1,5}?(?:은|는) )")
_TOPIC = Lazy("^([가-힣]{1,5}?)(?:은|는|이|가) ")
_NO_TOPIC = frozenset(
    ["the", "and", "but", "for", "its", "it's", "was", "were", "are", "has", "had", "did", "does", "that", "this", "when", "what", "who", "how", "your", "you", "have", "many", "much", "long", "time", "date", "which", "our", "one"]
)
_FUNCTION = frozenset("是的我你您了在就也那天日月年哪个点几什么时候从到")
_OPENS = 3  # words, or six characters, in which a clause names what it is about


def other_fact(before: str, after: str, rest: str, q: Question) -> bool:
    """Whether a number numbers a thing and no years, or is told of one thing and the next clause turns to the one asked."""
    if _SIZE.search(q.text) and _TOOK.search(before):
        return True
    mass = _MASS_OF.match(after)
    if mass and mass[1] not in q.text:
        return True
    if _WHOLE.search(q.text) and (_EACH_WAY.match(after) or (_OUTWARD.match(after) and _BACK.match(rest))):
        return True
    if AGE.search(q.text) and (_NUMBERED.search(before) or _NUMBER_OF.match(after) or _NUMBERS_A_THING.match(after)):
        return True
    if (_OURS.match(rest) or _AND_OURS.search(after)) and _OTHER_WORD.search(after) and not _MINE.search(before + after.split("고 ")[0]):
        return True  # "Half past six for the mail boat. Ours goes later."
    turn = _CONTRAST.match(rest)
    own, told = before + " " + after, rest[turn.end() :]
    if q.language == "en":
        said = _content(own)
        heads = [stem for stem in _content(" ".join(told.split()[:_OPENS]))]
        return bool(said) and any(stem in _content(q.text) for stem in heads) and not set(said) & set(_content(q.text))
    if q.language == "ko":
        turned = _TURNED.search(after)
        own, told = (before + after[: turned.start()], after[turned.end() :]) if turned else (own, told)
        topic = _TOPIC.match(told)
        return " " in own.strip() and topic is not None and topic[1] in q.text and topic[1] not in own
    about = {m.group() for m in _HAN.finditer(q.text)} - _FUNCTION
    said = {m.group() for m in _HAN.finditer(own)} - _FUNCTION
    head = [m.group() for m in _HAN.finditer(told[: 2 * _OPENS]) if m.group() not in _FUNCTION]
    named = {char for char in head[:3] if char in about}
    topic = _TAKEN_UP.match(told)
    turned = topic is not None and any(char in about for char in topic[1])
    return bool(said) and not said & about and (turned or len(named) > 1 or (bool(named) and bool(_SHIFTED.match(told[1:]))))


def _content(text: str) -> list[str]:
    return [m.group()[:4] for m in _WORD.finditer(text) if m.group() not in _NO_TOPIC]
