"""What a question asks: yes or no, past or future, liking, and about whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from . import cues_en
from .cues import cues
from .lazy import Lazy
from .normalise import fold_text
from .reasons import language_of


@dataclass(frozen=True, slots=True)
class Question:
    text: str  # folded
    language: str
    polar: bool  # answered by yes or no
    negative: bool  # "you are not a smith, are you?"
    past: bool
    future: bool
    liking: bool
    imagined: bool
    about_user: bool
    kin: frozenset[str]  # persons other than the role that it names
    open: bool  # has a question word
    who: bool  # asks for a person
    naming: bool  # asks how somebody is called
    fearing: bool = False  # asks what somebody fears or shuns
    related: frozenset[str] = frozenset()  # the relations of the person it is about, by the key's source
    lived: bool = False  # about what the role meets with or did, rather than is
    listing: bool = False  # asks for several facts, each of which may have a predicate of its own
    planned: bool = False  # about something that was told, plans too
    denied: tuple[str, ...] = ()  # the verbs that it asks with in the negative: what one cannot eat

    def holds(self, verb: str) -> bool:
        """Whether it holds a verb's stem, in Korean also without the last consonant: 둡(니다) is 두(시죠)."""
        last = ord(verb[-1]) - 0xAC00
        bare = verb[:-1] + chr(0xAC00 + last - last % 28) if 0 <= last < 11172 else verb
        return verb in self.text or bare in self.text


_OPEN = Lazy(
    r"\b(?:what|who|whom|whose|where|when|which|how|why)\b|什么|啥|谁|哪|几|多少|多[大高久长远重宽厚深]|怎么|怎样|为何|何(?:处|人|时|方|门|许|名|年|月|日|物|事|派)"
    "|何|誰|だれ|どこ|どんな|どちら|いつ|いくつ|いくら|どう|なぜ|どの|どれ|뭐|뭘|무엇|무슨|누구|누가|어디|언제|몇|어떤|어느|얼마|왜|어떻"
)
# Whom the question speaks to is nobody that it asks about: "秦老师，您…", "…, captain?"
_VOCATIVE = Lazy(
    r"^[^,。!?…你您の의]{1,9}[,!、…] ?(?=.{4})|,? (?<!your )(?<!my )(?:master|captain|boss|teacher|friend|mate|miss|sir|grandma|grandpa|auntie|uncle|doc|chief)(?: \w+)?(?=[?.!]*$)|^(?:master|captain|boss|teacher|friend|mate|miss|grandma|grandpa|auntie|uncle|chief)(?: \w+)?, "
)
# A person that stands between commas, without an article or a possessive, is spoken to: "So, Captain, how …", "…, Mother?".
_CALLED = Lazy(rf"(?:^|[,;!] ?)(?:dear |good |old |my dear |my good )?{cues_en.KIN}(?: [a-z]+)?(?= ?[,?!.]|$)")
_WHO = Lazy(r"\bwho(?:m|se)?\b|谁|何人(?![いでのがもくはを分乗住家兄])|誰|だれ|どなた|누구|누가|跟谁")
_NAMING = Lazy(
    r"\b(?:nick)?names?\b|\bnamed\b|\bepithet\b|\bmoniker\b|\balias|\bcall(?:ed|s)?\b|叫什么|叫啥|名字|姓名|称呼|尊姓|大名|贵姓|芳名|名讳|绰号|外号|诨名|诨号|雅号|小名|(?:叫|喊|称呼?|唤)(?:你|您)(?:什么|啥|作|做)|法号|道号|昵称|花名|艺名|笔名|网名|代号|名号|名前|名は|お名|通り名|あだ名|渾名|呼び名|二つ名|異名|呼(?:べ|ば|ん|び)|이름|성함|존함|함자|불러|부르|별명|호칭|존함"
)


