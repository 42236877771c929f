"""Persons and animals by what they are to the role, in four languages: "pal", 知己 and 단짝 are one relation."""

from __future__ import annotations

from .lazy import Lazy

_RELATIONS = {
    "friend": Lazy(
        r"\b(?:best |close |old )?(?:friend|pal|mate|buddy|bestie|confidante?|chum|ally|companion|partner|sidekick)s?\b|朋友|好友|挚友|知己|至交|密友|死党|闺蜜|哥们|伙伴|搭档|友人|友達|友だち|親友|ダチ|相棒|相方|仲間|친구|벗|단짝|절친|짝꿍|짝|동료"
    ),
    "mentor": Lazy(
        r"\b(?:mentor|teacher|master|tutor|professor|coach|instructor)s?\b|师父|师傅|师尊|恩师|家师|导师|老师|教练|先生|師匠|恩師|親方|師範|師|스승|사부|선생|은사"
    ),
    "apprentice": Lazy(
        r"\b(?:apprentice|pupil|student|trainee|disciple|protegee?|mentee|assistant)s?\b|徒弟|徒儿|弟子|学徒|门生|学生|助手|見習い|教え子|제자|도제|견습|수제자|문하생"
    ),
    "child": Lazy(
        r"\b(?:child|children|kid|son|daughter|offspring)s?\b|孩子|子女|儿女|小孩|娃|儿子|女儿|闺女|子供|子ども|お子|息子|娘|자식|자녀|아이|아들|딸"
    ),
    "pet": Lazy(
        r"\b(?:pet|animal|beast|critter|dog|cat|horse|parrot|mule|donkey|pony|hound|familiar|companion|friend)s?\b|宠物|小东西|小家伙|动物|猫|狗|马|鸟|ペット|相棒|犬|動物|鳥|家族|반려|애완|동물|고양이|강아지|개|친구"
    ),
    "spouse": Lazy(
        r"\b(?:spouse|wife|husband|partner|married|better half|fianc[ée]e?)\b|配偶|爱人|伴侣|妻子|丈夫|老婆|老公|老伴|媳妇|夫人|内人|相公|夫君|枕边人|妻|夫|旦那|奥さん|嫁|伴侶|連れ合い|아내|남편|배우자|부인|집사람|반려"
    ),
    "sibling": Lazy(
        r"\b(?:sibling|brother|sister|twin)s?\b|兄弟|姐妹|手足|同胞|哥哥|弟弟|姐姐|妹妹|大哥|大姐|爹|娘|爸|妈|父母|きょうだい|兄|姉|弟|妹|형제|자매|남매|형|누나|오빠|언니|동생|오누이"
    ),
    "parent": Lazy(
        r"\b(?:parent|father|mother|dad|mum|mom)s?\b|父母|父亲|母亲|爸|妈|爹|娘|双亲|親|父|母|부모|아버지|어머니|아빠|엄마"
    ),
    "rival": Lazy(
        r"\b(?:rival|nemesis|opponent|foe|enemy|adversary|competitor)s?\b|对手|劲敌|死对头|宿敌|冤家|仇人|ライバル|好敵手|敵|라이벌|맞수|숙적|경쟁자|적수"
    ),
    "leader": Lazy(
        r"\b(?:boss|chief|captain|commander|lord|employer|manager)s?\b|老板|上司|东家|掌柜|队长|船长|主人|主公|上役|社長|隊長|船長|主君|상사|사장|대장|선장|주인|주군"
    ),
    "guest": Lazy(r"\b(?:guest|visitor|customer)s?\b|客人|宾客|来客|お客|来客|客|손님|하객"),
}


def relations(folded: str) -> frozenset[str]:
    """The relations that a short folded text names."""
    return frozenset(name for name, pattern in _RELATIONS.items() if pattern.search(folded))
