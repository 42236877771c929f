"""Of whom a mention is said: of the role, of the one who asks, or of somebody else."""

from __future__ import annotations

from .context import Around, clauses, words
from .cues import Cues
from .lazy import Lazy
from .question import Question
from .relations import relations

_SUBJECTLESS = frozenset({"zh", "ja", "ko"})  # languages whose clauses inherit the subject of the clause before
_PLAIN = {"따님": "딸", "아드님": "아들"}  # the child of whoever is spoken to
_MASTERS = ("师父", "师傅", "师尊", "恩师", "家师", "先师", "令师")


def asked_kin(said: str, c: Cues, q: Question) -> bool:
    """Whether the person named in `said` is one that the question asks about."""
    persons = [_PLAIN.get(p.group(), p.group())[-2:] for p in c.kin.finditer(said)]
    if not persons or not q.kin:
        return bool(q.kin) and not persons
    return any(p in kin or (p in _MASTERS and kin[-2:] in _MASTERS) for p in persons for kin in q.kin)


def upon_me(after: str) -> bool:
    """Whether what somebody does with the mention is done to the role: "my tutor beat Latin into me"."""
    return bool(_UPON_ME.search(after))


def _nearest(pattern: Lazy, text: str) -> tuple[int, int]:
    at = (-1, -1)
    for match in pattern.finditer(text):
        at = match.span()
    return at


def other_person(a: Around, c: Cues, q: Question) -> bool:
    """Whether the mention is said of somebody the question does not ask about."""
    if q.about_user:
        owner = _owner(a)
        if owner:
            return owner == "role"
    somebody = _SOMEBODY.match(a.sentence_after) if q.naming and not q.who else None
    if somebody and not any(owner and owner in q.text for owner in somebody.groups()):
        return True
    if a.language == "zh" and _of_another_rank(a.sentence_before, q.text):
        return True
    called = _CALLED_SO.search(a.sentence_before) if _OWN_NAME.search(q.text) else None
    if called and called[1] not in q.text:
        return True
    named = _NAME_OF.match(a.sentence_after)
    if named and q.naming and named[1] not in q.text:
        return True
    done = _DONE_BY.match(a.sentence_after)
    if done and done[1] in q.text and c.kin.search(done.group()):
        return not asked_kin(done.group(), c, q)
    third = c.third_after.search(a.sentence_after)
    if third and _WHERE_SHE.fullmatch(third.group()) and _VESSEL.search(q.text):
        third = None
    if third:
        if q.related & relations(third.group()):
            return False
        return (
            not asked_kin(a.sentence_after[: third.end() + 6], c, q)
            if q.kin
            else not q.who or bool(c.kin.search(third.group()))
        )
    postposed = _POSTPOSED[a.language].search(a.sentence_after[-_TAIL:])
    if postposed and c.kin.search(postposed.group()) and not c.first_after.search(a.clause_after):
        return not asked_kin(postposed.group(), c, q) if q.kin else not q.about_user
    if c.first_after.search(a.clause_after):
        return q.about_user and not q.kin
    if c.second_after.search(a.clause_after):
        return not q.about_user
    if (_WHERE_MINE if q.about_user else _WHERE_YOURS).match(a.clause_after):
        return True
    if q.who and _MERELY.match(a.sentence_after) and not words(a.clause_before):
        return True
    if c.changed_before.search(a.clause_before):
        return False  # "they've moved it to …"
    told = clauses(a, c)
    if a.language == "zh" and q.kin and not q.about_user:
        if _MYSELF.search(told[0]) and not c.kin.search(told[0]):
            return True  # 我叫小满, where one asks for the sister's name
        subject = c.kin.search(told[0][:6])
        if subject and not c.first.search(told[0][subject.end() :]) and not asked_kin(a.sentence_before, c, q) and not asked_kin(told[0], c, q) and not (q.related | relations(q.text)) & relations(subject.group()):
            return True
    if q.kin and not q.about_user and _ANOTHERS.search(told[0]) and not asked_kin(told[0], c, q):
        return True
    whose = a.language != "en" or c.kin.search(told[0]) or _YOURS.search(told[0])
    if whose and (q.kin or (q.about_user and a.language in ("ko", "zh"))) and _owned_by(_SPEAKER if q.about_user else _LISTENER, _LISTENER if q.about_user else _SPEAKER, told[0]):
        return True
    mine = c.first.search(told[0])
    if not q.about_user and not mine and words(told[0]) > 6 and _LISTENER.search(told[0][-8:]) and a.language == "en":
        return True  # "you can have your jazz"
    for index, text in enumerate(told[: 2 if q.naming and not words(told[0]) else 4]):
        first, second, third = _nearest(c.first, text), _nearest(c.second, text), _nearest(c.third, text)
        nearest = max(first, second, third)
        if index and _LIKEWISE.match(text):
            continue
        if nearest[0] < 0:
            if (a.language not in _SUBJECTLESS and words(told[0]) > 8) or (
                a.language in _SUBJECTLESS and _OWN_SUBJECT[a.language].search(text)
            ):
                return False
            continue
        if nearest == third:
            if a.language == "en" and not q.about_user and not _YOU.search(q.text) and _PRONOUN.fullmatch(text, *third):
                return False  # "Let him bolt his door on …", where the general's day is asked
            if index and (_addressed(text, third, c) or text[third[0] : third[1]] in ("them", "him")):
                continue
            if index == 0 and second[0] >= 0 and text[second[1] : third[0]].strip() in ("", "的") and not (q.about_user or q.kin):
                return True  # "your guest", where the role's is asked
            if index == 0 and q.naming and _THAT_ONE.search(text):
                return False
            if q.related & relations(text[third[0] : third[1]]):
                return False
            if index == 0 and q.naming and not words(text[third[1] :]) and third[1] < len(text) + (a.language == "zh"):
                return False  # "my dog Biscuit"
            if index == 0 and not q.kin and _HEIRLOOM.search(text):
                return False
            if index == 0 and upon_me(a.clause_after):
                return False  # "my tutor beat Latin into me"
            if index == 0 and _GIVEN.search(text):
                return False  # "the vicar left me his fiddle": the role has it
            if _PREPOSED.search(text[: third[0]]):
                return False  # "Welsh from my mother, …"
            subject = (
                index == 0
                or words(text[: third[0]]) <= 2
                or (a.language == "en" and index == 1 and not words(text[third[1] :]))
            )
            own = q.about_user and bool(c.first.match(text[third[0] : third[1]]))
            return (
                subject
                and not q.kin
                and (own or not q.about_user or bool(c.first.search(text[: third[0]])))
                and (not q.who or any(char in q.text for char in text[third[1] :] if char in _FEELINGS))
            )
        if nearest == first:
            own = index == 0 or (index == 1 and not words(told[0]))
            return q.about_user and not q.kin and own and not _recalls(text, first) and not _WE.search(text)
        placed = a.language == "en" and not _YOU.search(q.text) and _PLACED.match(text, second[0])
        return not (q.about_user or q.kin or placed) and index == 0 and words(text[: second[0]]) <= 3
    return False


