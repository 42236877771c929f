"""Whether a mention is only imagined, planned or told by others: conditions, wishes, hearsay."""

from __future__ import annotations

from .context import Around, clauses
from .cues import Cues
from .lazy import Lazy
from .question import Question
from .relations import relations

_CHOOSING = Lazy(
    r"(?:[選挙言い聞訊問絞][^、。]{0,6}|一つ|ひとつ|どれか|強いて)(?:れば|たら|なら)、?$|(?:고르|꼽|하나|굳이|말하|따지|묻)[^,.]{0,12}면 $|\bif i (?:had to|must|have to|could only) (?:choose|pick|keep|name)\b"
)  # a choice is no wish
_PLAN = Lazy(
    r"^(?:want(?:s|ed)? to|hop(?:e|es|ed|ing)\b.*|would (?:like|love)|i'd (?:like|love)|meant to be|打算|计划|准备.*|想(?:去|要|做|学|养|试|买)|考虑过?|希望|盼.*)$"
)


_SEEN = Lazy(r"^(?:碰|看|遇|见过|认识|请|找|嫁|娶|雇|问过|i (?:saw|met|married|hired|know|knew))")


def imagined(before: str, c: Cues, q: Question) -> bool:
    """Whether the role only imagines it; a plan is no imagination where the question asks for one."""
    if q.liking and _CHOOSING.search(before):
        return False
    if not q.future:
        return bool(c.imagined_before.search(before))
    return any(not _PLAN.match(m.group()) for m in c.imagined_before.finditer(before))


def _plan_in(before: str, c: Cues) -> bool:
    return any(_PLAN.match(m.group()) for m in c.imagined_before.finditer(before))


def said(before: str, c: Cues, q: Question) -> bool:
    """Whether others say it; whom or what the role met is no hearsay where that is asked."""
    told = c.said_before.finditer(before)
    if q.who or q.kin or q.listing or WHY.search(q.text) or _COUNTED.search(q.text):
        told = (m for m in told if not m.group().startswith("there"))
    if not (q.lived or q.related or q.fearing):
        return any(True for _ in told)
    return any(not _SEEN.match(m.group()) and not q.related & relations(m.group()) for m in told)


WHY = Lazy(r"\bwhy\b|为什么|为何|因何|怎么会|なぜ|どうして|왜|어째서")  # "There was a fire" gives a reason


_COUNTED = Lazy(r"\bwhat(?:'s| is| are| was| were| lies?| do you (?:have|keep|see))? (?:in|on|under|behind|inside|at|beneath|up)\b|\bhow (?:many|much|long|old)\b|\b(?:see|saw|find|found|happen(?:ed)?|hear|heard|(?:is|was|are|were) there)\b")  # "There are forty-one"


def hands_back(rest: str, following: str = "") -> bool:
    """Whether the clauses after a mention, or the sentence after it, ask the listener what he thinks of it."""
    return bool(_OPINION.search(rest) or _YOUR_TURN.match(following))


def found_in_role(told: str, rest: str) -> bool:
    """Whether somebody looks for the mention and the role says that it is the one: 你要是找裁缝，我就是."""
    return bool(_SOUGHT.search(told) and _FOUND.search(rest[:60])) or bool(_THERE.search(rest[:30]))


def fears(clause: str) -> bool | None:
    """Whether the role flees what the clause tells, or bears it well; None where it says neither."""
    return True if _FLEES.search(clause) else False if _BEARS.search(clause) else None


def conditional(a: Around, c: Cues, q: Question, present: bool) -> bool:
    """Whether an earlier clause sets a condition whose consequence holds the mention; "now" frees from a mere wish."""
    if not (c.then.search(a.clause_before) or (a.language == "zh" and _THEN_AFTER.match(a.clause_after))) and not (q.future and _plan_in(a.clause_before, c)):
        return False
    return any(
        c.imagined_before.search(clause)
        and not _EVEN_IF.search(clause)
        and (_CONTRARY.search(clause) or not (present or c.second.search(clause) or _YOU.search(clause)))
        for clause in clauses(a, c)[1:_EARLIER]
    )


_UNKNOWN = Lazy("지(?:는|도)? ?(?:모르|몰라|\ue001)|不(?:知道|晓得|清楚)|か(?:は|も)?(?:わから|分から|知ら)")  # whether it rains tomorrow, nobody knows
_TURNED = Lazy("^(?:可|但|而|却|不过)|^(?:でも|だが)|^(?:그래도|하지만)")
_EVEN_IF = Lazy("就算|即便|即使|哪怕|纵然|纵使|\\beven if\\b|たとえ|설령|설사|아무리")  # what follows holds all the more
_EARLIER = 5  # clauses of a sentence back to which a condition reaches


