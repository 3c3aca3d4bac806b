"""Chinese names that stand side by side with nothing but a space between them: "陈晓岚 欧阳志远" are two people, the Japanese "高瀬 美和" is one."""

from __future__ import annotations

import re

_SURNAMES = (  # the hundred most frequent ones (Ministry of Public Security, 2019), in both ways of writing
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱覃武戚严莫孔向常汤康易乔赖文"
    "張劉陳楊黃趙吳孫馬羅鄭謝許鄧馮韓蕭葉蔣蘇呂盧鍾譚陸賈韋鄒閻龍賀顧龔萬錢嚴湯喬賴"
)
_DOUBLE = "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|东方|東方|皇甫|令狐|慕容|司徒|夏侯|尉迟|公孙|公孫"
_NAME = rf"(?:(?:{_DOUBLE})[\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})"
_SEVERAL = re.compile(rf"{_NAME}(?:[\s　、，,；;/]{{1,3}}{_NAME})+")
_BETWEEN = re.compile(r"[\s　、，,；;/]+")
_LONGEST = 200  # characters


def apart(words: str) -> tuple[str, ...]:
    """The names, each of which begins with a Chinese surname; () where words are anything else, or a single name."""
    words = words.strip()
    if not words or words[0] < "\u4e00" or len(words) > _LONGEST or not _SEVERAL.fullmatch(words):
        return ()
    return tuple(dict.fromkeys(_BETWEEN.split(words)))
