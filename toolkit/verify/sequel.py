"""What the rest of a Chinese reply makes of a claim that was plainly stated, sentences later.

A part that was played, a guess that nobody can confirm, a post that another holds by now, a record that is wrong: the claim
itself is read in its clause and sentence (assertion.py), these are searched in all that follows it.
"""

from __future__ import annotations

from .cues import cues
from .lazy import Lazy
from .question import Question

_REST = 400  # characters after the claim that are searched
_NEAR = 120  # … for doubts, which are about what was said last

_FAKE = "假身份|假名|化名|马甲|台词|人设|说辞|说词|词儿|套话|套词|客套话|场面话|官话|幌子|掩护|伪装|托词|托辞|借口|醉话|气话|胡话|疯话|梦话|反话|鬼话"
_INVENTED = f"{_FAKE}|剧本|戏词|戏文|念白|广告词|口号|贯口|开场白|发言稿|讲稿|草稿|模板|范文|例句|课文|唱词|歌词|话本|小说|童话|评书|段子|谜面|绕口令"
_ON_STAGE = Lazy(f"演|扮|戏|唱|角色|{_FAKE}")  # where one asks for a part or an alias, to name it is the answer
_EXPOSED = Lazy(
    f"(?:这|那|我)(?:一)?(?:套|段|番|通|句|篇|出|身|张|份|个)[^,。!?]{{0,6}}(?:{_FAKE})"
    f"|(?:刚才|方才|刚刚|适才|前面|上面|以上|上头)[^,。!?]{{0,10}}(?:是|属|乃|算)[^,。!?]{{0,10}}(?:{_INVENTED}|[里上中](?:的|写|抄|学)|(?:抄|背|听|学|编|演|念|照)(?:来)?的)"
    f"|(?:这|那)(?:话|句话|些话|番话|段话|句|段|些|都|全|不过|只|就|可)*(?:是|属)[^,。!?]{{0,10}}(?:{_INVENTED}|戏里|书里|书上|梦里|故事里|电影里|广告里)"
    "|(?:我|怎么样|如何|怎样|像不像|像吧)[^。!?]{0,14}(?:演|装|背|编|扮|念)得[^。!?]{0,10}\\?"
    "|(?:好吧|好啦|行吧),?(?:其实)?(?:是|就是)我[^,。!?]{0,12}(?:看|听|编|梦|想|抄|借)(?:来|到)?的"
    "|(?:背|念|唱)(?:的)?(?:还是|都是|是)?(?:旧|老)(?:的|词|本)"
    "|(?:报|说|讲|编|答)(?:个|一个|的是)?假(?:地方|名|的|话|年纪|岁数|地址|住处|身份|姓)|(?:报|说|答)得像"
    "|(?:方才|刚才|适才)[那这](?:[两三几]个字|话|句|番话)[^。!?]{0,4}(?:是|算)(?:是)?(?:替|为|诓|骗|哄|挡|搪塞|应付|敷衍|权宜)"
    "|把[那这][两三四几]个字[^,。]{0,2}(?:涂|划|勾|抹|擦|删)了"
    "|(?:这|那)套[^,。!?]{0,4}词|(?:对着|在)镜子[^,。!?]{0,4}(?:练|背|念)"
    "|(?:原来|不过|只|又|都|全|竟)(?:是|当是)(?:一|场|个|做|在|我)*(?:梦|白日梦|南柯|黄粱)|(?:那|这)?(?:是|都是)(?:我)?(?:梦里|梦中|做的梦|做梦)|(?:睁(?:开)?眼|醒(?:过)?来|醒了|梦醒)[^。!?]{0,16}(?:是梦|梦一场|原来|才知|哪有|什么(?:也|都)没|都没了)"
    "|(?:是|故意|存心|特意|无非|就想|只想)(?:要|想|来|在)?(?:试|考|诈|探|验|测)(?:一)?(?:试|考|探|验|测|诈)?(?:一下)?(?:你|您|诸位|各位|大家)"
    "|(?:卸(?:了|完|下)?(?:妆|戏服|行头)|下(?:了)?(?:戏|台)|散(?:了)?戏|出(?:了)?戏)[^。!?]{0,6}我[^。!?]{0,6}(?:是|靠|卖|在)|(?:说|讲|答|报)(?:顺|溜|惯|秃噜)(?:了)?(?:嘴|口)"
)
_UNSURE = Lazy(
    "(?:没法|无法|没办法|不能|难以|不敢|不好|没本事)(?:向|给|跟|替|对)?(?:你|您|诸位|各位)?们?(?:百分(?:之)?百|完全|彻底|最终|拍着胸脯)?(?:确认|证实|核实|肯定|断定|断言|确定|保证|担保|作准|说死|打包票|拍胸脯)(?=[。!,…?~]|$|这|它|的|是不是|真假|对不对)"
    "|没(?:分|弄|搞)(?:清|明白)|爱信(?:哪个|谁)"
    "|(?:对不对|准不准|是不是(?:这样|真的|这么回事)?|真不真|作不作数|真假|是真是假|有没有记错)[^,。!?]{0,10}(?:不(?:敢|好|能|知|晓|清|太|确)|没(?:把握|底|准|谱)|难说|两说|说不)"
    "|没(?:有)?(?:十足|十分|多大|多少|什么|太大|一点)?(?:的)?(?:把握|准数|准谱)|心里(?:也|可|还|都|真|实在)*没底"
    "|(?:也)?(?:可能|也许|或许|说不定|没准|保不齐)(?:是|就)?(?:我)?(?:记|听|看|弄|搞)(?:错|岔|混|反)"
    "|越想越(?:糊涂|乱|没底)|[您你]还是(?:去)?问(?:别人|旁人|他|她)"
    "|我(?:也)?(?:只|就|不过)?(?:是)?(?:瞎|乱|胡|随便|凭空|硬|蒙着)猜|(?:瞎|乱|胡|随便|全靠|硬|靠)(?:猜|蒙)的?(?=[,。!…]|$)|(?:我|是)(?:猜|蒙)的(?=[,。!…]|$)"
    "|(?:我自己|连我)(?:也|都)(?:不|说不|闹不|搞不|弄不|吃不|拿不)(?:太)?(?:知道|晓得|清楚|确定|敢信|信|明白|准|清)(?:了)?(?=[。!,…]|$|是不是|对不对|真假)"
    "|(?:还|仍|也|尚|都)?(?:不(?:晓得|知道|知)(?:该)?(?:往|去|到|选|听)|没想好|没拿定|拿不定|没商量(?:好|出)|没吵出|没争出|没个(?:准|定)|定不下来|举棋不定)"
    "|(?:以|得看|还得看|要看)[^,。!?]{1,8}(?:为准|说了算)|得看[^,。!?]{1,8}(?:怎么|怎样|让|肯)|(?:再|才|还要|还得)(?:能)?(?:定|决定|议定)(?=[,。!]|$)"
    "|(?:^|[,。!?])(?:这|此|那)?(?:事|个)?(?:也|都)?(?:还|尚|仍)(?:没|未|有待|待)(?:有)?(?:最后|最终)?(?:定|确定|确认|证实|核实|查明|查清|查证|落实|敲定|准信)"
)
_POST = "职|任|役|休|行|张|业|闭|伙|官|岗"
_ENDED = Lazy(
    "(?:被|让|叫)[^,。!?]{0,6}(?:革|免|罢|撤|贬|削|除名|开除|解雇|辞退|炒|裁|发配|赶出|逐出|撵出|停职|除籍|吊销)(?:了|职|官|掉|出|到|为)"
    f"|(?:辞|退|离|卸|改|转|关|歇|倒|散)(?:了|掉)?(?:{_POST})了|(?:下岗|失业|解散|解甲|告老|致仕|归隐|退隐)了"
    "|(?:官印|腰牌|令牌|执照|牌照|工牌|制服|钥匙|证)[^,。!?]{0,6}(?:交|缴|收|吊销|没收|还)(?:回|上|出|走)?(?:去)?了"
)
_WHEN = Lazy("哪(?:一)?[年天日月]|什么时候|何时|几[号月点时]|多久")
_BEFORE_IT_ENDS = Lazy("等|要是|如果|若|哪天|将来|以后|等到|差点|险些|没|不|别|谁|才(?=[^,。]*$)")
_HELD_BY_ANOTHER = Lazy(
    "(?:如今|现在|眼下|今日|这会儿|目前|而今)[^,。!?]{0,4}(?:坐|当|做|干|住|管|掌|守|拿|使|用|主持|执掌|担|顶|接)[^,。!?]{0,10}的(?:人)?(?:是|换成了?|成了)(?!我|俺|在下|老夫|咱)"
    "|那(?:是|都是|还是)[^,。!?]{1,12}的(?:时候|那会儿|年月|光景)了?(?=[。!,]|$)|那(?:是|都是|可是|算是|该是)[^,。!?]{0,10}最[^,。!?]{0,6}的(?:日子|时候|光景|年月|时光|岁月|几年|一段)"
)
_NONE_LEFT = Lazy("(?:如今|现在|眼下|目前|这会儿|而今)[^,。!?]{0,6}(?:没有?|丢了|不再有)(?:了)?(?:什么|任何)?([^,。!?了]{2,3})")
_CHANGED_TRADE = Lazy(
    "[羊马牛船店铺活差位摊][^,。!?]{0,2}归了(?!我|俺)|(?:后来|去年|前年|上个?月|今年|打那以后|从那以后|自那以后)[^,。!?]{0,6}(?:改(?:成|做|当|卖|学|喝|用|养|使|行|投|种|开|画|拉|教)|转(?:行|做|投))|(?:去年|前年|上个?月|今年|开春|入秋)[^。!?]{0,16}(?:让|叫|派|调|打发|安排|发配)了?我(?:去|到|来|改|管|当|做|守|看)"
)
_CHANGED_HOME = Lazy("(?:后来|去年|前年|上个?月|今年|打那以后|从那以后|自那以后)[^,。!?]{0,8}搬(?:到|去|来|回|进|出|走|家)")
_TRADE = Lazy("做什么|干什么|营生|职位|职业|差事|活计|行当|什么官|哪一?行|靠什么|谋生|高就")
_LIVES_NOW = Lazy("(?:如今|现在|眼下|这会儿)我?(?:只|就|只好|只能)?(?:在[^,。!?]{1,8})?(?:支|摆|替|给|帮|卖|种|放|混|跟着)[^,。!?]{1,10}")
# What one kept, rode or wielded is there no more.
_OWNS = Lazy("养|宠物|坐骑|骑|佩剑|兵器|武器|法宝|法器|用什么|使什么|什么(?:车|船|鸟|马|剑|刀|乐器)")
_GONE = Lazy("(?:接|领|带|牵|抱|送|飞|跑|偷|抢)走|放归|放生|送(?:了)?人|卖掉|转手|过户|走丢|病死|老死|(?:丢|没|死|化|埋|折|断|碎|烧|当|输|弄丢)了(?!的)")
_BACK = Lazy("又(?:自己)?(?:溜达?|跑|飞|找|走|回|爬)|找回|还在(?=我|家|身边|窝|脚)|回来")
_THEN_STILL = Lazy("^[^。!?]{0,14}(?:那会儿|那时候?|当时)我?还(?:在|是|没|不|小|穿)|是后来的事")
_ALIVE = Lazy("(?:那会儿|那时)?(?:他|她|我|人)?还(?:在|活|带|能|跟|教|没|好好)")
_YEAR_AFTER = Lazy("第二年|次年|转年|后一年|隔年")
_NEXT_DAY = Lazy("(?:第二天|隔天|次日|转天|第二年|次年)(?:才|再)")
_LEARNED = Lazy("学|教|师")
_NOT_TAUGHT = Lazy("(?:没|不肯|没来得及|没工夫|没空)(?:教|传|带)(?:过)?我")
_FIRST_OF_ALL = Lazy("(?:头一|第一|上一|前一|先前那|从前那|原先那)[条只匹把个艘辆座间口柄架支]")
_THIS_ONE = Lazy("(?:如今|现在|眼下|后来)[^。!?]{0,14}(?:这|另)一?[条只匹把个艘辆座间口柄架支]")
_PLACE = Lazy("住|(?:在|去)哪|何处|(?<!国)家(?!乡)")

