"""How a reply stands to one mention: asserts it, denies it, doubts it, asks it, imagines it, leaves it to others.

Every mention is read in its clause, its sentence and the words that follow. Other mentions are masked first,
so that a cue inside a key (无锡, "Never Bay") is no cue. Polarity, speech act, speaker, modality, tense, certainty and
relevance are asked in this order; the first objection is the standing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .context import BLANK, MASK, RIVAL, WORDS, Around, Context, words
from .cues import Cues
from .frames import framed
from .lazy import Lazy, once
from .modality import absurd_to_deny, fears, found_in_role, hands_back
from .objections import ASSERTED, OBJECTIONS, only_imagined
from .person import asked_kin, other_person
from .question import Question
from .scorer import to_scorer


@dataclass(frozen=True, slots=True)
class Reading:
    """The standing of one mention: ASSERTED, or the code of the reason against it."""

    status: str
    strength: int  # 3: the bare answer, or "I am a …"; 2: said of oneself; 1: only named
    start: int
    end: int


class Reader(Context):
    """Reads the standing of mentions in one answer to one question."""

    def __init__(self, text: str, masks: list[tuple[int, int, str]], language: str, question: Question) -> None:
        super().__init__(text, masks, language)
        self.question = question

    def asked(self, question: Question) -> Reader:
        """The same answer, read for a question of which more is known."""
        if question is self.question:
            return self
        other = object.__new__(Reader)
        other.__dict__ |= self.__dict__
        other.question = question
        return other

    def read(self, start: int, end: int, exact: bool) -> Reading:
        """The standing of the mention at [start, end)."""
        around, table = self.around(start, end)
        status, strength = Mention(self.text[start:end], around, table, self.question, exact).standing()
        return Reading(status, strength, start, end)


    def sequel(self, readings: Sequence[Reading]) -> tuple[str, str]:
        """The sentence up to the last mention that is asserted, and all that follows it; the whole reply where there is none."""
        said = [r for r in readings if r.status == ASSERTED]
        if not said:
            return "", self.text
        return self.text[self.sentences[self.sentence_index(said[-1].start)].start : said[-1].start], self.text[said[-1].end :]


class Mention:
    """One mention of a key: what its clause, its sentence and what follows say of it."""

    def __init__(self, text: str, a: Around, c: Cues, q: Question, exact: bool) -> None:
        self.text, self.a, self.c, self.q, self.exact = text, a, c, q, exact
        self.apposed = bool(_APPOSED.match(a.clause_after))
        self.before, self.after = a.clause_before, "" if self.apposed else a.clause_after
        self.idiom = BLANK in self.before or BLANK in self.after

    def standing(self) -> tuple[str, int]:
        if to_scorer(self.a, bare=self.strength == 3):
            return "injected", 0
        if _HASHTAG.search(self.a.sentence_before):
            return "stuffed", 0
        if self._part_of_another():
            return "aside", 0
        if absurd_to_deny(self.a, self.c) and not self._of_others_alone():
            return ASSERTED, 2
        if found_in_role(self.a.sentence_before + MASK + self.after, self.rest):
            return ASSERTED, 2
        frame = framed(self.a, self.c, self.q)
        if frame:
            return frame, 3 if frame == "negated" else 0
        if self.a.mark == "?" and (self._asked_itself() or _TO_YOU.match(self.before)):
            return self._in_question()
        if self._negated and only_imagined(self):
            return "hypothetical", 0
        if self._negated:
            return "negated", self._denial_strength()
        if other_person(self.a, self.c, self.q):
            confirmed = self.c.confirmed.search(self.rest[:_NEXT]) and not self.q.about_user and not self.q.kin
            return (ASSERTED, 2) if confirmed else ("attributed", 0)
        bounds = self.exact and (self.c.about_before.search(self.a.sentence_before) or self.c.about_after.search(self.a.sentence_after))  # no more than twelve
        if self._negations and not bounds and not self.c.taken_back.search(self.rest[:60]):
            return ASSERTED, self.strength  # denied twice is asserted
        for objection in OBJECTIONS:
            code = objection(self)
            if code == ASSERTED:
                return ASSERTED, 2
            if code:
                return code, 0
        return ASSERTED, max(2, self.strength) if self.present else self.strength

    # what stands around the mention

    @once
    def rest(self) -> str:
        """All that follows the mention's clause."""
        return self.a.sentence_after[len(self.after) :] + self.a.following

    @once
    def strength(self) -> int:
        a, c = self.a, self.c
        if c.changed_before.search(self.before):
            return 3
        if self.shown or c.strong_before.search(self.before) or c.strong_after.search(a.sentence_after):
            return 3
        if not _PARTICLES.sub("", self.before) and not _PARTICLES.sub("", self.after):
            return 3
        subject = _SUBJECT if a.language == "en" else c.first
        if c.copula.search(self.before) or subject.search(self.before) or c.first_after.search(a.sentence_after):
            return 2
        return 1

    @once
    def shown(self) -> bool:
        """Whether the role goes on to say that this is where it lives, or what it does."""
        return bool(_WHERE_I.match(self.a.sentence_after + self.a.following))

    @once
    def frame(self) -> str:
        """The clause before the mention's, which may say how the rest is meant."""
        earlier = self.a.sentence_before[: len(self.a.sentence_before) - len(self.before)]
        return _LAST_CLAUSE.search(earlier).group()

    @once
    def present(self) -> bool:
        now = self.c.now.search(self.before)
        if now and now.group()[0] in "还一" and self.c.past_before.search(self.before[: now.start()]):
            now = None  # 三年前我还在…
        return bool(now or self.c.now.search(self.after))

    def cued(self, before: Lazy, after: Lazy) -> bool:
        """Whether one of two cues stands in the clause; a cue that the question holds too is only its topic."""
        found = before.search(self.before) or after.search(self.after)
        return bool(found) and not (len(found.group()) > 1 and found.group() in self.q.text)

    # scope

    def _part_of_another(self) -> bool:
        """Whether the mention is a part of another noun, or only a place beside the one meant."""
        a, c, q = self.a, self.c, self.q
        if _OWNER_OF_RIVAL.match(a.sentence_after):
            return True
        compound = c.compound_after.search(a.sentence_after)
        if (compound and not asked_kin(compound.group(), c, q)) or (
            not q.kin and c.compound_before.search(a.sentence_before)
        ):
            return True
        return not q.fearing and bool(c.beside_before.search(self.before) or c.beside_after.search(self.after))

    def _verb_of_question(self, cue: str) -> bool:
        """Whether a cue of denial is only the verb that the question itself asks with: "what did you leave?"."""
        if any(verb in cue.replace(" ", "") for verb in self.q.denied):
            return True
        return bool(_LEXICAL.fullmatch(cue)) and cue in self.q.text

    def _of_others_alone(self) -> bool:
        """Whether the clause names other people and not the role."""
        return bool(self.c.third.search(self.before)) and not self.c.first.search(self.before) and not self.q.kin

    # polarity

    @once
    def _negations(self) -> int:
        c, before = self.c, self.before
        tail = before[before.rfind(RIVAL) + 1 :]
        if RIVAL in before and words(_JOINED.sub("", tail)):
            before = tail  # 离开青石镇后就住柳溪镇: what is left is not where one lives
        after = self.after[:_DIRECT] if self.q.naming and self.q.listing else self.after
        cues = (*c.negated_before.finditer(before), *c.negated_after.finditer(after))
        count = sum(not self._verb_of_question(m.group()) for m in cues)
        feared = fears(before + MASK + self.after) if self.q.fearing else None
        if feared is not None:
            return 0 if feared else 1
        disliked = self.q.liking and (c.disliked.search(before) or c.disliked.search(self.after))
        if disliked:
            count = 1 + c.negated_before.count(before[: disliked.start()] if disliked.string is before else before)
        if self.q.denied and not cues and _ABLE.search(after):
            count += 1
        said = words(_DETERMINER.sub("", before))
        opens = said == 0 or _MODIFIER.match(before) is not None or (said <= 2 and self.strength < 3)
        if self.q.listing and count % 2 == 0 and _EXCEPTED.match(self.a.sentence_after):
            count += 1
        if count % 2 == 0 and opens and c.topic_denied.search(self.a.sentence_after):
            count += 1
        return count

    @once
    def _negated(self) -> bool:
        if self._negations % 2 == 1 or _NOT_BUT.match(self.a.sentence_after):
            return True
        pause = self.a.sentence_after.lstrip()[:1]
        answer = self.a.sentence_after.lstrip(" …—-.,") + self.a.following
        return pause in ("…", "—", "-") and bool(self.c.echo_denied.search(answer))

    def _denial_strength(self) -> int:
        """3: the identity itself is denied; 1: something about it; 0: somebody else's."""
        if other_person(self.a, self.c, self.q):
            return 0
        direct = (
            self._negations % 2 == 0
            or self.c.negated_before.search(self.before[-10:])
            or self.c.negated_after.search(self.after[:8])
            or self.c.topic_denied.search(self.a.sentence_after)
            or self.c.never_was.search(self.before)
            or self.c.never_was_after.search(self.after)
        )
        return 3 if direct else 1

    # speech act

    def _asked_itself(self) -> bool:
        """Whether the question mark of the sentence belongs to the mention's clause."""
        after = self.a.sentence_after[len(self.after) :]
        if hands_back(after) or _QUOTED_END.search(self.a.sentence_after) or _IS_IT.match(self.a.sentence_after):
            return True
        if not self.after.strip() and _YOU_INSTEAD.match(after):
            return True
        return not WORDS.search(after) or bool(_TAG.match(after))

    def _in_question(self) -> tuple[str, int]:
        """A mention in a question: rhetorical, answered by what follows, or only asked."""
        a, c, before = self.a, self.c, self.before
        if _YOU_SAY.search(before) and not c.negated_before.search(a.sentence_before[: len(a.sentence_before) - len(before)]):
            return ASSERTED, 2  # 药箱在这儿,您说我是不是大夫?
        if (self.q.about_user or self.q.planned) and _REMEMBERED.match(a.sentence_after):
            return ASSERTED, 2  # 雁门,对吧?
        if _SURPRISED.match(a.sentence_after):
            return ASSERTED, 3
        if hands_back(a.sentence_after[len(self.after) :], a.following if before else ""):
            return "asked", 0
        following = a.following.lstrip(" ,.:;!。、—\"')(").replace(MASK, "x").replace(RIVAL, "x")
        second = c.second.search(before) or c.second.search(self.after)
        if not second and (c.only_this.search(a.sentence_before) or c.only_this_after.search(a.sentence_after)):
            return ASSERTED, 2
        if c.third_after.search("是" + following) or c.third_after.search(following):
            return "attributed", 0
        if c.imagined_before.search(before):
            return "hypothetical", 0
        if _ECHOED.search(before):
            return "asked", 0
        idiom = self.idiom and (a.language != "ja" or BLANK in self.after) and (a.language != "ko" or BLANK * 3 in before + self.after)  # 말해 is only kept apart from 말다
        if (self._negations % 2 == 1 or idiom) and not second:
            rhetorical = not c.third.search(before) or c.who_would.search(a.sentence_before)
            return (ASSERTED, 2) if rhetorical else ("asked", 0)
        if _EITHER.search(a.sentence_after):
            return "asked", 0
        confirmed = c.confirmed.search(following[:40])
        if a.language == "zh" and _MAYBE.match(following):
            return "hedged", 0
        if c.echo_denied.search(following) and not confirmed:
            return "negated", 0
        if confirmed or c.echo_affirmed.search(following):
            return ASSERTED, 2
        return ("negated" if self._negations % 2 == 1 or c.who_would.search(a.sentence_before) else "asked"), 0


