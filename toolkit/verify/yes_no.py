"""A reply that names no key but says yes or no to a question that does, and what the words after it leave of that.

"Yes, I used to be", "Yes? What do you mean?", 对，我哥哥是: a yes is only worth what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .assertion import ASSERTED, Reader, Reading
from .clauses import sentence_language
from .cues import Cues, cues
from .lazy import Lazy
from .modality import fears
from .normalise import fold_text
from .question import Question
from .terms import Match, Matcher, find
from .terms import Reading as Terms

_OPENING = 200  # characters of a reply in which a yes or no may stand
_ACTION = Lazy(r"^\s*(?:(?:\*[^*]{0,120}\*|\([^()]{0,120}\)|\[[^\[\]]{0,120}\])\s*)+")  # *nods*, (点点头)


def yes_or_no(m: Matcher, rivals: Sequence[Reading], reader: Reader, asked: Question) -> str | None:
    """The code of a reply without the key to a question that states it; None where it answers neither yes nor no."""
    stated = find(m, Terms(asked.text))
    negative = asked.negative and _denied_there(stated, asked, cues(asked.language))
    if stated and (chosen := _chosen(stated[0].start, reader.text[:_OPENING], asked.text)):
        return chosen
    if asked.open and not asked.polar:
        return None
    spoken = cues(asked.language)
    if not stated or _CHOICE.search(asked.text) or any(
        spoken.or_before.search(asked.text[: x.start]) or spoken.or_after.search(asked.text[x.end :]) for x in stated
    ):
        return None
    if any(r.status == ASSERTED for r in rivals):
        return "contradicted"
    opening = _ACTION.sub("", reader.text[:_OPENING]).lstrip()
    if asked.fearing or _UNABLE.search(asked.text):
        shunned = fears(opening)
        if shunned is not None and not _DENIES_FEAR.search(opening):
            return "right" if shunned else "negated"
    opening = _IN_VAIN.sub("", _SIGH.sub("", opening))
    table = cues(sentence_language(opening, reader.language))
    yes, no = bool(table.yes.match(opening)), bool(table.no.match(opening))
    if not yes and not no:
        for clause in re.split(r"[,.!?。…—;]+", opening)[1:5]:
            yes, no = bool(table.yes.match(clause.strip() + ",")), bool(table.no.match(clause.strip()))
            if yes or no:
                break
    if _INVERTED.search(asked.text):
        refuted = no or _WOULD_NOT.match(opening)
        if refuted and not _DENIES.search(opening):
            return "right"
        return "negated" if refuted or yes or _WOULD.match(opening) else None
    done = _DONE.match(opening)
    if done and done[1] in asked.text and not table.third.search(done.group()):
        return "right"
    if _THIS_PLACE.search(asked.text) and _WELCOME.search(opening) and not no:
        return "right"
    if _WHERE_ELSE.match(opening) or (_ABLE.search(asked.text) and _SKILLED.match(opening)) or (_KEPT.search(asked.text) and _SO_MANY.match(opening)) or (_JUDGE_YOURSELF.search(opening) and not _DENIES.search(opening)):
        return "right"
    if _ON_THE_CONTRARY.match(opening):
        return "right" if negative else "negated"
    verb = _echoed(opening, asked)
    if not yes and not no and not verb:
        return None
    denied = bool(_DENIES.search(opening[:_CLAIM]))
    insisted = (bool(_INSISTS.search(opening[:_CLAIM])) or verb) and not denied
    if no and not (insisted and (negative or verb)):
        return "negated"
    if negative and not insisted:
        return "negated"
    said = table.yes.match(opening) or table.no.match(opening)
    return _undone(opening, opening[said.end() :] if said else opening, table, asked) or "right"


# What a no affirms: "Would it be wrong to call you a miner?", "Do you deny being a miner?"
_INVERTED = Lazy(
    r"\b(?:(?:would|is|was|will|could) it (?:be )?|(?:am|would|was|are) (?:i|we|they) (?:be )?)(?:very |quite |so |entirely |far )?(?:wrong|mistaken|incorrect|unfair|false|untrue|inaccurate|rude|foolish|a mistake|an error|a lie|an insult|out of line)\b"
    r"|\b(?:do|would|will|can) you (?:deny|dispute)\b"
)
_WOULD_NOT = Lazy(r"^\W*(?:it|you|that|they|i) (?:would|is|was|are|do|can|could|did|have|am)(?: not|n't)\b|^\W*(?:you'd|you would|you're|you are|it'd|it's) (?:not be|not|quite right|right|correct)\b|^\W*(?:not (?:at all|in the least|a bit|one bit|remotely)|(?:call|say) away|perfectly (?:right|fair|true)|(?:quite|entirely) (?:right|fair|true)|how could i)\b")
_WOULD = Lazy(r"^\W*(?:oh,? )?(?:it|you|that|they|i) (?:would|is|was|are|were|do|can|could|did|'d|am)\b(?! not|n't)|^\W*(?:you'd be|very|quite|terribly|badly|grossly|deeply) (?:wrong|mistaken|unfair|untrue|false)\b")
# Whether one keeps some is answered by how many.
_KEPT = Lazy(r"\b(?:keep|have|own|got|raise|grow|breed)\b|养|有|飼|키우|기르")
_SO_MANY = Lazy(
    r"^\W*(?:about |some |over |near(?:ly)? )?(?:(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+(?:teen|ty)(?:-[a-z]+)?|\d+|dozens|hundreds|a dozen|a hundred)) (?!years|times|people|coins)(?:of )?[a-z]{3,}"
)
# The verb of the question, said as done: 真是你画的？一笔一笔画的。
_DONE = Lazy("^\\W*[^,。!?不没别他她愿想望说传若]{0,6}?([一-龥])(?:的|了(?:整整|足足|好)?[一二两三四五六七八九十百几\\d]+(?:年|个月|天|回|次|宿|夜))(?:呢|啊|哩)?(?=[,。!]|$)")
# Whether one can do a thing is answered by how well, or who taught it.
_ABLE = Lazy(r"\b(?:can|could) you\b|\bdo you (?:really )?(?:know how|speak|play|read)\b|会|懂|できる|[めけせべてれえ]る|줄 ?(?:아|알)|할 ?수 ?있")
_SKILLED = Lazy(
    r"^\W*(?:fluently|perfectly|passably|tolerably|well enough|better than|as well as|after a fashion|(?:my |the )?[a-z]+ (?:taught|showed) me|i was taught|i(?:'ve)? learn(?:ed|t))\b"
    "|^\\W*(?:略(?:通|懂|知|会)|粗通|够用|凑合|还行|尚可|祖传|[^,。不没]{1,8}教(?:过我|我)?的|[^,。不没]{0,5}学(?:过|的))|^\\W*(?:すらすら|ぺらぺら|なんとか|少々|それなりに|[^。、]{1,8}[でに](?:習|教わ))"
    "|^\\W*(?:[가-힣]{1,3}다마다|[^.,]{1,8}(?:에서|한테|에게) ?배웠|술술|곧잘|제법)"
)
# What somebody cannot bear, eat or come near is asked for like a fear.
_UNABLE = Lazy(
    r"\b(?:can'?t|cannot|couldn't) (?:stand|abide|bear|stomach|eat|drink|touch)\b|\b(?:allerg|hate|loathe|detest|avers)|(?:吃|喝|碰|闻|沾|受)不(?:得|了|惯)|不能(?:吃|喝|碰)|讨厌|忌口|过敏"
    "|苦手|嫌い|食べられ|飲めな|アレルギー|못 ?(?:드|먹|마)|싫어|질색|알레르기"
)
_DENIES_FEAR = Lazy(r"\b(?:used to|once|as a (?:child|boy|girl)|my (?:wife|husband|brother|sister|mother|father))\b|小时候|从前|以前|昔|子供の(?:頃|ころ)|어릴 ?(?:때|적)|예전")

def _denied_there(stated: Sequence[Match], asked: Question, c: Cues) -> bool:
    """Whether the sentence of the question that states the key is the negative one: "You don't eat meat? A vegetarian?" is not."""
    sentences = [s for s in re.split(r"(?<=[?!.。])\s*", asked.text) if s.strip()]
    at = 0
    for sentence in sentences if len(sentences) > 1 else ():
        at = asked.text.index(sentence, at)
        if any(at <= m.start < at + len(sentence) for m in stated):
            return bool(c.polar_negative.search(sentence))
    return True


# "… or …?", "是…还是…？": yes answers none of the two, "the latter" one of them.
_CHOICE = Lazy(r"(?<!more )(?<!so )\bor (?!am i|are you|is it|not\b|so\b|do i|have i|what)|还是(?=.)|抑或|それとも|か、[^。?]{1,14}か|(?:까|요|니|나),? ?아니면|아니면|이에요,|예요,")
_FIRST = Lazy(
    r"(?<!not )\b(?:the former|your first guess|the first(?: one| of (?:those|the two)| you (?:said|named))?)\b|前者|前(?:面|头|边|一)(?:那)?个|头一个|先说的|先(?:に|の)(?:言った|ほう|方)|最初のほう|전자|앞(?:의|쪽|엣)|먼저 ?(?:말|거|것)"
)
_SECOND = Lazy(
    r"(?<!not )\b(?:the latter|your second guess|the second(?: one| of (?:those|the two)| you (?:said|named))?)\b|后者|后(?:面|头|边|一)(?:那)?个|第二个|后说的|後(?:の|に言った)(?:ほう|方)?|あと(?:の|に言った)(?:ほう|方)|후자|뒤(?:의|쪽|엣)|나중 ?(?:말|거|것)"
)


def premise_granted(
    rivals: Sequence[Reading], keys: Sequence[Reading], reader: Reader, asked: Question
) -> Reading | None:
    """The wrong value that the question supposes and the reply's first sentence says yes to, the key being named later."""
    opening = _ACTION.sub("", reader.text[:_OPENING]).lstrip()
    table = cues(sentence_language(opening, reader.language))
    if not (asked.polar or _TAGGED.search(asked.text)) or not table.yes.match(opening) or _YES_BUT.match(opening):
        return None
    first = min(key.start for key in keys)
    for rival in rivals:
        supposed = reader.text[rival.start : rival.end] in asked.text
        if supposed and rival.status == ASSERTED and reader.sentence_index(rival.start) < reader.sentence_index(first):
            return rival
    return None


