"""What the rest of an English reply makes of a claim that was plainly stated, sentences later; see sequel.py."""

from __future__ import annotations

from .lazy import Lazy
from .question import Question

_REST = 400  # characters after the claim that are searched
_NEAR = 130  # … for doubts, which are about what was said last

_PIECE = (
    "part|role|line|lines|cover|script|character|persona|alias|disguise|audition|monologue|opening|patter|pitch|routine|act|bit|spiel|speech|costume"
    "|impression|performance|accent|recital|recitation|cue card|brochure|advert|press release|teleprompter|legend|fib|yarn|tall tale|fairy ?tale|bedtime story"
)
_EXPOSED = Lazy(
    rf"\b(?:that|this|it|there)(?:'s| is| was| goes)? (?:just |only |all |merely |simply )*(?:the|my|a|an|our|his|her|from the|from my|out of the|out of a|straight from the|straight out of the) (?:[a-z]+ ){{0,2}}(?:{_PIECE})\b"
    rf"|\b(?:how(?:'s| is| was| did) (?:that|it|my|the)|what did you think of (?:my|the|that)|do you like my|was that) (?:[a-z]+ )?(?:{_PIECE}|sound|sounding|convincing|go)\b[^.!]*\?"
    r"|\b(?:then|and) i (?:woke|wake)(?: up)?\b|\b(?:was|is) (?:only |all |just )?a dream\b"
    r"|\b(?:i )?(?:practi[sc]ed|rehearsed|memori[sz]ed|learned|read) (?:that|it|this) (?:off|from|by heart|in the|all)\b|\b(?:did i|have i) (?:get|got|say|said) (?:it|that|my lines?) right\?"
    r"|\bi(?:'m| am| was) (?:only |just )?(?:testing|trying out|sounding out) (?:you|your)\b|\bwanted to see (?:your face|if you|whether you|what you)\b"
    r"|\bnone of (?:which|that|it|this) (?:is|was) (?:true|so|real|mine)\b|\bnot a (?:word|syllable|jot) (?:of (?:it|that|this|which) )?(?:is|was|(?:is|was)? ?(?:true|mine|so))\b"
    r"|\b(?:i|we) (?:tell|give|say|feed|sell|spin|told|gave|fed|sold|spun) (?:it|that|this|that one|this one|that (?:story|tale|line)|the same(?: (?:story|tale|line))?) to (?:all|every\w*|each|any\w*|the)\b"
    r"|\bi made (?:all of )?(?:that|it|this|him|her) (?:all )?up\b|\bi (?:bought|stole|borrowed|forged|found|won|lifted|took) (?:the|this|that|his|her|these|those) (?:name|papers|badge|title|uniform|licen[cs]e|hat|coat)\b"
)
_WRONG_ONE = Lazy(
    r"\b(?:got|have|has|had|'ve|want|wants) (?:got )?the wrong (?:[a-z]+|end)\b|\bwrong (?:man|woman|person|fellow|chap|house|door|cat|ship|shop|table|sister|brother|twin)\b"
    r"|\bmistaken (?:me )?for\b|\bcase of mistaken identity\b|\bthat(?:'s| is| was|'d be| would be) (?:my|the|her|his|our) (?:[a-z-]+ )?(?:brother|sister|twin|cousin|neighbou?r|father|mother|aunt|uncle|predecessor|other|namesake)\b"
)
_UNSURE = Lazy(
    r"\byou tell me\b|\bwho can (?:say|tell)\b|\b(?:nobody|no one|no ?body alive) (?:knows|wrote (?:it|that) down|can (?:say|tell|prove)|remembers)\b"
    r"|\bi(?:'ve| have)? no (?:proof|way of knowing|way to (?:tell|check|prove|be sure))\b|\bi (?:can't|cannot|could not|couldn't) (?:confirm|prove|swear|vouch|be sure|say for (?:sure|certain))\b"
    r"|\bi (?:may|might|could) (?:well )?be (?:wrong|mistaken|misremembering|mixing)\b|\b(?:don't|do not) (?:hold|quote) me\b|\b(?:that|it)(?:'s| is| was) (?:only |just |all |at best )*(?:a |my |my best |an educated )?guess(?:work)?\b"
    r"|\bthat(?:'s| is) (?:only |just )?(?:if|assuming|provided|supposing)\b"
    r"|\bi(?:'m| am| was) (?:only |just )?guessing\b|\b(?:but|though) (?:some days|half the time|then again|other days)\b|\bi(?:'d| would) have to check\b|\bask me again\b"
)
_LEFT_OPEN = Lazy(r"\b(?:let them (?:say|think|believe|talk)|believe what you (?:like|will|please)|think what you (?:like|will)|i (?:neither|shan't|won't|will not|don't) (?:confirm|say|deny) )")
_SAID = Lazy(r"\b(?:ha(?:s|ve|d) me (?:down )?as|says?|said|claims?|claimed|thinks?|calls?|called|rumou?rs?|swears?|reckons?|has it|have it|tells?|believes?|reads?|printed|written|engraved)\b")
_DISCREDITED = Lazy(
    r"\b(?:it|that|they|he|she|which|the \w+|[a-z]+s(?= are))(?:'s| is| was| are| were| has| have|'ve)? (?:been )?(?:wrong|out of date|forged|faked?|a forgery|old|rubbish|nonsense|mistaken|misprinted|a misprint|fiction|fairy ?tales?|lies|never right|not to be trusted|an? (?:lie|error|mistake|typo))\b"
    r"|\b(?:an?|my|his|her|the) (?:rival|enemy|prankster|joker|jealous [a-z]+|drunk|enemies|competitor|ex-?[a-z]*|forger|brother|cousin|printer) (?:of mine )?(?:paid|wrote|printed|painted|ordered|hung|nailed|put|had)\b"
    r"|\b(?:paid|wrote|printed|painted|ordered) (?:for )?(?:it|that|them|the \w+) (?:before|himself|herself|to spite)\b|\bwho believes\b|\bwould you (?:believe|trust)\b|\bi(?:'d| would)(?:n't| not) (?:believe|trust) (?:it|a word|them|him|her)\b"
)
_ENDED = Lazy(
    r"\b(?:they|he|she|the [a-z]+) (?:sacked|fired|dismissed|retired|stripped|demoted|replaced|discharged|turned|drummed|threw|cashiered) me\b"
    r"|\bi (?:was|got|'ve been|have been) (?:sacked|fired|dismissed|laid off|retired|stripped|demoted|replaced|discharged|drummed out|struck off|disbarred|defrocked)\b"
    r"|\bi(?:'ve| have)? (?:quit|resigned|retired|gave (?:it|that|all that) up|given (?:it|that|all that) up|hung up (?:my|the|it)|handed in (?:my|the)|packed (?:it|that) in|sold (?:up|the business))\b"
)
# … or gives up what belongs to the trade.
_SIGNS = "keys?|badge|uniform|licen[cs]e|commission|apron|tools?|hammer|sword|whistle|cap|robes?|warrant|sash|chain|seal|hat|stamp|star|cards?|papers|gown|wig|ledger|nets?|anvil|practice|shop|workshop|studio|forge|boat|plough|brushes|needles|lantern"
_GIVEN_UP = Lazy(
    rf"\bi(?:'ve| have)? (?:then |since |finally |long since )?(?:gave|given|handed|turned|sent|threw|thrown) (?:back |in |over |away |up )?(?:the|my) (?:[a-z]+ )?(?:{_SIGNS})(?: back| in| over| away| up)?\b(?! (?:a|an|to my (?:son|daughter|apprentice) to) )"
    rf"|\bi(?:'ve| have)? (?:then |since |finally |long since )?(?:sold|burn(?:ed|t)|pawned|buried|locked up) (?:the|my) (?:old |last )?(?:{_SIGNS})\b"
)
# One's own, set against what was told: "… is one Tomasz Wilk. My own? I left that in a coat."
_OWN_INSTEAD = Lazy(r"(?:^|[.!?…—] )(?:and |but |now |as for )*(?:my own|mine)\? (?!yes|aye|the same|the very same|same|exactly|just the same)")
_BOTH_TRUE = Lazy(r"\b(?:they're|they are|and|are) (?:both|all) (?:equally |perfectly |quite )?(?:true|right|correct|so|god's truth|gospel|the truth|accurate|of them (?:true|right))\b|\bboth (?:answers|numbers|figures|names|of them|are)\b[^.!?]{0,12}\b(?:true|right|correct|so|gospel)\b")
# A word of the question, asked again: what stands before it answered something else. "Born? On a barge."
_ECHOED = Lazy(r"(?:^|[.!?…—] )(?:and |but |now |as for |my |your |the |for )*([a-z]{4,})\? (?!yes|aye|that|the same|there|right|just so|indeed)")
_AGAIN = Lazy(r"\b(?:if|when|until|before|after|unless|never|not|almost|nearly|n't)\b[^.!?]{0,24}$")
# "Nothing, …" answers what is asked, unless the reply relents.
_NOTHING = Lazy(r"^\W*(?:oh,? |why,? |well,? |me\? )?(?:nothing|nobody|no one|nowhere|none|neither)(?: at all| whatsoever| in particular)?(?=[,.;!—](?! ?(?:but|except|save|unless)\b))")
_DEPENDS = Lazy(r"^\W*(?:oh,? |why,? |well,? )?(?:that |it |all )*depends\b")
_RELENTS = Lazy(r"\b(?:but|except|save|unless|only|just|well|though|if you must|all right|very well|i lie|i lied|truth|honest\w*|fine|joking|kidding|unless|other than|or rather|these days|now|today)\b")


