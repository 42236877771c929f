"""The literal forms of a key, with the boundaries of each script and tolerance for other spellings."""



from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from .normalise import fold_pattern, fold_text
from .numbers import Number, find_numbers
from .spellings import spellings

_HAN = "\u3400-\u9fff"
_KANA = "\u3041-\u30ff"
_CJK = re.compile(f"[{_HAN}{_KANA}\uac00-\ud7a3]")
_NUMERAL = fold_pattern(r"\d零〇一二三四五六七八九十百千万亿廿")
_KO_TENS = "십백천열물른흔쉰순든"  # the last syllables of Korean tens: 열여덟 석 is not 8석
ARTICLE = re.compile(r"^(?:the|an?|my|his|her|its)\s+(?=\S)")

_LOOSE = str.maketrans("", "", " \t\n·=_-'.*,") | {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_DIGITS = re.compile(f"[{_NUMERAL}]")
_KYOTO = fold_text("京都")  # stands in 東京都


def loose(text: str) -> str:
    """A text without what may stand between the letters of a form, all kana as hiragana."""
    return text.translate(_LOOSE)


# After a Korean noun stands a particle, a copula or nothing; anything else continues the word.
_KO_AFTER = r"(?![가-힣])|(?=은|는|이(?!상|하(?!고))|가(?![가-힣]{2})|을|를|의|에|로|으로|와|과|랑|이랑|하고|도|만|까지|부터|입|예요|에요|야|여|지|죠|라|였|인|일|이란|란|요|님|씨|군|양|들|처럼|보다|밖에|뿐|마다|나|든|아|께|한테|네|말고|출신|올시다|이올|옵|외다|쪽|같|대신|조차|마저|이나|거든|며|고|면|으|집|하|한|해|했|합|했|할|하러|였|답|다(?![리방락])|이다|임(?=을|이|은)|사부|선생|형|누나|언니|오빠|부인|대감|아저씨|아줌마|할머니|할아버지|에서|세요|셨|시(?=[죠지네는던의]|에[서 ]|입|예|이)|십니|신(?=[가데지])|니|냐|구나|군요|랍|란다|래|에게|이에|당|님이|때|잖|데(?![가-힣]{2})|서(?= )|[유슈쥬제잉냥멍옹](?![가-힣])|데이|라예|구먼|구만|구려|우다|우꽈|로다|로세|로소|사옵|니더|라우|당가|능가)"
# After a Chinese name of a person stands a function word, a verb or a title, rarely anything else.
_ZH_AFTER_NAME = fold_pattern(
    "断折碎裂丢睡死病醉躲藏逃跳掉沉咬叼舔蹲趴躺四五六七八九十百千刚又再总常逢"
    "是的在说和跟与同也就都很不没有了着过吗吧呢啊呀哦嘛罢啦哟呗给对把被让叫教带来去到会能要想可从又才只还已曾正将便乃亦即及或之其这那"
    "为于向比像问答笑哭喊道讲听看见做当住先女小老大爷兄弟姐妹师傅父徒公君夫太医生掌柜捕头队长主队医博教授同学上校将军侠姑娘婶嫂叔伯姨哥二三两一几"
    "扛爬敲掌守烧煮炒切洗搬抬背扶牵赶砍劈吹拉弹擦修补缝织绣种浇喂捉抓挑提端递扫倒磨削刻钓划摇骑驾押护巡值盯探报记算写念负以因所而且却虽但若如此处家门手前后里外中间下边旁身亲自最更真实确应该得必须帮陪找请送收养救杀害骗打骂爱恨喜欢嫁娶管拿写画唱演开走跑站坐回留死活出进"
    "归善擅精懂战败降逃病退名字俩们等些个位號号仅单现今从来告诉传授吩咐咱我你您他她它它们啥什么谁哪怎么呐喽噢哎哩咧早晚年月日"
)
_ZH_AFTER_PAIR = fold_pattern(
    "施主|道友|居士|兄台|贤弟|结(?:伴|婚|为|拜|成|识|怨|仇)|交(?:情|好|往|手|锋)|成(?:亲|家|婚)|合(?:伙|作|租|住|奏|得)|搭(?:伴|伙|档|话)|作(?:伴|对|陪)|相(?:识|熟|好|依|伴|处|恋|争|斗)|较(?:劲|量)|争|最|感情|关系|订(?:婚|亲)|拜(?:堂|把)|认识|联手|共事|碰|约|吵|比试|对(?:打|着|立|峙)|朝夕|形影|青梅|同(?:行|路|住|窗|门|乡)"
)
_PLACE_TAIL = fold_pattern("路街巷塔湾桥寺庙弄堂烤鸭大学学院医院饭店酒楼公园火车机场话菜剧派牌式")
_MADE_OF = fold_pattern("粉汁饼糕丸酱干花馆楼鞘穗弦架谱粮窝")  # 藕粉 is not 藕
# 壁虎 is no 虎.
_NO_KIND = {
    fold_pattern(beast): tuple(map(fold_pattern, others.split()))
    for beast, others in {
        "鹰": "猫头", "虎": "壁", "牛": "蜗 犀 天 海", "马": "河 海 斑 木", "狗": "海 热", "猫": "熊", "鼠": "袋",
        "豹": "海", "狮": "海", "象": "海", "猪": "豪", "鸡": "田", "鱼": "鳄 章 鲸",
    }.items()
}  # fmt: skip
_ROAD = fold_pattern("[路街巷胡门]")
_JA_NAME_TAIL = fold_pattern("丸号山屋堂亭助太郎子之介")  # goes on with a name that ends in kana
_JA_NAME_AFTER = fold_pattern(
    "様殿氏君先生师匠师範道场殿下姫公翁婆爷嬢侯卿博士教授部长课长社长店长船长队长士官兄姉姐弟妹流派家门市県府都区町村里郡港駅驿城生出育在住周辺辺"
)


# In Japanese a noun is followed by kana; another kanji goes on with the word (猫舌, 灯台守護) but for these, which say more of
# the same: a count, an honorific, a life, a trade, a place.
_JA_AFTER = fold_pattern(
    "一二三四五六七八九十百千様殿氏君先師匠達等共衆者人歴業稼商仕生出在住育勤暮通見修志希兼冥魂根級組以外同的用系側方頃時中内前後目年月日際次直専現元役職並顔風流式辺近沿周界市県府都区村里郡発着行経由"
    "上下左右東西南北奥端口角表裏丁番本支当全毎何今昔私俺僕我自愛好命推限派党担所属団隊長員頭親味色形類抜込掛続候申致"
)
_JA_BEFORE = fold_pattern("今昔実只唯即私俺僕一番的専大小長短黒白赤青老若飼愛古名")


@lru_cache(maxsize=256)
def _shared(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


class Form:
    """One literal form of a key and how to find it.

    The form as it is written is looked for first; only where its letters stand in the text in another
    spelling (spaced, hyphenated, in the other kana, with other digits) is its own pattern compiled.
    """

    __slots__ = ("_pattern", "again", "before", "end", "literal", "needs", "probe", "source")

    def __init__(
        self, literal: str, source: str | None, before: str = "", end: str = "", again: str = "", probe: str = "",
        needs: tuple[str, ...] = (),
    ) -> None:
        self.literal = literal  # "": only the pattern finds it
        self.probe = _probe(literal) if literal else loose(probe)  # stands in every text that holds the form
        self.needs = needs  # one of these stands in every text that its pattern fits; with ^ at its start
        self.source = source  # of its pattern; None: as it is spelled; "": there is none
        self.before = _shared(before)  # boundaries are shared by many forms, so they are compiled once
        self.end = _shared(end)  # may extend the mention by a plural
        self.again = again  # may follow: the surname a name (沈砚秋沈太医), a form itself; not in `end`, which forms share
        self._pattern: re.Pattern[str] | None = None

    def _bounded(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        if not self.before.match(text, start):
            return None
        after = self.end.match(text, end)
        if after:
            return start, after.end()
        return (start, end) if self.again and text.startswith(self.again, end) else None

    def _may_fit(self, text: str) -> bool:
        return not self.needs or any(text.startswith(n[1:]) if n[0] == "^" else n in text for n in self.needs)

    def spans(self, text: str, loosened: str) -> Iterator[tuple[int, int]]:
        if self.probe not in loosened:
            return
        size, at, seen = len(self.literal), text.find(self.literal) if self.literal else -1, False
        while at >= 0:
            seen = True
            span = self._bounded(text, at, at + size)
            if span:
                yield span
            at = text.find(self.literal, at + size)
        if seen or self.source == "" or not self._may_fit(text):
            return
        if self._pattern is None:
            self._pattern = re.compile(_spelled(self.literal) if self.source is None else self.source)
        for match in self._pattern.finditer(text):
            span = self._bounded(text, *match.span())
            if span:
                yield span


def _kana_pair(char: str) -> str:
    code = ord(char)
    if 0x3041 <= code <= 0x3096:
        return f"[{char}{chr(code + 0x60)}]"
    if 0x30A1 <= code <= 0x30F6:
        return f"[{chr(code - 0x60)}{char}]"
    return re.escape(char)


def _probe(form: str) -> str:
    """The longest stretch of a form that stands in every spelling of it, loosened."""
    if not _DIGITS.search(form):
        head = loose(form)
        # the last letter may change: 형삽니다, stories
        return head[:-1] if "가" <= form[-1] <= "힣" or len(head) > 3 else head
    stretches, at = [], 0
    for start, number in sorted(_numerals(form).items()):
        stretches.append(form[at:start])
        at = number.end
    stretches.append(form[at:-1])
    return max((loose(stretch) for stretch in stretches), key=len)


def _numerals(form: str) -> dict[int, Number]:
    """The numbers of a form that may be written in another way, by where they start."""
    return {
        n.start: n
        for n in find_numbers(form)
        if n.value is not None
        and n.value.denominator == 1
        and (form[n.start].isdigit() or n.end - n.start > 1 or form[n.start - 1 : n.start] == "第" or n.words)
    }


def _spelled(form: str) -> str:
    """A literal form with tolerance for spacing, separators, kana, plural and digits against numerals."""
    pieces: list[str] = []
    at = 0
    numbers = _numerals(form)
    latin = not _CJK.search(form)
    while at < len(form):
        char = form[at]
        number = numbers.get(at)
        if number is not None and (not latin or form[at].isdigit()):
            spelled = {re.escape(form[number.start : number.end]), str(int(number.value))}
            spelled.update(map(fold_pattern, spellings(int(number.value), latin=latin)))
            pieces.append(f"(?:{'|'.join(sorted(spelled, key=len, reverse=True))})" + ("" if latin else " ?"))
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
            pieces.append(r"[ ·\t-]{0,2}")
    body = "".join(pieces)
    if "가" <= form[-1] <= "힣" and body.endswith(form[-1]) and (ord(form[-1]) - 0xAC00) % 28 == 0:
        # 형사 + ㅂ니다 = 형삽니다, + ㄴ데 = 형산데
        body = body[:-1] + f"(?:{form[-1]}|{chr(ord(form[-1]) + 17)}(?=니다|니까)|{chr(ord(form[-1]) + 4)}(?=데|지))"
    if form[-1].isascii() and form[-1].isalpha():
        body = body[:-1] + "(?:y|ies)" if form.endswith("y") and len(form) > 3 else body
        letters = [c for c in form if c.isalnum()]
        if latin and 4 <= len(letters) <= 24:
            body = f"(?:{body}|{r'[ .*_-]'.join(letters)})"
        body = body[:-1] + f"|{'-?'.join(letters)})" if len(letters) > 6 and letters == list(form) else body
    return body


def bounded(form: str, kind: str, *, exact: bool = False) -> Form:
    """A form with the boundaries of its script: 李四 is not in 李四光, art not in party, 1 not in 21. exact: in no other spelling."""
    first, last = form[0], form[-1]
    before = end = again = ""
    if first.isascii() and first.isalnum():
        before = r"(?<![a-z0-9])" if first.isalpha() else rf"(?<![a-z.{_NUMERAL}{_KO_TENS}])(?<!\d,)"
    elif kind != "name" and _DIGITS.match(first):
        before = f"(?<![{_NUMERAL}])"
    elif "가" <= first <= "힣":
        before = "(?<![가-힣])" if len(form) < 4 else ""
    elif "\u30a1" <= first <= "\u30fa":
        before = "(?<![\u30a1-\u30ffー])"
    if last.isascii() and last.isalpha():
        end = r"(?:s|es)?(?![a-z0-9])"
    elif last.isascii() and last.isalnum():
        end = r"(?![a-z0-9])"
    elif kind != "name" and _DIGITS.match(last):
        end = f"(?![{_NUMERAL}])"
    elif "가" <= last <= "힣":
        end = _KO_AFTER + ("|(?=[서며던러려거곤기니자])" if " " in form else "")  # 약초를 캐서: the form ends in a verb
    elif "\u30a1" <= last <= "\u30ff":
        end = "(?![\u30a1-\u30ffー])"
    elif kind == "name" and "\u3041" <= last <= "\u3096":
        end = f"(?![{_JA_NAME_TAIL}])"
    elif kind == "name" and re.fullmatch(f"[{_HAN}]{{1,3}}", form):
        end, again = f"(?![{_HAN}])|(?=[{_ZH_AFTER_NAME}]|[{_JA_NAME_AFTER}](?:[{_KANA}]|[^{_HAN}]|$)|{_ZH_AFTER_PAIR})", first
        if len(form) == 1:
            before = f"(?:(?<![{_HAN}])|(?<=[叫姓是为的氏和与跟有]))"
    elif kind == "place" and re.fullmatch(f"[{_HAN}]{{2,4}}", form):
        end, again = f"(?![{_PLACE_TAIL}]|[东南西北中上下前后]{_ROAD})", form
    if kind != "name" and re.fullmatch(f"[{_HAN}]", last) and not _DIGITS.match(last):
        compound = rf"(?!(?=[{_HAN}])[^{_JA_AFTER}][{_HAN}]{{0,5}}[{_KANA}])"
        end, again = f"{compound}(?:{end})" if end else compound, form
        if len(form) == 1:
            before = rf"(?<![{_HAN}])|(?<=[{_JA_BEFORE}])|(?!.{{0,6}}[{_KANA}])"
    if kind == "text" and re.fullmatch(f"[{_HAN}]", form):
        before = "".join(f"(?<!{other})" for other in _NO_KIND.get(form, ())) + f"(?:{before})"
        end += f"(?![{_MADE_OF}])"
    if form == _KYOTO:
        before = f"(?<!{fold_text('東')})"
    return Form(form, "" if exact else None, before, end, again)


_V_TO_B = {"ヴァ": "バ", "ヴィ": "ビ", "ヴェ": "ベ", "ヴォ": "ボ", "ヴ": "ブ"}
_ROMAN = {"ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11, "xii": 12, "xiii": 13, "xiv": 14, "xv": 15, "xvi": 16}  # fmt: skip
_RANKS = ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth"]


_COLOUR = re.compile("[红黄蓝绿白黑紫青灰粉橙棕金银紅黃藍綠銀]色")


_DOES = re.compile(
    "(dig|make|mend|sell|bake|brew|train|teach|ride|drive|fly|sweep|paint|carve|weave|cut|catch|blow|tune|build|grow|raise|write|forge|shoe|milk|herd|clean|wash|hunt|run|repair|fix) ([a-z]+s)"
)
_DOUBLED = ("dig", "cut", "run")


def respelled(form: str) -> list[str]:
    """Other usual spellings of a form: バイオリン for ヴァイオリン and back, 红的 for 红色, 送信 for 送信的, Edmund the Twelfth for Edmund XII."""
    found: list[str] = []
    if "ヴ" in form:
        plain = form
        for v, b in _V_TO_B.items():
            plain = plain.replace(v, b)
        found.append(plain)
    elif len(form) > 2 and form[0] in "バビベボ":
        found += [v + form[1:] for v, b in _V_TO_B.items() if b == form[0]]
    if len(form) > 2 and form.endswith("的"):
        found.append(form[:-1])
    if _COLOUR.fullmatch(form):
        found.append(form[:-1] + "的")
    does = _DOES.fullmatch(form)
    if does:  # "dig graves" is also "dig the graves", "digging graves"
        stem = does[1].removesuffix("e") + (does[1][-1] if does[1] in _DOUBLED else "")
        found += [f"{does[1]} {word} {does[2]}" for word in ("the", "your", "their")] + [f"{stem}ing {does[2]}", f"{stem}ing the {does[2]}"]
    name, _, numeral = form.strip().rpartition(" ")
    value = _ROMAN.get(numeral.lower()) if name and numeral.isupper() else None
    if value:
        found += [f"{name} the {_RANKS[value - 2]}", f"{name} {value}"]
    return found


_TWO_CHAR_SURNAME = fold_pattern(
    "欧阳 司马 上官 诸葛 司徒 东方 独孤 南宫 慕容 令狐 皇甫 尉迟 公孙 轩辕 长孙 宇文 夏侯 端木 百里 闻人 钟离 西门 公冶 申屠 澹台 呼延 第五 司空 赫连 拓跋 完颜 纳兰 鲜于 淳于 单于 濮阳 东郭 南门 左丘 万俟 宗政 太叔 仲孙 公输 公良 漆雕 乐正 羊舌 段干 梁丘 谷梁 巫马 公西"
).split()


_HONOURED = fold_pattern("讳?")


_VERBS = fold_pattern("扎做种养弹教打卖修写画磨唱开造酿织绣钓捕采挑撑赶喂烧煮炖炒洗补缝剃理看守送拉推搬")


def parted(form: str, kind: str) -> list[Form]:
    """A name told in parts: 姓沈，名砚秋; Ashby, Rosalind; a verb and what it is done to: 扎起灯笼来."""
    if kind == "text" and len(form) == 3 and form[0] in _VERBS:
        return [Form("", f"{form[0]}(?:起|了|过|着|的是|点儿?|了?一?辈子的?|了?[一二三四五六七八九十几半]{{1,3}}年的?){form[1:]}", probe=form[1:])]
    if kind != "name":
        return []
    if re.fullmatch("[가-힣]{3}", form):  # 성은 한이요, 이름은 소담
        return [Form("", rf"성은? ?{form[0]}(?:이?[요고며]|씨[요고며]?)?[, ]{{1,2}}이름은? ?{form[1:]}", probe=form[1:], needs=tuple(f"성{mid}{form[0]}" for mid in ("은 ", "은", " ", "")))]
    if re.fullmatch(f"[{_HAN}]{{2,4}}", form):
        cut = 2 if form[:2] in _TWO_CHAR_SURNAME and len(form) > 2 else 1
        surnamed = (f"^{form[:cut]}", f"姓{form[:cut]}")
        return [
            Form(
                "",
                rf"(?:姓|^){form[:cut]}[,、。 ]{{0,2}}(?:草|小|大|单|双|上)?(?:名|字|讳)?(?:叫|唤|是|作|一个)?\"?{form[cut:]}\"?(?=字?(?:[^{_HAN}]|$))",
                probe=form[cut:],
                needs=surnamed,
            ),
            Form(
                "",
                rf"(?:姓|^[{_HAN}]{{0,2}}){form[:cut]}(?=[,。、!…—])[^姓]{{1,60}}?(?:(?<![不没])(?:叫|唤|取名)|名字?[^。!?不没]{{0,10}}[,:—])\"?{form[cut:]}\"?(?![{_HAN}])",
                probe=form[cut:],
                needs=tuple(form[:cut] + mark for mark in ",。、!…—"),
            ),
            *(  # 姓は蓮見、名は小春
                Form("", rf"[姓字]は{form[:at]}、名(?:前)?は{form[at:]}(?![{_HAN}])", probe=form[at:], needs=(f"姓は{form[:at]}、", f"字は{form[:at]}、"))
                for at in range(1, len(form))
            ),
            *(
                [Form("", rf"(?:姓|^){form[:cut]}[,、。 ]{{0,2}}(?:名)?{_HONOURED}上{form[cut]}下{form[cut + 1]}", probe=form[cut], needs=(f"上{form[cut]}下",))]
                if len(form) == cut + 2
                else []
            ),
        ]
    words = form.split()
    if len(words) == 2 and all(w.isascii() and w.isalpha() for w in words):
        return [Form("", rf"\b{words[1]}, {words[0]}\b", probe=words[1] + words[0])]
    return []


_TRADE_TAIL = fold_pattern("匠师员家人工手宿县市区町村站店馆屋观楼职者士生派门石茶酒色剑刀枪")
_LATIN_TAIL = re.compile(r"(?:smith|maker|worker|keeper|seller|player|driver|diver|er|or|ist|ian|ing|man|s|ery|y|e)$")


_FUNCTION = frozenset(["with", "from", "into", "over", "upon", "under", "about", "their", "your", "that", "this", "than", "then", "when", "have", "been", "were", "will", "some", "more", "most", "very", "after", "before"])

# Words of many names; one of them alone tells nobody which.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "academy bridge brother captain castle church city club college company county doctor east father "
        "garden great hall harbor harbour hospital house inspector institute island lady lake lane library "
        "little lord market mother mount museum north office port professor river road saint school shop "
        "sister society south station street tavern temple theater theatre tower town university village west ",
    )
)


@lru_cache(maxsize=1024)
def partial(value: str, keys: tuple[str, ...]) -> tuple[Form, ...]:
    """What is left of a distractor without what it shares with the keys: 馬籠 of 馬籠宿, "stage" or "drive" of "stage driver"."""
    form = fold_text(value).strip()
    known = [fold_text(k) for k in keys]
    pieces: set[str] = set()
    if _CJK.search(form):
        if len(form) >= 3 and form[-1] in _TRADE_TAIL:
            pieces.add(form[:-1])
        for key in known:
            for size in range(min(len(form), len(key)) - 1, 0, -1):
                if form[:size] == key[:size]:
                    pieces.add(form[size:])
                    break
            for size in range(min(len(form), len(key)) - 1, 0, -1):
                if form[-size:] == key[-size:]:
                    pieces.add(form[:-size])
                    break
        pieces = {
            p
            for p in pieces
            if len(p) >= 2 and not any(p in k for k in known) and not re.fullmatch(f"[{_NUMERAL}.,]+", p)
        }
        patterns = [(p, "", "") for p in sorted(pieces)]
    else:
        shared = {w for k in known for w in re.findall(r"[a-z]+", k)}
        patterns = []
        for word in re.findall(r"[a-z]{4,}", form):
            stem = _LATIN_TAIL.sub("", word)
            if word in shared or word in _COMMON or word in _FUNCTION or len(stem) < 3 or any(s.startswith(stem) for s in shared):
                continue
            patterns.append(
                (
                    stem,
                    r"\b",
                    r"(?:e|es|s|ed|ing|er|ers|or|ors|ery|ist|y|ies)?\b" if stem != word else r"(?:s|es|ed|ing)?\b",
                )
            )
    return tuple(Form(literal, "", before, end) for literal, before, end in patterns)
