"""Frames that refuse a mention whatever the question asks: past or future set against now, a supposition about the answer
itself, somebody else's case, words handed back to whoever said them, and what the role then calls untrue.

A question about the past, a plan or the one who asks makes the usual cues of tense and person harmless; these frames say both
sides ("it used to be …, but not any more"), so that they stay refusals. A pattern sees up to 360 characters around the mention,
which is written M.
"""

from __future__ import annotations

from . import cues_en, cues_ja, cues_ko, cues_zh
from .context import RIVAL, Around
from .cues import Cues
from .lazy import Lazy
from .person import asked_kin
from .question import Question

MENTION = "\ue003"
_REACH = 120  # characters of the sentence on each side, and of what follows

_CONTRAST = {
    "en": (
        r"\b(?:cards?|signs?|plates?|plaques?|letterhead|labels?|stationery|doors?|shingle|board|map|register|passport|papers?|crates?|collar) still (?:reads?|says?|bears?|shows?|lists?|carr(?:y|ies)|has|have)\b[^.!?]{0,16}M|"
        r"\b(?:was|were|had been|used to be) (?:(?:on|at|in|for|from) )?(?:the |an? )?M,? (?:un)?till?\b|"
        r"\b(?:used to be|once|first|originally|formerly|was|were|had been)\b[^.!?;]{0,40}M[^.!?;]{0,24}[,;.]? ?(?:but |and |though |yet )?"
        r"(?:not any ?more|not now|not today|not these days|no longer\b|(?:it|that|they|things?|all that|this) (?:isn't (?:now|any)|(?:has|have) (?:since |all )?changed|changed\b)|that'?s (?:over|changed))"
        r"|\b(?:years?|decades?|winters?|seasons|half my life) (?:as )?(?:an? |the |of |in |at )?M[^.!?]{0,40}[.!;,—] ?[^.!?]{0,30}\b(?:and then|until|till|(?:i|we) (?!am still|still)[a-z]+[^.!?]{0,24} (?:now|these days|nowadays)\b|(?:now|these days|nowadays),? (?:i|we) (?!'m still|am still|still)[a-z']+)"
        r"|\b(?:used|spent|ate|drank|burned|gave away|lost|traded)(?: up)? (?:the |my |our )?(?:last )?[\ue000\ue002]+(?:, [\ue000\ue002a-z ]{1,20})? and (?:the |my |our )?(?:last )?M"
        r"|\b(?:next (?:year|month|week|spring|summer|autumn|fall|winter)|tomorrow|one day|some ?day|come (?:spring|summer|autumn|winter))\b[^.!?;]{0,40}M[^.!?;]{0,30}[.!;,] ?(?:but |and )?(?:today|now|for now|right now|at present|until then|till then|not yet)\b"
    ),
    "zh": (
        "(?:以前|从前|过去|原先|原来|原本|起先|起初|先前|之前|早先|早年|当年|本来|曾经|上个?(?:月|周|星期)|去年|前年)[^。!?]{0,16}M[^。!?,]{0,6}[,。;](?:但|可|不过|而)?"
        "(?:如今|现在|今天|眼下|后来|早|已经|这会儿|目前|现已)[^。!?]{0,6}(?:不是|不了|没有?了|改|变了|换|不再|不干|不做)"
        "|(?:[了过][^,。]{0,4}年[^。!?]{0,6}|(?:干|做|当|打|住|养)了[^。!?]{1,12})M[^。!?]{0,20}[,。;](?:如今|现在|眼下|这会儿)(?:我)?(?!还|仍|依旧|也)(?:只|就|改)?(?:替|给|帮|靠|是|做|当|改|在)"
        "|等[^,。]{1,10}(?:了|后|完)?,?我?(?:要|就|想|会)(?:当|做|去|是|养|学|住)(?:个|一名)?M[。!,](?:但|可)?(?:现在|眼下|如今|目前)"
        "|(?:说好|讲好|约好|定好|原定|本来定|本来说|原说)(?:了|的)?(?:是|由|让)?M[^。!?]{0,14}[,。;]+(?:结果|谁知|哪知|不料|临了|临到|偏偏|没想到|到头来|后来)"
        "|的时候(?:是|有|共)?M[,。…]+(?:回来|后来|现在|如今|眼下|这会儿|到了)"
        "|(?:等到?|得等|要到|到了?)?(?:明年|后年|下个?月|下周|下星期|来年|将来|开春|年后)[^。!?]{0,8}M[^。!?,]{0,6}[,。;](?:但|可|不过)?(?:今天|现在|眼下|目前|今年|这会儿)[^。!?]{0,3}(?:还|仍|依旧|不|倒|是)"
    ),
    "ja": (
        "(?:昔|以前|かつて|前|元|最初|もともと|当時|去年|先月)[^。!?]{0,16}M[^。!?]{0,12}(?:が|けれども?|けど|。|、)+(?:今|現在|もう|いま)(?:は|では|や)?(?:もう|まだ)?[^。!?]{0,3}(?:違|ちが|そう(?:では|じゃ)|変わ|やめ|辞め)"
        "|M(?:を|に|で|として)?[^。!?]{0,4}年[^。!?]{0,6}(?:やって|して|勤め|働い|暮らし|い)(?:て|ま|た)?[^。!?]{0,16}[。、](?:で、)?(?:今|いま|現在)(?:は|や)(?!も|まだ)[^。!?]{1,14}(?:です|だ|して|やって|暮らし)"
        "|(?:来(?:年|月|週|春|秋)|明日|次|いずれ|将来|これから)(?:から|に|は|の)*[^。!?]{0,8}M[^。!?]{0,10}[。、が](?:でも|まだ|今|いま)(?:は|の(?:ところ|うち)|日は|まだ)*[^。!?]{0,6}(?:違|ちが|ない|ません|別)"
    ),
    "ko": (
        "(?:예전|옛날|전에|처음|원래|한때|과거|작년)[^.!?]{0,14}M[^.!?]{0,10}[.,]? ?(?:지금|이제|요즘|현재)(?:은|는)? ?(?:이미 |더는 |더 이상 )?(?:아니|아닙|아녜|달라|바뀌|바뀐|그만)"
        "|M(?:로|으로|을|를|에서)? ?[^.!?]{0,6}년[^.!?]{0,8}(?:하다|살다|했|살았|지냈|일했)[^.!?]{0,16}[., ] ?(?:이제|지금|현재)(?:는|은) ?(?!도|여전)[^.!?]{1,16}(?:요|죠|지|니다|다)"
        "|(?:내년|다음 ?(?:달|주|해)|내일|앞으로|나중)[^.!?]{0,10}M[^.!?]{0,10}[.,] ?(?:지금|아직|오늘)(?:은|는)?[^.!?]{0,8}(?:아니|아닙|아녜|안 )"
    ),
}
_SUPPOSED = {
    "en": (
        r"\b(?:suppose|supposing|imagine|pretend|what if|if(?: only)?|i(?: only| do)? wish|i'd rather|let's say) (?:it|that|they|he|she|this|the answer) (?:were|was|is|had been|'s)\b[^.!?]{0,16}M"
    ),
    "zh": (
        "只要M[^,。!?]{1,8},[^。!?]{0,3}(?:就|便|才|会)|"
        "(?:要是|假如|假设|倘若|如果|若|假使)(?:真|就|果真)?(?:是|叫|在)?[^。!?,你您我]{0,3}M(?:的话)?,[^。!?]{0,14}(?:你又|早(?:就)?|我就告诉|又(?:能|怎)|怎么样|如何|可惜|那(?:还|就)好)"
        "|(?:希望|但愿|巴不得|恨不得|情愿|宁愿)(?:真|就|它|他)?(?:是|叫)M"
    ),
    "ja": "(?:さえ[^。!?、]{1,8}ば|[^。!?、]{2,10}(?:たら|れば))、M[^。!?]{0,8}(?:んだけど|のに|んだが|ところ(?:だ|です)|でしょうに|だろうに)|(?:仮に|もしも?)[^。!?、]{0,6}M[^。!?、]{0,4}(?:としたら|とすれば|なら|だったら)|(?:仮に|もしも?)M[^。!?]{0,8}(?:としたら|とすれば|としても)",
    "ko": "(?:만약|만일|가령|설령)[^.!?]{0,8}M(?:이라|라|였|이었|인)?(?:다)?(?:면|고 ?치)",
}
_ELSEWHERE = {
    "en": (
        rf"\b(?:for|in the case of|as for|with) (?:my|our|his|her|the) (?:[a-z]+ )?{cues_en.KIN}\b[^.!?]{{0,6}}\b(?:answer|it|that|would)\b[^.!?]{{0,12}}M"
        rf"|\b(?:my|our) (?:[a-z]+ )?{cues_en.KIN} (?!and\b)[a-z]+ [^.!?,;]{{0,16}}M[^.!?]{{0,24}}[.;,] ?(?:but |while |and )?(?:i|me,|as for me)\b(?! (?:too|also|as well|did too|do too)|'m (?:certain|sure|positive)| (?:remember|swear|know|promise))"
        rf"|\b{cues_en.KIN} (?:would|might|could|will|'d) (?:say|answer|tell|reply)\b[^.!?]{{0,16}}M"
    ),
    "zh": f"(?:{cues_zh.KIN})(?![和跟与]我)(?:才|倒|是|跟|的|拜|找|随|有|住|会|学|养|在|去)[^,。!?我]{{0,6}}M[^。!?,我]{{0,8}}[,。](?:而|可|但|不过)?我(?!也|们|俩|都|同|一样|记得|确定|肯定|敢|发誓|知道)|(?:{cues_zh.KIN})(?:的(?:答案|回答|情况)|那边|那里|会说|会答|来答)[^。!?,]{{0,4}}M",
    "ja": f"(?:{cues_ja.KIN})(?:さん)?(?:は|が)[^。!?、]{{0,8}}M[^。!?]{{0,16}}(?:が|けど|けれど|、|。)(?:で、|でも、)?(?:私|俺|僕|わし|あたし|わたし|うち|こっち|自分)は(?!も)|(?:{cues_ja.KIN})(?:の場合|の答え|に(?:聞|訊)けば|だったら)(?:は|が)?、?[^。!?、]{{0,6}}M"
    "|M(?:は|とは|というのは)、?(?:私|俺|僕|わし|あたし|わたし|拙者)が[^。!?、]{1,16}[たる](?:男|女|者|奴|やつ|人|相手)(?:の名前?)?(?:だ|で|さ|じゃ|よ)",
    "ko": f"(?:{cues_ko.KIN})(?:은|는|이|가) [^.!?,]{{0,10}}M[^.!?]{{0,14}}(?:고|지만|는데|[.]),? ?(?:저|나|난|전)(?:는|은)? |(?:{cues_ko.KIN})의? ?(?:경우|답|대답)(?:은|는|이|엔|에는)? ?M"
    "|M(?:은|는|이라면)? ?(?:내가|제가|우리가) [^.!?,]{1,16}[가-힣] ?(?:자|사람|놈|분|녀석|이|친구)(?:의 ?이름)?(?:이|입|예|일|인|이었)",
}
_HANDED_BACK = {
    "en": (
        r"(?<!you )\b(?:asked|asks) (?:me|us|that)\b[^.!?;]{0,30}\bi (?:said|say|answered|replied|told (?:them|him|her)):? (?:an? |the |my )?M(?![^.!?]{0,40}\b(?:true|truth|right|honest|so i am|still|again|and i am|here i am|meant it)\b)|"
        r"\b(?:you|he|she|they) (?:said|say|called it|told me)[^.!?]{0,10}M[^.!?]{0,6}[,;.] ?(?:not i\b|not me\b|i (?:didn't|did not|never)|i said (?!it|so|that))"
        r"|\bi (?:said|told you)[^.!?]{0,10}\ue002[^.!?]{0,6}[,;.] ?(?:and |but )?(?:you|he|she|they) (?:said|say)[^.!?]{0,6}M"
        r'|M"?,? (?:you|he|she|they) (?:say|said)\?[^.!?]{0,30}(?:your words|not mine|n\'t|never|news to me)'
        r'|M"?[^.!?]{0,4}[.!?]+ (?:those|these) (?:are|were) (?:your|his|her|their) words'
    ),
    "zh": (
        "(?:是)?(?:你|您|他|她)们?(?:自己)?(?:说|讲|提|叫)的?M的?[,。](?:可|但)?(?:我(?:可|从|从来)?(?:没|不)|不是我)"
        '|M"?[,。—…!:]{0,3}(?:那|这|这话|那话)?(?:可|都|全)?(?:是|都是)(?:你|您|他|她)们?(?:自己|嘴里|单方面)?(?:说|讲|提|猜|编|安|扣)(?:的|上来的|给我的)'
    ),
    "ja": "M[\"」]?(?:だ)?と(?:か)?(?:言|い|おっしゃ|仰|話)[^。!?、]{0,6}(?:のは|は)、?(?:あなた|君|きみ|お前|そちら|お客|あんた|貴方|旦那|あの(?:人|方)|彼)",
    "ko": 'M["]?(?:이)?(?:라|이라)?고 ?(?:한|하신|말한|말씀하신|그런) ?(?:건|것은|사람은|쪽은|게) ?(?:그쪽|당신|너|손님|자네|댁|그 ?사람|그분)',
}
_UNTRUE = {
    "en": (
        r"M[^.!?]{0,30}[.!?\",;—]+ ?(?:but |and )?(?:people|they|folks?|the \w+|all of them|that|it|which|this)(?:'s|'re| is| are| was| were| have| has)? (?:all |quite |simply |just |plainly |dead |so |completely )*(?:(?:got )?(?:it |me )?wrong(?! for once)|not true|untrue|false|a lie|a myth|(?:idle |mere )?gossip|a rumou?r|made up|nonsense)\b"
        r"|M (?:is |was )?(?:what'?s|what is|what it says|the name) [^.!?]{1,24}(?:door|sign|papers?|deed|plate|badge|ledger|roll)\b[^.!?]{0,4}, (?:but|only|though)"
        r"|M\b[^.!?]{0,30}, (?:and|but|only|though) (?:i'm|i am) (?:not|never) (?:among|one of|counted|in their|of their)"
        r"|\b(?:one|the|only|last) [a-z]+ [^.!?,;]{0,24}?\bi(?:'m|'d|'ll|'ve| am| do| have| can| would| will| could)?(?: not|n't| never| (?:can|do|would|could|will|have|am)(?:n't| not))\b[^.!?]{0,48}?,? (?:it'?s|is) (?:being |play |live in )?(?:an? |the )?M"
        r"|\b(?:turn(?:s|ed|ing)?|threw|throw|kick(?:s|ed)?|sen[dt]|ruled?|cast|wav(?:e|ed)|shut|push(?:ed)?|brush(?:ed)?|drove|chased?|count(?:ed)?|g[ai]ve|left|crossed|struck|wr(?:ite|ote)) (?:the |my |an? |old |poor |young |dear ){0,2}M (?:away|down|out|off|over|aside|up(?! with)|behind)\b(?! in)"
        r"|M! ?(?:ha|hah|haha|pah|bah|pff+t?|tosh|heavens|goodness)\b[!.,]"
        r"|\bi (?:thought|assumed|believed|aimed for|had hoped for|was told|reckoned) [^.!?,;]{0,16}M[^.!?;]{0,12},? (?:but|and got|only|until)\b"
        r"|\bM who (?:has |have )?(?:never|hasn't|doesn't|can't|won't|didn't|cannot) (?:once )?(?:left|flown|touched|worked|built|made|set|seen|owned|sailed|held)\b"
        r"|\bshow me an? M [^.!?]{0,30}\band i'?ll show you\b"
        r"|M (?:turned|threw|kicked|drove|cast|sent|shut|chased|ran|hounded|banished|exiled|expelled|spat|drummed|wouldn't have|won't have|never took|didn't want|hadn't room for) (?:me|us)\b"
        r"|\b(?:less|not so much) (?:of )?(?:an? |the )?M (?:than|as)\b"
        r"|M\b[^.!?,;]{0,16}[,;] ?(?:i (?:would|'d)[^.!?,]{0,24}, )?(?:but|only|alas|and) (?:sadly |alas )?(?:it|that|this|they|he|she) (?:isn't|is not|wasn't|aren't|ain't)(?: so| true)?[.!]"
    ),
    "zh": (
        "(?:你|您|谁)(?:可|曾)?见过[^,。!?]{0,4}M[^,。!?]{0,12}(?:没|不)[^,。!?]{0,6}\\?|"
        "(?:给|替|帮)M(?:看门|打杂|跑腿|扫地|磨墨|提鞋|抱|牵马|做饭|赶车|打下手|端茶|倒水|送饭|打扇|拎包|管账|记账|望风|撑伞|挑水|洗衣)|"
        "(?:[别旁]人|\ue001\ue001)家的?M[^,。!?]{0,4}哪有我|"
        "M(?:逢人|到处|总|老)[^,。]{0,4}(?:说|讲|吹)[^,。]{0,8},我(?:可|又)?(?:没|不)|"
        "连M的[^,。!?]{1,6}(?:都|也|见|看)|"
        "不是\ue000+[,、](?:难道|莫非)?(?:还|又)?能?(?:是|叫|住|会)(?:个)?M|"
        "M[^。!?,]{0,8}[,。](?:可|但|却|就|偏偏|不过)?[^,。!?]{0,6}(?:没有?一个(?:就)?是我|不包括我|轮不到我|没我(?:的份|什么事)|唯独我|就我不|我(?:可)?不在(?:里头|其中|内)|我(?:可)?不(?:在|算)(?:其中|一个))|"
        "(?:门牌|招牌|名册|户籍|文书|牌子|证件|名片|胸牌|工牌)上?(?:写|挂|刻|登记|印)?(?:的|着)*(?:是|叫)?M,(?:那|可|但|不过|其实)|"
        "我(?:最)?不(?:是|会|像|当|做)什么,[^。!?]{0,6}(?:是|就是)M|"
        "(?:谁|人人|个个|别人|人家)都?(?:可以|能|会)?(?:是|当|做)M,(?:唯独|就|只有|偏偏|可)我(?:可)?(?:不|没)|"
        "M[^。!?,]{0,10},[^。!?,]{0,8}(?:八竿子|风马牛|(?:没|毫无|无)(?:有)?(?:半|一|任何)?(?:点|毛钱|文钱|丁点儿?)?(?:关系|瓜葛|渊源|交集|缘分)|[扯搭沾挨]不上|挨不着|不沾边)|"
        'M[^。!?,]{0,10}[,。!?"—…]+(?:那|这|全|都|纯|简直|根本|完全|其实|可)*(?:都|是|属|全是|不过是|只是)*(?:瞎传|瞎说|胡说|乱说|乱讲|谣言|谣传|误传|讹传|传错|没影|子虚乌有|假的|不实|没有的事|没这回事|误会)'
        "|M,[^。!?]{0,10},?(?:可惜|可|但|然而|只是)(?:并|偏偏|又|偏|都|它|他)*不是[。!…]"
    ),
    "ja": (
        "(?:表札|看板|名札|書類|名簿|名刺)(?:は|には|では|に)[^。!?]{0,4}M[^。!?]{0,8}(?:が|けど|けれど)、|"
        "M[^。!?]{0,8}(?:が|けど|けれど)、[^。!?]{0,6}(?:わし|私|俺|僕|あたし|わたし|こちら)は[^。!?]{0,10}(?:入って|含まれ|数に|違い|ちが|そうじゃ|別)[^。!?]{0,6}(?:ん|ない|ません|ぬ|う)|"
        'M[^。!?]{0,16}[。、"?!]+(?:それは|そりゃ|そんな(?:の|もの)は?|あれは|全部|みんな|真っ赤な|まったくの)*(?:嘘(?!では|じゃ)|うそ(?!じゃ)|デマ|でたらめ|根も葉も|ただの噂|噂に過ぎ|事実(?:では|じゃ)(?:ない|あり)|本当(?:では|じゃ)(?:ない|あり)|誤解|違います。)'
    ),
    "ko": (
        "(?:문패|간판|서류|명부|명함|명찰|이름표|배지|신분증)(?:엔|에는|에|상)? ?M[^.!?]{0,12}(?:지만|는데)|"
        "M[^.!?]{0,10}(?:지만|는데|은데),? ?(?:저|나|난|전)(?:는|은)? ?[^.!?]{0,10}(?:안 ?끼|못 ?끼|아니|아닙|빠)|"
        'M[^.!?]{0,16}[.,?!" ]+(?:다 |모두 |전부 |그건 |그런 건 |그게 |순 |죄다 )*(?:헛소문|뜬소문|낭설|거짓말(?!이? ?아)|사실이 ?아니|사실이 ?아닙|사실무근|틀린 ?말|오해(?:예|입|야))'
    ),
}
_ANOTHER = "another"
# In this order: somebody else's case before what is untrue of it.
_FRAMES = (
    ("hypothetical", _SUPPOSED),
    (_ANOTHER, _ELSEWHERE),
    ("attributed", _HANDED_BACK),
    ("not_present", _CONTRAST),
    ("negated", _UNTRUE),
)
_PATTERNS = {
    language: tuple((code, Lazy(table[language].replace("M", MENTION))) for code, table in _FRAMES)
    for language in ("en", "zh", "ja", "ko")
}