_CONFESSED = Lazy(
    "(?:其实|实际上|事实上|说实话|实话(?:跟|和|对)?[你您]?[说讲]|说真的|老实[说讲]|坦白[说讲]|不瞒[你您]说)[,:]?(?:我|俺|老夫|在下|咱)"
    "(?:从来|压根儿?|根本|打小|一直|一向|向来|这辈子|生来)*(?:就|都|也)?(?:没有?|不|未)(?:曾)?([^,。!?]{1,6})"
)
_ONLY_DOES = Lazy("(?:其实|实际上|事实上)我?(?:就|只|不过|顶多)(?:会|能|管|负责)")
_GOOD_AT = Lazy("拿手|擅长|最会|精通|看家")
_NEVER_MANAGED = Lazy("我?(?:从来|至今|一[次回](?:也|都))(?:就|也|都)?没[做唱弹画打跑赢写修治炒煮](?:成|好|会|完|对)")
_ABSTAINS = Lazy("(?<!日子.)(?<!时候.)(?<!期间.)(?<!日子)(?<!时候)([酒烟茶荤腥肉赌]{1,2})[不未]沾")
_EMPTY = frozenset("过了的那这它种个什么任何一样会")
_TRUE_NAME = Lazy(
    "(?:真名|本名|原名|真姓|真身|真实身份|真正的(?:身份|名字))[^,。!?]{0,6}(?:另有|不便|不能|从没|谁也|没人|恕|保密|烂在|只有|连)|我(?:可|并|从来|压根|根本)*不(?:姓|叫)(?=[,。!…]|$)"
)

