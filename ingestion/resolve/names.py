"""Names made comparable: one width, one kind of brackets, one word for a legal form."""

import unicodedata
from functools import lru_cache

FORMS = (
    ("股份有限责任公司", "股份有限公司"),
    ("股份公司", "股份有限公司"),
    ("有限责任公司", "有限公司"),
    ("集团公司", "集团"),
)
BARE_FORMS = ("股份有限公司", "集团有限公司", "有限公司", "集团", "公司")
REGIONS = [
    "北京",
    "上海",
    "天津",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "台湾",
    "内蒙古",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "深圳",
    "广州",
    "东莞",
    "佛山",
    "惠州",
    "中山",
    "珠海",
    "苏州",
    "南京",
    "无锡",
    "常州",
    "南通",
    "杭州",
    "宁波",
    "温州",
    "嘉兴",
    "绍兴",
    "合肥",
    "福州",
    "厦门",
    "泉州",
    "南昌",
    "济南",
    "青岛",
    "烟台",
    "郑州",
    "武汉",
    "长沙",
    "成都",
    "西安",
    "沈阳",
    "大连",
    "长春",
    "哈尔滨",
    "石家庄",
    "太原",
    "昆明",
    "贵阳",
    "南宁",
    "兰州",
]
CACHE = 2_000_000


@lru_cache(maxsize=CACHE)
def normal_name(name: str) -> str:
    """
    Return a full name in its comparable form; equal forms mean equal full names.

    Example:
        >>> normal_name("深圳迈远（智能） 有限责任公司") == normal_name("深圳迈远(智能)有限公司")
        True
    """
    plain = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    for bracket in "()[]{}【】〔〕《》<>":
        plain = plain.replace(bracket, "")
    for long, short in FORMS:
        plain = plain.replace(long, short)
    return plain


@lru_cache(maxsize=CACHE)
def short_name(name: str) -> str:
    """
    Return what tells a firm apart: without legal form and region; only good for proposals.

    Example:
        >>> short_name("广东省迈远智能有限公司")
        '迈远智能'
    """
    plain = normal_name(name)
    for form in BARE_FORMS:
        if plain.endswith(form) and len(plain) > len(form):
            plain = plain.removesuffix(form)
    for region in REGIONS:
        if plain.startswith(region) and len(plain) > len(region) + 1:
            plain = plain.removeprefix(region)
            for end in ("省", "市", "自治区"):
                plain = plain.removeprefix(end)
            break
    return plain


def bigrams(name: str) -> set[str]:
    """Return the pairs of neighbouring characters."""
    return {name[at : at + 2] for at in range(len(name) - 1)} or {name}