def framed(a: Around, c: Cues, q: Question) -> str | None:
    """The code of a frame that holds the mention, or None; the case of somebody whom the question asks about is no frame."""
    window = a.sentence_before[-_REACH:] + MENTION + a.sentence_after[:_REACH] + a.following[:_REACH]
    for code, pattern in _PATTERNS[a.language]:
        found = pattern.search(window)
        if found and not (code == _ANOTHER and asked_kin(found.group(), c, q)):
            return "attributed" if code == _ANOTHER else code
    return None


def disowned(rest: str) -> bool:
    """Whether the role goes on to say that it never did such a thing, and lives by another."""
    never = _NEVER_DID.search(rest[:60])
    return never is not None and RIVAL not in rest[: never.start()] and bool(_LIVES_BY.search(rest[never.end() : 90]))


def belied(rest: str, q: Question) -> bool:
    """Whether what follows belies a claim: hands that never touched the tools of the trade, a taste that turns the stomach."""
    if _NEVER_EVEN.search(rest[:80]):
        return True
    if not q.liking:
        return False
    disgust = _DISGUST.search(rest[:80])
    return disgust is not None and RIVAL not in rest[: disgust.start()] and not _OTHERS.search(rest[: disgust.start()])


_NEVER_EVEN = Lazy(
    r"\bthere(?:'s| is| are) (?:nothing|no one|nobody) (?:under|in|there|here|inside|at all)\b|(?:啥|什么)(?:也|都)没有(?=[,。!]|$)|何も(?:あり|入ってい)ません|아무것도 ?없"
    r"(?:从来|从|压根|一次也|一回也)没(?:有)?(?:做成|做|学会|弹|吃|喝|去|住|碰|摸|养|见|干|练|成)过(?=[,。!]|$)|一度も(?:漬け|食べ|飲ん|弾い|作っ|住ん|行っ|飼っ|触っ|習っ|漕い|やっ)[ただ]ことは?が?(?:ない|ありません)"
    r"|\bi(?:'ve| have)? never (?:so much as |even |once |actually |yet )?(?:tasted|touched|eaten|drunk|tried|played|held|owned|ridden|seen|lived|done|made|baked|met|flown|kept) (?:it|one|any|there|an? (?:drop|bite|mouthful|note|single one))(?=[,.;!]| in my life| and| at all)"
    r"|\bnever (?:so much as|even|once) (?:touch|held|set|been near|picked|seen)|一[个句字样]字?(?:也|都)[一-龥]不[出懂得会全]|连[^,。]{1,6}(?:都|也)(?:没有?[一-龥]{1,2}过(?!来|去)|[一-龥]不(?:利索|明白|来|动))"
    "|(?:触|握|持)った(?:ことも|ことすら)(?:ない|ありません)|(?:만져|잡아|쥐어|손대|근처에도 ?가) ?본 ?적(?:도|조차)? ?없"
)
_DISGUST = Lazy(
    r"\b(?:makes? me (?:ill|sick|gag|retch|heave)|turns? my stomach|pour(?:ed)? it (?:out|away)|(?:worst|vilest|foulest) (?:thing|drink|stuff|food)|can't (?:stand|bear|stomach) (?:it|the (?:stuff|smell|taste)))\b"
    "|想吐|作呕|反胃|恶心|夺门而|倒(?:尽)?胃口|捏着鼻子|最不(?:肯|爱|喜欢|愿)|(?:碰|沾|闻)都不|躲着走"
    "|(?:これ|それ|あれ)(?:ほど|より)(?:まず|不味|嫌)|吐き気|見るのも(?:嫌|いや)|胸やけ|(?:그|이)보다 ?(?:맛없|싫|\ue001)|토할|역겹|입에도 ?(?:안|못)"
)
_OTHERS = Lazy(r"\b(?:anything|everything|all) else\b|\bothers?\b|别的|其他|旁的|ほか|他の|以外|다른|나머지")
_NEVER_DID = Lazy(r"\bi(?:'ve| have)? never\b|(?:也|都|从|从来)(?:没|未)[^,。]{0,4}过|一度も|ことは?(?:ない|ありません|ねえ)|적(?:이|은|도)? ?없")
_LIVES_BY = Lazy(r"\ue002|\bfor a living\b|一辈子只会|靠[^,。]{1,8}(?:吃饭|过活|为生|糊口)|て(?:暮らし|食べて|食って)|먹고 ?[살산삽]|만 [가-힣]{1,4}[았었했]지")
