"""Templates of all domains: found beside the pages that they are of, each name once."""

from collections import Counter

from app.platform.web.render import ENVIRONMENT, TEMPLATES


def test_no_two_domains_have_a_template_of_one_name() -> None:
    named = Counter(
        path.relative_to(folder).as_posix() for folder in TEMPLATES for path in folder.rglob("*.*")
    )

    assert [name for name, count in named.items() if count > 1] == []
    assert {"base.html", "chain.html", "firm.html", "sign_in.html"} <= set(named)


def test_every_template_can_be_read() -> None:
    for name in ENVIRONMENT.list_templates(extensions=["html"]):
        assert ENVIRONMENT.get_template(name)