_MET = Lazy(r"\b(?:see|saw|meet|met|find|found|hear|heard|marry|married|hire|buy|bought)\b|[看见遇碰找]到?了?(?:谁|什么|啥)")
_PRESENT = Lazy(r"\b(?:do|does|is|are)\b")  # "When does the first bell ring?" asks for no past
_FEARING = Lazy(r"\b(?:afraid|fear|scare[sd]?|frighten\w*|terrif\w*|dread|phobia)\b|怕(?!是)|恐惧|畏|怖|苦手|恐れ|嫌い|きらい|싫어하|싫은|질색|무서|두려|겁|\ballerg|过敏|忌口|アレルギー|알레르기")
# 食べられないものは？ and 못 먹는 게 뭐예요? ask for what is denied; group 1 is the verb.
_DENIED = Lazy(
    "([\u4e00-\u9fff][\u3041-\u3096]{0,3}?)ない(?=もの|物|の(?:は|が)|こと|人|食|場所|所|飲|お|理由)"
    "|((?:못|안) ?[가-힣])[가-힣]{0,2}[는은을운한] (?:게|것|거|건|음식|사람|일|데|곳|동물|술)"
)
_PLAIN_VERBS = {"못드": ("못먹", "못마"), "안드": ("안먹", "안마"), "召し上がれ": ("食べられ", "飲め")}  # a polite verb and its plain twins
_ARE_YOU = Lazy(r"[你您](?:就|可)?是(?:不是)?[^,。]{0,4}$|\bare you (?:really )?(?:the |an? |my )?(?:\w+ )?$")
_IS_IT = Lazy("(?:さん|様)?(?:です|でいらっしゃい)か|이?(?:세요|신가요|십니까|입니까|인가요)\\?")


# Whoever is addressed by a title at the very beginning: 师傅今年贵庚？
_ADDRESSED = Lazy("^(?:[^,。!?你您的]{0,3})(?:师傅|师父|先生|老师|掌柜|老板|大夫|船长|将军|队长|馆长|教授|大人|娘子|夫人|老爷子|老人家|道长|大师)(?=今年|贵|高|您|平|现|如|是哪|随便|说说|讲|以何|做|住|是做|在哪|哪|几|多|爱|最|喜|可|会|会不|有|怎|为)")


def _persons(kin: Lazy, text: str) -> Iterator[str]:
    """The persons a question names, without the one that it takes the role for: "Are you the captain?"."""
    for person in kin.finditer(text):
        told = text[: person.start()]
        if not (_ARE_YOU.search(told) or (len(told) <= 1 and _IS_IT.match(text, person.end()))):
            yield person.group()


def _denied_verbs(text: str) -> tuple[str, ...]:
    found = _DENIED.search(text)
    if found is None:
        return ()
    verb = next(group for group in found.groups() if group).replace(" ", "")
    return (verb, *_PLAIN_VERBS.get(verb, ()))


@lru_cache(maxsize=1024)
def read_question(question: str, language: str) -> Question:
    text = fold_text(question)[-600:]
    spoken = language_of(text, language or "en")
    if spoken == "zh" and language == "ja":
        spoken = "ja"
    table = cues(spoken)
    return Question(
        text,
        spoken,
        polar=bool(table.polar.search(text)),
        negative=bool(table.polar_negative.search(text)),
        past=any(m.group() != "first" or not _PRESENT.search(text) for m in table.asks_past.finditer(text)),
        future=bool(table.asks_future.search(text)),
        liking=bool(table.asks_liking.search(text)),
        imagined=bool(table.asks_imagined.search(text)),
        about_user=bool(table.asks_user.search(text)),
        kin=frozenset(_persons(table.kin, _ADDRESSED.sub("", _CALLED.sub("", _VOCATIVE.sub("", text))))),
        open=bool(_OPEN.search(text)),
        who=bool(_WHO.search(text)),
        naming=bool(_NAMING.search(text)),
        fearing=bool(_FEARING.search(text)),
        lived=bool(_MET.search(text)),
        denied=_denied_verbs(text),
    )
