"""The objections to taking a mention as the role's own present answer: what follows takes it back, it is only imagined, others say it,
it is past or to come, doubted, or beside the point. Each gives the code of the reason against the mention, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .context import MASK, RIVAL, WORDS, words
from .frames import belied, disowned
from .lazy import Lazy
from .modality import IF_ME, WHY, conditional, imagined, said, told_later
from .person import upon_me
from .relations import relations
from .slots import AGE, other_fact, other_slot
from .tense import goes_on, left_since
from .values import of_a_thing, of_another_event, of_something_else, on_that_day_only, one_of_parts

if TYPE_CHECKING:
    from .assertion import Mention

ASSERTED = "asserted"


def taken_back(m: Mention) -> str | None:
    """The claim is withdrawn, corrected, or belied by what follows."""
    after = (m.a.sentence_after + m.a.following)[: 90 + len(m.after)]
    again = m.c.denied_again.search(m.rest[:60])
    if again and RIVAL not in m.rest[: again.start()] and not _IF.search(m.after + m.rest[: again.start() + 4]):
        return "retracted"
    if _ONLY_CHILD.search(m.rest[:120]) and "sibling" in relations(m.q.text):
        return "contradicted"
    if disowned(m.rest):
        return "contradicted"
    if _denied_in_kind(m) or belied(m.rest, m.q):
        return "contradicted"
    if _CORRECTED.search(after):
        return "retracted"
    other = after.find(RIVAL)
    if other >= 0:  # what is taken back after a wrong value is that value
        after = after[: other + 1]
        if _NONE_OF.search(after):
            return None  # "No, no sugar!"
    found = m.c.taken_back.search(after)
    if found and (_YOURS.search(after[: found.start()]) or _YOU_SAID.search(found.group())):
        return None  # "you must have mixed that up"
    if found and m.c.negated_before.search(_CLOSED.sub("", after[max(0, found.start() - 6) : found.start()])):
        return None  # "I'm not joking"
    if found and _ABOUT_ELSE.match(after, found.end()):
        return None  # "I was joking about the bear"
    if found and _ASKED_AND_DENIED.match(after, found.end()):
        return None  # "Joking? No."
    if found and _OWN_NOUN.search(after[: found.start()]) and _INTERRUPTED.match(found.group()):
        return None  # takes back the noun that was broken off
    if found and ((not m.exact and _NUMBER_CORRECTED.search(after)) or (_ECHOED.search(after[: found.start() + 1]) and m.c.kin.search(found.group()))):
        return None  # 住了二十年——不对,二十二年; 捕鲸?那是我老爹的行当
    earlier = m.c.taken_back.search((m.a.preceding + m.a.sentence_before)[-30:])
    return "retracted" if found and (earlier is None or _PREMISE.search(earlier.group())) else None


def _denied_in_kind(m: Mention) -> bool:
    """Whether the role goes on to deny the kind of the fact, or what it is made of: "A mule. I've never kept an animal."."""
    whole = m.c.denied_kind.search(m.rest[:120])
    kind = whole[whole.lastindex] if whole and not _DENYING.search(m.text) else ""
    if m.text.startswith(kind[:2] if m.a.language == "ko" else kind) and kind and kind != m.text:
        return True
    return len(kind) > 1 and kind in m.q.text + m.before + m.after


def only_imagined(m: Mention) -> str | None:
    """The mention is only wished, supposed or feared for."""
    a, c, q = m.a, m.c, m.q
    if q.imagined or _OWNED.search(m.before) or m.shown:
        return None
    only = (
        (IF_ME.match(m.after) and c.first.search(m.before))
        or
        imagined(m.before, c, q)
        or c.imagined_after.search(m.after)
        or (not m.apposed and c.imagined_after.match(a.sentence_after[:24]))
        or c.framed_imagined.search(m.frame)
        or conditional(a, c, q, m.present)
    )
    return "hypothetical" if only else None


def said_by_others(m: Mention) -> str | None:
    """Others say it; ASSERTED where the role then agrees."""
    a, c, q = m.a, m.c, m.q
    after = c.said_after.search(a.sentence_after)
    told = said(m.before, c, q) or after or c.framed_said.search(m.frame)
    if not told and a.sentence_after.endswith('"') and not WORDS.search(a.sentence_after):
        told = c.said_after.search('" ' + a.following)
    if q.naming or q.about_user or not told:
        return None
    rest = (a.sentence_after + a.following)[max(after.end() if after else 0, len(m.after)) :]
    confirmed = c.confirmed.search(rest[:_NEXT]) or c.echo_affirmed.search(rest.lstrip(" ,.:;!。、—\"')("))
    return ASSERTED if confirmed else "attributed"


def not_present(m: Mention) -> str | None:
    """It was so, or will be, where the question asks what is."""
    a, c, q = m.a, m.c, m.q
    if m.exact and AGE.search(q.text) and _TURNED.match(a.sentence_after):
        return None  # "Twenty-two last week"
    if left_since(m.before, m.after, m.rest, q):
        return "not_present"
    if goes_on(m.before + MASK + m.after, m.rest):
        return None
    if not (q.past or q.about_user or q.who):
        if not m.exact and c.left_after.search(m.after):
            return "not_present"
        arrived = c.arrived_before.search(m.before) or c.arrived_after.search(m.after)
        ended = c.ended.search(m.rest[:30])
        if ended and (_ALMOST.search(m.rest[: ended.start()]) or (a.language == "zh" and c.third.search(m.rest[: ended.start()]))):
            ended = None  # 老搭档去年退休了
        over = ended or (
            c.past_before.search(a.sentence_before) and c.now.search(m.rest[:16])
        )
        soon = a.sentence_after.lstrip(" ,")
        past = c.past_after.search(soon[:60])
        over = over or (past and past.end() <= _SOON and RIVAL not in soon[:_SOON] and not c.negated_before.search(soon[:_SOON]))
        if not (m.present or arrived) and (over or m.cued(c.past_before, c.past_after)):
            return "not_present"
    reached = m.exact and _REACHED.match(m.after)
    later = m.cued(c.future_before, _NOTHING if reached else c.future_after) or told_later(a, c)
    if later and _MY.search(m.before) and _POSSESSES.search(q.text):
        return None  # "he'll meet my crossbow"
    return "not_present" if later and not q.future and not m.present else None


def uncertain(m: Mention) -> str | None:
    """It is doubted, offered beside another, or only about right."""
    a, c = m.a, m.c
    if c.framed_hedged.search(m.frame):
        return "hedged"
    doubt = c.hedged_before.search(m.before) or c.hedged_after.search(a.sentence_after)
    if doubt and _ACROSS.search(doubt.group()):
        doubt = None  # the doubt is about what then happens: 口ずさむと、…気がする
    if doubt and _CHOICE_FREE.search(m.q.text) and _PROPOSES.search(doubt.group()):
        doubt = None
    if doubt and not m.idiom and not (m.q.about_user and _RECALLED.search(doubt.group())):
        return "hedged"
    before, after = c.or_before.search(a.sentence_before), c.or_after.search(a.sentence_after)
    # "or" and list marks count only beside something that is not itself a key
    if before and not a.sentence_before[: before.start()].rstrip().endswith(MASK):
        return "listed"
    if after and not a.sentence_after[after.end() :].lstrip().startswith(MASK):
        return "listed"
    if m.exact and (
        (c.about_before.search(a.sentence_before) and not _SINCE.match(a.sentence_after))
        or c.about_after.search(a.sentence_after)
    ):
        return "approximate"
    return None


def beside_the_point(m: Mention) -> str | None:
    """It is told of something else, or evades the question."""
    a, c, q = m.a, m.c, m.q
    if other_slot(m.before + MASK + m.after, q) or (m.exact and _of_another_fact(m)):
        return "aside"
    if a.language == "en" and m.strength < 3 and not q.kin and _MEANWHILE.search(m.a.sentence_before[-24:] + MASK + m.after[:24]):
        return "aside"
    if a.language == "en" and m.strength < 3 and _SUBJECT_OF_RELATIVE.search(m.before[-40:] + MASK + m.after[:20]):
        return "aside"
    told = a.preceding + a.sentence_before
    evaded = c.evades.search(told) if m.strength == 1 else None
    if evaded and not _RELENTS.search(told, evaded.end()):
        return "aside"
    if q.kin or WHY.search(q.text):
        return None
    if m.strength < 3 and c.weak_after.search(a.sentence_after):
        return "aside"
    if m.strength < 3 and not (q.lived or q.fearing or q.about_user or q.naming or (m.exact and a.language == "zh")):
        met = c.met_before.search(m.before) or c.met_after.search(m.after)
        if met and not q.holds(met.group(1)[:4]) and not (_TRADE.match(a.sentence_after) or upon_me(m.after)):
            return "aside"
    if m.strength > 1:
        return None
    if a.language == "zh" and not m.exact and not words(m.before) and _of_the_mention(m):
        return "aside"
    own = _OWN_SURNAME.search(m.rest) if q.naming and not q.kin else None
    if own and own[1] not in m.text:
        return "aside"
    if q.naming and not (q.kin or q.about_user) and m.strength == 1 and _ELDER.match(a.sentence_after):
        return "aside"
    if m.exact and _TITLE.search(a.sentence_before[-6:] + MASK + a.sentence_after[:5]):
        return "aside"
    if (
        not (q.who or q.past or q.naming or q.related or q.planned or q.listing or m.exact or q.about_user)
        and _topic_of_another(m)
    ):
        return "aside"
    claimed = a.language != "zh" and c.claims_after.search(m.after)
    acts = c.acts_after.search(m.after) and not (q.who or q.planned or q.listing or claimed)
    changed = c.aside_after.search(m.after) or (c.aside_before.search(m.before or a.sentence_before[-40:]) and not (m.exact or q.lived or q.about_user or q.listing))
    return "aside" if acts or changed else None


def _of_another_fact(m: Mention) -> bool:
    """Whether an exact value is told of something else than what is asked."""
    before, after, q = m.before, m.after, m.q
    return other_fact(before, after, m.rest, q) or of_another_event(before, after, m.a.sentence_after, m.rest, q) or of_a_thing(m.text, before, q) or one_of_parts(before, after, q) or on_that_day_only(before, m.rest) or of_something_else(before, after, m.a.language, q)


def _topic_of_another(m: Mention) -> bool:
    """Whether the mention opens its clause, and what is said of it does not make it the role's own."""
    return (
        not words(_DETERMINER.sub("", m.before))
        and bool(m.c.topic_after.search(m.after))
        and not _claimed(m)
    )


