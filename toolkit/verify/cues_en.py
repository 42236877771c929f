"""English cues, on folded text: lower case, straight quotes."""



from __future__ import annotations

_DET = r"(?:the |an? |my |your |his |her |its |our |their |this |that |some |any |one )?"
KIN = (
    r"(?:(?:step|half|grand|great-grand|foster )?-?(?:father|mother|brother|sister|son|daughter|dad|mum|mom|child|children|parents|nephew|niece)|uncle|aunt|aunty|auntie|cousin|wife|husband|spouse|partner|"
    r"twin|gran|granny|grandad|grandpa|grandma|nan|nana|in-law|fianc[ée]e?|boyfriend|girlfriend|ex|"
    r"friend|neighbou?r|boss|master|mistress|mentor|teacher|tutor|apprentice|pupil|student|assistant|rival|colleague|co-?worker|roommate|flatmate|housemate|bunkmate|landlord|landlady|"
    r"captain|sergeant|commander|lieutenant|deputy|sidekick|crewmate|shipmate|classmate|teammate|partner|predecessor|successor|first mate|bosun|cook|foreman|"
    r"dog|cat|horse|parrot|pet|mule|donkey|pony|hound|familiar)s?"
)
_OTHERS = (
    r"(?:people|folks?|everyone|everybody|someone|somebody|some|others|most|many|they|he|she|rumou?rs?|legends?|stor(?:y|ies)|gossips?|townsfolk|villagers|locals|neighbou?rs|strangers|customers|"
    r"critics|papers?|newspapers?|the (?:[a-z'-]+ ){0,2}[a-z'-]+|my (?:[a-z'-]+ ){0,2}[a-z'-]+|(?:his|her|their|its|your) (?:[a-z'-]+ )?[a-z'-]+s|two|three|four|five|six|seven|eight|nine|ten|hundreds|word|tongues|ballads?|songs|posters?|kids|children|tourists|fans|half the \w+|the whole \w+|whoever|anyone)"
)
_SAY = (
    r"(?:says?|said|thinks?|thought|claims?|claimed|calls?|called|swears?|swore|reckons?|reckoned|believes?|believed|tells?|told|heard|hears?|assumes?|assumed|takes? (?:me|him|her) for|took me for|mistakes?|mistook|insists?|insisted|decides?|decided|concludes?|presumes?|presumed|expects?|expected|"
    r"whispers?|whispered|guess(?:es|ed)?|suppose[sd]?|figures?|figured|imagines?|imagined|bets?|maintains?|maintained|cri(?:es|ed)|sings?|sang|hint(?:s|ed)?|allege[sd]?|suspect(?:s|ed)?|testif(?:y|ies|ied)|preach(?:es|ed)?|print(?:s|ed)?|ha(?:s|ve|d) it (?:down )?(?:as|that)|mutter(?:s|ed)?|wrote|writes|puts? me down as|has me (?:down )?as|have me (?:down )?as|"
    r"keeps? (?:saying|telling|calling)|would have (?:it|you)|goes around|going around|likes? to (?:say|tell|call)|(?:will|'ll) (?:say|tell)|gives? me|names? me|lists?|lists me|used to (?:say|think|call))"
)
_NOW = r"\b(?:now|nowadays|(?<!one of )these days|today|at present|presently|currently|at the moment|still|to this day|ever since|since then|this (?:year|time)|anymore|counted|at (?:the )?last count|on the scales?)\b"