def none_at_all(told: str) -> bool:
    """Whether the reply says that there is none, and does not relent before what it goes on to tell."""
    found = _NOTHING.match(told) or _DEPENDS.match(told)
    return found is not None and len(told) - found.end() < _NEAR and not _RELENTS.search(told, found.end())


def undone_en(told: str, rest: str, q: Question) -> str | None:
    """The code of what follows a claim and takes it away, or None. `told` is the sentence up to the claim."""
    rest = rest[:_REST]
    if _EXPOSED.search(rest):
        return "retracted"
    if _UNSURE.search(rest[:_NEAR]):
        return "hedged"
    end = rest.find(".") + 1
    said = _SAID.search(told) or _SAID.search(rest[:end])
    if said and (_DISCREDITED.search(rest) or _LEFT_OPEN.search(rest)):
        return "attributed"
    wrong = _WRONG_ONE.search(rest)
    if wrong and not _AGAIN.search(rest[: wrong.start()]):
        return "attributed"
    if _BOTH_TRUE.search(rest):
        return "contradicted"
    if _OWN_INSTEAD.search(rest) and not (q.kin or q.about_user):
        return "attributed"
    echoed = _ECHOED.search(rest)
    if echoed and echoed[1] in q.text and echoed[1] not in told:
        return "aside"
    if not (q.past or q.future or q.kin or q.about_user):
        ended = _ENDED.search(rest) or _GIVEN_UP.search(rest)
        if ended and not _AGAIN.search(rest[: ended.start()]):
            return "not_present"
    return None
