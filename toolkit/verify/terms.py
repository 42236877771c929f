"""Where a key, a distractor or an alias stands in a folded text: word boundaries, numerals, units, moments.

`李四` is not in `李四光`, `art` not in `party`, `1` not in `21`; `四十七`, `47` and `forty-seven` are one number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .dates import Moment, find_moments, same_moment, whole_moment
from .normalise import fold_pattern, fold_text
from .numbers import find_numbers
from .units import Quantity, find_quantities, same_quantity, whole_quantity
from .verdict import Key

LIMIT = 60  # mentions of one key that are read; more is stuffing


@dataclass(frozen=True, slots=True)
class Match:
    start: int
    end: int
    whole: bool = True  # False: only part of a longer word


@dataclass(frozen=True, slots=True)
class Matcher:
    """All that may stand for one key: literal forms, and what they mean as quantity or moment."""

    literal: re.Pattern[str] | None
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]
    type: str  # text | name | place | number | quantity | date | time

    @property
    def exact(self) -> bool:
        return bool(self.quantities or self.moments)


_HAN = "\u3400-\u9fff"
_KANA = "\u3041-\u30ff"
_CJK = re.compile(f"[{_HAN}{_KANA}\uac00-\ud7a3]")
_NUMERAL = fold_pattern(r"\d零〇一二三四五六七八九十百千万亿廿")
_ARTICLE = re.compile(r"^(?:the|an?|my|his|her|its)\s+(?=\S)")

# After a Korean noun stands a particle, a copula or nothing; anything else continues the word.
_KO_AFTER = (
    r"(?![가-힣])|(?=은|는|이(?!상|하)|가(?![가-힣]{2})|을|를|의|에|로|으로|와|과|랑|이랑|하고|도|만|까지|부터|입|예요|에요|야|여|지|죠|라|였|인|일|이란|란|요|님|씨|군|양|들|처럼|보다|밖에|뿐|마다|나|든|아|께|한테|네|말고|출신|올시다|이올|옵|외다|쪽|같|대신|조차|마저|이나|거든|며|고|면|으|집|하|한|해|했|합|했|할|하러|였|답|다|이다|사부|선생|형|누나|언니|오빠|부인|대감|아저씨|아줌마|할머니|할아버지|에서|니|냐|구나|군요|랍|란다|래|에게|이에|당|님이|때)"
)
# After a Chinese name of a person stands a function word, a verb or a title, rarely anything else.
_ZH_AFTER_NAME = fold_pattern(
    "是的在说和跟与同也就都很不没有了着过吗吧呢啊呀哦嘛罢啦哟呗给对把被让叫教带来去到会能要想可从又才只还已曾正将便乃亦即及或之其这那"
    "为于向比像问答笑哭喊道讲听看见做当住先女小老大爷兄弟姐妹师傅父徒公君夫太医生掌柜捕头队长主队医博教授同学上校将军侠姑娘婶嫂叔伯姨哥二三两一几"
    "以因所而且却虽但若如此处家门手前后里外中间下边旁身亲自最更真实确应该得必须帮陪找请送收养救杀害骗打骂爱恨喜欢嫁娶管拿写画唱演开走跑站坐回留死活出进"
    "名字俩们等些个位號号仅单现今从来告诉传授吩咐咱我你您他她它它们啥什么谁哪怎么呐喽噢哎哩咧早晚年月日"
)
_PLACE_TAIL = fold_pattern("路街巷塔湾桥寺庙弄堂烤鸭大学学院医院饭店酒楼公园火车机场话菜剧派牌式")
_JA_NAME_AFTER = fold_pattern("様殿氏君先生师匠师範道场殿下姫公翁婆爷嬢侯卿博士教授部长课长社长店长船长队长士官兄姉姐弟妹流派家门市県府都区町村里郡港駅驿城生出育在住周辺辺")


def _kana_pair(char: str) -> str:
    code = ord(char)
    if 0x3041 <= code <= 0x3096:
        return f"[{char}{chr(code + 0x60)}]"
    if 0x30A1 <= code <= 0x30F6:
        return f"[{chr(code - 0x60)}{char}]"
    return re.escape(char)


def _spell_han(value: int) -> str | None:
    if not 0 < value < 10000:
        return None
    digits, units = "零一二三四五六七八九", ("", "十", "百", "千")
    text, zero = "", False
    for power in range(3, -1, -1):
        digit = value // 10**power % 10
        if digit:
            text += ("零" if zero and text else "") + ("" if power == 1 and digit == 1 and not text else digits[digit]) + units[power]
            zero = False
        elif text:
            zero = True
    return text


def _form_pattern(form: str) -> str:
    """A literal form with tolerance for spacing, separators, kana, plural and digits against numerals."""
    pieces: list[str] = []
    at = 0
    numbers = {n.start: n for n in find_numbers(form) if n.value is not None and n.value.denominator == 1 and (form[n.start].isdigit() or n.end - n.start > 1 or form[n.start - 1 : n.start] == "第" or n.words)}
    latin = not _CJK.search(form)
    while at < len(form):
        char = form[at]
        number = numbers.get(at)
        if number is not None and not latin:
            spelled = {re.escape(form[number.start : number.end]), str(int(number.value))}
            han = _spell_han(int(number.value))
            if han:
                spelled.add(fold_pattern(han))
            pieces.append(f"(?:{'|'.join(sorted(spelled, key=len, reverse=True))})")
            at = number.end
        elif char in " -·=_":
            while at < len(form) and form[at] in " -·=_":
                at += 1
            pieces.append(r"[\s·=_-]{0,3}" if not latin or char != " " else r"[\s_-]{1,3}")
            continue
        elif char == "'":
            pieces.append("'?")
            at += 1
            continue
        else:
            pieces.append(_kana_pair(char))
            at += 1
        if at < len(form) and _CJK.match(form[at - 1]) and _CJK.match(form[at]):
            pieces.append(r"[ ·\t]{0,2}")
    body = "".join(pieces)
    if form[-1].isascii() and form[-1].isalpha():
        body = (body[:-1] + "(?:y|ies)" if form.endswith("y") and len(form) > 3 else body) + r"(?:'s|s'|s|es)?"
        letters = [c for c in form if c.isalnum()]
        if latin and 4 <= len(letters) <= 24:
            body = f"(?:{body}|{r'[ .*_-]'.join(letters)})"
    return body


def _bounded(form: str, kind: str) -> str:
    first, last = form[0], form[-1]
    before = after = ""
    if first.isascii() and first.isalnum():
        before = r"(?<![a-z0-9])" if first.isalpha() else r"(?<![a-z0-9.])(?<!\d,)"
    elif re.match(f"[{_NUMERAL}]", first):
        before = f"(?<![{_NUMERAL}])"
    elif "\uac00" <= first <= "\ud7a3":
        before = "(?<![가-힣])" if len(form) < 4 else ""
    elif "\u30a1" <= first <= "\u30fa":
        before = "(?<![\u30a1-\u30ffー])"
    if last.isascii() and last.isalnum():
        after = r"(?![a-z0-9])"
    elif re.match(f"[{_NUMERAL}]", last):
        after = f"(?![{_NUMERAL}])"
    elif "\uac00" <= last <= "\ud7a3":
        after = f"(?:{_KO_AFTER})"
    elif "\u30a1" <= last <= "\u30ff":
        after = "(?![\u30a1-\u30ffー])"
    elif kind == "name" and re.fullmatch(f"[{_HAN}]{{2,3}}", form):
        after = f"(?![{_HAN}])|(?=[{_ZH_AFTER_NAME}{_JA_NAME_AFTER}])"
        after = f"(?:{after})"
    elif kind == "place" and re.fullmatch(f"[{_HAN}]{{2,4}}", form):
        after = f"(?!{'|'.join(_PLACE_TAIL)})"
    return before + _form_pattern(form) + after


@lru_cache(maxsize=4096)
def matcher(forms: tuple[str, ...], kind: str) -> Matcher:
    """The matcher of a key's forms; what a form means is inferred where its type does not say."""
    literal: list[str] = []
    quantities: list[Quantity] = []
    moments: list[Moment] = []
    inferred = kind
    for original in dict.fromkeys(forms):
        form = fold_text(original).strip().strip("。.!?,;:'\"").strip()
        if not form:
            continue
        moment = whole_moment(form) if kind != "number" and kind != "name" else None
        if moment and moment.kind == "date" and form.isdigit() and kind not in ("date",):
            moment = None
        quantity = whole_quantity(form) if kind != "name" and moment is None else None
        if quantity is not None and quantity.value is None:
            quantity = None
        if moment:
            moments.append(moment)
            inferred = {"weekday": "date"}.get(moment.kind, moment.kind) if inferred == "text" else inferred
        elif quantity:
            quantities.append(quantity)
            if inferred in ("text", "place"):
                inferred = "quantity" if quantity.unit else "number"
        else:
            literal.append(form)
            short = _ARTICLE.sub("", form)
            if short != form:
                literal.append(short)
    literal.sort(key=len, reverse=True)
    return Matcher(
        re.compile("|".join(f"(?:{_bounded(f, kind)})" for f in literal)) if literal else None,
        tuple(quantities),
        tuple(moments),
        inferred,
    )