def agreed(keys: Sequence[Reading], reader: Reader, asked: Question, distractors: Sequence[str]) -> bool:
    """Whether the reply says yes to a question that supposes a wrong value, and names the key only in passing."""
    if not keys or max(key.strength for key in keys) > 1 or not any(d and fold_text(str(d)) in asked.text for d in distractors):
        return False
    opening = _ACTION.sub("", reader.text[:_OPENING]).lstrip()
    table = cues(sentence_language(opening, reader.language))
    return bool(_TAGGED.search(asked.text) and table.yes.match(opening)) and not _YES_BUT.match(opening)


_TAGGED = Lazy(r"\?\W*$")
_YES_BUT = Lazy(r"^\W*(?:yes|yeah|sure|right|well),? (?:but|and no|well)\b|^\W*(?:是|对)[^。]{0,3}(?:但|可|不过)")


def _chosen(key: int, opening: str, question: str) -> str | None:
    """What "the former" or "the latter" answers to a question that offers the key beside another."""
    choice = _CHOICE.search(question)
    first, second = _FIRST.search(opening), _SECOND.search(opening)
    if choice is None or not (first or second):
        return None
    takes_second = second is not None and (first is None or second.start() < first.start())
    return "right" if takes_second == (key > choice.start()) else "contradicted"