# What a claim may rest on, and what then takes that away.
_SOURCE = Lazy(
    "手册|档案|名册|户籍|户口|文书|资料|简历|履历|名片|腰牌|度牒|身份证|证件|告示|榜文|报纸|报上|网上|百科|牌子|招牌|门牌|族谱|家谱|墓?碑|契|登记|标签|铭牌|广告|海报|说明书|单子|册子|卷宗|[谱簿册证书榜]上"
    "|传说|传言|都说|说我|外头|江湖上|坊间|算命"
)
_DISCREDITED = Lazy(
    "(?:你|您|谁|鬼|傻子)(?:还|也|敢|会|才|真|就)*信(?:吗|么|不信|啊|呢|它|\\?)|(?:能|可)信(?:吗|么|几分)|信不得|信得过吗|不可信|靠不住|靠得住(?:吗|么)|不靠谱|不作数|[作做](?:得了?|不得)准"
    "|(?<![没不])(?:写|登|记|印|抄|填|刻|传|报|录)(?:的时候|时)?(?:就|早|全|都|给|压根)*(?:错|岔|反|混|串)(?:了|的|行|人)|同名|重名|伪造|假造|造假|假的(?!不)|(?:买|捡|偷|借|顺)来的"
    "|(?:他们|上头|上面|它|那上头)还(?:写|说|印|登|记|吹|讲)|从[^,。!?]{1,10}(?:身上|手里|那儿|那里)(?:解|捡|偷|摸|扒|买|借|顺|讨|夺|抢)"
)
_MISTAKEN = Lazy("(?:这|那)些?(?:都|全)?是[^,。我]{1,8}(?:讲|说|告诉)给?我听?的|张冠李戴|误报|误传|乌龙|(?<![没不])(?:弄|搞|认|报|送|找)错(?:了)?(?:人|门|家)|同名(?:同姓)?的[^。]{0,24}(?:退|还回|白高兴|空欢喜|不是我)")
_TENDED = Lazy("我(?:喂|养|骑|遛|带|抱|种)(?:了|着|过|大)")  # it is the role's own, where the user's is asked
_POINTED_AT = Lazy("那(?:个|位|名)$")
_AND_I = Lazy("(?:^|[。!?,])(?:至于|轮到|要说)?我(?:嘛|呢|么|啊|呀|则|倒|却|自己|这边)?[,.…]")
_TOPIC = Lazy("(?:^|[。!?;,…])(?:至于|说到|要说|若说)?([^\\W我你您他她这那]{1,4}?)(?:嘛|呢|么)[,.…]|(?:[。!?])([^\\W我你您他她这那]{2,4}?)(?=还得|得等|却|倒|另|则|要等)")
_YOU_ASK = Lazy("[你您](?:是)?问(?:的是|我)?([^,。!?我]{2,8})\\?")  # …你问成亲?
_AND_MINE = Lazy("我(?:这(?![么样])|自己|自家)[一-龥]{0,2}(?:\\?|嘛|呢|么)(?!也|一样)")
_IS_ME = Lazy("(?:就|正|便)?是(?:我|在下|老夫|本人)|我(?:就|正)?是(?=[,。!]|$)")