def _of_another_rank(told: str, question: str) -> bool:
    """Whether the nearest of several children or pupils is not the one that the question asks about: 老二, where the last is meant."""
    asked = [m.lastgroup for m in _RANK.finditer(question)]
    named = [m.lastgroup for m in _RANK.finditer(told)]
    return len(asked) == 1 and bool(named) and named[-1] != asked[0]


def _owner(a: Around) -> str | None:
    """Whose the mention is by its own predicate, "role" or "user": "Bramble is mine", 踏雪是你的; None where it says neither."""
    predicate = _OWNERSHIP[a.language].match(a.sentence_after)
    if predicate:
        return "role" if any(predicate.groups()) else "user"
    told = _SUBJECT_ACTS[a.language].search(a.clause_before)
    if told is None:
        told = _SAID_BY[a.language].search(a.sentence_before)
    return ("role" if any(told.groups()) else "user") if told else None


def _addressed(clause: str, person: tuple[int, int], c: Cues) -> bool:
    """Whether a clause only calls a person: 报告船长，…"""
    return (
        words(clause[: person[0]]) <= 2
        and not words(clause[person[1] :])
        and not c.first.search(clause)
        and not _ARTICLE.search(clause)
    )


def _owned_by(owner: Lazy, other: Lazy, text: str) -> bool:
    """Whether what is named nearest before the mention belongs to `owner`: "mine is …" where yours is asked."""
    return _nearest(owner, text)[1] > _nearest(other, text)[1]