def told_later(a: Around, c: Cues) -> bool:
    """Whether the clause before opens with a future: 等下学期…，我就…"""
    told = clauses(a, c)
    return bool(c.then.search(told[0])) and not _TURNED.match(told[0]) and any(c.future_before.search(t) and not _UNKNOWN.search(t) for t in told[1:_EARLIER])


def absurd_to_deny(a: Around, c: Cues) -> bool:
    """Whether the reply denies the mention only to show that it cannot be denied: "If I weren't a smith, …"."""
    if c.negated_before.search(a.clause_before) and c.absurd_after.match(a.sentence_after):
        return True
    if _WITHOUT.search(a.clause_before) and _UNABLE.search(a.sentence_after[:40]):
        return True
    return bool(c.sure_before.search(a.clause_before) or c.sure_after.match(a.sentence_after))


# What one cannot be without, one has: 没有桂花酿我可活不下去.
_WITHOUT = Lazy(
    r"\b(?:without|no|take away) (?:my |the |an? |being an? |my being an? )?$"
    "|(?:没有?|没了|离了|少了|不喝|不吃|除了)$|(?:^|[^你他她们也])不是$|不是(?:都|已经|刚)?(?:改|换|搬|定|说)[^,。]{0,3}$"
)
_UNABLE = Lazy(
    r"\b(?:can't|couldn't|cannot|wouldn't|nothing|lost|dead|die)\b|没(?:精神|劲|命|味)|(?:不|没)(?:下去|了|成|着|惯|法|得)|[活睡吃过干]不"
    r"|^,?谁(?:还)?是|^,?我?(?:谁|怎么|哪|能|何必)(?!稀罕|要|愿)[^。!?]{0,14}\?|^了?嘛"
    "|(?:什么|啥|哪儿|哪里|谁|一样|别的)[^,。]{0,3}(?:也|都)(?:不|没)|^,?(?:就)?(?:等于|可|那)?(?:就)?(?:是)?(?:白来|白活|枉|遗憾|亏大)"
)