def undone(told: str, rest: str, q: Question) -> str | None:
    """The code of what follows a claim and takes it away, or None. `told` is the sentence up to the claim."""
    rest = rest[:_REST]
    if _EXPOSED.search(rest) and not _ON_STAGE.search(q.text):
        return "retracted"
    if _UNSURE.search(rest[:_NEAR]):
        return "hedged"
    if _TRUE_NAME.search(rest) or _ONLY_DOES.search(rest[:_NEAR]) or _denies_what_is_asked(rest, q):
        return "contradicted"
    if _MISTAKEN.search(rest) or (q.about_user and _TENDED.search(rest[:40])):
        return "attributed"
    end = rest.find("。")
    source = _SOURCE.search(told) or _SOURCE.search(rest[: max(end, 0)])
    if source and _DISCREDITED.search(rest):
        return "attributed"
    if _POINTED_AT.search(told) and not cues("zh").first.search(told) and _AND_I.search(rest) and not _IS_ME.search(rest):
        return "attributed"
    if _WHEN.search(q.text) and (_THEN_STILL.search(rest[:_NEAR]) or (_ALIVE.match(rest) and _YEAR_AFTER.search(rest[:_NEAR]))):
        return "not_present"
    if _WHEN.search(q.text) and _NEXT_DAY.search(rest[:30]):
        return "not_present"
    if _LEARNED.search(q.text) and _NOT_TAUGHT.search(rest[:_NEAR]):
        return "contradicted"
    if _FIRST_OF_ALL.search(told) and _THIS_ONE.search(rest):
        return "not_present"
    if not cues("zh").strong_before.search(told) and any((t[1] or t[2]) in q.text and (t[1] or t[2]) not in told for t in _TOPIC.finditer(rest)):
        return "aside"  # 九点客人最多。打烊嘛,…
    asked = _YOU_ASK.search(rest)
    if asked and all(char in q.text for char in asked[1]):
        return "aside"
    if _AND_MINE.search(rest) and not cues("zh").first.search(told):
        return "attributed"
    if not (q.past or q.future or q.kin or q.about_user) and (_over(rest, q) or (not cues("zh").strong_before.search(told) and _TRADE.search(q.text) and _LIVES_NOW.search(rest))):
        return "not_present"
    return None


