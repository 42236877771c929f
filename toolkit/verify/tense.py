"""What came to an end, or goes on: a time that has passed stands in the words after a mention, with what happened then."""

from __future__ import annotations

from .lazy import Lazy
from .question import Question

_THEN = (
    r"(?:\b(?:last (?:year|month|week|spring|summer|autumn|fall|winter)|(?:a|two|three|few) (?:years?|months?|weeks?) ago|yesterday)\b"
    "|去年|前年|上个?(?:月|周|星期)|昨[天日]|[一二三几两]年前|先(?:月|週)|昨年|[一二三数]年前|작년|지난(?:달|주|해|봄|여름|가을|겨울)|재작년|[이삼몇] ?년 ?전)"
)
_HERE = r"\b(?:came|come|joined|started|began|moved in|arrived|got|bought)\b|来(?!着)|入|进|学会|开始|买|收|到|入っ|始め|来|なっ|들어|왔|시작|샀|됐|되었"
# "Who is your mate?" "Juno was; …"
_WAS = Lazy(r"^ (?:was|were|had been|used to be)(?=[.,;!—-]|$)")
_IS = Lazy(r"\b(?:is|are|do|does)\b|(?:what|who|where)'s\b")
_TURNS = (
    (Lazy(r"\bthis (?:year|spring|summer|autumn|fall|winter|season)\b|今年|올해"), Lazy(r"\blast (?:year|spring|summer|autumn|fall|winter|season)\b|去年|昨年|작년|지난해")),
    (Lazy(r"\bthis month\b|这个?月|今月|이번 ?달"), Lazy(r"\blast month\b|上个?月|先月|지난 ?달")),
    (Lazy(r"\bthis week\b|这个?(?:周|星期)|今週|이번 ?주"), Lazy(r"\blast week\b|上个?(?:周|星期)|先週|지난 ?주")),
)
# After a mention that opens its clause: what became of it.
_LEFT = Lazy(rf"^(?:'s|は|が|은|는|이|가)?(?:(?!{_HERE})[^,。.!?]){{0,24}}{_THEN}(?:(?!{_HERE})[^,。.!?])*[.。! ]*$")
_GONE = Lazy(r"^ (?:has |up and |upped and )?(?:walked out|ran off|ran away|quit|died|gave notice|retired|moved (?:on|away)|went home|gone)\b")
_RETROSPECTIVE = Lazy("^(?:岁)?那(?:年|会儿|阵子)|^(?:을|를|로|으로|에서|에)? ?[가-힣]{1,4}던 [가-힣]")  # 해금 켜던 손이 이제는 …
_LASTED = Lazy(
    r"\bfor (?:[a-z-]+ ){1,3}(?:years|winters|summers|seasons)\b|\b(?:\d+|[a-z-]+ty|twenty|ten|twelve|many|long) (?:years|winters|summers|seasons)\b|了[^,。]{1,4}年|[\d一二三四五六七八九十]年(?:間)?$|[一二三四五六七八九十百数\d]+年(?:間)?|[가-힣\d] ?년(?:간)? "
)
_SINCE_THEN = Lazy(rf"^[,、。;. ]{{0,2}}(?:and |then |but |而|可|结果|が、|で、|다가 ?)?(?:\w{{0,2}})?(?:{_THEN}|(?:until|till) (?!they (?:carry|bury|drag|hang)|i (?:die|drop|fall)|death|the end|my (?:last|dying)|kingdom|doomsday))")
_UP_TO = Lazy(  # "Miss Orde, until Sunday last"
    r"^(?: did| was| led| had it)?,? (?:up )?(?:un)?til+ (?:last |the (?!end|day i die|grave|cows)|his |her |their |my (?!last|dying)|sunday|monday|tuesday|wednesday|thursday|friday|saturday|yesterday|easter|christmas|she |he |they (?!carry|bury|drag|hang)|it )"
)
_LAST = Lazy(r"\b(?:last (?:year|month|week|spring|summer|autumn|fall|winter|season)|yesterday|formerly|previously)(?:,| it was)? (?:the |an? )?$")
# 这块牌子,我挂到去年雪崩那天为止
_UNTIL = Lazy("^[^。!?\ue000\ue002]{0,14}到(?!今|现|目前|眼下|如今|这)[^,。!?\ue000\ue002]{1,14}为止")
# Where one lived as a child is not what "I only moved to later".
_PERIOD = Lazy("小时候|儿时|童年|幼时|年轻时|年少时|从前|以前|过去|当年|原来|原先|早年|最初|起初|起先|最早")
_ONLY_LATER = Lazy("才(?:搬|来|学|改|换|入行|开始|认识|养|去|进|到)|(?:后来|如今|现在|眼下|目前)(?!也|都|还是|仍|依)[^,。]{0,4}(?:是|住|在|做|当|改|换|搬)")
_AND_LASTED = Lazy("^,(?:我)?[^,。]{1,3}了[^,。]{1,5}年")
_ON = Lazy(
    r"^(?:(?!\b(?:would|could|might)\b)[^.!?。]){0,30}(?:\b(?:still|not done|no plans|never stopped|going strong)\b|[还再](?:在|能|要|会|想|做|干|得)|没打算|仍|依然|まだ|これからも|아직|여전히|앞으로도)"
)


_AGO = Lazy(r"[^,。]{0,4}年前|\b(?:\w+ ){1,2}years ago\b|[^、。]{0,4}年前(?:は|に|、)|[가-힣\d]{1,3} ?년 ?전")


def left_since(before: str, after: str, rest: str, q: Question) -> bool:
    """Whether the mention, or the years of it, ended at a time that is named: 小墨去年出师了, "forty years …, and last spring …"."""
    if _WAS.match(after) and _IS.search(q.text) and not q.about_user:
        return True
    if _PERIOD.search(q.text) and _ONLY_LATER.search(before + after):
        return True
    for this, last in _TURNS:  # "Sixty last year, and forty this", where this year is asked
        if this.search(q.text) and last.search(before + after) and not this.search(before + after):
            return True
    if q.past or q.about_user or q.planned:
        return False
    if _UP_TO.match(after + rest) or _LAST.search(before):
        return True
    if _RETROSPECTIVE.match(after) or _GONE.match(after):
        return True
    if _UNTIL.match(after + rest):
        return True
    if not any(c.isalnum() for c in before) and _LEFT.match(after):
        return True
    clause = before + after
    if not _LASTED.search(clause) and (further := _AND_LASTED.match(rest)):  # 这碗饭,我端了三十年,前年放下了
        clause, rest = clause + further.group(), rest[further.end() :]
    return bool(_LASTED.search(clause) and _SINCE_THEN.match(rest)) and not goes_on(clause, rest)


def goes_on(clause: str, rest: str) -> bool:
    """Whether the years told of the mention have not ended, by what follows."""
    return bool(_LASTED.search(_AGO.sub("", clause)) and _ON.search(rest))
