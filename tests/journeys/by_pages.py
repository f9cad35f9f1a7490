"""A person who uses the pages alone, by the names and marks that they keep, in a language."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from app.platform.web.areas import WORK
from tests.journeys.people import Answer, Asked, Login, Node, Refused, Way

KEYS = (
    *("sign_in", "file", "look", "confirm", "approve", "accept", "split", "pass", "submit"),
    *("sign", "draw", "put", "withdraw", "recommend", "decide", "freeze", "unfreeze"),
    "settle",
)
NAMES = {
    "zh": (
        *("登录", "选择文件", "预览", "确认", "批准", "接受", "拆分", "转让", "提交申请"),
        *("签署", "提款", "申请备案", "撤回", "推荐", "决定", "冻结", "解冻"),
        "登记付清",
    ),
    "en": (
        *("Sign in", "Choose file", "Preview", "Confirm", "Approve", "Accept", "Split", "Pass on"),
        *("Submit", "Sign", "Draw", "Put on file", "Withdraw", "Recommend", "Decide"),
        *("Freeze", "Unfreeze", "Settle"),
    ),
}
TREE = """
() => {
  const read = (item) => {
    const lists = [...item.querySelectorAll(":scope > details > ul > li")];
    const { id, state, fen, heldFen, financedFen, tier } = item.dataset;
    return {
      id, state, tier, fen: +fen, held: +heldFen, financed: +financedFen, parts: lists.map(read),
    };
  };
  return read(document.querySelector("[data-tree] > li"));
}
"""


class ByPages:
    """Somebody who signs in with a browser."""

    def __init__(self, page: Any, login: Login, language: str) -> None:
        self.firm = login.firm
        self._core = "/core" if login.role == "core" else "/my"
        self._page = page
        self._names = dict(zip(KEYS, NAMES[language], strict=True))
        page.goto("/sign-in")
        self._fill(name=login.name, password=login.password)
        with page.expect_navigation():
            self._button("sign_in").click()

    def limit_fen(self, core: str) -> int:
        self._page.goto("/my")
        found = f'[data-list="chains"] [data-id="{core}"] [data-figure="limit"]'
        return int(self._page.locator(found).get_attribute("data-fen"))

    def held_fen(self) -> int:
        self._page.goto("/my")
        return self._figure("held")

    def can_finance(self, core: str, paper: str) -> bool:
        told = {"product": "document-finance", "core": core}
        self._page.goto(f"/my/apply?{urlencode(told)}")
        return bool(self._page.locator(f'input[name="documents"][value="{paper}"]').count())

    def confirm(self, number: str) -> None:
        self._page.goto("/core/payables")
        given = {"name": "numbers.csv", "mimeType": "text/csv"}
        given |= {"buffer": f"number\n{number}\n".encode()}  # type: ignore[dict-item]
        field = self._page.get_by_label(self._names["file"], exact=True)
        field.set_input_files(given)
        self._press("look")
        assert self._page.locator("[data-preview]").get_attribute("data-refused") == "0"
        self._twice("confirm")

    def settle_late(self) -> None:
        self._page.goto("/core/vouchers?state=dishonoured")
        for each in self._ids("vouchers"):
            self._voucher(each)
            if self._button("settle").count():  # On its root.
                self._twice("settle")

    def issue(self, holder: str, amount_fen: int, due_on: str) -> str:
        newest = "/core/vouchers?state=issued&sort=-issued"
        self._page.goto(newest)
        known = self._ids("vouchers")
        self._fill(holder=holder, amount=_yuan(amount_fen), due_on=due_on)
        self._press("look")
        self._twice("confirm")
        self._page.goto(newest)
        (made,) = self._ids("vouchers") - known
        return made

    def accept_voucher(self, voucher: str) -> None:
        self._voucher(voucher)
        self._twice("accept")

    def split(self, voucher: str, parts: Sequence[int]) -> Sequence[str]:
        self._voucher(voucher)
        self._fill(parts="\n".join(map(_yuan, parts)))
        self._twice("split")
        left = [(each["fen"], each["id"]) for each in self._page.evaluate(TREE)["parts"]]
        found = []
        for part in parts:
            one = next(each for each in left if each[0] == part)
            left.remove(one)
            found.append(one[1])
        return found

    def pass_on(self, voucher: str, holder: str) -> str:
        self._voucher(voucher)
        known = {each["id"] for each in self._page.evaluate(TREE)["parts"]}
        self._fill(holder=holder)
        self._twice("pass")
        (made,) = {each["id"] for each in self._page.evaluate(TREE)["parts"]} - known
        return str(made)

    def tree(self, voucher: str) -> Node:
        self._voucher(voucher)
        return dict(self._page.evaluate(TREE))

    def ask(self, asked: Asked) -> Answer:
        page = self._page
        told = {"product": asked.product, "core": asked.core, "repayment": asked.repayment}
        page.goto(f"/my/apply?{urlencode(told)}")
        days, months = (str(each or "") for each in (asked.days, asked.months))
        self._fill(amount=_yuan(asked.amount_fen), tenor_days=days, tenor_months=months)
        for paper in page.locator('input[name="documents"]').all():
            paper.set_checked(paper.get_attribute("value") in asked.documents)
        self._button("submit").click()  # Quotes change the address: no page is waited for.
        page.locator('main[data-state], main [role="alert"][data-code]').first.wait_for()
        self._check()
        card = page.locator("[data-decision]")
        reasons = card.locator("[data-reason]")
        ways = card.locator("[data-way]")
        return Answer(
            page.url.rpartition("/")[2].partition("?")[0],
            self._state(),
            card.get_attribute("data-decision"),
            int(card.locator('[data-figure="amount"]').get_attribute("data-fen")),
            [reasons.nth(at).get_attribute("data-reason") for at in range(reasons.count())],
            [_way(ways.nth(at)) for at in range(ways.count())],
        )

    def state(self, application: str) -> str:
        self._application(application)
        return self._state()

    def accept(self, application: str) -> None:
        self._application(application)
        self._twice("accept")

    def withdraw(self, application: str) -> None:
        self._application(application)
        self._twice("withdraw")

    def sign(self, application: str) -> None:
        self._application(application)
        self._twice("sign")

    def file_account(self, application: str, account: str) -> None:
        self._application(application)
        self._page.fill('form[action$="/account"] [name="account"]', account)
        self._press("put")

    def draw(self, application: str, amount_fen: int, account: str) -> str:
        self._application(application)
        for field, value in (("amount", _yuan(amount_fen)), ("account", account)):
            self._page.fill(f'form[action$="/draw"] [name="{field}"]', value)
        self._twice("draw")
        return str(self._page.locator('[data-list="loans"] [data-id]').get_attribute("data-id"))

    def owed_fen(self, loan: str) -> int:
        self._page.goto(f"/my/loans/{quote(loan)}")
        return self._figure("all")

    def repay(self, loan: str, amount_fen: int) -> int:
        self._page.goto(f"/my/loans/{quote(loan)}")
        self._fill(amount=_yuan(amount_fen))
        self._page.check('[name="prepay"]')
        self._press("look")
        left = self._page.locator("[data-preview]").get_attribute("data-left-fen")
        self._twice("confirm")
        assert self._figure("outstanding") == int(left)
        return int(left)

    def recommend(self, application: str, amount_fen: int) -> None:
        self._queued(application)
        self._fill(amount=_yuan(amount_fen))
        self._twice("recommend")

    def decide(self, application: str) -> None:
        self._queued(application)
        self._may("decide", self._page.locator("main"))
        self._twice("decide")

    def approve(self, thing: str) -> None:
        self._page.goto(f"{WORK}/approvals")
        row = self._page.locator('[data-list="approvals"] tr', has_text=thing)
        self._may("approve", row)
        row.get_by_role("button", name=self._names["approve"], exact=True).click()
        self._in_dialog("approve")

    def reserve(self, core: str, firm: str, amount_fen: int, documents: Sequence[str]) -> None:
        self._account(f"chain:{core}:{firm}")
        with self._page.expect_navigation():
            self._page.locator('.head a[href$="/reserve"]').click()
        self._fill(product="any", amount=_yuan(amount_fen), documents="\n".join(documents))
        with self._page.expect_navigation():
            self._page.locator('main form[action$="/reserve"] button').click()
        self._check()

    def freeze(self, account: str, amount_fen: int) -> None:
        self._moved(account, "freeze", amount_fen)

    def unfreeze(self, account: str, amount_fen: int) -> None:
        self._moved(account, "unfreeze", amount_fen)
        assert self._page.locator("[data-approval]").count() == 1

    def available_fen(self, account: str) -> int:
        self._account(account)
        return self._figure("available", "data")

    def frozen_fen(self, account: str) -> int:
        self._account(account)
        return self._figure("frozen", "data")

    def _moved(self, account: str, kind: str, amount_fen: int) -> None:
        self._account(account)
        self._page.fill(f'#{kind} [name="amount"]', _yuan(amount_fen))
        self._page.fill(f'#{kind} [name="reason"]', "a signal")
        self._twice(kind)

    def _account(self, account: str) -> None:
        self._page.goto(f"{WORK}/accounts/{quote(account, safe='')}")

    def _voucher(self, voucher: str) -> None:
        self._page.goto(f"{self._core}/vouchers/{quote(voucher)}")

    def _application(self, application: str) -> None:
        self._page.goto(f"/my/applications/{quote(application)}")

    def _queued(self, application: str) -> None:
        """Open an application from the queue."""
        self._page.goto(WORK)
        with self._page.expect_navigation():
            self._page.locator(f'tr[data-id="{application}"] a.name').click()

    def _state(self) -> str:
        return str(self._page.locator("main").get_attribute("data-state"))

    def _figure(self, name: str, tag: str = "") -> int:
        found = self._page.locator(f'main {tag}[data-figure="{name}"]').first
        return int(found.get_attribute("data-fen"))

    def _ids(self, name: str) -> set[str]:
        rows = self._page.locator(f'[data-list="{name}"] tr[data-id]')
        return {str(rows.nth(at).get_attribute("data-id")) for at in range(rows.count())}

    def _fill(self, **typed: str) -> None:
        for field, value in typed.items():
            self._page.locator(f'main [name="{field}"]').first.fill(value)

    def _button(self, name: str) -> Any:
        return self._page.get_by_role("button", name=self._names[name], exact=True).first

    def _press(self, name: str) -> None:
        with self._page.expect_navigation():
            self._button(name).click()
        self._check()

    def _twice(self, name: str) -> None:
        """Press what opens a second look, and the button of the same name in it."""
        self._button(name).click()
        self._in_dialog(name)

    def _in_dialog(self, name: str) -> None:
        dialog = self._page.get_by_role("dialog")
        with self._page.expect_navigation():
            dialog.get_by_role("button", name=self._names[name], exact=True).click()
        self._check()

    def _may(self, name: str, where: Any) -> None:
        """Raise what a page says stands against a step, where it has no button for it."""
        if not where.get_by_role("button", name=self._names[name], exact=True).count():
            raise Refused(where.locator("[data-against]").get_attribute("data-against"))

    def _check(self) -> None:
        """Raise what a page says stands against what was asked."""
        alert = self._page.locator('[role="alert"][data-code]')
        if alert.count():
            lacks = alert.locator('[data-list="lacks"] li')
            accounts = [lacks.nth(at).get_attribute("data-id") for at in range(lacks.count())]
            raise Refused(alert.get_attribute("data-code"), accounts, alert.inner_text())


def _yuan(amount_fen: int) -> str:
    return f"{Decimal(amount_fen).scaleb(-2):f}"


def _way(way: Any) -> Way:
    steps, papers = way.locator("[data-step]"), way.locator("[data-step] [data-id]")
    told = [steps.nth(at) for at in range(steps.count())]
    return Way(
        [(each.get_attribute("data-step"), each.get_attribute("data-firm") or "") for each in told],
        [papers.nth(at).get_attribute("data-id") for at in range(papers.count())],
        int(way.get_attribute("data-fen")),
    )
