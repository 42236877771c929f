"""What wording alone tells: whether a value stands in a text, whether a question asks for yes or no, which language it
is in, and whether an answer steps out of its role.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from toolkit.samples import detect_language


@lru_cache(maxsize=1024)                      # one profile, question or key is looked at many times in a row
def squeezed(text: str) -> str:
    """One width, one case, no blanks: line breaks and spacing are no difference in a quote."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(text.casefold().split())


def stands_in(text: str, value: str) -> bool:
    """Whether a value stands in a text as words of its own: "art" is not in "party", 7 not in 47, 鱼 is in 鱼汤."""
    text, value = _spaced(text), _spaced(value)
    at = text.find(value) if value else -1
    while at >= 0:
        before, after = text[at - 1:at] if at else "", text[at + len(value):at + len(value) + 1]
        if not (_joined(before, value[0]) or _joined(value[-1], after)):
            return True
        at = text.find(value, at + 1)
    return False


@lru_cache(maxsize=1024)
def _spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one Latin word or one number."""
    return bool(left and right) and ((left.isdecimal() and right.isdecimal())
                                     or (left.isalpha() and right.isalpha() and left < "\u0250" and right < "\u0250"))


_SCRIPTS = {"zh": re.compile(r"[\u3400-\u9fff]"), "ja": re.compile(r"[\u3041-\u30fa]"),
            "ko": re.compile(r"[\uac00-\ud7a3]"), "en": re.compile(r"[A-Za-z]")}


def other_language(text: str, language: str) -> str | None:
    """The language that a text is surely written in instead of the stated one; names in another script are no proof."""
    found = detect_language(text)
    if found == language or not any(c.isalpha() for c in text):
        return None
    if language == "ja" and found == "zh":      # a question of kanji alone is Japanese as well
        return None
    if language == "en":
        return found if not _SCRIPTS["en"].search(text) else None
    own = len(_SCRIPTS[language].findall(text))
    return found if own == 0 or (language == "zh" and found in ("ja", "ko")) else None


_YES_NO = {
    "zh": re.compile(r"(吗|么|嗎|麼|吧|没有|沒有|不是|是不是|对不对|對不對)[?？!！。 ]*$|([\u4e00-\u9fff])不\2"),
    "en": re.compile(r"(?:^|[,.;!?]\s*)(?:is|are|am|was|were|do|does|did|have|has|had|can|could|will|would|should)"
                     r"(?:n't)?\s[^.?!]*\?\s*$|,\s*(?:right|correct|yes|no)\s*\?\s*$", re.IGNORECASE),
    "ja": re.compile(r"(か|かな|かい|よね|だよね|でしょう)[?？。 ]*$"),
    "ko": re.compile(r"(니|까|나요|가요|지요|죠|어요|아요|니까)[?？. ]*$"),
}
_ASKING = {
    "zh": re.compile(r"什么|甚么|什麼|谁|誰|哪|几|幾|多少|多大|多高|多久|怎|为何|為何|何时|何時|啥"),
    "en": re.compile(r"\b(?:what|who|whom|whose|where|when|why|how|which)\b", re.IGNORECASE),
    "ja": re.compile(r"何|なに|なん|誰|だれ|どこ|どの|どれ|どんな|いつ|いくつ|いくら|なぜ|どう|どちら"),
    "ko": re.compile(r"무엇|뭐|무슨|누구|누가|어디|언제|왜|어떻게|어떤|어느|몇|얼마|뭘"),
}


def is_yes_no(question: str, language: str) -> bool:
    """Whether a question can be answered by yes alone, by its wording."""
    language = language if language in _YES_NO else "en"
    return bool(_YES_NO[language].search(question)) and not _ASKING[language].search(question)


def short(text: str, longest: int = 40) -> str:
    """A text as a message quotes it: on one line, cut."""
    text = " ".join(text.split())
    return f'"{text if len(text) <= longest else text[:longest - 1] + "…"}"'


TAGS = re.compile(r"</?\s*(?:think|answer)\s*>", re.IGNORECASE)
AS_AN_AI = re.compile(
    r"\b(?:as an? (?:ai|artificial intelligence|(?:large )?language model|chatbot|virtual assistant)\b|"
    r"i(?:'m| am)(?: just| only)? an? (?:ai|artificial intelligence|(?:large )?language model|chatbot)\b)|"
    r"(?:作为|作為|我是|我只是)(?:一个|一個|一名|一款|个)?(?:人工智能|人工智慧|AI|大?语言模型|大?語言模型|聊天机器人|聊天機器人)(?![A-Za-z])|"
    r"(?:AI|人工知能|言語モデル|チャットボット)(?:として|アシスタントです|なので|ですから)|"
    r"(?:AI|인공지능|언어 ?모델|챗봇)(?:로서|으로서|이기 때문|입니다|라서|이라서)", re.IGNORECASE)
IS_AN_AI = re.compile(r"\bai\b|\brobot|\bandroid\b|artificial intelligence|人工智能|人工智慧|人工知能|机器人|機器人|"
                       r"ロボット|アンドロイド|인공지능|로봇|仿生人|智能助手", re.IGNORECASE)
