import pytest

PAGES = (
    "/cores",
    "/chains/C1",
    "/chains/C2",
    "/chains/C1/limits/S1",
    "/chains/C1/limits/S3",
    "/firms",
    "/firms?query=江",
    "/firms/S1",
    "/firms/S3",
    "/firms/D1",
    "/stress",
    "/stress?firm=C1&query=S1",
    "/stress/scenario-1",
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_in_both_languages(browser, path, language) -> None:
    answer = browser("risk", language).get(path)

    assert answer.status_code == 200
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text
