"""A reply that states an exact fact twice, with two values: "I keep 340 reindeer … My herd is 85 reindeer." """

from __future__ import annotations

from collections.abc import Sequence

from .assertion import ASSERTED, Reader, Reading
from .lazy import Lazy
from .terms import Matcher, bare_number
from .terms import Reading as Terms
from .units import Quantity, same_quantity
from .values import HOW_OLD

_READ = 40  # quantities of a reply that are looked at
_NOUN = Lazy(r" ?([a-z]{3,}|[\u4e00-\u9fff\u3041-\u30fa]|[가-힣]{1,3})")
_I = Lazy(r"\W*(?:(?:and|well|so|oh),? )?(?:i'm|i am|i've|i have|we're|we are|we have|there are)? ?|\W*(?:我|俺|咱|吾|老夫)?(?:们|家)?(?:今年|现在|一共|共|总共)?(?:是|有)?|\W*(?:私|俺|僕|わし|わたし|あたし)?(?:は|が)?、?|\W*(?:저|나|전|난|우리)?(?:는|은)? ?")
_PART = Lazy(r"\b(?:of (?:them|those|these|which|my)|among|including|plus|left|remain|like|worth|as|used to|were|was|had|when)\b|其中|有|剩|还|另|曾|时|不输|不亚|抵得|像|匹敵|負け|のうち|中で|残り|だった|合わせて|合計|往復|倍|ずつ|왕복|합쳐|합계|두 ?배|씩|그중|중에|남|못지|처럼|만큼")


def another_value(m: Matcher, readings: Sequence[Reading], terms: Terms, reader: Reader) -> Reading | None:
    """The mention of a second value that the reply asserts after the key's as firmly, of the same unit or the same thing."""
    asserted = [r for r in readings if r.status == ASSERTED]
    if not m.quantities or not asserted:
        return None
    final = asserted[-1]
    own = next((q for q in terms.quantities if q.start == final.start), None)
    if own is None or own.value is None:
        return None
    for other in terms.quantities[:_READ]:
        if other.start <= final.end or other.value is None or (other.words and other.value == 1) or any(same_quantity(key, other) for key in m.quantities):
            continue
        if _in_other_years(own, other, reader):
            return reader.read(other.start, other.end, True)
        same = _thing(own, terms.text) == _thing(other, terms.text)
        if other.dimension != own.dimension or other.ordinal != own.ordinal or not same:
            continue
        reading = reader.read(other.start, other.end, True)
        around, _ = reader.around(other.start, other.end)
        firm = reading.strength == 3 or (
            reading.strength == 2 and bool(not bare_number(terms.text, other) or _I.fullmatch(around.clause_before))
        )
        if reading.status == ASSERTED and firm and not _PART.search(
            terms.text, other.start - len(around.clause_before), other.end + len(around.clause_after)
        ):
            return reading
    return None


# When the role will turn what it says: an age of another year than the next.
_COMING = Lazy(r"来(?:月|年|週)|今年|もうすぐ|次の(?:誕生日|正月)|다음 ?(?:달|주)|내년|올해|곧 |下个?月|明年|今年|next (?:month|year|birthday|week)|about to turn")
_TURNS = Lazy(r"^(?:歳|才)?に(?:なる|なり)|^(?:살|세)?(?:이|가) ?(?:되|됩|돼|된)|^岁了|^ (?:this|next) ")


def _in_other_years(own: Quantity, other: Quantity, reader: Reader) -> bool:
    """Whether the role gives itself another age, soon to come, than the one it has told: 六十三だよ。来月…七十になる."""
    if not HOW_OLD.search(reader.question.text) or other.dimension not in ("", "age") or own.plain is None or other.plain is None:
        return False
    around, _ = reader.around(other.start, other.end)
    turns = _COMING.search(around.sentence_before) and _TURNS.match(around.clause_after)
    return bool(turns) and abs(own.plain - other.plain) > 1 and reader.read(other.start, other.end, True).status in (ASSERTED, "not_present")


def _thing(quantity: Quantity, text: str) -> str:
    """Its unit and the first of the word that follows."""
    noun = _NOUN.match(text, quantity.end) if not bare_number(text, quantity) else None
    return quantity.unit + (noun[1] if noun else "")


_HOW_MANY = Lazy(r"\bhow many ([a-z]{3})[a-z]*|(?:几|多少)([\u4e00-\u9fff])")


def of_other_things(readings: Sequence[Reading], terms: Terms, question: str) -> bool:
    """Whether the number counts something else, and another number what the question asks to count: "Seven men, one ship." """
    asked = _HOW_MANY.search(question)
    if asked is None:
        return False
    noun, text = asked[1] or asked[2], terms.text
    said = {r.start for r in readings if r.status == ASSERTED}
    own, others = [], []
    for quantity in terms.quantities[:_READ]:
        counted = quantity.unit or (text[quantity.end :].lstrip() if not bare_number(text, quantity) else "")
        (own if quantity.start in said else others).append(counted[: len(noun)])
    return bool(own) and all(own) and noun not in own and noun in others