_JUDGE_YOURSELF = Lazy("[你您]说我?(?:会不会|是不是|有没有|能不能|爱不爱)\\?")  # 我师父是药王,你说会不会?
_WHERE_ELSE = Lazy(  # asks for another answer to show that there is none
    r"^\W*(?:why,? |well,? |and |but )?(?:(?:who|what|where|which|how) else\b|(?:do|can) you (?:see|spot|find|think of|name) (?:anyone|anybody|anything|anywhere|another|somebody) (?:else|other)\b|is there (?:anyone|anybody|another|somebody) (?:else|other)?)[^.!]{0,60}\?|^\W*(?:不然|要不然|除了[我这那]\w?)(?:还|又|呢|能)[^。!]{0,16}\?|^\W*不是我,(?:难道|莫非|还|又)(?:还)?(?:能)?是[^。!]{1,10}\?|^\W*(?:还能|还会|还有)(?:是|有|在)?(?:谁|哪|什么|别)[^。!]{0,10}\?|^\W*(?:ほか|他)(?:に|の)?(?:どこ|誰|何|だれ|なに)|^\W*(?:그럼|아니면|또|달리) ?(?:어디|누구|누가|뭐|뭘|무엇)[^.!]{0,14}\?"
)
_ON_THE_CONTRARY = Lazy(r"^\W*(?:oh,? |why,? )?(?:on|quite) the contrary\b|^\W*谁说(?:的|我不|不)|^\W*不[^,。?]{1,4}\?(?:你|您)?去?(?:打听|问问|瞧瞧|看看)|^\W*(?:恰恰|正|刚好|完全)?相反[,。]|^\W*(?:その|まったくの|全くの)?(?:逆|反対)(?:です|だ|さ)|^\W*(?:정)?반대(?:예|입|야|지)")
_SIGH = Lazy(r"^\W*(?:あら(?:あら|まあ)?|おや(?:おや)?|ふふ+|はは+|へへ+|これはこれは|어머나?|아이[고구]|허허|하하|호호|흐흐|에헴|이런|세상에|글쎄 ?말)[、。,.!~… ]+")
# 違うと言ったところで…: a no that would be of no use is none.
_IN_VAIN = Lazy(r"^\W*(?:いや|いいえ|違う|違います|否)と(?:言|い)(?:っ|え|い|う)[^、。]{0,8}[、。]|^\W*아니(?:라|에요라|요라)?고 ?(?:해|하|말|우|발뺌)[가-힣]* ?(?:봐야|봤자|도|들|면)?[ ,]")
# Whoever is bidden welcome where he asks whether this is the place, has found it.
_WELCOME = Lazy(r"ようこそ|いらっしゃ|어서 ?오|欢迎光临|\bcome (?:on |right )?in\b|\bwelcome\b")
_THIS_PLACE = Lazy(r"ここ|こちら|여기|이 ?집|这儿|这里|这家|\bthis (?:is |the )|\bhere\b")
_CLAIM = 40  # characters in which a predicate after the yes or no decides over it
_INSISTS = Lazy(
    r"\bi (?:\w+ly )?(?:am|do|have|can)\b(?! not|n't)|我(?:就|当然|确实)?(?:是|会|有|住|能)(?!不)|怎么(?:会)?不是|(?:谁|哪里|哪儿)说?不是|왜 ?아니|違うわけ|(?:没|不会)(?:有)?(?:看走眼|看错|记错|说错|猜错|弄错|认错|听错)|就是(?:它|他|她|这|那)|\bi (?:spent|lived|worked|served|trained|was there)\b|(?:間違|まちが)って(?:は)?(?:い)?ません|(?:私|俺|僕)(?:は|が)?(?:そう|です)|맞(?:아|습|죠)|아(?:뇨|니요|니),? ?(?!안|못|아니|그런)[가-힣]{1,4}(?:아요|어요|여요|해요|죠|지요|니다)(?=[.! ,])"
)
_DENIES = Lazy(
    r"\bthat'?s (?:the end of it|about (?:it|all)|where it ends)\b|\bi(?:'m| am| do| have| can)(?: not|n't)|(?<!怎么)(?<!谁说)(?<!何尝)不(?:是|会|住|能|在|养|喜欢|爱)(?!才怪|吗)|没有|ません|ない(?:です|よ|。|$)|아닙|아니에|아니(?:야|죠)|않|(?:^|[ ,])(?:안|못) |ちっとも|全然|まったく(?=[。!]|$)|하나도|전혀|一点(?:儿)?(?:也|都)?不"
)