def _recalls(text: str, first: tuple[int, int]) -> bool:
    """Whether the role only says that it remembers, rather than: "I told you I live there"."""
    if text[first[0] : first[1]] in ("i", "i'm", "i've"):
        return bool(_REMEMBER.search(text, first[0]))
    return bool(_REMEMBER.search(text))


# "She's the Gallowglass", where a name is asked.
_THAT_ONE = Lazy(
    r"\b(?:she|he|it|they)(?:'s| is|'re| are)(?: called| named)? (?:the |an? )?$|\b(?:she|he|it) (?:answers to|goes by) $|[他她它](?:叫|名叫|是)$|(?:あいつ|こいつ|やつ|そいつ)(?:は|の名は)、?$|(?:걔|얘|그놈|그 ?녀석)(?:는|은|가|이|이름은|이름이) ?$"
)
_WHERE_MINE = Lazy(r"^(?:'s| is)? (?:where|what|how) (?:mine|my own|my [a-z]+) (?!told)[a-z]+")
_WHERE_YOURS = Lazy(r"^(?:'s| is)? (?:where|what|how) (?:yours|your own|your [a-z]+) [a-z]+")
_DONE_BY = Lazy("^(?:才|倒|可)?是(?!我|俺)[^,。!?我]{1,5}(教|传|带|打|送|养|种|做|画|写|收|救)的")  # 阿沅是师兄教的
_YOURS = Lazy(r"\b(?:yours|mine|your own|my own)\b")
_NAME_OF = Lazy(r"^(?:'s| is| was) (?:the|my|our|his|her|their) (?:old |late |dear )?([a-z]+)'s (?:nick)?name\b")  # "Edda's the coach's name"
_OWN_NAME = Lazy(r"\byour (?:(?:full|real|first|last|christian|given|proper|true|family) )?(?:sur)?name\b|\bcall you\b|\bwho are you\b|\byou called\b")
_CALLED_SO = Lazy(r"\b(?:the|our|his|her|their|this|that|my) (?:[a-z]+ )?((?!name|mother|father|family|parents|folk|people|order|church|priest|i\b)[a-z]+)(?:'s| is| was) (?:called|named|christened) (?:the )?$")
_WHERE_SHE = Lazy(r"(?:'s| is| was) where she")  # a ship, where her port is asked
_VESSEL = Lazy(r"\b(?:ship|port|harbou?r|vessel|boat|moor\w*|anchor\w*|dock\w*|berth\w*)\b")
_FEELINGS = frozenset("怕爱喜恨敬羡佩讨想念")  # 我弟最怕外婆, where one asks whom the role fears
_RANK = Lazy("(?P<first>老大|最大的|大(?=儿子|女儿|徒弟|弟子)|长[子女孙])|(?P<second>老二|二(?=儿子|女儿|徒弟|弟子)|次[子女])|(?P<third>老三|三(?=儿子|女儿|徒弟|弟子))|(?P<last>老幺|最小的|小(?=儿子|女儿|徒弟|弟子)|幼[子女]|老疙瘩)")
_MYSELF = Lazy("^\\W*(?:我|俺|在下|老夫)(?:自己)?(?:叫|姓|今年|属|是(?:个|一个)?$)")
_HEIRLOOM = Lazy(r"\b(?:it's|it is|that's|is|was|got|have|keep|carry|wear|inherited) (?:still )?(?:my|our) (?:late |old |poor |dear |great-?)*[a-z]+'s (?:old |own )?$")
_UPON_ME = Lazy(r"\b(?:into|out of|to|on|upon|for|with|over|down) (?:me|us)\b|^ me\b")
_GIVEN = Lazy(r"\b(?:left|gave|handed|bought|sold|lent|taught|bequeathed|willed|sent|made|built|carved|passed) (?:it )?(?:on |down )?(?:to )?me (?:his|her|their|the|an?|my|this)? ?$|(?:传|教|送|给|留)(?:给)?了?我的?$"
    r"|(?:くれた|くださった|下さった|付けた|つけた|授けた|遺した|残した|譲った)[^、。はがの]{1,6}[はが]、?$"
    "|(?:지어|붙여|물려|남겨|내려|가르쳐) ?(?:준|주신|주셨던|주고 간)[^,.]{1,6}(?:은|는|이|가) $")
