"""Names, codes and sectors of firms that do not exist."""

import numpy as np

from ingestion.resolve.codes import ALPHABET, check_letter

# Pairs of syllables chosen for their sound; no register was looked at.
FIRST = "昕澜珩彧煊翊棣湉琰骁沅桐邈珣霁榷潼筠峤缙"
SECOND = "岫澈屿锶霖铎桓珀汐晖臻墨荻镝垚泓瑭禾稷柘"
REGIONS = ("广东", "江苏", "浙江", "山东", "四川", "湖北", "安徽", "河南", "福建", "重庆")
REGION_CODES = ("44", "32", "33", "37", "51", "42", "34", "41", "35", "50")

# Sector: word in names, tier of the chain it works in (0 a core's own), share of firms there.
SECTORS = (
    ("C36", "汽车", 0),
    ("C39", "电子", 0),
    ("C38", "电气", 0),
    ("C35", "装备", 0),
    ("C3670", "零部件", 1),
    ("C3912", "模组", 1),
    ("C3825", "电控", 1),
    ("C3484", "精密机械", 2),
    ("C3981", "元器件", 2),
    ("C2929", "塑胶制品", 2),
    ("C3311", "金属结构", 3),
    ("C2651", "新材料", 3),
    ("C3240", "合金", 4),
    ("C2614", "化工", 4),
    ("B0810", "矿业", 5),
    ("F5172", "商贸", -1),
    ("F5271", "经销", -2),
)
FORMS = ("有限公司", "有限公司", "有限公司", "股份有限公司", "有限责任公司")


def codes(draw: np.random.Generator, regions: np.ndarray) -> list[str]:
    """Return one credit code a firm, each with the right check letter."""
    serial = draw.permutation(len(regions))
    organisation = draw.integers(0, 31, (len(regions), 3))
    made = []
    for region, number, letters in zip(regions, serial, organisation, strict=True):
        tail = "".join(ALPHABET[letter] for letter in letters)
        first = f"91{REGION_CODES[region]}0100MA{number:06d}{tail}"[:17]
        made.append(first + check_letter(first))
    return made


def firm_names(draw: np.random.Generator, regions: np.ndarray, sectors: np.ndarray) -> list[str]:
    """Return distinct names: region, invented syllables, sector, legal form."""
    taken: set[str] = set()
    made = []
    for region, sector in zip(regions, sectors, strict=True):
        for size in (2, 3, 4, 5):
            one, two, more = draw.integers(0, 20, 3)
            core = (FIRST[one] + SECOND[two] + FIRST[more] + SECOND[one])[:size]
            form = FORMS[int(draw.integers(0, len(FORMS)))]
            name = f"{REGIONS[region]}{core}{SECTORS[sector][1]}{form}"
            if name not in taken:
                break
        else:
            name = f"{REGIONS[region]}{core}{len(taken)}{SECTORS[sector][1]}{form}"
        taken.add(name)
        made.append(name)
    return made