CUES = {
    "breaks": r"…|\.{2,}|[,:—()]| - |--| (?:yet|though|although|because|whereas|while|whilst|so that|so|except that|ever since|since|until|unless|and|then) (?=(?:i|i'm|i've|i'd|i'll|my|mine|it|it's|that|that's|this|he|she|they|we|you|the|his|her|not|never|now|since|for|a|an|what|when|where|there|in|at|on|by|don't|no|nobody|only|just|actually|really|still|these|today|if|as|both|one|am|have|mind|please|all)\b)|(?<!anything)(?<!nothing)(?<!none)(?<!one)(?<!where) but | yet | whereas | because | though | although | rather than (?=$)",
    "blank": (
        r"\b(?:not only|not just|not merely|not simply|not solely|no doubt|no question|no wonder|without (?:a |any )?(?:doubt|question|fail|hesitation|shame|exception)|why not|not to mention|"
        r"never mind|not mind|don'?t mind|can(?:'?t|not) (?:help|deny|hide|complain|lie|go wrong|imagine (?:being|doing|living|anything|anyone)|get enough|beat|top)|couldn'?t (?:be (?:prouder|happier|more)|ask for|imagine|hide|lie)|"
        r"not a (?:day|night|week) (?:goes|passes|went)(?: by)?|(?:do(?:n'?t| not)|never|didn'?t|let'?s not|won'?t|wouldn'?t|can'?t) (?:you )?(?:ever )?(?:forget|laugh|tell (?:anyone|anybody|a soul|my|the|him|her|them)|worry|stare|look so|act so|be (?:fooled|shy|surprised|silly|so)|let(?! (?:me|us)\b)|ask me (?:how|why|what|when)|deny|denied|doubt|hide|hidden|regret(?:ted)?|miss|mistake me|make me|get me wrong|bother|need (?:to|a)|stop|stopped|quit|leave|left|trade|swap|change|lie|lied|mention|blame|judge|remember (?:how|why|when)|know how|know why|know what i'?d|say it (?:aloud|out loud|often|twice|too loud)|shout|waste|beat around|budge)|"
        r"never (?:once )?(?:been )?(?:anything|anyone|anywhere|anybody|nothing) (?:but|else but|other than)|"
        r"(?:nothing|nowhere|no one|nobody|none|no \w+|never|isn'?t anything|not anything|ain'?t nothing|not anywhere|not)(?: \w+){0,3}? (?:but|other than|except|besides|save|better than|beats|like|compares? (?:to|with)|(?:comes?|came) (?:anywhere )?(?:close|near)(?: to)?|holds? a candle to|measures? up to|so much as|more than(?! \ue000))(?= )|"
        r"nothing (?:beats|tops|compares|comes close|else)|no place like|not for nothing|no secret|no stranger to|no joke|no kidding|no lie|no mistake|make no mistake|no denying|no two ways|no surprise|no shame|not ashamed|not afraid|not shy|not hiding|not (?:gonna|going to) (?:lie|deny)|no less|none (?:better|finer)|"
        r"not (?:bad|without|un\w+|in\w+ble|im\w+|far (?:from|off)|long|yet (?:forty|fifty|thirty|twenty|sixty)|surprisingly|exactly a secret|that it matters|that you asked|that anyone asked|to brag|to boast|a bad|the (?:prettiest|easiest|grandest|safest|cleanest|biggest|best|most \w+)|much of a \w+|very \w+|a lot|glamorous|fancy|pretty|easy|simply)|"
        r"never (?:dreamed|dreamt|thought|imagined|expected)(?: that)? i'?d (?:be|become|end up)|not (?:kidding|joking|lying|a joke|a word of a lie)|you(?:'re| are) (?:looking at|talking to|addressing|facing|beholding|meeting|dealing with|in the (?:presence|company) of|shaking (?:hands|the hand) (?:with|of)|drinking with|standing (?:before|in front of|next to|beside)|sitting (?:with|across from|beside|opposite|next to)|speaking (?:to|with)|in front of|right|correct)|you see before you|as you (?:can )?see|you have (?:before you|here)|if you must know|if you'?re asking|if you want (?:the truth|to know)|if i may|if you please|if you ask me|if it please\w*|if i do say so|if you'?d believe it|if you can believe it|if you like|if you don'?t mind|as if you didn'?t know|if anyone asks|whether you like it or not|believe it or not|for better or worse|sooner or later|like it or not|"
        r"i (?:think|suppose|believe|guess) (?:you|we|he|she|they)\b|i dare say you|might as well|may as well|no (?:apprentice|pupil|mere|longer a secret))"
        r"|\bnothing if not\b"
        r"|\bwhat (?:[a-z']+ ){1,3}?(?:couldn't|can't|won't|wouldn't|never|didn't|don't) (?:ever |once )?(?:stop|take|deny|forget|hide|lose|leave|change|break|beat|kill|drown|get)(?: [a-z]+){0,2} (?:is|was)\b"
        r"|\bno (?:better|finer|prouder|happier|greater|truer|other)\b|\bask (?:anyone|anybody|around|whoever)[^:.!?]{0,40}\btell you[^:.!?]{0,14}"
        r"|\bnot (?:an?|one) (?:day|year|penny|ounce|inch|minute|second|soul) (?:more|less|older|late|younger|fewer)\b"
        r"|\bnever been (?:prouder|happier|gladder|more [a-z]+)\b|\b(?:isn't|is not|wasn't) (?:as though|as if|that) i(?:'m| am) not\b|\bnot an? (?:day|night|hour|week) (?:goes|passes) by (?:that |when |without )*(?:i'm not|i don't|my not)?"
        r""
        r"|\b(?:you(?:'ll| will) (?:find|see|catch|know|spot|hear)|i(?:'ll| will) (?:take|have|always|never|tell you|admit|confess|be (?:honest|frank)))\b"
        r"|\bnever (?:say|said|been known to say) no to\b|\bit'?s (?:no|hardly a|not a|not much of a) (?:great )?secret\b|\bno(?:t a| great)? secret\b"
        r"|\b(?:so|and|which means|meaning|then) (?:i'd|that'd|that would|it would|it'd) be\b"
        r"|\bno more,? (?:and |and certainly )?no less\b|\bnot one more,? not one less\b"
        r"|\b(?:the|my) (?:heart|belly|gut|guts|stomach|soul|nose|tongue) (?:says?|said|wants?|tells? me|knows?)\b"
        r"|\bmark (?:my|me) words?\b|\brain(?:s|ed|ing)? (?:cats and dogs|cats)\b"
    ),
    "negated_before": (
        r"\b(?:not|never|no|hardly|scarcely|barely|neither|nor|none|cannot|without|nobody|no one|nowhere|nothing|ain'?t|aint|dont|isnt|wasnt|cant|wont|far from|anything but|anyone but|anywhere but|everything but|all but (?=a)|the opposite of|"
        r"refus\w+|den(?:y|ies|ied|ying)|declin\w+|instead of|in place of|rather than|as opposed to|other than|apart from|aside from|except(?: for| in)?|unlike|wrong|least|incapable of|fail(?:ed|s)? to|stopped (?:being|doing|working)|"
        r"gave up|given up|quit|turned down|swore off|left off|mistak\w+|confus\w+|forbid\w*|banned from|avoid\w*|steer clear|lack\w*|short of being|a far cry from|nothing like|no such thing as|too \w+ (?:to be|for)|last (?:thing|place|person)|as if i|impossible|(?:tired|sick|bored|weary) of|(?:prefer(?:s|red)?|take|choose|pick|have|want|like) (?!to )(?:[a-z\ue000-\ue002]+ ){1,3}(?:over|to)(?= (?:the |a |an |my )?$)|than(?= (?:the |a |an |my |any |to be |being )?$)|about as much|nicht|kein(?:e[nmrs]?)?|niemals|pas|jamais|ni|nunca|non sono|no soy|no es|no vivo|no me gusta|geen|niet)\b|n't\b"
        r"|\b(?:hard[- ]pressed|struggle|difficult|hard) to (?:find|name|think of|meet)\b|\b(?:dispute|contest)s?\b"
        r"|\bas much to do with (?:being )?(?:the |an? )?$"
        r"|\b(?:over my dead body|the day i(?:'m| am| become)|call me (?:an? )?[a-z]+ before|not so much|(?:no more|less|nothing) (?:of )?(?:an? |like an? )?(?=$)|couldn't be (?:further|less)[a-z ]*|wouldn't be|sooner be .{0,12}than|the furthest thing from|the opposite of|wouldn't know|couldn't tell) (?:an? |the |being an? |from )?$"
        r"|\b(?:worse|less|lower) than (?:an? |the |my |in )?$|\b(?:sooner|rather)\b.{0,24}\bthan (?:\w+ )?(?:an? |the |in )?$"
        r"|\b(?:mix(?:ed|ing)|muddl(?:ed|ing)) (?:me |us )?up with\b|\b(?:tak(?:en|e|ing)|took) (?:me|us) for\b"
        r"|\b(?:pass(?:ed|es)?|overlook(?:ed)?) (?:me|us) over (?:for|as)\b|\b(?:ten|barge|six)-?[a-z]*[ -](?:foot )?pole\b|\b(?:wash(?:ed)? my hands|had my fill|had enough|heard the last) of\b"
        r"|\bfar be it from me\b|\b(?:god|heaven|gods|saints) forbid\b"
    ),
    "negated_after": (
        r"\b(?:wrongly|mistakenly|by mistake|in error|falsely|the way an? \w+ is)\b|^ and not(?: one)?[.!]?$"
        r"|^ i (?:won't|don't|can't|never|wouldn't|haven't|refuse|couldn't|didn't)\b|^ (?:and i|has|have) (?:no|nothing|never)\b|^ (?:never|hardly|rarely) \w+"
        r"|^ i (?:forgot|left (?:behind|at|in|on)|lost|dropped|couldn't|never)\b"
    ),
    "topic_denied": (
        r"^[^,;.]{0,30}?\b(?:is|was|are|were|'s|has|have|had|would|could|can|will|does|did|do|am|be|been)(?:n't| not| never| hardly| no)\b(?! (?:only|just|merely|all|the only|something i hide|a secret))|^ ?,? (?:my foot|my eye|nonsense|indeed not|i am not|i'm not|not me|never(?! (?:an?|the|my) ))\b|^ i (?:am|was|have|'m|'ve) (?:not|never|no)\b|^,? (?:that )?i (?:am not|'m not|don't|never|can't)\b"
        r"|^,? not (?:at all|one bit|a (?:note|bit|day)|yet|really|so much)\b|^,? no(?=[.;!]|$)|^ is (?:the )?(?:one |only |last )?(?:thing|name|place|person|trade|job)?[^.!?;,]{0,20} i(?:'m| am|'ve)? (?:not|never|don't|can't|haven't|lack)\b"
        r"|^'s the (?:one|last|only) [a-z]+ [^.!?,]{0,24}\b(?:no|not|never|n't)\b"
        r"|^ (?:is )?the (?:one|last|only) [a-z]+ [^.!?,]{0,24}\b(?:no|not|never)\b"
        r"|^,? (?:of all things|indeed|me\?)\b(?=[^.]{0,3}\?)|^ (?:and i|i) (?:part(?:ed)? ways|have nothing)\b|^,? (?:then )?(?:you(?:'re| are)|he's|she's|that's|my (?:cat|dog|horse|hat)(?:'s| is)?|pigs|the pope|i'm) (?:the (?:queen|king|pope|emperor|moon|man in)|a (?:dutchman|monkey|teapot|duchess|fish)|an? \w+ too)\b"
        r"|^(?:'s| is| was| would be| are)? ?(?:the )?(?:very )?last (?:word|thing|name|place|trade|person|title) (?:i|you|anyone|they)\b"
        r"|^[^,;.]{0,16}?\b(?:won't|can't|shan't|cannot)\b(?! be beat)"
        r"|^ (?:is|are) for (?:people|folk|those|them|men|women|fools|children|others|somebody|someone) (?:who|that|with|what|as)\b"
        r"|^(?:'s| is| was) (?:an?|the|one) [a-z]+ (?:that |which )?i(?:'m| am| was|'ve| have)? (?:still |been |being |once )*(?:promised|denied|refused|owed|waiting|hoping|asking|wishing|passed over|never|not)\b"
        r"|^(?:'s)? what (?:came|comes|happens?|happened|falls?|fell|gets?|got|makes?|goes|went)\b"
        r"|^,? (?:we|i) (?:gave (?:it )?a (?:miss|wide berth)|skipped|passed (?:by|over)|left out|missed out)\b"
    ),
    "echo_denied": (
        r"^(?:\W*(?:oh|ha|hah|haha|pff+t?|pah|bah|well|me|please|lord|heavens|goodness|gods|come now|what|god|hm+|now|ah|i|you jest|you flatter me)\b\W*){0,3}(?:no\b(?! doubt| question|body)|not\b(?! only| just| bad)|nope|nah|nay|never\b|hardly|as if|nonsense|wrong|rubbish|far from|heavens? no|don'?t be|i wish\b|if only|in your dreams|you must be|you'?ve got (?:the wrong|me (?:wrong|confused|mixed))|you have the wrong|that'?s (?:not|wrong|my (?!name|trade|job|town)|someone|somebody|a (?:lie|myth|rumou?r)|the other|another|the neighbou?r)|that (?:was|would be|is) (?:not|my (?!name)|someone|somebody|the )|wouldn'?t|couldn'?t|can'?t|isn'?t|ain'?t|i (?:don'?t|didn'?t|wouldn'?t|couldn'?t|can'?t|am not|have never|never|haven'?t|wasn'?t|gave|left|quit|used to)|i'?m (?:not|no|afraid not|just|only)|i'?ve never|i'?d (?:never|rather)|who told you|whoever told you|where did you|not me|try again|guess again)"
    ),
    "echo_affirmed": (
        r"^(?:\W*(?:oh|ha|haha|well|me|why|ah|aye|and|but|hm+|now|so)\b\W*){0,2}(?:yes|yeah|yep|yup|aye|indeed|correct|right you are|that'?s (?:me|right|it|true|correct|the one|my|where|what i)|that (?:is|would be) (?:me|right|correct|true|my)|you'?re (?:right|correct|not wrong)|you are (?:right|correct)|you'?ve got (?:it|me)|you got (?:it|me)|you (?:heard|guessed) (?:right|correctly|it|well)|they'?re (?:right|not wrong|correct)|they are (?:right|correct)|he'?s right|she'?s right|guilty|spot on|bang on|exactly|precisely|true\b|it'?s true|of course|certainly|absolutely|quite right|in the flesh|at your service|the (?:very same|same|one and only)|so i am|i am(?! not)|i do\b|it is\b|so it is|and (?:so i am|it'?s true|they'?re right|he'?s right|she'?s right|i am|proud)|for once (?:they|the|he|she)|sure (?:am|is)|no lie|born and bred|your ear)"
    ),
    "disliked": r"\b(?:hate[sd]?|loathe[sd]?|detest(?:s|ed)?|despise[sd]?|can'?t (?:stand|bear|abide|stomach)|cannot (?:stand|bear|abide|stomach)|dislike[sd]?|allergic to|sick of|tired of|bored of|disgust\w*|never cared for|overrated|turns my stomach|makes me (?:ill|sick|sneeze|gag)|leaves me cold)\b",
    "hedged_before": (
        r"\b(?:maybe|perhaps|probably(?! the (?:only|last|best|oldest|worst|first|luckiest))|possibly|potentially|conceivably|presumably|supposedly|apparently|might|may(?! \d)|could(?! not| n't| hear| see| smell| feel| tell| never)|i (?:think|guess|suppose|reckon|believe|fancy|imagine|assume|gather(?! *$)|suspect|expect(?! *$)|dare say|daresay|seem to (?:recall|remember)|vaguely|want to say|would (?:say|guess))|i'?d (?:say|guess|wager|bet)|i'?m guessing|i'?m inclined|"
        r"not (?:entirely |quite |really |completely |altogether |too |so |100% |all that )?(?:sure|certain|positive)|unsure|uncertain|don'?t (?:quite |really |rightly )?(?:know|remember|recall) (?:if|whether|for|exactly)|can'?t (?:quite |really )?(?:say|recall|remember|swear|be (?:sure|certain))|if memory|if i (?:remember|recall|had to)|if i'?m not|memory says|something like|some (?:kind|sort) of|sort of|kind of|seems?(?: to be| like)?|seemingly|likely|wouldn'?t swear|who knows|rings a bell|hard to (?:say|tell)|hazard|wild guess|at a guess|best guess|my guess|offhand|off the top of|as far as i (?:know|recall|remember)|for all i know|or is it|was it|is it|either|whether|somewhere (?:near|around)|or thereabouts|arguably|allegedly|reportedly|i hear|i heard|so i'?m told|i'?m told|i'?ve been told|i'?m fairly|fairly sure|pretty sure|half[- ]sure|almost sure|more or less a)\b"
        r"|\bsomething in the\b|\bi (?:want|have) to say\b|\bas much an? (?=$)"
        r"|\blet's (?:go with|say|call it) (?:an? )?$"
        r"|\b(?:put|pencil|mark|write|stick) (?:me|it|that) (?:down|in) (?:as|for) (?:an? )?$|\bcall it (?:an? )?$|\bsomewhere between\b"
        r"|(?:'s|'re|\bis|\bare|\bwas|\bwere) (?:a (?:bit|lot) |much |just |rather |something |quite |very )?like (?:an? |the |my )?$"
        r"|\bmy (?:best |vague |own |only |clearest )*(?:recollection|memory|impression|understanding|hunch|suspicion|theory|notion) (?:is|was|says)\b"
        r"|\bi(?:'d| would|'ll)? (?:lay|put|bet|stake|wager)\b[^.!?,]{0,24}\bon $|\bmy (?:money|bet|coin|guess)(?:'s| is) on $"
        r"|\bone (?:assumes|presumes|supposes|gathers|imagines|infers|expects)\b"
        r"|\bi (?:had )?(?:thought|assumed) (?:it was |that was )?(?:an? |the )?$"
    ),
    "hedged_after": (
        r"^[^.!?;]{0,30}?(?:\b(?:i (?:think|guess|suppose|reckon|believe(?! in)|fancy|imagine|assume|suspect)|(?:maybe|perhaps)(?! (?:you|we|i'll|i'd|he|she|they|someone)\b)|probably|possibly|or so i'?m told|or so (?:i|they)|if memory|if i (?:remember|recall)|if i'?m not mistaken|or (?:something|some such|thereabouts|was it|maybe|perhaps)|i'?d (?:guess|wager|say|bet)|i can'?t (?:be sure|remember|recall|say)|don'?t (?:quote|hold) me|i'?m not (?:entirely |quite |too |really |so |completely )?(?:sure|certain)|but i (?:could be|may be|might be) wrong|i could be|might be|may be|could be|at a guess|as far as i (?:know|recall)|for all i know|who knows|allegedly|apparently|supposedly|presumably|or close to it|i wouldn'?t swear|not that i'?m sure|though (?:i'?m not sure|i can'?t (?:be|say|swear|recall|remember|promise|prove|vouch)|don'?t (?:quote|hold|ask))|isn'?t it|is it not|wasn'?t it|right\?|no\?|huh\?|is it\?))"
        r"|^ of sorts\b|^,? unless (?:i|my|i've)\b|^,? (?:if|so long as|provided) (?:i haven't|i have not|memory|i recall|nobody|i've not)|^ of a (?:sort|kind)\b|^ in a (?:way|manner|sense)\b|^,? you (?:could|might|may) say\b|^ or whatever\b|^ as you are the\b"
        r"|^,? (?:more or less|let's go with|let's say)\b|^-ish\b|^\? (?:yes, )?let's (?:go|say)"
        r"|^[^.!?;]{0,4}(?: is| was|'s)? (?:one|a|only one|just one|the likeliest|the best) (?:possibility|option|candidate|guess|theory|suspicion)|^,? (?:would|could|might|do|should) (?:you|we|one) (?:call|say|name) (?:it|that|me|so)\b|^[^.!?;]{0,8}, if (?:that'?s|you can|one can|you could) (?:what|call|even|the word)"
        r"|^,? (?:give or take|roughly|or near enough|as near as|or thereabouts)\b"
        r"|^,? (?:near as|as near as|as best (?:as )?(?:i|anyone|we)|as far as anyone|as good as|to a first approximation|for (?:now|the moment|the time being),? (?:and|but|until) (?:we'll|i'll|you|they)|for want of a better|in a manner of speaking|so to speak|after a fashion|if you squint|most days|some days|on (?:good|some) days|last i (?:heard|knew)|unless (?:i'm|i am|i've|i have)|if i(?:'ve| have)? (?:got|heard|read|have it|'m not))\b"
        r"|^,? (?:on (?:an? )?(?:good|bad|my good) (?:day|night|morning)s?|(?:when|if|whenever) (?:i'm|i am|i've been) (?:sober|drunk|rested|in (?:the|a) (?:[a-z]+ )?mood|feeling))\b|^ if (?:the|your|that|it) [^.!?]{0,20}(?:won't|must|insists?|has to|have to|needs?|wants?|requires?)\b"
        r"|^,? unless (?:he|she|they|it|somebody|someone|the \w+)(?:'s|'ve| has| have) (?:[a-z]+ly |been |since )?(?:changed|moved|switched|gone|died|renamed|swapped|taken)\b"
        r"|^,? (?:it|that|he|she|they) (?:sounded|looked|seemed|felt|smelled|tasted)(?: to me)?(?: like)?(?=[.,;!]| to)"
        r"|^[^.!?;]{0,40}, so who knows\b|^[^.!?;]{0,20}, though (?:my|the) (?:memory|barometer|clock|scales|ledger)[^.!?;]{0,14}(?:broken|wrong|off|fails|slow)"
    ),
    "imagined_before": (
        r"\b(?:picture (?:me|us|yourself)|ideally|in (?:an?|some) (?:kinder|better|fairer|perfect|different|ideal|happier|juster|gentler|other) (?:world|universe|life|timeline)|if (?!you ask|anything|not for)|wish(?:es|ed)?\b|would have|would be|would'?ve|i'?d (?:be|have been|love|like|give|make|rather|much rather|sooner)|would (?:love|like|make|give|rather|suit)|could have|could'?ve|might have|might'?ve|imagine|suppose (?:i|you|we)|supposing|pretend\w*|dream(?:s|ed|t|ing)? (?:of|about|that|i)|dreamt|in another (?:life|world)|in a different life|in my next life|were i\b|had i\b|^\W*to be|hop(?:e|es|ed|ing) (?:to|that|i|i'd|for)|want(?:s|ed|ing)? to|i wanted(?= )|long(?:s|ed|ing)? to|yearn\w*|(?:almost|nearly) (?:\w+ed|became|was|went|took|got|had)|day-?dreams?|came close to|as though|as if|like to think|fanc(?:y|ied) (?:myself|being)|play(?:s|ed|ing)? at|let'?s say|say i (?:were|was)|what if|unless|supposed to (?:be|have been)|meant to (?:be|have been)|should have been|ought to (?:be|have been)|should'?ve been|tempted|considered|thought (?:of|about) (?:being|becoming)|applied to|could pass for|dress(?:ed)? (?:up )?as|disguised as|cosplay\w*|ask me in)\b"
        r"|(?<!'ve )(?<!have )(?<!has )(?<!\bi )(?<!we )(?<!they )(?<!she )(?<!he )\bhad (?:my|our|the|he|she|they|it|we|you|things|fate|life)\b|\b(?:i|we|he|she|there)(?:'d| would| could)(?: just| still| also| even)? be(?! (?:lying|hard|wrong|a liar|happy|glad|delighted|honou?red|pleased))\b|\b(?:i|we|he|she|it|that|who|there)(?:'d| would| could)(?: just| still| also| even)? (?:have|become|make|live|choose|pick|play|keep)\b|\bwant(?:s|ed)? (?:me|us|nothing more than) to\b|\b(?:in|with) (?:a|an|some|more|better|enough)(?: \w+){0,2} (?:world|life|luck|coin|money|time|talent|timeline|universe)\b|\bgive anything\b|\bonly (?:wish|if)\b|\blet'?s pretend|\bput in for\b|\bapplied (?:for|to)\b|\bi'?d (?:give|kill) "
        r"|\b(?:one|a|two|half an?|just an?) (?:step|point|vote|inch|hair|whisker|mark|day) (?:short of|away from|off|from)\b|\bmissed (?:being|becoming|out on)\b|\bi (?:see|picture|fancy) myself\b"
        r"|^\W*(?:but |and )?in (?:my (?:heart|head|imagination|mind's eye|own mind|soul)|spirit|name only|theory)\b|\b(?:asked|begged|hoped|applied|sent|longed|pined|angled) for (?:an? |the |my )?$"
        r"|\bi(?:'d| would) (?:trade|give|swap|sell|pawn)\b[^.!?,]{0,30}\bfor (?:an? |the |some |one )?$"
        r"|\boh,? to (?:be|live|have|own|play|drink)\b|\bwhat (?:i'd|i would|wouldn't i) give\b|\bwould that i\b|^\W*to be (?:an? |the )$|\b(?:given|with) (?:another|half|the|one more|a second) (?:chance|roll|throw|go|life|try)\b"
        r"|\b(?:like|love|want|have|expect(?:ing)?|waiting for|get(?:ting)?) me to (?:say|tell|admit|confess|answer)\b|\byou(?:'d| would) have me (?:say|be)\b"
        r"|\b(?:written|wrote|appealed|applied|petitioned|prayed) to (?:the )?$|\b(?:should|ought to|supposed to|meant to) have (?:an? |the )?$"
    ),
    "imagined_after": (
        r"^,? if (?!not\b|i (?:may|do say|say|remember|recall)|you|anyone|anybody)(?:[a-z']+ ){1,4}?(?:had|were|was|could|would|got|let|gave|paid|only|ever|wasn't|weren't|hadn't|didn't)\b|^,? (?:if only|only if)\b|^[^.!?;]{0,40}?\b(?:would(?:n't| not)? (?:be|have|suit|do|make|sound)|if (?:only|i (?:could|had|were|was|ever)|(?:things|the \w+|my \w+) (?:had|were|was|could|would|only))|in (?:another life|my dreams|a different life)|i wish|one can dream|a (?:girl|man|boy|woman) can dream|on (?:stage|screen)|in (?:a|the|our|school) (?:play|film|show|movie|story|game|pantomime)|i (?:almost|nearly) said|i was (?:going|about) to say|i'?d have|has always been (?:my|a) dream|was the dream|is the dream|i'?d (?:love|be))\b"
        r"|^[^.!?;]{0,6}\b(?:that )?was (?:always )?(?:the|my) (?:plan|dream|idea|hope)\b"
        r"|^,? (?:the (?:moment|minute|instant|second)|(?:just )?as soon as) (?!i (?:wake|woke|open|rise|could|was|got|get))"
        r"|^,? (?:were|had) (?:i|we|things|it)\b"
        r"|^(?:'s| is| was) what (?:we|i) (?:hoped|wanted|planned|asked|aimed|expected|wished|ordered|meant|promised)\b"
        r"|^[^.!?;,]{0,24}, if you (?:count|include|throw in) (?:the|my|that|those|him|her|me)\b|^[^.!?;,]{0,24}\bif you (?:count|call|consider|can call|want to call)\b|^(?:'s| is) what i(?:'d| would)\b"
    ),
    "said_before": (
        rf"\b(?:{_OTHERS}(?: (?:all|always|often|still|once|just|only|has|have|had|may|might|would|keep|keeps|even|also|sometimes|to|at|around|in|on|of|here|there|[a-z]+ly|in (?:the |this )?[a-z]+|at (?:the )?[a-z]+))* {_SAY}|you (?:said|say|think|mentioned|called|call|told|asked|ask|claim|claimed|heard|seem to think|keep saying|assume|mistake|must (?:mean|be thinking)|mean)|"
        r"according to|rumou?red|reputed|known as|alleged\w*|(?:^\W*|\bthe |, )word is|legend has it|story goes|the talk|so they say|they'?d have|mistake(?:n|s)? (?:me )?for|taken for|took me for|pass for|confuse me with|thinking of|apprentic\w* to|(?<!in my cup )(?<!on my plate )(?<!at my side )(?<!in my hand )(?<!in my hands )(?<!by my side )there(?:'s| is| are| was| were)(?! ?\ue001)|every \w+ (?:needs|has|wants)|could use|says? here|it'?s said|is said|are said|was told|been told|i'?ve heard|i heard|i read|i (?:rather |do |quite |truly )?(?:admire|envy|respect|pity|fear|adore)(?= (?:the|a|any|that))|i met|i (?:know|knew)(?= (?:an?|the|some|this|that|of)\b)|i once (?:met|knew|had)|i saw|i hired|i married|ask (?:the|a|my)|talk to (?:the|a)|looking for|you want (?:the|a)|sign (?:says|reads|said)|file (?:says|has)|page says|plaque|paperwork (?:says|has)|poster says|badge says|label says|profile says|card says|script says)\b"
        r"|\bto hear (?:[a-z']+ ){1,3}tell (?:it|of it)\b|\bin (?:the|their|his|her|your|my [a-z]+'s|[a-z]+'s|old|every) (?:[a-z]+ )?(?:songs?|stor(?:y|ies)|tales?|eyes?|books?|telling|records?|version|opinion|papers?|legends?|ballads?|minds?|dreams?|files?)\b|\bon paper\b|\bcall me (?:anything|what|an? [a-z\ue000-\ue002]+ (?:if|or)|whatever)"
        r"|\bcall me (?:an? |the )?$"
        r"|(?<!i can )(?<!i'd )(?<!to )(?<!must )\bsay i(?:'m| am) (?:an? |the )?$"
        r"|\b(?:introduc|present|regist|record|enter|advertis|bill|address|greet|styl|label|brand|list|describ|announc|toast)[a-z]* (?:me|us) (?:to [a-z ]{1,20} )?(?:as|for|down as) (?:an? |the |his |her |their )?$|\bpass(?:es|ed|ing)? (?:me|us|myself) off as (?:an? |the )?$|\bi(?:'ve| have)? (?:told|tell|gave|give) (?:the|him|her|them|that|everyone|people|folk|everybody|your|his|every)(?: [a-z]+){0,2} (?:an? |the )?$"
        r"|\byou (?:keep|insist on|go on|will keep) (?:saying|calling|telling)\b|\bit (?:says|said|read|reads) (?:an? |the )?$|\b(?:asked|told|begged|paid|made|got|ordered|persuaded|coached|bribed) (?:me|us) (?:to )?(?:say|answer|claim|pretend)\b|\b(?:asked|wondered|wants? to know|demanded|enquired|inquired|asks) (?:me |us )?(?:who|what|where|if|whether|how|why|when)\b"
        r"|\byou [^.!?,;]{0,24}\b(?:tell|told|telling|mention\w*|spoke|speak|speaking|talked) (?:me )?(?:about|of) $"
        r"|\bin (?:the|a|that|this) (?:play|ballad|song|novel|story|film|book|pantomime|opera|painting|portrait)\b[^.!?;]{0,36}|\b(?:the (?:papers|press|ballads|critics|clerks?|tax man|town)|they|people) (?:made|make|had|have|painted|took) (?:me|us) (?:out )?(?:as |to be |for )?(?:an? |the )?$"
    ),
    "said_after": (
        r"^[\"' ]{0,3},?[\"' ]{0,2} ?(?:(?:he|she|they|people|folk|everyone|you|some|others|the [a-z]+|my [a-z]+) (?:say|says|said|think|thinks|call|calls|called|asks|asked|claims?|swears?|keeps? saying|told)|or so (?:they|people|folk|the|he|she|everyone)|as (?:they|people|folk|the (?!sign|ledger|deed|books?|papers?|records?|register|label|stamp|lintel|plaque|stone|bill)[a-z]+|you|some) (?:say|says|said|put|call|claim|like)|according to|is what (?:they|people|the|you|everyone|he|she|folk|my)|supposedly|by reputation|on paper|so (?:they|people|folk|he|she) (?:say|said|claim)|that'?s what (?:they|people|he|she|everyone|you|my|the))\b"
        r"|^ (?:if you (?:like|must|want|please|insist|prefer)\b)"
        r"|^[,\x22' ]{1,3}(?:says?|said|cries?|call(?:s|ed)?|shout(?:s|ed)?|mutter(?:s|ed)?|reads?|runs|goes|announces?|declares?|proclaims?|reports?|bellows?|states?|claims?|sings?|insists?) (?:every|each|any|all|everyone|everybody|half|the|my|people|they|folk|a|an|his|her|their|some)\b"
        r"|^,? if you (?:believe|trust|listen to|ask) (?:the|my|him|her|them|every|old)\b|^,? or so (?:my|the|it) \w+ (?:claims?|says?)\b"
        r"|^ (?:always |still )?(?:says|claims|swears|insists|likes to (?:say|think)|thinks|boasts)(?: that)? (?:he|she|they|it)\b"
        r"|^,? (?:they|people|folks?|everyone|he|she|somebody|someone|the [a-z]+) (?:have|had|put|puts|wrote|writes?|lists?|listed|calls?|called) me\b"
    ),
    "past_before": (
        r"\b(?:used to|once(?! a| upon| more| in| every| you| i'?m| the| we)|formerly|former|ex-?|erstwhile|retired|previously|had been|until|till|years ago|back (?:then|when|in)|before (?:i|the|that|this|my|all|coming|moving|joining|becoming)|in my (?:youth|younger|school|old)|in (?:those|the old|former) days|as a (?:boy|girl|child|kid|lad|lass|young)|when i was|last (?:year|month|week|spring|summer|autumn|fall|winter|time)|long ago|at first|originally|no longer|any ?more|gave up|stopped|quit|left(?! me\b| us\b)|sold|started (?:out |off )?(?:as|on|with)|started (?:out|off)|began (?:as|on|with)|learn(?:ed|t) on|trained as|was (?:an?|the|your)|were (?:an?|the)|i was(?! (?:born|raised|named|christened|taught|trained|brought))|i worked|i served|i lived|i taught|we lived|some time ago|ages ago|in a past life|for (?:\w+ ){1,3}years (?:i was|before)|yesterday|in the past|earlier|(?:was |were |been )?born (?:in|on|at|near)|grew up (?:in|on|at|near)|raised (?:in|on|near)|the old|fruher|damals|ehemals|autrefois|jadis|etais|etait|antes|era|fui|war (?:ich|einmal))\b"
        r"|\b(?:spent|after|following) (?:\w+ ){0,4}(?:years?|months?|winters?|decades?|seasons?|half my life|my youth) (?:as|in|of|at|being)\b"
        r"|\b(?:hung|hanging) up (?:my )?(?:the )?$"
        r"|\b(?:forgotten|forgot|lost) (?:all )?(?:my |the )?$"
        r"|\b(?:used|used up|spent|ate|eaten|drank|burned|burnt|gave away|given away|lost|dropped|traded|pawned) (?:up )?(?:the |my |our )?(?:very )?(?:last|rest|end)(?: of)?(?: (?:the|my|our))? $"
        r"|\b(?:used|spent|ate|drank|burned|gave away|lost|traded) (?:up )?(?:the |my |our )?(?:last )?(?:of )?[\ue000\ue002]+(?:,| and|, and) (?:the |my |our )?(?:last )?$"
        r"|\bi (?:once |also |only )?(?:had|owned|kept|wore|drove) (?:an? |the |my |some |one |two |three )?$"
        r"|\b(?:sold up|packed up|(?:moved|chased|driven|drummed|run|thrown|kicked|cleared|got|turned|hounded) (?:out|away)) (?:in|of|from) (?:the )?$|\bafter (?:[a-z]+ ){1,3}(?:years|winters|summers|seasons) (?:as )?(?:an? |the )?$|\b(?:wife|boss|guild|they|he|she|council) (?:gave|handed) me a (?:watch|handshake|clock|pension)\b"
        r"|\b(?:cards?|sign|plate|plaque|letterhead|label|stationery|door)s? still (?:reads?|says?)\b"
        r"|\b(?:was|were) (?:to be|supposed to be|meant to be|going to be|down for) (?:the |an? |on |at )?$"
        r"|\b(?:ran|run|i'm|am|we're|are) (?:clean |quite |all |fresh )?out of (?:the |my )?$"
        r"|\bthere (?:were|was) (?:once |only )?$"
        r"|\bfor (?:[a-z-]+ ){1,3}(?:years|months|winters|decades|seasons) (?:it|home|that|there|we|the \w+|my \w+) (?:was|were) "
    ),
    "past_after": (
        r"^[^.!?;,]{0,40}?(?:\b(?:(?<!for )once(?! a| you| more)|years ago|back then|back when|in (?:my|those|the old) (?:youth|days|younger days|school days)|(?:\w+ ){0,3}(?:years?|months?|weeks?|winters?|summers?) ago|before (?:i(?! could)|the|my|that|this|it|all|we)|(?:until|till)(?! (?:they (?:carry|bury|drag|hang)|i (?:die|drop|fall)|death|the (?:end|day i die)|my (?:last|dying)|kingdom|doomsday|the grave))|as was|no longer|no more|any ?more|when i was|at first(?!,? (?:and |but )?then)|at one time|in the past|was what i used|is behind me|is history|long ago|last (?:year|month|week|spring|summer|autumn|winter)|originally|for a (?:while|time)|once upon)\b)"
        r"|^ (?:was|were) (?!born\b|what i (?:told|said)|it\b|always|and (?:is|still))[^.!?]{0,20}(?:last|first|before|then|old|thing)\b"
        r"|^,? ?(?:god rest (?:it|its)|rest its|may it rest|while it (?:stood|lasted)|(?:until|till|before) (?:it|they) (?:burn|clos|went|fold|shut|sank|fell|collaps|flood))\w*\b"
        r"|^,? once\b(?! (?:a|you|more|again))"
        r"|^(?:'s| is)? (?:died|dead|ran (?:off|away)|flew (?:off|away)|passed (?:away|on)|was stolen|is gone)\b"
        r"|^ (?:went (?:in|into|over|down|under|overboard|missing|up)|fell (?:in|into|over|off)|sank|got (?:lost|stolen|wet|eaten)|is (?:gone|lost|used up|at the bottom)|are (?:gone|lost|used up)|ran out|were (?:used|spent|stolen|lost)|was (?:stolen|lost|eaten|taken))\b"
        r"|^ (?:was|were) (?:an? |the )?(?:fine|good|great|hard|best|long|lovely|grand|sweet|happy|easy) (?:age|year|time|life|trade|number|place|home|town)\b"
        r"|^,? (?:(?:is|was|got|were) )?(?:left|lost|forgotten) (?:behind|on|in|at)\b"
        r"|^ (?:that )?i (?:gave up|sold|quit|dropped|abandoned|pawned|threw away|gave away|lost|swore off|left behind|burned|put (?:away|down|aside)|had to (?:sell|give up|pawn|leave))\b"
        r"|^,? ?(?:das war (?:fruher|einmal|damals|mal|gestern)|c'etait (?:avant|autrefois|jadis|hier)|eso (?:era|fue) antes)\b"
        r"|^ (?:war|etait|fue) (?:der|die|das|mein|meine|nur|fruher|einmal|le|la|mon|ma|el|mi)\b"
        r"|^,? (?:un)?till? (?:yesterday|last|this morning|this week|recently)\b"
        r"|^ (?:was|is|got|has been|were|had to be) (?:postponed|called off|put off|cancell?ed|scrapped)\b"
    ),
    "future_before": (
        r"\b(?:(?:will|'ll)(?! (?:take|always|never|tell|admit|find|see|catch|know|spot|hear|be (?:honest|frank))\b)|shall|going to|gonna|someday|some day|one day|next (?:year|month|week|spring|summer|autumn|fall|winter|season)|soon|plan(?:s|ning|ned)? (?:to|on)|about to|intend\w*|training to (?=be|become|work)|studying to|learning to be|working towards?|want to (?:be|become)|in (?:the|a) (?:future|few)|eventually|by the time|tomorrow|aim to|aspir\w+|saving (?:up )?(?:for|to)|apprenticed to be|due to|set to)\b"
        r"|\b(?:i(?:'m| am)?|we(?:'re| are)?) (?:start(?:ing)? (?:as|at|in)|moving (?:to|in)|(?:learning|studying|training) (?:to|for|towards)|switching to|joining|heading for|leaving for|bound for)\b"
        r"|\b(?:from|starting|as of|come) (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|next \w+|easter|michaelmas|christmas|whitsun|the (?:first|new year))\b(?! (?:to|till|until|through|on)\b)"
        r"|\b(?:been meaning|hoping|keen|itching|dying) to\b|\bwaiting for me\b"
        r"|\b(?:packing|packed|bound|leaving|heading|headed|setting off|off|on my way) (?:up |down |out )?(?:for|to) (?:the )?$"
    ),
    "future_after": (
        r"^[^.!?;,]{0,40}?\b(?:someday|some day|one day|next (?:year|month|week|spring|summer|autumn|fall|winter)|soon|in (?:a|the|two|three) (?:future|few years|couple)|eventually|when i (?:grow|retire|finish|graduate|am)|in training|to be\b|by then|tomorrow)\b"
        r"|^ (?:waiting|come (?:spring|summer|autumn|winter)|by (?:spring|summer|autumn|winter))\b"
        r"|^[^.!?;,]{0,20}\bone of these days\b|^ (?:will|shall|is going to|is to)(?=[,.;!]|$| (?:be|take|lead|have|soon|one day|some day|when)\b)"
    ),
    "first": r"\b(?:i|i'm|i've|i'd|i'll|im|me|my|mine|myself|we|we're|we've|our|ours|us)\b",
    "second": (
        r"\b(?:your(?! (?:humble|servant|obedient|service))|yours|you're|you(?= (?:are|were|keep|live|work|like|love|play|have|had|come|grew|study|teach|said|told|mentioned|wanted|ordered|booked|were|do|did)\b))\b"
        r"|\byou (?:who|that)\b"
    ),
    "third": rf"\b(?:(?:my|our|his|her|their|the|your|a|an|that|this|some|another|old|little|big|young|every|each) (?:[a-z'-]+ ){{0,2}}?{KIN}(?:'s)?|he|he's|she|she's|they|they're|they've|his|her|their|theirs|hers|him|(?<!all of )(?<!both of )(?<!each of )them|everyone|everybody|someone|somebody|nobody(?!\'s (?:fool|servant|man|business))|someone else|somebody else|the (?:others|other(?= (?:man|woman|fellow|chap|lad|girl|boy|one|guy))|man|woman|fellow|chap|lad|girl|boy|lady|lord|guy|bloke|stranger|customer|king|queen|duke|baron|mayor|sheriff|priest|nurse|doctor|cook|baker|butcher|innkeeper|landlord|captain|steward|driver|guard|boatswain|clerk|merchant|one (?:next door|across|over there))|(?:ma|mon|mi|meine?|mia|mio) (?:s(?:œ|oe)ur|fr[eè]re|m[eè]re|p[eè]re|hermano|hermana|padre|madre|schwester|bruder|vater|mutter|fratello|sorella|oncle|tio|tia|onkel|tante))\b",
    "first_after": (
        r"^(?:'s| is| was| are|,)? ?(?:what i|where i|who i|how i|my (?!(?:[a-z]+ ){0,1}?(?:brother|sister|father|mother|cousin|uncle|aunt|master|friend|neighbou?r|son|daughter|wife|husband|boss))|mine|me\b|i am\b|i'm\b|that'?s me|yours truly)"
        r"|^ (?:is|was) (?:me|mine)\b"
        r"|^(?:'s| is| was) (?:the (?!last|least|opposite|worst|kind|sort)(?:[a-z]+ )?[a-z]+ (?:that |which |where )?i(?:'ve| have)? (?:always |still |really |most )?(?:love|like|live|play|prefer|drink|choose|keep|call|do|want|came|come|use|carry|miss|adore|grew|chose|picked))\b"
        r"|^[^.!?;,]{0,24} (?:is|was) (?:yours truly|me\b)"
    ),
    "second_after": (
        r"^(?:'s| is| was|,)? ?(?:what you|where you|who you|your |yours|you are)"
        r"|^ (?:is|was) (?:you|yours)\b"
    ),
    "third_after": (
        rf"^(?:'s| is| was| are| were) (?:(?:my|our|his|her|their|the|your) (?:[a-z'-]+ ){{0,2}}?{KIN}|what (?:he|she|they|my|the)|where (?:he|she|they|my|the)|his|hers|theirs|her|their|someone|somebody)\b"
        r"|^ (?:was|is|were) (?:the |an? )?(?:man|woman|fellow|lad|one|guy|girl|name)? ?(?:before|after|ahead of|behind|next to) (?:me|us)\b"
        r"|^ (?:of (?:them|those|these) )?(?:is|are|belongs? to|were) (?:my|his|her|our|their|the) (?:[a-z]+ ){0,2}?[a-z]+'s?\b(?= |[.,;!?]|$)(?<!'s )(?<=s)"
        r"|^,? (?:that|this|it)(?:'s| is)? (?:only |just |merely )?(?:where|what|who|how) (?:they|he|she|my)\b|^ what (?:they|my|the [a-z]+ [a-z]+|everyone|everybody|people|folk|most|others|half)\b"
        r"|^(?:'s| is| was)? (?:what|the (?:stuff|thing|word)(?: that)?) (?:came|comes|happens?|happened|falls?|fell|gets?|got|makes?|goes|went|for)\b"
        r"|^[^.!?;,]{0,12},? (?:but|though|only|except) (?:that|it|this)(?:'s| is| was) (?:(?:my|his|her|their|the|our) [a-z]+(?:'s|s')|his|hers|theirs|yours)(?= |[.,;!?]|$)"
        r"|^(?:'s| is|'re| are) (?:on|at|in|behind|through|across) the (?:other|next|opposite) [a-z]+"
        r"|^(?:'s| is)? the (?:other )?(?:one|town|place|village|name|house) (?:across|over|next|down|up|in|on|by|beyond|past|behind) "
        r"|^ [a-z]+s (?:my rivals?|the other (?:lot|company|troupe|house)|someone else|somebody else|our neighbou?rs|others)\b"
    ),
    "kin": rf"\b{KIN}\b",
    "strong_before": rf"(?:\b(?:i'm|i am|it's|it is|i've been|i work as|i make my living as|i live (?:in|on|at|by)|call me|name's|name is|that's|that is|be|am|proud|simply|definitely|certainly|absolutely|always|mine is|mine's|is my|answer is|only|just|now) {_DET}){_DET}$",
    "copula": r"(?:(?<!there )\b(?:is|was|are|were|be|been|named|called)|(?<!there)'s) (?:the |an? |my |your |our |in |on |at )?$",
    "strong_after": (
        r"^(?:'s| is| was)? ?(?:what i (?:do|am|play|carry|use|drink|teach|like|love)|where i (?:live|come|was born|grew|work|belong)|my (?:trade|name|home|job|favou?rite|craft|calling|town|answer|weapon|life)|i am\b|through and through|by (?:trade|birth|profession)|every time|without (?:a )?(?:doubt|question)|hands down|of course|no contest|obviously|for sure|definitely|always|forever|these days|nowadays|still|now|did(?: it)?(?=[.,!;]|$)|(?:taught|trained|raised|showed|hired) me|since\b|every day|please\b|born and (?:bred|raised))"
        r"|^[;,—:-]+ ?(?:it|that|this)(?:'s| is) where i (?:live|work|belong|keep|sleep|was born|grew)\b"
        r"|^,? (?:in all|all told|altogether|in total)\b"
        r"|^(?:'s| is) the one (?:i|we|you|to|for)\b(?! (?:don't|never|can't|won't|wouldn't|didn't|avoid|fear))"
    ),
    "ended": r"\b(?:gave (?:it|that) up|retired|quit|hung up|sold (?:it|up)|moved on|those days are|that was (?:years|long|before|then|ages|a lifetime)|not any ?more|no longer|no more)\b",
    "now": _NOW,
    "taken_back": (
        r"\b(?:(?:if only(?=[.!])|just kidding|only kidding|i'?m kidding|kidding|just joking|only joking|i'?m joking|joking|i jest|in jest|jk|scratch that|strike that|forget (?:that|what i)|disregard that|no, wait|wait\b(?=[^a-z]{0,3}(?:no|that'?s|that was|i(?:'m| am| mean| said)|it'?s|what am|let me|sorry|actually|not|the|a )\b)|i mean[, ]|i meant|correction|let me correct|my mistake|i misspoke|misspoke|i lied|i was lying|(?<!if )i(?:'m| am) lying|that was a lie|that'?s a lie|a lie, |lies|all lies|i take (?:that|it) back|pulling your leg|had you (?:going|there)|gotcha|fooled you|you believed (?:that|me)|your face|or rather|slip of the tongue|sorry,? (?:i meant|i mean|no|not|that|wrong|force)|you got me|i made (?:that|it) up|okay, fine|truth be told|i confess|i was until|or i was|(?:i'm|i was|just|only) teasing|i tease|as if[.!]|not really|no, no|no, that'?s|no, sorry|no, i(?:'m (?!not\b)| am (?!not\b)| mean| meant| lied| was)|that'?s wrong|that isn'?t right|that'?s not right|(?:cross|strike|scratch|rub|blot|score) (?:it|that|this) out|ignore that|what am i saying|listen to me|old habits?|force of habit|silly me|not!|psych|rehears\w+|cover story|that'?s what i tell|so i tell|is what i tell)(?!\w)"
        r"|\b(?:(?:you )?(?:really |actually )?(?:believed|bought|fell for) (?:that|it|me)\b|had you (?:fooled|fooled|convinced|worried)|(?:don't|do not) (?:believe|write) (?:that|a word|me|it)\b|it (?:isn't|is not|wasn't) true|not a word of (?:it|that) is true|that's what i tell|or so i'd (?:have|like)|i must have been (?:drunk|dreaming)|(?:oops|whoops|sorry|pardon|wait|hold on|hang on|hm+)\W{1,4}(?:[^.!?]{0,12})\ue002)"
        r"|\b(?:you )?(?:swallowed|fell for|believed|bought) (?:that|it|me)\b|\bthat(?:'s| was| is) (?:for|what) (?:the |i (?:tell|say) )?(?:customers|tourists|guests|visitors|papers|strangers|show)\b"
        r"|\bthat's what (?:it says|i tell|i say|the \w+ says|my \w+ says?|they)\b|\b(?:papers|sign|licen[cs]e|documents?) (?:are|is|were) (?:forged|false|fake|wrong|borrowed|stolen)\b|\blet me be honest\b|\bto be (?:quite |perfectly )?honest(?: with you)?:|\bis what i'd say\b|\bhad (?:you|ye) going\b|\bsee your face\b|\bif you must\b"
        r"|\bi (?:only |just )?(?:say|said|tell people|told you) (?:that|it) (?:so|to|because)\b|\bi was (?:showing off|boasting|bragging|fibbing|exaggerating|putting on)|\b(?:conscience|can't keep this up|can't lie)\b|\bthat was vanity\b|\bi put it on\b|\bmake that\b(?= (?:an? |the )?\ue002)"
        r"|\bwho am i (?:fooling|kidding|trying to fool)\b|\bwho(?:'s| is| would be) fooled\b"
        r"|\b(?:that|this)(?:'s| is) (?:just |only )?(?:the |a |my )?(?:story|line|tale|version|answer) (?:that )?(?:i|we) (?:give|tell|keep|use|trot|put)"
        r"|\bno,? (?:hang on|hold on|wait)\b|\b(?:that|this|it)(?:'s| was| is) (?:the )?(?:one before|last one|old one|other one|previous one|first one|the other|someone else)\b|\bhah?,? (?:your|you should see your|look at your) face\b|\bthe truth is (?:[a-z]+er|less|more)\b"
        r"|\b(?:i|we) (?:tell|give|say|feed|sell) (?:it|that|this|that one|this one|that story|the same) to (?:all|every|each|any|the)\b|\bworks on (?:the )?(?:everyone|tourists|trippers|visitors|every)"
        r"|\b(?:that|it)(?:'s| is| was) (?:only |just )?(?:the (?:one|name) (?:that )?)?(?:i|we) (?:use|go by|travel under|keep|wear|sign|put on) (?:in|on|for|when|with|at|around)\b|\bi (?:had|got|took|read|lifted|picked|stole|borrowed|copied|found|bought) (?:it|that|the name|this one) (?:off (?:an?|some)|(?:off|from|out of|on) (?:an?|the|some) (?:[a-z]+ )?(?:(?:grave|tomb|head)stone|book|newspaper|poster|playbill|tin|label|jar|corpse|coffin|map|signpost|sign|dead))\b"
        r"|\b(?:quatsch|unsinn|was rede ich|stimmt (?:das |aber )?nicht|das ist (?:gelogen|falsch)|nur spass|je (?:plaisante|blague)|c'est faux|mentira|es broma|no es (?:verdad|cierto)|non e vero|sto scherzando)\b)"
        rf"|(?:^|[.!?…—-] ?)(?:oh,? |no,? |ah,? )*(?:that|it)(?:'s| is| was) (?:my |our ){KIN}\b"
    ),
    "confirmed": (
        r"\b(?:(?:they|he|she|you|people|folks?|rumou?rs?|the \w+)(?:'re| are| is|'s| was| were| have|'ve| has)? (?:it |got it |have it |guessed |actually |not |for once |quite |all |dead |absolutely )*(?:right|correct|true|wrong for once|bang on)|(?:it|that)(?:'s| is| was) (?:all |quite |perfectly |actually |indeed )?(?:true|right|correct|so|me)|true enough|i (?:earned|deserve[ds]?) it|so i am|so am i|so do i|as am i|me too|and i am\b|and so i|i can'?t deny|i won'?t deny|no lie|your ear is good|have it right|got that right|tells? the truth|told the truth|doesn'?t lie|don'?t lie|guilty)"
        r"|\bso (?:does|do|is|are|will|would) (?:my|i|the)\b"
        r"|\b(?:isn't|aren't|wasn't|weren't|not) (?:far )?(?:wrong|mistaken|lying|mistook)\b|\bfor once\b"
        r"|\b(?:since|because|for|as) that(?:'s| is) (?:exactly |just |precisely )?(?:what|who|where) i\b"
        r"|\bi (?:side|go|hold|stand|agree) (?:with|by)\b|\b(?:mum|mother|father|dad|he|she|they|the \w+)(?:'s| is| are) (?:quite |dead )?right\b|\bwho ought to know\b"
        r"|\bgot (?:it|that|this|me) right\b|\bfor a wonder\b|\bwith (?:some |great |no little |a certain |all my )?pride\b|\b(?:put|hung|painted|nailed|carved|screwed) (?:it|that|them) (?:up |there )?myself\b|\bearned (?:it|that|every letter)\b"
    ),
    "who_would": r"\b(?:who(?:'d| would| wants| in their)|why would i|why should i|what would i (?:want|know|do) (?:with|about)|since when|what makes you|do i look|how could i|would i (?:really|ever))\b",
    "only_this": r"\b(?:who|what|where|which|how)\b[^?]{0,110}\b(?:but|except|if not|other than|besides|apart from)(?: (?:the|a|an|my|our|old|dear|good|from|in|at|by))*\s*$",
    "only_this_after": r"(?!)",
    "or_before": r"(?:^\W*(?:[a-z]+ )?(?:names|candidates|suspects|options|possibilities|choices|guesses|contenders)(?: [a-z]+){0,4}: [^.!?:]{0,80}|\b(?:or|and/or|nor|either|versus|vs\.?) (?:possibly |maybe |perhaps |even |else |is it |was it |a |an |the |my |in |at |on |from |some |)*|/ ?)$",
    "or_after": r"^ ?(?:,? (?:or|and/or|versus) (?!so i|not\b|rather|whatever|however|something like|thereabouts|more\b|less\b|nothing|die|bust|i'?ll|you'?ll|if you (?:prefer|like|want)|as (?:we|i|they|you|the|some|folk)|the |so they|at least|else|simply|just|should|both)|/(?! ?day|sq))",
    "about_before": (
        r"(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|over|more than|less than|fewer than|under|at least|at most|up to|between|some|close to|near|maybe|circa|ca\.?|c\.|just (?:under|over|shy of|past|short of|about)|upwards? of|north of|south of|going on|pushing|nigh on|getting on for|somewhere (?:around|near|in|between)|or so|in the (?:region|neighbou?rhood) of|give or take|not quite|shy of|towards?|after|before|past|by|from|well over|well past|easily) (?:the |a |an |age |)?|[~<>≈±] ?|\d ?(?:-|to|or|and|/) ?)$"
        r"|(?:\b(?:better part of|more like|nearer(?: to)?|closer to|call it|twice|half(?: of)?|double|a third of|most of|a good|side of|remember|(?:stopped counting|lost count|gave up(?: counting)?) (?:at|after|around|past)|counted (?:up )?(?:to|as far as)|got as far as) (?:the |an? )?)$"
        r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|twenty|thirty|forty|fifty|sixty) (?:to|or) $"
        r"|\ue002 to $"
    ),
    "about_after": (
        r"^(?: ?-?ish\b| or so\b| or thereabouts| give or take| or more| or less\b| and (?:a bit|change|counting|some|a half)| odd\b|-odd\b|-something|something\b| something\b| plus\b|\+| ?(?:-|~|to|or|and|/) ?(?:\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thir|four|fif|six|seven|eigh|nine|twen|for)|, (?:give or take|or thereabouts|roughly|more or less|or so|maybe|i think|or maybe|or perhaps|or near enough)| at (?:least|most|the (?:very )?(?:most|least|outside|inside|latest|earliest))| tops\b| maximum| minimum| years (?:or so|give or take)|s\b)"
        r"|^ (?:minus|plus|going on|on a good day|less|short|and climbing)\b|^ ?%|^ ?(?:-|~|to|and) ?\ue002"
        r"|^(?: [a-z]+){0,2} (?:fewer|less|more|older|younger|better|worse|taller|longer|shorter|heavier|lighter|deeper|higher) than (?!enough|ever|most)"
        r"|^,? if not (?:more|less|\d|(?:twen|thir|for|fif|six|seven|eigh|nine)(?:ty|teen)|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
        r"|^,? plus (?:the|another|an?|one|two|three|my)\b"
        r"|^ too (?:many|much)\b"
        r"|^ (?:years?|months?|days?|winters)?,? ?(?:is|'s|was|would be) (?:the|my|an?) (?:upper |lower |outside |absolute )?(?:ceiling|limit|maximum|most|floor|minimum|bound|high-water mark)\b"
        r"|^,? (?:less|minus|but for|not counting|save|barring) (?:the|one|two|three|a|my)\b"
    ),
    "beside_before": (
        r"\b(?:near|next to|next door to|opposite|across from|over from|far from|close to|behind|beyond|outside(?: of)?|off|streets? from|miles? from|towards?|past|between|around the corner from|down the road from|north of|south of|east of|west of) (?:the |old )?$"
        r"|\b(?:away|road|train|ship|coach|letters?|news|fish|out) (?:from|to) (?:the )?$"
    ),
    "left_after": r"(?!)",
    "changed_before": r"\b(?:moved|changed|switched|rescheduled|pushed|shifted|bumped|settled|updated|corrected|renamed|swapped|agreed|ended up|landed)(?: (?:it|that|things|us|the \w+|everything))?(?: back)? (?:to|on|for|in|with|as)(?: the| a)? $|\b(?:then|now|finally|in the end) (?:it'?s |it was )?$",
    "compound_after": (
        r"^(?:'s|s'|s's)? (?:'s )?(?:apprentice|assistant|son|daughter|wife|widow|husband|brother|sister|boy|girl|helper|friend|child|mother|father|uncle|nephew|cousin|aunt|niece|mate's|shop owner|supplier|customer|impersonator|wannabe|fan|union|convention|museum|sign|badge|guild|shop|tools?|costume|hat|uniform|business|stall|next door|down the (?:road|street|lane)|upstairs|downstairs|on the corner)s?\b|^'s (?!(?:what|where|my|the (?:[a-z]+'s )?(?:only|one|name|best|answer)|a |an |been|always|not|in |on |who|how|mine|it\b|all|still|your|right|just|because|favou?rite|[a-z]+ed (?:to|in|on|by|with|up|down)))|^-(?:like|ish|shaped|themed|adjacent|wannabe|in-training|born|to-be|turned)\b|^ (?:in training|wannabe|impersonator|-to-be)\b"
        r"|^ (?:line|days|years|business|gear|type|sort|blood|side|trade)\b(?! (?:for|is my))"
        r"|^ (?:bridge|road|fair|market|inn|mill|fish|apron|papers?|guild|crest|walls?|gates?|harbou?r|bell|river|lass|lad|folk)\b(?! (?:is|are|was) (?:my|where|home|what))"
        r"|^ and their\b|^'? (?:[a-z]+ )?(?:society|association|fund|company|club|league|brotherhood|charity|hall|institute|arms|inn|tavern|row)\b"
        r"|^ (?:days|years|career|period|phase|past|boots)\b(?= (?:are|is|were|was|lie|ended|came))"
    ),
    "compound_before": (
        r"(?:\b(?:ex|non|pseudo|would-be|anti|former|fake|failed|self-styled|so-called|mock|wannabe|aspiring|trainee|apprentice|retired|half|mini|faux)-? ?|\b(?:son|daughter|wife|widow|brother|sister|friend|apprentice|assistant|enemy|child|neighbou?r|cousin|opposite|students?) (?:of|to) (?:the |a |an |my )?)$"
        r"|\b(?:between me and|even|only|every|no ordinary|any|entitled|ask) (?:the |a |an )$"
        r"|\b[a-z]+-$"
    ),
    "met_before": r"\b(admire|envy|envied|respect|know|knew|known|meet|met|hear|heard|saw|seen|see|watch|pass|visit|ask|tell|told|owe|pay|paid|hire|marry|married|buy|bought|borrow|lent|lend|sold|sell|follow|fight|fought|fear|trust|miss|mention|wrote|write|stare|look|wave|curse|blame|thank|talk|spoke|speak|bump|ran|run|drink|drank|dine|sat|stood|walk|wait|send|sent|fetch|(?<!is )(?<!'s )(?<!are )call|greet|nod|bow|belong|deliver|gave|give|bring|brought|left|(?<!that )(?<!which )leave|lost|lose|broke|dropped|stole|stolen|steal|find|found|cross|avoid|chase|rob|beat|paint|draw|drew|dance|invite|impersonat|resembl|remind|compare|apprentic|assist|serve|guard|protect|rescue|save|arrest)(?:s|es|ed|d|e|ing|ped|ping)?(?: (?:to|at|with|from|about|by|past|through|into|for|of|on|over|in|under|next|beside|down|up))*(?: (?:the|a|an|that|this|every|any|some|our|old|poor|good|young|local|village|town|real|famous|other|another|new|last|first|two|three|many))*\s*$",
    "aside_before": (
        r"\b(?:by the way|that reminds me|speaking of|incidentally|anyhow|funny story|change the subject|let'?s (?:not )?talk|did you know|have you (?:met|seen|heard|tried|been)|fun fact|word of advice)\b"
        r"|^\W*(?:an?|some|one|another|this|that) (?:[a-z]+ ){1,3}?(?:brought|sent|gave|sold|showed|told|bought|came|went|lives|wants|asked|ordered|left|wrote|sailed|stopped|passed)\b|\bthere(?:'s| is| was| are| were) (?:an? |one |some |this )?$"
    ),
    "aside_after": r"(?!)",
    "acts_after": r"^ (?:sent|told|said|came|comes|asked|gave|gives|says|went|goes|has|had|will(?! do)|would|can(?! be)|could|ate|are|took|makes?|made|lives|lived|works|worked|thinks|keeps|kept|knows|knew|left|is (?:over|down|out|upstairs|next|across|around|back|in)|was (?:over|down|out|here)|and (?:his|her)|next|you|owes?|needs?|wants?|who (?!i\b|never|can't|talks|likes|makes|still|has|works))\b",
    "yes": (
        r"^\W*(?:unless you count|(?:perfectly|quite|entirely|absolutely|completely|only too|sadly|certainly|undoubtedly) (?:true|so|right|correct))\b|^\W*(?:(?:oh,? |why,? |lord,? )?(?:does it show|is (?:it|that) (?:that|so) (?:obvious|plain)|how (?:can|could) you tell|am i (?:that|so) (?:obvious|plain))|(?:twice|thrice|(?:three|four|five|six|ten|many|several|a (?:hundred|dozen|thousand)|countless) times|every (?:blessed |single |last |damned )?(?:word|line|page|bit|drop|inch)|(?:from )?(?:cover to cover|end to end|front to back)|more than once))\b|^\W*(?:for my sins|more's the pity|worse luck|(?:god|heaven) help me|to my (?:shame|sorrow|cost|regret|pride)|every inch|(?:through )?to the bone|in person|guilty as charged)\b|^\W*(?:that would be me|that'd be me|(?:i'm )?afraid so)\b|^\W*(?:oh,? |why,? |well,? |ah,? |ha,? |haha,? |but |indeed,? |mm,? |ach,? )*(?:yes(?! and no)|yeah|yep|yup|aye|indeed|certainly|of course|sure(?:ly)?|absolutely|definitely|correct|right|exactly|precisely|that'?s (?:right|me|correct|true|the one|it)|that i am|i (?:\w+ly |sure |most \w+ly )?(?:am|do|have|did|can)\b(?! not)|the very (?:one|same)|it is\b(?! not)|it does\b(?! not)|so i am|you'?re right|you are right|you'?ve got it|you got it|you guessed|guilty|affirmative|mm-?hm+|uh-?huh|true|spot on|got it in one|the very same|in the flesh|none other(?! than)|you bet|you know it|naturally|last (?:i|time i) checked|what gave it away|proud (?:of it|to be)|who else|sharp eyes|good (?:eye|ear|memory|guess)|how did you (?:know|guess)|you(?:'ve| have) (?:found|caught) me|caught me|since (?:i|the|my|before|last|birth)|all my life|born and|through and through|without a doubt|no doubt|absolutely|quite so|just so|verily|as sure as)"
        r"|^\W*(?:well (?:spotted|guessed)|good guess|nothing (?:escapes|gets past) you|is the (?:sea|sky|tide|pope|grass)|(?:you'?ve got )?(?:sharp|keen) eyes)\b"
        r"|^\W*(?:no|nah),? (?:yeah|yes|yep|i (?:do|am|have))\b"
        r"|^\W*(?:it|she|he|that|they) (?:is|are|does)\b(?! not|n't)|^\W*(?:last (?:time )?i (?:looked|checked|heard)|same (?:house|place|old|one)|terribly|dreadfully|for (?:\w+ ){1,3}(?:years|winters|decades) now|who else would|(?:\w+ ){1,2}(?:of them|all told))\b"
        r"|^\W*(?:it|she|he|that|they) (?:was|were|did)\b(?! not|n't)"
        r"|^\W*(?:happily|sadly|proudly|gladly|unfortunately|often|daily|nightly|every (?:day|night|morning|week|evening|chance)|whenever i|enough to|born (?:that|this) way|from (?:birth|the cradle)|since (?:birth|childhood)|these (?:\w+ ){1,2}years)\b"
        r"|^\W*(?:the one and only|i should (?:hope|think) so|what else would i be|i(?:'ve| have) been (?:one|that|it)\b|i was born (?:one|that way)|(?:and )?proud of it)\b"
        r"|^\W*(?:i )?have (?:done|been|lived)\b(?! not)|^\W*(?:all|most of) my (?:days|life)\b"
        r"|^\W*(?:oh,? |well,? |alas,? )*(?:too true|true enough|(?:that(?:'s| is) )?(?:(?:god's|gospel|the|sad|honest|sober|plain|simple) ){1,3}truth\b|as true as\b|you(?:'ve| have)? (?:heard|guessed|remember|read|been told) (?:right|rightly|correctly|true|well)|i (?:have to|must|do) (?:admit|confess)|there'?s no denying)|^\W*(?:[a-z]+ ){1,4}(?:years|months|winters|summers|seasons|terms|weeks) of (?:it|that)\b"
        r"|^\W*(?:(?:and |oh |aye,? )?(?:we|they|it|she|he) (?:do|does|have|has|are|is|can)\b(?! not|n't)|why else\b[^.!]{0,60}\?)"
        r"|^\W*(?:every (?:[a-z]+ ){1,2}of (?:it|them)\b|(?:with|by) (?:these|my) (?:own )?(?:two |bare )?hands\b|i should (?:say|think|hope) (?:so|i (?:did|do|am|have))\b)"
        r"|^\W*(?:i|we|he|she|they|it) (?:did|was|were|had) (?:indeed|so|that)\b|^\W*just (?:me|us)\b|^\W*(?:all|the whole) (?:[a-z-]+ ){1,4}(?:of (?:it|them)|long)\b"
        r"|^\W*(?:sharp|clever|kind|good|observant|quick|nice) of you to (?:notice|see|spot|remember|guess)\b"
        r"|^\W*(?:cross my heart|on my (?:honou?r|life|oath|mother'?s))\b"
    ),
    "no": r"^\W*(?:nein|nee|non|nej|njet|nyet)\b|(?!\W*(?:no|nah),? (?:yeah|yes|yep|i (?:do|am|have)\b))^\W*(?:oh,? |why,? |well,? |ah,? |ha,? |haha,? |i'?m afraid |heavens,? |lord,? |me\? |gods?,? |goodness,? )*(?:no\b(?! doubt| question| other)|nope|nah|nay|never|not\b(?! only)|negative|i'?m not|i am not|i don'?t|i do not|i haven'?t|hardly|wrong|incorrect|far from|afraid not|you'?re mistaken|you'?re wrong|that'?s not|it isn'?t|it'?s not|certainly not|of course not|absolutely not|nothing of the)",
    "polar": r"(?:^|[,.!?;:—] ?|\b(?:so|and|but|then|well|say|tell me|hey|now) )(?:are|is|was|were|do|does|did|have|has|had|can|could|will|would|am|aren't|isn't|wasn't|weren't|don't|doesn't|didn't|haven't|hasn't|can't|won't|so you'?re|you'?re|you are|i hear|i heard|i'?m told|so it'?s|so your|right) [^?]*\?|, (?:right|correct|yes|no|isn't it|aren't you|don't you|is it|are you|do you|isn't he|isn't she|didn't i|wasn't it|am i right|eh)\?|\bis (?:that|it) (?:right|true|correct|so)\?",
    "polar_negative": r"\b(?:you(?:'re| are) (?:not|no(?! longer| doubt))|you don't|you aren't|you never|it's not|it isn't|that's not|you haven't|surely not)\b",
    "asks_past": r"\b(?:born|from|hometown|birthplace|raised|roots?|native|origins?|homeland|hail(?:s|ed)?|was|were|did|used to|had|before|previously|formerly|first|originally|as a (?:child|boy|girl|kid)|in the past|once|last|ago|(?:far|way) back|back then|earlier|said|told|growing up|young(?:er)?|former)\b",
    "asks_future": r"\b(?:will|going to|gonna|headed|heading|bound|destination|next|plan|plans|planning|someday|one day|future|tomorrow|hope|want to|would you like|dream|later|soon|aim|after you)\b",
    "asks_liking": r"\b(?:favou?rite|like|love|enjoy|prefer|fond|fancy|best|treat|go-to|adore|poison|drink of choice)\b",
    "then": r"\b(?:would|'d|could|might)\b",
    "asks_user": r"\b(?:(?:do|did|am|have|was|were|had) i\b(?! (?:find|get|reach|meet|call|pay|see|look|go|come|ask|address|write)\b[^?]*\b(?:you|your|yours)\b)|(?:should|could|can|would|will|may|might) i\b(?! (?:[a-z]+ ){1,6}?(?:you|your|yours)\b)|i'(?:m|ve|ll|d)\b(?! (?:curious|wondering|sure|dying|asking|told|looking for|glad|sorry|afraid|new|here|just|not|heard|always wondered|interested|trying to (?:remember|recall)))|(?:of|is|was|are|were) mine\b|i (?:told|said|mentioned|live|work|do|am|was|have|keep|like|wanted|asked|said|come|ordered|bought|need|booked|called|named|grew|play|study)|my (?!asking|saying|prying|curiosity|question|guess|mistake|word|eyes|dear|friend|lord|lady|good|love|boy|girl|goodness)|(?<!tell )(?<!give )(?<!gave )(?<!told )(?<!show )(?<!remind )(?<!told us or )me\b(?! (?:about|something|your|what you|where you|who you|how|why)))",
    "asks_imagined": (
        r"\b(?:if you (?:could|were|had)|would you|suppose|imagine|dream|wish)\b"
        r"|\bwant to\b|\bwould you like\b|\bhope to\b"
    ),
    "arrived_before": (
        r"\b(?:moved|came|relocated|settled|retired|emigrated|returned) (?:(?:over|down|up|back|out|here) )*(?:to|in|at) (?:the )?$|\b(?:became|turned|took up|turned to|ended up|grew into|ended up as|made) (?:an? |the )?$"
        r"|\bleft (?!an? )[^.,]{1,20} for (?:the )?$"
        r"|\b(?:renamed|rechristened|retitled|changed|moved) (?:it|us|me|the \w+|its name)(?: to)? $"
        r"|\b(?:they've|they have|we've|we have|you|i've|he's|she's) (?:since )?(?:moved|changed|shifted|pushed|brought) (?:it|that|things) (?:back |forward |up )?(?:to|for) (?:the )?$"
    ),
    "never_was": r"\b(?:never|not|n't) (?:\w+ )?(?:been|worked|served|lived|set foot|stayed|trained|played|touched|learn(?:ed|t)|studied|met|known?|owned|kept|tasted|drunk|eaten|ever)\b",
    "denied_again": (
        r"\b(?:i'm|i am|i was) (?:also )?(?:not|never)(?: (?:one|that|really|actually|any such thing|and never was))? ?(?:[.,!;]|$)|\b(?:also|and|yet|but) not (?:an? |the |in )?[\ue000]|\b(?:never|not) (?:mine|me)(?=[.,!;]|$)|\b(?:that|this|it|which|none of (?:that|it|this))(?: isn't| is not| wasn't| ain't| is|'s) (?:a word of )?(?:true|so|untrue|false|a lie)\b|\b(?:well|or rather|at least), (?:i )?(?:was|used to be|until)\b|\bi (?:did|was) until\b|\bno(?:t)? (?:one|such thing) at all\b"
        r"|^ ?but (?:i )?(?:can't|cannot|don't|never|couldn't) [a-z]+ (?:it|them|one)\b|\b(?:haven't|have not|never) worked a day\b|\band by that i mean (?:an? )?\ue002|\bi've no ties\b"
    ),
    "weak_after": (
        r"^[^.!?;,]{0,24}\b(?:only(?: ever)? (?:listen|hear|heard|watch|own|know|read|dream|admire)\w*|(?:gather(?:s|ing)?|collects?|collecting) dust|is (?:entitled|only human|welcome))|^ (?:listen|hear)\w* to"
        r"|^,? i(?:'ve|'d)? (?:only |merely |just |once |barely )*(?:passed|rode|walked|sailed|drove|went|came|travelled|traveled|slept|changed trains) (?:through|by|past|in|at)\b|^,? i(?:'ve|'d)? (?:only |merely |just |once |barely )+(?:visited|saw|seen|glimpsed|heard|smelled|touched|met)"
        r"|^ i (?:only|just|merely) [a-z]+(?=[.,;!])"
        r"|^ (?:more often|oftener|because (?:it's|they're) cheap\w*|when (?:there's no|i can't (?:get|afford)|i'm (?:broke|short)|money's))\b"
        r"|^ i (?:only |mostly |just )?(?:fake|faked|mime|butcher|mangle|bluff|fumble|nod along)\b"
    ),
    "evades": r"\b(?:(?:won't|will not|not going to|rather not|can't|cannot|shan't|never) (?:say|tell|answer|talk about)|none of your|my own (?:affair|business)|mind your|why (?:do|would) you (?:want|ask|care)|(?:what|who) (?:does it matter|cares)|let's talk|(?:^\W*|[.!?] ?|you(?:'ll have to|'d better)? )guess\b(?! (?:what|who))|you tell me|here and there|between me and|depends on|who wants to know|change the subject|enough about me|next question)\b",
    "framed_said": (
        r"^\W*(?:to hear [a-z' ]{1,24} tell (?:it|of it)|if (?:you|one) (?:believes?|asks?|trusts?|listens? to) (?:the|my|your|old|them|him|her|everyone|people)\b[^,]*|in (?:the|their|his|her|your|my [a-z]+'s|[a-z]+'s|old|every) (?:[a-z]+ )?(?:songs?|stor(?:y|ies)|tales?|eyes?|books?|telling|records?|version|opinion|papers?|legends?|ballads?|minds?|files?)|on paper|officially|by reputation|as far as (?:they|the \w+|everyone|he|she) (?:know|knows|is concerned)|as the (?:song|story) goes)\W*$"
        r"|^\W*according to [^,]*\W*$"
        r"|^\W*in (?:the|a|one|every|that) (?:[a-z]+ )?(?:version|story|tale|account|telling|speech) (?:that )?(?:i|we|he|she|they|you) (?:[a-z]+ )?(?:tell|give|keep|sell|save|wrote|write|spin|prefer|like)[^,]{0,30}\W*$"
    ),
    "framed_imagined": r"^\W*(?:(?:and |but )?(?:only )?if (?:only )?(?:the|my|his|her|i(?! had to| could only| must)|they|he|she|it|we|god|fate|luck|money|anyone|someone)\b[^,]{0,40}\b(?:let|had|were|was|could|would|allowed|gave|wasn't|weren't|hadn't|permitted|paid)\b[^,]{0,24}|in a (?:decent|better|kinder|just|proper|civili[sz]ed|sane|fair) [a-z]+|(?:in|with) (?:an?|some|any|more|better|enough|another|different)(?: \w+){0,2} (?:world|life|luck|lifetime|timeline|universe|coin|money|time|talent|parents|family)|on a good day|in my (?:dreams|head|next life)|come (?:spring|summer|autumn|winter|next \w+)|given (?:the )?(?:chance|choice|time|money)[^,]*|for the sake of argument|hypothetically)\W*$",
    "framed_hedged": r"^\W*(?:(?:and |but )?if (?:it|that|this|you mean)(?:'s| is)? the one [^,]{0,40}|if (?:i (?:haven't|have not|remember|recall|'m not)|memory|my memory)[^,]{0,24}|unless i[^,]{0,24}|off the top of my head|as far as i (?:know|recall|remember)|if i had to guess|at a guess)\W*$",
    "denied_kind": (
        r"\bi(?:'ve| have)? never (?:\w+ )?(?:an? |any |a single )?(\w{3,})"
        r"|\bi (?:have|'ve got|own|keep|follow|practi[sc]e) no (\w{3,})"
        r"|\b(?:nobody|no one)(?: ever| has| else)? (\w{4,})"
    ),
    "topic_after": r"^(?:'s\b|) ?(?!(?:and|or|but|in|at|on|with|for|from|by|since|because|as|when|where|that|which|who|whom|i|i'm|i've|i'd|we|it|of|to|ever|through|till|until|before|after|under|over|near|down|up|here|there|now|these|today|always|still|again|too|also|please|sir|madam|every|all|like|than|then|so|if|though|not|no|yes|aye|the|a|an|my|our|his|her|proper|born|only|just|both|first|second|third|last|plus|mostly|hot|cold|neat|straight|on|year|years|days|months|o'clock|am|pm|sharp|exactly|one|two|three|each|apiece|altogether|in|total|suits?|me|myself|extraordinaire|himself|herself|by)\b)[a-z]",
    "claims_after": (
        r"^(?:'s| is| was| are| has been| will be| be)? ?(?:always |still |simply |just |forever |the |ever |certainly |surely )*(?:my|mine|our|what|where|who|how|one|name|only|best|finest|answer|place|thing i|same|it\b|me\b|home|it is|i am|do\b|does it|did it|will do|every time|keeps? (?:me|us)|runs in|taught (?:me|us)|showed|raised|trained|made me|put|gave me|has my|beats|wins|tops|for me|suits|calls me|knows me|took me|found me)\b|^'s (?:the (?:one|name|place|only)|it\b)"
        r"|^ (?:chose|picked|found|keeps|warms|suits|has|holds|owns|claims) (?:me|us)\b|^ (?:does the trick|hits the spot|has been (?:my|home|our))\b"
    ),
    "sure_before": (
        r"\b(?:(?:if|unless) i (?:weren't|wasn't|were not|was not|hadn't become|had not become|am not|don't (?:live|work|play|drink|keep))|if i'm not|were i not|had i not become|(?:who (?:says|said|dares say)|don't (?:tell me|say|think|pretend)|you'd be (?:wrong|mad|a fool) to (?:think|say)|(?:it would be|i'd be) (?:wrong|a lie|lying|a liar|a fool) (?:to (?:say|deny|claim|pretend)|if i (?:said|denied|claimed))|i (?:can't|cannot|won't) (?:pretend|deny|say)|never (?:said|claimed|denied|pretended)|no use (?:saying|pretending)|there's no denying)(?: that)? i(?:'m| am|'m not| am not| wasn't)|if (?:that|this|it) (?:isn't|is not|ain't)) (?:from |in |at |on |of )?(?:an? |the |my )?$|\b(?:if|should) you (?:doubt|don't believe|won't believe|disbelieve)(?: that)? i(?:'m| am) (?:an? |the |in |from )?$|\blying if i said anything (?:but|else than|other than) (?:an? |the )?$|\b(?:nothing if not|no(?:ne| one)? other than|no one but|nobody but|never (?:been )?(?:more|anything) (?:of|than)|couldn't be more of|nothing (?:but|beats|like|compares to|comes close to|tops)|caught dead without|never without|not without|swear by|can't (?:resist|refuse|say no to|go a day without|live without|do without|start (?:the|my) day without)|wouldn't (?:trade|swap|miss)|not (?:live|sleep|think|leave home|go anywhere) without) (?:an? |the |my )?$"
        r"|\b(?:try (?:telling|saying)|tell|say to|(?:nobody|no one|not a soul|none)[^.!?]{0,40}(?:would|could|will|can|dares?|ever)[^.!?]{0,16})(?: (?:my|the|your) \w+)?(?: that)? i(?:'m not| am not|'m no| wasn't|'m| am) (?:not )?(?:an? |the )?$|\b(?:the day|when|until) i(?:'m| am) (?:not|no longer) (?:an? |the )?$|\b(?:hard to (?:be|imagine me)|couldn't (?:be|have been)) anything (?:but|other than|else than) (?:an? |the )?$"
        r"|\bless (?:of )?(?:an? |the )?\ue002+ than (?:an? |the )?$|\bnot so much (?:an? |the )?\ue002+ as (?:an? |the )?$"
    ),
    "sure_after": (
        r"^,? or (?:nothing|bust|my name|i'm a|i'll eat)\b|^,? (?:and )?(?:nothing|no one|nobody|nowhere) else\b|^,? (?:and )?(?:make|there's) no mistake\b"
        r"|^,? (?:and )?(?:what|who)(?: sort of| kind of)? [a-z ]{0,20}(?:doesn't|wouldn't|can resist)\b"
        r"|^(?: [a-z]+){0,3},? (?:which is to say|meaning|namely|that is|in other words|viz\.?),? (?:me|myself|yours truly)\b"
        r"|^,? (?:but|other than|besides|except|save) (?:me|myself|yours truly|us)\b"
    ),
    "absurd_after": r"^(?: [a-z]+){0,2},? (?:(?:like|the way|just as|in the way|as|then) |and (?!you|i\b|i'|we|he|she|that|it|they|my (?:brother|sister)))(?:the |my )?(?:\w+ ){0,2}\w+(?:n't| not|'s not|'re not)\b|^(?: [a-z]+){0,2},? (?:then )?(?:what(?:'s| is| are)|who(?:'s| is)) (?:this|these|that|those|my|the|been)\b",
}