_PREPOSED = Lazy(r"\b(?:from|by|with|than|for|thanks to|after|beside) $")
_ANOTHERS = Lazy(r"\b(?:my|his|her|their|the) \w+'s $|(?:妹|弟|姐|哥|姨|婶|叔|邻居|隔壁|朋友)(?:家)?(?:的|那[只条匹])$|[^、。うち]{1,4}の(?:ところ|とこ|家)(?:は|が|には)$")
_SPEAKER = Lazy(
    r"\b(?:my(?: own)?|mine|our|ours)\b|[我俺](?:们?家|的(?!记忆|印象|记性)|那|这|养|给|管|自家|(?=[^,。你我]{1,3}的)|(?=[妹弟哥姐爹娘妈爸爷奶叔姑姨媳儿女孙闺妻丈夫徒师] ?|老[公婆伴]))|咱家|(?:私|わたし|うち|俺|僕|わし|拙者|こちら)(?:の|は|では)"
    "|(?:^|(?<=[ ,.]))(?:우리|제|내|저희)(?= )"
)
_LISTENER = Lazy(
    r"\b(?:your|yours)\b|[你您](?:们?家|的|那|养|给|管|(?=[^,。你我]{1,2}的)|(?=[妹弟哥姐爹娘妈爸爷奶叔姑姨媳儿女孙闺妻丈夫徒师] ?|老[公婆伴]))|(?:客官|公子|姑娘)(?:家|的)|(?:あなた|君|お前|お客(?:さん|様)?|旦那|そちら|おたく)(?:の|は|が)"
    "|(?:^|(?<=[ ,.]))(?<!제 )(?<!내 )(?<!리 )(?<!희 )(?:손님|당신|네|너|자네|그쪽|댁)(?:의|네)?(?= )"
)