# The reply opens with the verb of the question: 会吹笛子吗？会。
_VERB = Lazy(
    "^[\\W嗯哦啊呵哈当然还一直]*(?:谁说不)?(成|怕|干|会|住|喜欢|爱|养|有|能|做|用|学|在|姓|叫|认识|记得|去过|吃|喝|练|教|卖|开|属|信|来自)(?:啊|呀|的|呢|哦|嘛|着|过|啦|了)*(?=[,。!~…]|$|了?(?:好)?[一二三四五六七八九十百两几半\\d]|得)"
    "|^[\\Wあえはい、そう]*([\u4e00-\u9fff]{1,2}|[\u3041-\u3096]{2})[\u3041-\u3096]{0,4}(?:ます|てる|いる|る|う|く|い(?:です)?|きだ|きです)(?:とも|よ|ね|わ|さ|ぞ|な)*(?=[、。!]|$)"
    "|^[\\W네예응아뇨니요]*([가-힣]{1,3}?)(?:지요|죠|고말고요?|[아어워와여해려셔]요|습니다|니다|네요?|지)(?=[ .,!]|$)"
)


def _echoed(opening: str, asked: Question) -> bool:
    head = re.split(r"(?<=[いえやはあ아])[、,]\s*", opening, maxsplit=1)
    for said in head:
        verb = _VERB.match(said)
        if verb and asked.holds(next(g for g in verb.groups() if g)):
            return True
    return False


