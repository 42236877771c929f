"""Japanese words that are as usual in kana as in kanji: 鰹節 is かつお節, かつおぶし and カツオブシ.

Animals, plants, food, instruments, tools and trades. A form is respelled where all its kanji are in the table.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, product

_WORDS = """
鍛冶 かじ 大工 だいく 医者 いしゃ 易者 えきしゃ 漁師 りょうし 猟師 りょうし 樵 きこり 木樵 きこり 相撲 すもう 忍者 にんじゃ 侍 さむらい 巫女 みこ
花魁 おいらん 舞妓 まいこ 芸者 げいしゃ 左官 さかん 寿司 すし 鮨 すし/ずし 豆腐 とうふ/どうふ 饅頭 まんじゅう 羊羹 ようかん 煎餅 せんべい 蕎麦 そば
饂飩 うどん 団子 だんご 抹茶 まっちゃ 珈琲 こーひー 麦酒 びーる 焼酎 しょうちゅう 味噌 みそ 醤油 しょうゆ 納豆 なっとう 蒟蒻 こんにゃく 海苔 のり 若布 わかめ
昆布 こんぶ 天麩羅 てんぷら 林檎 りんご 苺 いちご 葡萄 ぶどう 蜜柑 みかん 西瓜 すいか 胡瓜 きゅうり 人参 にんじん 茄子 なす 南瓜 かぼちゃ 大根 だいこん
椎茸 しいたけ 松茸 まつたけ 筍 たけのこ 牛蒡 ごぼう 生姜 しょうが 山葵 わさび 大蒜 にんにく 韮 にら 葱 ねぎ 梨 なし 柿 かき 桃 もも 栗 くり/ぐり 梅 うめ
檸檬 れもん 胡麻 ごま 胡椒 こしょう 砂糖 さとう 蜂蜜 はちみつ 鰻 うなぎ 鮭 さけ 鯖 さば 鯵 あじ 鰯 いわし 秋刀魚 さんま 鰹 かつお 鮪 まぐろ 鯛 たい/だい
河豚 ふぐ 蛸 たこ 烏賊 いか 海老 えび 蟹 かに/がに 雲丹 うに 牡蠣 かき 鮑 あわび 蛤 はまぐり 鯉 こい 鮎 あゆ 鯨 くじら 海豚 いるか 鮫 さめ 雷 かみなり
蛇 へび 蜘蛛 くも 蛙 かえる 狐 きつね/ぎつね 狸 たぬき/だぬき 兎 うさぎ 亀 かめ 鶴 つる 梟 ふくろう 鴉 からす 烏 からす 雀 すずめ 燕 つばめ 鳩 はと/ばと
鷹 たか 鷲 わし 鼠 ねずみ 栗鼠 りす 猪 いのしし 鹿 しか/じか 熊 くま/ぐま 狼 おおかみ 虎 とら 象 ぞう 猿 さる/ざる 蝶 ちょう 蜻蛉 とんぼ 蛍 ほたる
蜂 はち/ばち 蝉 せみ/ぜみ 百足 むかで 蛞蝓 なめくじ 蚯蚓 みみず 鶏 にわとり 家鴨 あひる 鸚鵡 おうむ 犬 いぬ 猫 ねこ 馬 うま 牛 うし 豚 ぶた 羊 ひつじ
山羊 やぎ 薔薇 ばら 桜 さくら/ざくら 紫陽花 あじさい 向日葵 ひまわり 百合 ゆり 菫 すみれ 蒲公英 たんぽぽ 椿 つばき 菊 きく/ぎく 朝顔 あさがお 牡丹 ぼたん
撫子 なでしこ 蓮 はす 藤 ふじ 楓 かえで 松 まつ 竹 たけ/だけ 柳 やなぎ 三味線 しゃみせん/じゃみせん 琵琶 びわ 太鼓 たいこ/だいこ 尺八 しゃくはち
笛 ふえ/ぶえ 琴 こと/ごと 胡弓 こきゅう 鼓 つづみ 将棋 しょうぎ 囲碁 いご 碁 ご 凧 たこ/だこ 独楽 こま/ごま 歌留多 かるた 花札 はなふだ 刀 かたな/がたな
槍 やり 弓 ゆみ 斧 おの 鎌 かま/がま 薙刀 なぎなた 手裏剣 しゅりけん 鋏 はさみ/ばさみ 鑿 のみ 鉋 かんな 鋸 のこぎり 眼鏡 めがね 簪 かんざし 櫛 くし/ぐし
扇子 せんす 傘 かさ/がさ 箒 ほうき 硝子 がらす 煙草 たばこ 煙管 きせる 煙突 えんとつ 掃除機 そうじき 節 ふし/ぶし 焼 やき 焼き やき 飯 めし/はん
酒 さけ/ざけ 餅 もち 豆 まめ 芋 いも 飴 あめ 汁 しる/じる 鍋 なべ 丼 どん 茶 ちゃ 水 みず 漬 づけ 漬け づけ 揚げ あげ 巻 まき 巻き まき 屋 や 師 し
魚 さかな/ざかな 虫 むし 鳥 とり/どり 花 はな/ばな 月 つき/づき 星 ほし/ぼし 雪 ゆき 海 うみ 山 やま 川 かわ/がわ 橋 はし/ばし 玉 たま/だま 卵 たまご
玉子 たまご 子 こ 小 こ 黒 くろ 白 しろ 赤 あか 青 あお 金 きん 銀 ぎん 油 あぶら 鬼 おに 影 かげ 盾 たて 鎧 よろい 鏡 かがみ 鈴 すず 鐘 かね/がね
糸 いと 針 はり/ばり 筆 ふで 墨 すみ/ずみ 姫 ひめ 剣 けん/つるぎ 石 いし 砂 すな 岩 いわ 森 もり 雨 あめ 塩 しお 肉 にく
"""
_LISTED = _WORDS.split()
_READINGS = dict(zip(_LISTED[::2], _LISTED[1::2], strict=True))
_LONGEST = max(map(len, _READINGS))
_MOST = 8  # readings of one form
_SHORT = 3  # kana under which a word in hiragana may be part of another
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


@lru_cache(maxsize=4096)
def in_kana(form: str) -> tuple[str, ...]:
    """The spellings of a form in kana: in hiragana, and in katakana, which alone stands for a short one."""
    pieces: list[list[str]] = []
    at, kanji = 0, False
    while at < len(form):
        for size in range(min(_LONGEST, len(form) - at), 0, -1):
            readings = _READINGS.get(form[at : at + size])
            if readings:
                pieces.append(readings.split("/"))
                at, kanji = at + size, True
                break
        else:
            if not "\u3041" <= form[at] <= "\u30ff":
                return ()
            pieces.append([form[at]])
            at += 1
    if not kanji:
        return ()
    spelled = ["".join(reading) for reading in islice(product(*pieces), _MOST)]
    katakana = [s.translate(_KATAKANA) for s in spelled]
    return tuple(katakana if len(spelled[0]) < _SHORT else katakana + spelled)
