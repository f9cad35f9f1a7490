"""The cash calendar of a firm: money that comes and money that is due, by week or by month."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.books.business_day import business_day
from app.chain.accounts.service import names
from app.lending.borrowing.coming import SHOWN_MAX, By, CashAhead, ahead_of_firm, told
from app.lending.borrowing.told import CLAIMS, HELD, LOANS
from app.platform.auth.rules import HOLDERS, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.http.routing import Router
from app.platform.web.charts import bar_picture
from app.platform.web.money import amount, scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
CALENDAR = "/my/calendar"
WAYS: tuple[By, ...] = ("week", "month")
PICTURE_WIDTH = 1060
PLACES: Mapping[str, str] = {"receivable": CLAIMS, "voucher": HELD, "loan": LOANS}


@router.get(CALENDAR, dependencies=[allow(HOLDERS)])
def show_calendar(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what money comes and is due, as a picture, as a table, and one by one."""
    t, firm = Texts(preferences_of(request).language), who.firm or ""
    asked = request.query_params.get("by", "")
    by: By = "week" if asked == "week" else "month"
    day = business_day(resources)
    found = ahead_of_firm(resources, firm, day, SHOWN_MAX)
    periods = found.periods(by)
    rows = [told(each, by) for each in periods]
    moves = found.moves(SHOWN_MAX)
    later = found.after(periods[-1].until)
    return page(
        request,
        "calendar.html",
        place=CALENDAR,
        by=by,
        ways=WAYS,
        day_now=day.isoformat(),
        named=names(resources),
        rows=rows,
        later=later,
        **_picture(rows, t),
        twin_rows=_twin(rows, t),
        sums={name: sum(row[name] for row in rows) for name in ("in_fen", "out_fen", "net_fen")},
        moves=moves,
        moves_more=_more(found, len(moves)),
        leads=PLACES,
        late_in_fen=found.late_in_fen,
        late_out_fen=found.late_out_fen,
        unit=scale([row[name] for row in rows for name in ("in_fen", "out_fen")], t.language),
    )


def _more(found: CashAhead, shown: int) -> int:
    """Return how many payments there are beyond those that are shown."""
    return max(0, found.coming.between(found.day, None)[0] + len(found.due) - shown)


def _picture(rows: Sequence[Mapping[str, Any]], t: Texts) -> Mapping[str, Any]:
    """Return the bars: of each period what comes, what is due, and a gap."""
    values: list[float] = []
    columns: list[Mapping[str, str]] = []
    for row in rows:
        for name, tone in (("in_fen", ""), ("out_fen", "less")):
            values.append(float(row[name]))
            words = f"{row['id']} · {t(f'cash_{name}')} {amount(row[name], t.language)}"
            tick = "" if tone else row["tick"]
            columns.append({"tick": tick, "value": "", "words": words, "tone": tone})
        values.append(0.0)
        columns.append({"tick": "", "value": "", "words": "", "tone": ""})
    return {"picture": bar_picture(values, width=PICTURE_WIDTH), "columns": columns}


def _twin(rows: Sequence[Mapping[str, Any]], t: Texts) -> Sequence[Sequence[str]]:
    """Return the rows of the table beside the picture: exact money."""
    return [
        (
            row["id"],
            *(amount(row[name], t.language).exact for name in ("in_fen", "out_fen", "net_fen")),
        )
        for row in rows
    ]