_SUBJECT = Lazy(r"\b(?:i|i'm|i've|i'd|i'll|im|we|we're|we've|my|mine|our|ours|myself)\b")
_YOU_SAY = Lazy("[你您]说我(?:是不是|会不会|有没有|算不算)(?:个)?$")
_EITHER = Lazy("还是[^,。!?]{1,8}\\?")
_WHERE_I = Lazy(r"^[;,.!—-]+ ?(?:it|that|this|here|there)(?:'s| is) (?:where i (?:live|work|belong|keep|sleep|was born|grew|do)|what i (?:do|am)\b|my (?:home|trade|work|job|name|living)\b)(?! not)")
_TO_YOU = Lazy("^[您你](?:盯|望|瞅|看|瞧|闻|摸|听|尝|打量|相中|看中|惦记)[^,。]{0,10}$")  # 您盯着我这银镯子,是想买?
_MAYBE = Lazy("^(?:[哦嗯呃啊唔,.…]){0,4}(?:差(?:不多|\ue001)|大概|也许|可能|好像|应该(?!的)|估计|兴许|或许|八成|说不准|不好说|谁知道|没准)")
_MODIFIER = Lazy("[^\\W我俺你您他她是]{1,5}的$")  # 整根的藕
_PARTICLES = Lazy(r"^\s*(?:my|the|an?|it's|well|oh|why)\b|[啊呀哦嘛呗喽咯呢了的哟哩呐噢哒よねさわぞぜ]|\d+[.)]|[\W_]")
# What stands after a mention that only sets off the right one: Xではなく、Y.
_NOT_BUT = Lazy("^(?:では|じゃ|で)(?:なく|なし)|^(?:이|가) ?아니(?:라|고)(?= |,)|^ ?말고(?= )")
# All but this one: 土遁だけは…印を結んでも土ぼこりひとつ立たなくて
_EXCEPTED = Lazy(
    r"^(?:だけは?|ばかりは|(?:の|に)?(?:ほう|方)は|については)[、…—. ]*[^。!?]{0,40}?(?:(?<!じゃ)な(?:い(?!か)|くて|かった)|ません|[れけえめせ]ず|まだ|苦手|無理|だめ|さっぱり|からきし|勘弁|お手上げ)"
    "|^(?:만은?|만큼은|쪽은)[,… .]*[^.!?]{0,40}?(?:(?:^| )(?:안|못) ?[가-힣]|지 ?(?:않|못)|없(?!이)|아직|젬병|서툴|무리|엉망|모르|몰라)"
)
_ABLE = Lazy("大好|好物|好き|食べ(?:る|ま|た|て)|飲(?:む|み|ん)|좋아|즐겨|잘 ?먹|먹은 ?적|먹고 ?[사싶]|환장|\ue001{4}")  # does what the question asks not to be done
_APPOSED = Lazy("^(?:の|たる|である)(?:この)?(?:私|わたし|あたし|俺|おれ|僕|ぼく|わし|拙者|おいら)(?:が|は|に|を|も|の)|^인 (?:내|제|나|저|우리)(?:가|는|도|한테|에게|를)? ")  # what the smith that I am does
_DIRECT = 18  # characters after one of several names in which a denial is about the name
_NEXT = 60  # characters after a clause in which the role may confirm what others say
_JOINED = Lazy(r"\b(?:and|or|nor)\b|[和与跟或及]|や|と|나|이나|와|과|랑")
_LEXICAL = Lazy(r"离开|告别|放弃|拒绝|讨厌|脱离|反对|排除|辞[了掉去]|戒[了掉]|refus\w+|declin\w+|avoid\w*|quit|lack\w*|deny|denied|forbid\w*|gave up|given up|turned down")
_QUOTED_END = Lazy(r'^[^"?]{0,40}"\?\W*$')  # the whole quotation is asked about
_ECHOED = Lazy(r"\b(?:look|sound|seem)s? like (?:an? |the )?$|(?:你|您)(?:瞧|觉得|认为)|(?:你|您)(?:是)?(?:想|要)?(?:问|知道|打听)|我(?:是不是|是否|算不算)$|\b(?:are you asking|you want to know)\b")
_REMEMBERED = Lazy(r"^[^,。!?]{0,4},(?:对吧|对吗|是吧|没错吧|对不对|是不是)\?|^(?:なん)?(?:だろう?|でしょう?|だよね?|だよな|だったよね|だったよな)\?|^(?:이?잖아요?|이?지|이?죠|이?지요|맞지|맞죠)\?")
_YOU_INSTEAD = Lazy("^[、, ]{1,2}(?:あなた|君|きみ|お前|あんた|そっち|너|당신|자네|그쪽|손님)(?:なら|だったら|も|라면|이라면|도)")  # 하늘배, 너라면 타 보고 싶어?
_SURPRISED = Lazy(r"^(?:이)?(?:인데요?|거든요?|이?라니까요?)\?")  # 탐정인데요? says so and wonders why one asks
_IS_IT = Lazy(r"^,? (?:is it|is that|was it|was that|are you saying|do you mean)\b(?! not)")  # "A smith, is it, that you want?"
_OWNER_OF_RIVAL = Lazy("^(?:'s |的|の|의 )\ue002")  # the smith's neighbour, where that is a wrong answer
_DETERMINER = Lazy(r"^\W*(?:the|an?|my|but|and|as for|well)\b")
_HASHTAG = Lazy(r"#\w*$")  # a label on the reply, no part of what it says
_LAST_CLAUSE = Lazy(r"[^,;:…—、。]{0,60}[,;:…—、。 ]*$")
_TAG = Lazy(
    r"^[\s,、—-]*(?:isn't it|is it not|right|no|huh|eh|yes|correct|am i right|was it|is it|对吗|对吧|对不对|是吧|是吗|是不是|没错吧|好像|吧|でしたっけ|だっけ|でしょう|ですよね|よね|맞죠|맞지|맞나요|그렇죠|그쵸)?[\s?!]*$"
)