_THEN_AFTER = Lazy("^[^,。!?]{0,2}(?:就|便|早|也就)(?:会|能|已经)?(?!住|在|是我|行|好)")
_CONTRARY = Lazy("(?:倘若|要是|如果|若)[^,。]{0,4}(?:当日|那日|那天|那晚|那年|当晚|当场)|再[^,。]{1,8}(?:一?点|一些|几|半|寸)|要不是|若不是|若非|当初|当年|当时|那时|那会儿?|早知|早听|没有?[^,。]{1,10}的话")  # conditions that did not come true
_YOU = Lazy("you|你|您|君|あなた|당신|손님")
_OPINION = Lazy(
    r"\b(?:would|do|did|don't|is that what|was that what|that's what) you (?:say|think|reckon|guess|suppose|believe|figure|mean)\b[^.!]*\?"
    r"|\bwhat do you (?:think|say|reckon)\b|[你您](?:是|就是|也|会|真)?(?:这么|那么|这样)?(?:想|猜|觉得|以为|认为|看|说)的?(?:吗|呢|是不是)?\?"
    r"|(?:と|そう)(?:お)?(?:思|考え)[^。!]{0,6}\?|(?:고|게|렇게) ?(?:생각|보)[^.!]{0,8}\?"
)
_YOUR_TURN = Lazy(
    r"^\W*(?:[哈呵嘿]+\W*)?(?:[你您](?:觉得|说|猜|看|认为)呢|\bwhat do you think\b|you tell me\b)|^\W*(?:さあ、?)?どう(?:だろう|でしょう|思)|^\W*(?:글쎄[요]?[,. ]*)?(?:어떨|어떤|어떻게) ?(?:것 ?같|보|생각)"
)
_SOUGHT = Lazy(
    r"\bif (?:it's|it is|you(?:'re| are)?)\b[^.!?]*\ue000|[你您](?:要是|如果|若)?[^,。!?]{0,6}(?:找|寻|请|要|缺|问)[^,。!?]{0,8}\ue000|\ue000[^。!?、]{0,4}(?:を|に|が)?(?:お?探し|お?尋ね|ご?用|必要)|\ue000[^.!?]{0,3} ?(?:찾|필요|구하)"
)
_THERE = Lazy("(?:^|,)(?:我|俺|老身|老朽|在下)(?:家)?(?:就|便|正)?(?:住|在)(?:在)?[那这](?:儿|里|边|头|块)(?!不)|(?:^|,)那(?:就|便)是(?:我|俺)(?:的)?(?:家|老家|住处|故乡)")
_FOUND = Lazy(
    r"\b(?:that's me|that is me|that'd be me|i'm (?:him|her|the one|your)|(?:you've|you have) (?:found|got) (?:him|her|me|one)|look no further|here i am|at your service)\b"
    r"|(?:那|这)?就是(?:我|在下)|我就是|正是(?:我|在下)|(?:找|问|来)对(?:人|门|地方|了)|(?:私|わたし|俺|おれ|僕|わし|あたし|ここ)(?:です|だ|じゃ|に(?:い|お))|(?:접니다|저예요|저입니다|저지요|나요|나일세|제대로|잘) ?(?:오|찾|$|[.!])?"
)
IF_ME = Lazy("^なら(?:ば)?(?=、|$)|^(?:이면|이라면|라면|면)(?= |,|$)")  # 私が殿様なら: what the role is not
_FLEES = Lazy(  # what one fears one cannot be near, what one can be near one does not fear
    r"\b(?:can't|cannot|couldn't|won't|never) (?:even )?(?:be|stay|sleep|sit|go|stand|bear|look|touch|abide|breathe)\b|\b(?:hide|hiding|dive|crawl) (?:under|behind|in)\b|\b(?:cross the (?:street|road)|hold my (?:nose|breath)|cover my (?:ears|eyes)|shak(?:e|ing) like|trembl|run a mile|break out in|swell up|come out in|knees (?:knock|go|turn)|scream|sneez)|(?:待|呆|睡|坐|看|碰|受)不(?:住|着|了|下|得)|不敢(?:看|碰|去|进|靠|出|睡)|(?:往|就|赶紧)?(?:钻|躲)(?:到|进|在)?[^,。]{0,4}(?:床|被|桌|柜)|往[^,。]{1,4}(?:钻|躲)|捂(?:着|住)?耳|棉花[^,。]{0,6}(?:塞|堵)|塞[^,。]{0,6}耳|(?:浑身|直|吓得)(?:发抖|哆嗦|打颤)|腿(?:都|就)?(?:发)?软|[碰吃沾闻喝]不(?:得|了)|一[粒滴口点块丝片](?:都|也)?(?:没|不)(?:放|加|搁|碰|沾)|没(?:放|加|搁)|不能[碰吃沾喝]|起(?:一身)?(?:红)?疹|怕得|(?:い|寝|触|見|近づ)(?:ら?れ|け)(?:ない|ません|ねえ)|(?:布団|押し入れ|机|毛布|部屋|家|こたつ|柱)[^。、]{0,6}(?:出られ|かぶ|潜|もぐ|隠れ)|震え|耳を(?:ふさ|塞)|鳥肌|見るのも|顔も見|だけは(?:だめ|ダメ|駄目|無理|勘弁|いや|嫌)|近(?:寄|づ)(?:れ|り|け|か)(?:ない|ません|たく)|勝てる(?:気が|気も)?(?:し)?(?:ない|ません)|敵わない|眠れ(?:ない|ません)|戦いたく|悲鳴|腰が抜|震え|蕁麻疹|足が(?:すく|震)|逃げ(?:出|回|る)|못 ?(?:있|견|봐|보|자|만|가|참|대|삼키)|이불[^.]{0,8}(?:쓰|속)|벌벌|덜덜|귀(?:를)? ?막|보기도 ?싫|꼴도 ?보기|싫어(?!하는 ?척)|질색|이길 ?자신|못 ?이[기겨]|싸우고 ?싶지|상대하고 ?싶지|비명|두드러기|도망|소름|걸음아 ?나|다리가 ?(?:풀|후들)"
)
_BEARS = Lazy(
    r"\bi (?:can|could) (?:happily |easily )?(?:sleep|sit|live|stay|handle|hold)\b|\b(?:keep|had|have) [^.!?]{0,12}(?:as pets)\b|(?:睡|坐|待|呆)得(?:着|住|香|安稳|踏实)|(?<!不)(?:就|最|可|真|还|倒|反而)(?:爱|喜欢|盼着|乐意)|(?<!不)(?:带劲|过瘾|痛快|催眠|好玩|亲切|稀罕)|[一-龥]都不(?:眨|抖|慌|皱|带)|(?:吓|难)不(?:倒|着|住)我?|不(?:当回事|放在眼里|在乎)|平気|大好き|へっちゃら|飼っ(?!て(?:い)?る(?:人|奴|やつ|隣))|手に乗せ|可愛|かわい|아무렇지|끄떡|(?:아주|무척|정말|되게|참|제일)? ?좋아(?:해|하[죠지는])|키우|키워|키울|귀엽|귀여|손에 ?올"
)