def _of_the_mention(m: Mention) -> bool:
    """Whether the clause opens with something of the mention's that the question does not ask about, and the role does not show."""
    thing = _BELONGS.match(m.a.sentence_after)
    if thing is None or _LATELY.search(m.frame) or any(char in m.q.text for char in thing[1]):
        return False
    return not _SHOWN.search(m.a.sentence_after[thing.end() :][:30])


def _claimed(m: Mention) -> bool:
    """Whether what is said of the mention makes it the role's own; that it is good does so only where taste is asked."""
    found = m.c.claims_after.search(m.after)
    if m.a.language == "zh" and len(m.after) > 1 and m.after[:2] in m.q.text:
        return True  # 左手使锤, where one asks 左手还是右手使锤
    return bool(found) and (m.q.liking or not _PRAISE.fullmatch(found.group()))


# In this order: the first objection is the standing.
OBJECTIONS: tuple[Callable[[Mention], str | None], ...] = (taken_back, only_imagined, said_by_others, not_present, uncertain, beside_the_point)

_PREMISE = Lazy(r"wrong|no,|错|[不岔混]|いや|いえ|違|아니|잘못|틀|착각")  # takes back what the question assumed
# What stands after the beginning of something: 从1989年起.
_TRADE = Lazy("^的(?:呗|嘛|呢|啊|呀|哦)?(?=[,。!…]|$)")  # 演木偶戏的: who does it for a living
_OWN_NOUN = Lazy("[、,] ?(?:あの|その|この|うちの|그|저|우리) ?[^、。!?はがをに ]{1,6}(?:…|\\.{2,}|—|--)+ ?$")
_REACHED = Lazy("^(?:に|と)(?:なる|なります|なった|なりました)|^(?:이|가)? ?(?:되|됩|돼)")  # かぞえて十一年になる: a number that is reached
_NOTHING = Lazy("(?!)")
_RELENTS = Lazy(r"けど|けれど|(?<=[るたいすん])が(?=[、。…])|でも|しかし|特別|仕方|まあ(?:いい|よい)|지만|는데|그래도|특별|\bbut\b|\bvery well\b|\ball right\b|但|不过|可是|罢了|好吧")
_ACROSS = Lazy("[うくすつぬむるぐぶ]と、|れば、|[가-힣]면 ")
_INTERRUPTED = Lazy("いや|いえ|아니")
_CORRECTED = Lazy("\ue002(?:に|と)(?:訂正|修正|変更|直し|書き直|改め|読み替)|\ue002(?:으로|로) ?(?:정정|수정|고쳐|바꿔|바로잡)")
_ALMOST = Lazy("(?:差点儿?|险些|没|不|\\bnearly|\\balmost) ?$")
_YOU_SAID = Lazy("[你您](?:刚才|方才|刚刚|之前)(?:说|讲|问)")
_SOON = 14  # characters after a mention in which a word of the past is about it
_NEXT = 60  # characters after a clause in which the role may confirm what others say
_SINCE = Lazy("^(?:起|开始|以来|就)")
_IF = Lazy(r"[.!?。].*(?:\bif\b|要是|如果|假如|たら|なら|(?<![가-힣])만약|으?면 )")  # denies what that sentence only supposes
_RECALLED = Lazy(r"\b(?:wasn't|isn't|was|is) (?:it|he|she)\b|\bright\b|(?:でしょう?|だろう?|だよね|ですよね|吧|죠|지)[。!…、]?$")  # how one tells others what they said
_OWNED = Lazy(  # what a condition takes for granted
    "(?:我|俺|老夫|在下)(?:这|那)[一-龥]{1,2}$|我(?:要是|若是?|如果|哪天)?(?:把|将)我?(?:这|那)[一-龥]?$"
    r"|\bmy (?:own |little |old |poor )*(?:place|home|house|room|shop|cottage|den|nest|flat|hut|inn|stall|forge|workshop|lab|ship|table|door)"
    r" (?:(?:in|at|on|by|up|down|under|near) )?(?:the )?$|(?:俺|うち|わし|私|僕)の(?:この|その)$|(?:우리|내) ?이 ?$"
)
_NUMBER_CORRECTED = Lazy(r"([一二三四五六七八九十百\d]+)([年岁个里天斤文两只口位])[^。!?]{0,4}[—…,. -]{1,4}(?:哎|哦|啊|呃)?,?(?:不对|不是|错了|记错了|说错了)[,!。… ]+[^。!?]{0,6}[一二三四五六七八九十百\d]+\2")
_ECHOED = Lazy("[^,。!?\ue000]{1,8}\\?[那这]?$")
_CLOSED = Lazy(r"^.*[.!?。…—]")  # all up to the end of a sentence
_PROPOSES = Lazy("吧$|でしょうか?$|かな[あぁー]*$|かしら$|ですかね$|(?:일|을|ㄹ)까요?$|려나$|겠네요?$")
_CHOICE_FREE = Lazy("随便|选|挑|想(?:喝|吃|要)|来点|任意|任选|一样|挑一|说一|推荐|举|挙げ|選[ぶび]|お?(?:すすめ|勧め|薦め)|추천|꼽|고르|하나만")  # where one of several is asked, 吧 only proposes
_DENYING = Lazy(r"[无没不]|\b(?:no|never|not|without)\b|ない|いない|なし|없|않")  # a fact that is itself a denial
_YOURS = Lazy(r"(?:你|您)(?:是不是|大概|怕是|准是|可能|该不会是|是)?$|\byou(?:'ve| have|'re| are| must have| must)? (?:[a-z]+ )?$|손님이? ?$|당신이? ?$")
_ONLY_CHILD = Lazy(r"\b(?:an|the) only child\b|独生|独苗|(?:就|只)(?:生|养|有)了?我(?:这么)?(?:一|独)|一根独苗|(?:ひとり|一人)っ子(?!(?:の|みたいな)?(?:よう|もの|同然|みたい))|외동|무남독녀")
# 琴师的茶,不白喝; 从三品的袍子,我去年脱下来: something of the mention's, about which the role goes on.
_BELONGS = Lazy("^(?:[^,。!?我]{0,3})的(?![^,。!?]{0,6}(?:枚|一[个名位])(?=[,。!]|$))(?!命|料|活|手艺|买卖|生意|人|嘛|呢|啊|呀|吧|后|话|事|种|味|家|店|了|都|就|日子|年头|滋味|苦|甜|规矩)([^\\W我]{1,4})")
_LATELY = Lazy("现在|每天|如今|天天|眼下")
_SHOWN = Lazy("谁(?:敢|能|不)|我(?!去年|前年|上个?月|替|帮|给|早)(?![^,。!?]{0,8}(?:脱|摘|交|卖|当|烧|撕|退|收|搁|锁|丢|扔|穿|见|听|吃))|[您你](?:掂|瞧|看|摸|瞅)")
_OWN_SURNAME = Lazy("(?:^|[,。!])(?:我|俺|末将|小的|在下|小人|敝人|本人|老朽)?(?:免贵)?姓([一-龥])(?![甚什啥名])")
_ELDER = Lazy("(?:师[兄弟姐妹叔伯]|前辈|大[哥姐]|[叔伯婶嫂])(?!就?是我|正是)")  # how one calls another
_TITLE = Lazy("[\"<][一-龥]{1,4}\ue000[一-龥]{0,3}[\">]")
_PRAISE = Lazy("好|いい|良い|よい|좋|最|合|제일|최고")
_DETERMINER = Lazy(r"^\W*(?:the|an?|my|but|and|as for|well)\b")
_ASKED_AND_DENIED = Lazy(r"[的了吗呢]{0,2}\?\W*(?:不|没|no\b|not\b|never\b|いや|いえ|아니|아뇨)")
# "… ever since Mr Fane was taken ill", "I hold the hat while the juggler juggles"
_MEANWHILE = Lazy(r"\b(?:since|when|after|before|once|now that|while|whenever|until) (?:the |old |poor |my )?(?:mr |mrs |miss |sister |brother |father )?\ue000 (?:(?!(?:is|was|says?|said)\b)[a-z]+(?:s|ed|n't)|\ue000+|was|had|has|is|got|went|fell|left|took|came|lost|quit|ran|began|sang)\b")
# "I lay the slates the sweep breaks"
_SUBJECT_OF_RELATIVE = Lazy(r"(?:\b(?:the|my|these|those|every|any|all) [a-z]+|\ue000 (?=that|which)) ?(?:that |which )?the \ue000 (?!(?:is|was|has|as|does|always)\b)[a-z]+(?:s|ed|n't)\b")
_TURNED = Lazy(r"^,? (?:(?:last|this|on) (?:week|month|night|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|yesterday|today)\b")
_MY = Lazy(r"\bmy (?:own |old |good |trusty )?$")
_POSSESSES = Lazy(r"\b(?:carry|own|have|keep|ride|play|use|wield|wear|drive|fly|sail|got)\b")
_ABOUT_ELSE = Lazy(r" (?:you )?(?:only |just )?about (?!(?:that|it|this|me|being|which)\b|(?:my|the) (?:name|trade|job|age|work|home)\b)")
_NONE_OF = Lazy(r"\bno,? (?:no|not) (?:the |any |an? )?\ue002$")