_ASKED_BACK = Lazy(
    r"^\W*(?:yes|yeah|aye|sorry|oh|是|嗯|啊|对|はい|ええ|え|네|예|응|そう(?:です|なの)?か?|그래요?|是这样)(?:吗|么)?\s*\?"
)
_BOTH = Lazy(
    r"\byes[,. ]{1,2}(?:and|but also|or) no\b|是,?(?:又|也)不是|(?:算|也)是也不是|はい[^。]{0,4}いいえ|そう(?:でも|とも)(?:あり|言える)|(?:네|예)[^.]{0,4}아니(?:요|오)|そういうことに(?:して|なって)|그런 ?(?:걸로|셈)|그렇다고 ?(?:치|해 ?두|하죠)"
    r"|\bwho can say\b|\ba bit of everything\b"
)
_PUT_OFF = Lazy(  # a doubled yes that only hurries on: "Yes, yes, sit down"
    r"^\W*(?:yes,? yes|是是是?|对对对?|はいはい|네네|예예)\W+(?:[a-z ]{0,12}\b(?:come|sit|take|first|let)\b|[^。.!?]{0,4}(?:先|坐|请|まず|どうぞ|우선|앉)|very funny|[^。.!?]{0,8}(?:あとで|今度|また後|나중|다음에|回头|改天))"
)
_CONDITION = Lazy(
    r"\bin (?:my|your) dreams\b|\bif (?:you (?:count|call|mean|say|want|like|insist|think|consider|wish)|only|i (?:had|were|could)|that|it |[a-z]+ing\b)|\b(?:depends|in a (?:way|sense|manner))\b|(?:如果|要是|假如)(?:你|您)?(?:愿意|非|硬|算|觉得|认为|这么|能|真)|(?:如果|要是)[^,。]{0,12}也?算|看你怎么|某种(?:意义|程度)|就好|だったら|(?:た|な)ら(?:いい|よかった|良かった|嬉し)|ある意味|라면|다면|어떤 ?의미"
)
_HARDLY = Lazy("(?:哪|怎)(?:里|么)?(?:能|敢|好意思)?(?:叫|算|称)|(?:算|谈|称|说)不上|(?:不能|不敢|不好意思)(?:叫|算|说|称)")  # 会一点狗刨,那哪能叫会
_MOCKED = Lazy("(?:是|对|会|有|行)(?:你|您)?个?(?:大)?(?:头|鬼|屁|锤子)(?!领)|(?<!不)(?:是|对|会|有|信)(?:就|才)(?:怪|见鬼|有鬼)|你(?:大爷|妹)")  # 对,对,对你个头
_ABSURD = Lazy(  # and I am the Queen of Sheba
    r"\band (?:the )?(?:moon(?:'s| is) (?:made of |an? |all )?(?:[a-z]+ )?cheese|(?:pigs?|cows?|sheep|hens?|fish(?:es)?|cats?|horses?) (?:can |will |do |have )?(?:fl(?:y|ies)|sings?|danc\w+|whistles?|talks?|wings|walks?|lays? [a-z]+)|earth(?:'s| is) flat|rivers? (?:run|flow)s? uphill)\b|"
    r"\band (?:my|your|the|this|that|our) [a-z]+(?:'s| is|'re| are) (?:also )?(?:the |an? )?(?:bishop|archbishop|duke|duchess|earl|baron|prince|princess|admiral|lord|lady|queen|king|pope|emperor|tsar|mayor|mermaid|sultan|empress|dragon|unicorn|archangel|saint)\b|\bdoes (?:this|that|it) look like (?:an? |the )?[a-z]+(?: [a-z]+)?(?: to you)?\?|\bdo i look like (?:an? |the |i )[^?]*\?|"
    r"\band (?:i'm|i am|you're|he's|my \w+ is) (?:also )?(?:the |an? )?(?:queen|king|pope|emperor|moon|tsar|mermaid|dutchman|teapot|empress|sultan|tooth fairy)\b|\band i(?:\'m| am) (?:also )?(?:the )[a-z]+ of [a-z]+|我还是(?:皇[后上帝]|玉皇|天王|王母|神仙|菩萨)|(?:王様|お姫様|殿様|将軍様|天女)(?:だ|です|さ)|(?:임금|여왕|용왕|선녀|황제)(?:이|님)"
)
_OVER = Lazy(
    r"\b(?:used to|once was|was once|formerly|in the past|not any ?more|no longer|until (?:last|recently|the|my|we|i|he|she|they|it))\b|^\W*(?:yes,? )?(?:i|it|she|he|that|they) (?:did|was|were|had)\b(?! (?:indeed|so|that)\b)|\bonce upon a time\b|^\W*(?:someday|one day|soon|eventually)\b|\bin (?:another|a former|a past) life\b|以前|从前|曾经|当年|过去是|小时候(?=[。!,]|$)|年轻时(?:候)?(?=[。!,]|$)|昔|かつて|まで(?:は|です)|て(?:い)?(?:た|ました)(?=[、。]|$)|예전|옛날|한때|까지는"
)
_HEARSAY = Lazy(
    r"\b(?:so (?:they|people|folks?) say|(?<!whatever )(?<!what )(?:people|they|folks?|some) (?:do |all |always |like to )?(?:say|tell|think|call)|so i(?:'m| am|'ve been| hear) ?(?:told)?)\b|(?:别人|有人|大家|他们|人家|旁人)(?:都|也|总)?(?:是)?(?:这么|这样|那么)?(?:说|讲|传|认为)|(?:みんな|人|皆)(?:は|が)?[^。]{0,6}(?:言い|言う|言って)|(?:다들|사람들이|남들이) ?(?:그렇게 ?)?(?:말|부르|그러)"
)
# Whoever is looked for is somebody else: それなら三軒先だよ.
_NEXT_DOOR = Lazy("それ(?:なら|は|でしたら)、?[^。、]{0,6}(?:軒先|隣|向かい|裏手|角を|奥の|あっち|二階|留守|出かけ)|(?:그건|그 ?사람은|그분은|그이는) ?[^.,]{0,6}(?:건너|옆집|앞집|위층|안 ?계|나갔)")
_PREDICATE = Lazy(
    r"^ ?(?:is|was|does|did|has|lives|one)\b[^,.!?]{0,12}[.!]?$|^(?:才|倒|就|确实)?(?:是|会|住|有|养)(?:啊|呀|的|呢)?[。!,]?$|^(?:が|は)(?:そう)?(?:です|だ)?[^、。]{0,4}[。!]?$|^(?:은|는|이|가|도)? ?(?:그래|그렇|맞)[^.]{0,5}[.!]?$"
)


