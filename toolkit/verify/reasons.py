"""One sentence for each verdict code, in the language of the reply."""

from __future__ import annotations

import re

from .verdict import Span, Verdict

_EN = {
    "right": 'The reply asserts "{key}" as the present answer.',
    "no_keys": "The sample names no key fact, so the reply cannot be scored.",
    "no_answer": "There is no answer outside the thinking.",
    "absent": 'The reply does not name "{key}".',
    "negated": 'The reply denies "{key}": "{quote}".',
    "hedged": 'The reply leaves "{key}" uncertain: "{quote}".',
    "asked": 'The reply only asks about "{key}": "{quote}".',
    "hypothetical": '"{key}" is only imagined or wished for: "{quote}".',
    "attributed": '"{key}" is said of or by somebody else: "{quote}".',
    "retracted": 'The reply takes "{key}" back: "{quote}".',
    "not_present": '"{key}" is past or future, not the present answer: "{quote}".',
    "outdated": '"{key}" was true earlier and has been replaced: "{quote}".',
    "listed": 'The reply lists candidates instead of naming "{key}": "{quote}".',
    "approximate": 'The reply gives a range or an approximation for "{key}": "{quote}".',
    "contradicted": 'The reply also asserts something that rules "{key}" out: "{quote}".',
    "partial": 'Not enough of the asked facts are asserted; "{key}" is missing.',
    "part_of_word": '"{key}" only stands inside another word: "{quote}".',
    "aside": '"{key}" is only mentioned in passing: "{quote}".',
    "stuffed": 'The reply repeats keywords instead of answering: "{quote}".',
    "injected": 'The reply addresses the scorer instead of answering: "{quote}".',
    "affirmed": 'The reply asserts "{key}", which it should deny: "{quote}".',
    "format_right": "The reply is exactly one thinking and one answer.",
    "format_missing": "The tag {tag} is missing.",
    "format_repeated": "The tag {tag} occurs more than once.",
    "format_order": "The tags stand in the wrong order.",
    "format_outside": "There is text outside the thinking and the answer.",
    "format_empty": "Nothing stands inside {tag}.",
}
_ZH = {
    "right": "回复肯定了“{key}”是当前的答案。",
    "no_keys": "样本没有关键事实，无法评分。",
    "no_answer": "思考之外没有答案。",
    "absent": "回复没有提到“{key}”。",
    "negated": "回复否定了“{key}”：“{quote}”。",
    "hedged": "回复对“{key}”并不确定：“{quote}”。",
    "asked": "回复只是在问“{key}”：“{quote}”。",
    "hypothetical": "“{key}”只是假设或愿望：“{quote}”。",
    "attributed": "“{key}”说的是别人，或出自别人之口：“{quote}”。",
    "retracted": "回复收回了“{key}”：“{quote}”。",
    "not_present": "“{key}”是过去或将来，不是现在：“{quote}”。",
    "outdated": "“{key}”是旧的说法，后来已改：“{quote}”。",
    "listed": "回复罗列了多个候选，没有认定“{key}”：“{quote}”。",
    "approximate": "回复对“{key}”只给了范围或约数：“{quote}”。",
    "contradicted": "回复还肯定了与“{key}”相冲突的内容：“{quote}”。",
    "partial": "应答的事实不够，缺少“{key}”。",
    "part_of_word": "“{key}”只是另一个词的一部分：“{quote}”。",
    "aside": "“{key}”只是顺带一提：“{quote}”。",
    "stuffed": "回复在堆砌关键词，没有回答：“{quote}”。",
    "injected": "回复是写给评分程序的，不是回答：“{quote}”。",
    "affirmed": "回复肯定了本应否认的“{key}”：“{quote}”。",
    "format_right": "恰好一段思考和一段回答。",
    "format_missing": "缺少标签 {tag}。",
    "format_repeated": "标签 {tag} 出现了多次。",
    "format_order": "标签的顺序不对。",
    "format_outside": "思考和回答之外还有文字。",
    "format_empty": "{tag} 里面是空的。",
}
_JA = {
    "right": "返答は「{key}」を現在の答えとして述べている。",
    "no_keys": "サンプルに鍵となる事実がなく、採点できない。",
    "no_answer": "思考の外に答えがない。",
    "absent": "返答に「{key}」が出てこない。",
    "negated": "返答は「{key}」を否定している：「{quote}」。",
    "hedged": "返答は「{key}」を断言していない：「{quote}」。",
    "asked": "返答は「{key}」を尋ねているだけである：「{quote}」。",
    "hypothetical": "「{key}」は仮定か願望にすぎない：「{quote}」。",
    "attributed": "「{key}」は他の人のこと、または他の人の言葉である：「{quote}」。",
    "retracted": "返答は「{key}」を取り消している：「{quote}」。",
    "not_present": "「{key}」は過去か未来のことで、現在ではない：「{quote}」。",
    "outdated": "「{key}」は古い情報である：「{quote}」。",
    "listed": "返答は候補を並べるだけで「{key}」と答えていない：「{quote}」。",
    "approximate": "「{key}」が範囲や概数でしか示されていない：「{quote}」。",
    "contradicted": "返答は「{key}」と矛盾することも述べている：「{quote}」。",
    "partial": "答えるべき事実が足りない。「{key}」がない。",
    "part_of_word": "「{key}」は別の語の一部にすぎない：「{quote}」。",
    "aside": "「{key}」は話のついでに出ただけである：「{quote}」。",
    "stuffed": "返答は語を並べるだけで答えていない：「{quote}」。",
    "injected": "返答は採点者に向けられている：「{quote}」。",
    "affirmed": "否定すべき「{key}」を肯定している：「{quote}」。",
}
_KO = {
    "right": "답변이 “{key}”을(를) 현재의 답으로 단언한다.",
    "no_keys": "샘플에 핵심 사실이 없어 채점할 수 없다.",
    "no_answer": "생각 밖에 답이 없다.",
    "absent": "답변에 “{key}”이(가) 없다.",
    "negated": "답변이 “{key}”을(를) 부정한다: “{quote}”.",
    "hedged": "답변이 “{key}”을(를) 확신하지 않는다: “{quote}”.",
    "asked": "답변이 “{key}”을(를) 묻기만 한다: “{quote}”.",
    "hypothetical": "“{key}”은(는) 가정이나 바람일 뿐이다: “{quote}”.",
    "attributed": "“{key}”은(는) 다른 사람의 일이거나 말이다: “{quote}”.",
    "retracted": "답변이 “{key}”을(를) 번복한다: “{quote}”.",
    "not_present": "“{key}”은(는) 과거나 미래이지 현재가 아니다: “{quote}”.",
    "outdated": "“{key}”은(는) 예전 정보이다: “{quote}”.",
    "listed": "답변이 후보를 늘어놓을 뿐 “{key}”(으)로 답하지 않는다: “{quote}”.",
    "approximate": "“{key}”에 대해 범위나 어림수만 말한다: “{quote}”.",
    "contradicted": "답변이 “{key}”와(과) 어긋나는 것도 단언한다: “{quote}”.",
    "partial": "답해야 할 사실이 모자란다. “{key}”이(가) 없다.",
    "part_of_word": "“{key}”이(가) 다른 낱말의 일부일 뿐이다: “{quote}”.",
    "aside": "“{key}”은(는) 지나가는 말일 뿐이다: “{quote}”.",
    "stuffed": "답변이 핵심어만 늘어놓는다: “{quote}”.",
    "injected": "답변이 채점자에게 말을 건다: “{quote}”.",
    "affirmed": "부정해야 할 “{key}”을(를) 단언한다: “{quote}”.",
}
_TABLES = {"en": _EN, "zh": _ZH, "ja": {**_EN, **_JA}, "ko": {**_EN, **_KO}}
_SCRIPTS = (
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3041-\u30fa]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
)


def language_of(text: str, default: str = "en") -> str:
    """The language of a text by its script; Latin text is English, no letters at all give the default."""
    head = text[:2000]
    for language, script in _SCRIPTS:
        if script.search(head):
            return default if language == "zh" and default == "ja" else language
    return "en" if re.search("[A-Za-z]", head) else default


def verdict(
    score: float | None,
    code: str,
    completion: str,
    matched: tuple[Span, ...] = (),
    *,
    key: str = "",
    quote: str = "",
    tag: str = "",
    language: str | None = None,
) -> Verdict:
    """A verdict with its sentence; the language is that of the completion unless it is given."""
    table = _TABLES.get(language or language_of(re.sub("<[^>]{0,20}>", "", completion[:2000])), _EN)
    quote = re.sub(r"\s+", " ", quote).strip()
    return Verdict(
        score,
        code,
        table[code].format(key=key, quote=quote if len(quote) <= 80 else quote[:79] + "…", tag=tag),
        matched,
    )