# What follows a mention and says whose it is: group 1 the role's, else the user's.
_OWNERSHIP = {
    "en": Lazy(r"^(?:'s| is| was)? ?(?:(?:the name of )?(mine|ours|my(?! (?:memory|word|guess|answer|recollection|favou?rite))|our)|yours|your)\b(?!,? (?:if|right|i))|^ (?:belongs|belonged) to (?:(me|us)|you)\b|^(?:'s| is)? for (?:(me|us|myself)|you|yourself)\b"),
    "zh": Lazy("^(?:嘛|呢|么|啊)?[,]?是(我)(?:们家|家)?(?=外婆|奶奶|爷爷|姥|爹|娘|爸|妈|哥|弟|姐|妹|师|徒|老婆|媳妇|丈夫)|^(?:那?[匹只条位个])?[,]?(?:才|就|可|倒|不|不就)?是(?:(我|俺|咱|在下|老夫|老朽|鄙人|舍下|寒舍)|你|您|府上|贵府|阁下|客官)(?=的|家|那|这|养|骑|们|屋|院|身边|名下|府|手)|^(?:才|可|倒)?归(?:(我|俺|在下)|你|您)"),
    "ja": Lazy(r"^(?:は|が|こそ|なら)、?(?:(私|わたし|うち|俺|おれ|僕|ぼく|わし|あたし|拙者|こちら|こっち)|あなた|君|きみ|そなた|お前|おまえ|お主|あんた|そちら|そっち|お客(?:さん|様)?)(?:ん(?:ち|とこ)|の|で|だ|じゃ|さ)"),
    "ko": Lazy("^(?:이|가|은|는)? ?(?:(제|내|저희|우리|저|나)|손님|당신|그쪽|너|네|자네|댁)(?=고| ?거|예|이|지| (?:집|말|개|것|고양|강아|아이|쪽|동생|친구))"),
}
# Who does what with the mention: 我骑踏雪, "I ride …".
_SUBJECT_ACTS = {
    "en": Lazy(r"(?:^|[,;] ?|\band )(?:(i)|you) (?:ride|keep|have|own|feed|walk|play|grow|drive|wear|drink|eat|hate|fear) (?:the |an? )?$"),
    "zh": Lazy("(?:^|[,;而])(?:(我|俺)|你|您)(?:家)?(?:骑|养|有|带|牵|喝|吃|怕|住|开|穿|戴)(?:的)?(?:是|叫)?$"),
    "ja": Lazy("(?!)"),
    "ko": Lazy("(?!)"),
}
# Who told what, before the mention: "I said …", 你说的是…; what somebody told in a dialogue is his own fact.
_SAID_BY = {
    "en": Lazy(r"\b(?:(i)|you) (?:said|told (?:me|you)|mentioned|named|answered)(?: (?:that )?(?:it|that|his|her|its) (?:was|name was|is))?[ :\"]{1,3}(?:the |an? |my |your )?$"),
    "zh": Lazy("(?:(我|俺|在下|老夫)|你|您)(?:刚才|方才|先前|之前|上回)?(?:说|讲|提|报|告诉(?:我|你|您))(?:过)?的?(?:才|可)?(?:是|叫)$"),
    "ja": Lazy("(?:(私|わたし|俺|僕|わし|あたし|こちら|こっち)|あなた|君|お前|あんた|そちら|お客(?:さん|様))[がの](?:言った|話した|おっしゃった|仰った|言ってた)(?:の|ほう|名)(?:が|は)、?$"),
    "ko": Lazy("(?:(제|내|저|나)(?=가|는)|손님|당신|네|너|자네|그쪽)(?:가|이|은|는|께서)? ?(?:말한|말했던|말씀하신|얘기한|한 말) ?(?:건|것은|쪽은|이름은)? ?$"),
}
_SOMEBODY = Lazy(  # ミサキは初恋の人の名だ, where a pet's name is asked
    "(?:さん|様)?なら[^。]{0,8}(?:いま|いる|おり|留守|出か)|(?:さん|ちゃん)?(?:は|って(?:の)?は?|というのは)、?(?:[^。、]{1,10}の)?([^。、]{1,4})(?:の名前?|の人|(?<=の人)|(?<=相手))(?=だ|です|で|さ|よ|じゃ|[。、])"
    "|(?:씨|이)?(?:은|는) (?:[가-힣]{1,5} ){0,3}(?:([가-힣]{1,5})의? 이름|첫사랑|짝사랑)(?:이름)?(?:이|예|입|지|야|인데|일)"
)
_TAIL = 30  # characters at the end of a sentence in which its subject may follow
_POSTPOSED = {
    "en": Lazy("(?!)"),
    "zh": Lazy("(?!)"),
    "ja": Lazy(r"[、…—][^、。…—はがをに]{1,12}(?:が|は|の話|のこと)(?:ね|な|よ|さ|だ|です|じゃ|だけど)*\W*$"),
    "ko": Lazy(r"[,…—.](?: ?[가-힣]{1,4}){0,3} ?[가-힣]{1,6}(?:이|가|께서|은|는|말이야|말이지|말입니다|이요|가요|얘기)\W*$"),
}
_MERELY = Lazy("^(?:只|不过|顶多|充其量)是个?[^,。!?]{1,6}(?=[,。!?]|$)|^(?:は|なんて)ただの[^。、]{1,6}(?:だ|です|さ)|^(?:은|는) ?그냥 [^.,]{1,6}(?:예|이에|이야|일)|^(?:은|는|이|가) (?:건너편|옆집|다른|남의|이웃) ")  # 铁蛋只是个帮工
_PRONOUN = Lazy(r"(?:he|she|they)(?:'s|'re|'ve)?|him|her|them|his|hers|their|theirs")
_LIKEWISE = Lazy(r"^\W*(?:(?:the )?same (?:as|for)|just like|like|as with|following)\b|^(?:跟|和|同|像|随)[^,。]{1,8}(?:一样|同样|似的)|^[^、。]{1,20}(?:とおり|通り)(?:に|で)?$|^[^,.]{1,20}(?:대로|듯이?) ?$")
_ARTICLE = Lazy(r"\b(?:the|an?|his|her|their)\b|的")
_YOU = Lazy(r"\b(?:you|your|yours|yourself)\b")
_PLACED = Lazy(r"(?:you're|you are) (?:aboard|on|in|at|near|standing|sitting|inside)\b")

# A clause with a subject of its own does not inherit the one before.
_OWN_SUBJECT = {
    "zh": Lazy("[^\\W是在叫]{2,}(?:是|在|叫)"),
    "ja": Lazy("[はがも]"),
    "ko": Lazy("[가-힣](?:은|는|이|가) "),
}
_REMEMBER = Lazy(
    r"\b(?:remember|recall|know|think|believe|told|bet|heard|forget|forgot|have you|wrote)\b|记|知道|猜|想|听|告诉|忘|覚え|忘れ|聞|기억|알|들|잊"
)
_WE = Lazy(r"\b(?:we|we're|we've|our|us)\b|们|咱|我々|우리|저희")