def key_matcher(key: Key) -> Matcher:
    return matcher(key.forms, key.type)


class Reading:
    """One folded text whose numbers and moments are read at most once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._quantities: list[Quantity] | None = None
        self._moments: dict[str, list[Moment]] = {}

    @property
    def quantities(self) -> list[Quantity]:
        if self._quantities is None:
            self._quantities = find_quantities(self.text)
        return self._quantities

    def moments(self, kind: str) -> list[Moment]:
        if kind not in self._moments:
            self._moments[kind] = find_moments(self.text, kind)
        return self._moments[kind]


def find(matcher: Matcher, reading: Reading) -> list[Match]:
    """Mentions in order, at most LIMIT, never overlapping."""
    found: list[Match] = []
    if matcher.literal is not None:
        for match in matcher.literal.finditer(reading.text):
            found.append(Match(*match.span()))
            if len(found) >= LIMIT:
                break
    if matcher.quantities:
        clocks = reading.moments("time") if not any(q.unit for q in matcher.quantities) else ()
        for said in reading.quantities:
            if any(same_quantity(q, said) for q in matcher.quantities) and not _idiom(reading.text, said):
                if not any(c.start <= said.start < c.end for c in clocks):
                    found.append(Match(said.start, said.end))
    for key in matcher.moments:
        found += [Match(m.start, m.end) for m in reading.moments(key.kind) if same_moment(key, m)]
    if not found:
        return found
    found.sort(key=lambda m: (m.start, -m.end))
    apart: list[Match] = []
    for match in found:
        if not apart or match.start >= apart[-1].end:
            apart.append(match)
    return apart[:LIMIT]


_ONE_IDIOM = re.compile(
    fold_pattern("一(?:起|样|定|直|切|般|些|下|旦|向|时|边|点(?!钟|整)|路|番|辈|生|会|气|心|面|共|手|半|再|律|贯|味|身|阵|连|溜|声|眼|句|口气|把年|把火|看|听|来|去|提|想|问|抬|拍|转|笑|算|遍遍|天到晚|进门|年到头|早|晚上|时|瞬|番|旁|度|番)|万(?:一|分|物|般)|三番|五湖|四海|九牛|十分|千万|两边|百姓|三心")
)


def _idiom(text: str, said: Quantity) -> bool:
    """Whether a small numeral is only part of a word: 一起, 一定, 万一; one as a pronoun."""
    if not said.words:
        return False
    if _ONE_IDIOM.match(text, said.start):
        return True
    word = text[said.start : said.end]
    if word == "one":
        return bool(re.match(r" (?:of|who|that|day|another|thing|could|can|would|must|should|might|is|does|has)\b", text[said.end : said.end + 10])) or bool(
            re.search(r"\b(?:the|this|that|no|any|every|which|some|each|another|only|loved|right|last) $", text[max(0, said.start - 9) : said.start])
        )
    if word in ("second", "third", "score") and said.dimension == "":
        return False
    return "가" <= word[0] <= "힣" and said.unit == "" and len(word) == 1 and bool(re.match("[가-힣]", text[said.end : said.end + 1])) or word in ("한", "두", "세", "네", "이", "일", "공", "영", "구", "사", "오", "천", "만", "억", "백", "석", "넉") and said.unit == ""
