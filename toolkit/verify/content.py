"""The words of a clause that carry content: which of them the question holds, and which it does not."""

from __future__ import annotations

from .lazy import Lazy


def foreign(clause: str, language: str, question: str) -> float:
    """How many words of a clause the question does not hold and grammar does not need; a Chinese character is less than one."""
    found = [word for word in _content(clause, language) if not _held(word, language, question)]
    return len(found) / (_CHARACTERS if language == "zh" else 1)


def shares(clause: str, language: str, question: str) -> bool:
    """Whether a clause takes up a word of the question."""
    return any(_held(word, language, question) for word in _content(clause, language))


def _content(clause: str, language: str) -> list[str]:
    pattern = {"en": _LATIN, "zh": _HAN, "ko": _HANGUL}.get(language, _KANJI)
    return [m.group() for m in pattern.finditer(clause) if m.group() not in _PLAIN]


def _held(word: str, language: str, question: str) -> bool:
    if language == "en":
        return len(word) > 3 and word[:4] in question
    return (word[:2] if language == "ko" else word) in question


_CHARACTERS = 1.6  # of Chinese a word
_LATIN = Lazy("[a-z][a-z'-]*")
_HANGUL = Lazy("[가-힣]{2,}")
_HAN = Lazy("[\u3400-\u9fff]")
_KANJI = Lazy("[\u30a1-\u30fa\u30fc\u3400-\u9fff]")
# Words that an answer to any question may hold.
_PLAIN_EN = (
    "a an the and or but of in at on by for to from with as is are was were be been am it its it's that that's this these those there i me my mine"
    " we us our you your he his she her they their so well oh ah aye yes no just only exactly about all each every one also too still now then"
    " always ever very much quite some any what which who when where how not do does did have has had will would can could shall should may might"
    " must if than same here today last none alone own sir madam lord lady ma'am miss friend love dear name names called call calls named makes make made ago age old"
    " years year day days o'clock sharp morning evening night noon come comes till until since born trade living work job please thank thanks god"
    " heaven i'm i've i'd i'll we're we've don't s"
)
_PLAIN_ZH = (
    "的了是我你您他她它们就也都在准时这那有着过个呢啊呀吧嘛哦啦和跟与及而且还又再才只便可要会能得地上下里去来到从为被把给让叫一不没别很太最真正整共拢总约"
    "几多少年月日号点岁两三四五六七八九十百千万今天明昨现如每俺咱本吾老夫小奴家贫道末将说喽咯哟诶哎嗯名姓做干当卖使用吃喝住开专单独全满足刚恰好乃即矣罢者之所以其此"
)
_PLAIN = frozenset([*_PLAIN_EN.split(), *_PLAIN_ZH])