_IT = Lazy(r"^\W*(?:that|it|this|那|这|それ|あれ|그건|그거|그 ?사람)\b")


def _undone(opening: str, rest: str, c: Cues, asked: Question) -> str | None:
    """The code of what takes a yes back, or None; `rest` is what follows the yes."""
    said = c.blank.sub(" ", opening)
    first = re.split(r"(?<=[.!?。])", said, maxsplit=1)[0]
    if _ASKED_BACK.match(opening) or _PUT_OFF.match(said):
        return "asked"
    if _BOTH.search(said[:60]):
        return "hedged"
    if c.taken_back.search(c.blank.sub(" ", rest)) or c.denied_again.search(rest):
        return "retracted"
    if _ABSURD.search(said) or _MOCKED.search(first) or _HARDLY.search(said[:60]):
        return "negated"
    if _CONDITION.search(first):
        return "hypothetical"
    if not asked.past and _OVER.search(first) and not c.now.search(said):
        return "not_present"
    if _HEARSAY.search(first) or (not asked.kin and _NEXT_DOOR.search(said[:60])):
        return "attributed"
    if not asked.kin and c.third_after.match(_IT.sub("", said)):
        return "attributed"
    after = re.split(r"(?<=[.!?。])", c.blank.sub(" ", rest), maxsplit=1)[0]
    if c.hedged_before.search(after) or c.hedged_after.search(after):
        return "hedged"
    if not asked.kin and not asked.about_user:
        for person in c.third.finditer(first):
            if _PREDICATE.match(first, person.end()) or _PREDICATE.match(first[person.end() :]):
                return "attributed"
    return None