def _denies_what_is_asked(rest: str, q: Question) -> bool:
    """Whether the role owns up to never doing what the question asks about: 其实我从来不喝茶."""
    if _GOOD_AT.search(q.text) and _NEVER_MANAGED.search(rest[:_NEAR]):
        return True
    abstains = _ABSTAINS.search(rest)
    if abstains and any(char in q.text for char in abstains.group(1)):
        return True
    found = _CONFESSED.search(rest)
    return found is not None and all(char in q.text or char in _EMPTY for char in found[1]) and any(char in q.text for char in found[1])


def _over(rest: str, q: Question) -> bool:
    if _HELD_BY_ANOTHER.search(rest) or _CHANGED_TRADE.search(rest):
        return True
    if _PLACE.search(q.text) and _CHANGED_HOME.search(rest):
        return True
    if _OWNS.search(q.text) and not _BACK.search(rest) and _mine(_GONE, rest[:_NEAR]):
        return True
    none = _NONE_LEFT.search(rest)
    if none and all(char in q.text for char in none[1]):
        return True
    return _mine(_ENDED, rest)


def _mine(ended: Lazy, rest: str) -> bool:
    """Whether something ended for the role itself, and really did."""
    for found in ended.finditer(rest):
        clause = rest[max(rest.rfind(",", 0, found.start()), rest.rfind("。", 0, found.start()), -1) + 1 : found.start()]
        if not (_BEFORE_IT_ENDS.search(clause) or cues("zh").third.search(clause)):
            return True
    return False
