"""Names made comparable: what is one name, and what is only alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.resolve.names import key, stem

EQUAL = [
    ("深圳市云栖机械有限公司", "广东省深圳市云栖机械有限责任公司"),
    ("云栖（中国）机械有限公司", "云栖(中国) 机械有限公司"),
    ("ＡＢＣ Ltd.", "abc ltd"),
    ("内蒙古自治区云栖有限公司", "内蒙古云栖有限公司"),
    ("北京市云栖有限公司", "北京云栖有限公司"),
    ("云栖股份公司", "云栖股份有限公司"),
    ("云栖·机械有限公司", "云栖机械有限公司"),
    ("云栖\u200b机械有限公司", "云栖机械有限公司"),
    ("云栖 3 . 5 厂", "云栖3．5厂"),
    ("Yunqi Steel Co., Ltd.", "YUNQI  STEEL CO LTD"),
    ("杭州市市政工程有限公司", "杭州市政工程有限公司"),
    ("吉林省长春市云栖有限公司", "长春云栖有限公司"),
]
OTHER = [
    ("深圳云栖机械有限公司", "云栖机械有限公司"),
    ("云栖机械有限公司", "云栖机械股份有限公司"),
    ("云栖机械有限公司", "云栖机械有限公司深圳分公司"),
    ("云栖一厂", "云栖二厂"),
    ("云栖机械", "云栖机械有限公司"),
    ("浙江中山机械有限公司", "中山机械有限公司"),
    ("广东中山机械有限公司", "中山机械有限公司"),
    ("浙江广州机械有限公司", "广州机械有限公司"),
    ("吉林省云栖有限公司", "吉林市云栖有限公司"),
    ("吉林市云栖有限公司", "吉林云栖有限公司"),
    ("北京南京路商贸有限公司", "南京路商贸有限公司"),
    ("云栖3.5厂", "云栖35厂"),
    ("云栖3·5厂", "云栖3-5厂"),
    ("云栖A-1厂", "云栖A1厂"),
    ("云栖一、二厂", "云栖一二厂"),
    ("Green Land Ltd", "Greenland Ltd"),
    ("Café Bar", "Cafébar"),
    ("云栖第一厂", "云栖第1厂"),
    ("云栖（上海）有限公司", "云栖（北京）有限公司"),
    ("云栖（上海）有限公司", "云栖有限公司"),
    ("云栖集团有限公司", "云栖有限公司"),
    ("云栖集团公司", "云栖集团"),
    ("云栖投资中心（有限合伙）", "云栖投资中心（普通合伙）"),
    ("杭州市场管理有限公司", "杭州场管理有限公司"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_two_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_names_that_may_be_two_firms_stay_two(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_place_and_legal_form_leave_only_a_likeness() -> None:
    assert stem("深圳云栖机械有限公司") == stem("云栖机械股份有限公司") == "云栖机械"


@given(st.text(max_size=20))
def test_blanks_and_case_never_tell_two_names_apart(name: str) -> None:
    assert key(f" {name.upper()} ".swapcase()) == key(name.upper().lower())


@pytest.mark.parametrize("name", ["公司", "深圳", "有限公司"])
def test_a_name_is_never_emptied(name: str) -> None:
    assert stem(name)
