"""Rows of saved views; everybody reads, changes and drops their own only."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.platform.auth.principals import Principal
from app.platform.auth.tables import users
from app.platform.clock import Clock
from app.platform.errors import Absent, Conflict, Forbidden
from app.platform.records import Records
from app.platform.views.tables import views

VIEWS_MAX = 60  # Of one user, over all lists.


@dataclass(frozen=True, slots=True)
class SavedView:
    """A name for what was chosen on a list: the path and query of its address."""

    view: int
    list: str
    name: str
    path: str
    query: str
    created_on: str


def views_of(records: Records, who: Principal, table: str = "") -> list[SavedView]:
    """Return somebody's views of a list, or of all lists, by name."""
    columns = (views.c.view, views.c.list, views.c.name, views.c.path, views.c.query)
    query = (
        sa.select(*columns, views.c.created_at)
        .join_from(views, users)
        .where(users.c.name == _name(who), views.c.list == table if table else sa.true())
        .order_by(views.c.name, views.c.view)
    )
    with records.reading() as connection:
        rows = connection.execute(query).all()
    return [SavedView(*row[:-1], row.created_at.date().isoformat()) for row in rows]


def keep(records: Records, who: Principal, view: SavedView, *, now: Clock) -> None:
    """
    Keep a view; one of the same name on the same list gives way.

    Raises:
        Conflict: Somebody has as many as there may be.
        Forbidden: Who asks is no user.
    """
    with records.writing() as connection:
        mine = sa.select(users.c.user).where(users.c.name == _name(who)).with_for_update()
        user = connection.execute(mine).scalar()
        if user is None:
            raise Forbidden("views are kept for users only")
        same = (views.c.list == view.list, views.c.name == view.name)
        connection.execute(sa.delete(views).where(views.c.user == user, *same))
        count = sa.select(sa.func.count()).select_from(views).where(views.c.user == user)
        if connection.execute(count).scalar_one() >= VIEWS_MAX:
            raise Conflict(f"{VIEWS_MAX} views are kept already: delete one first")
        connection.execute(
            views.insert().values(
                user=user,
                list=view.list,
                name=view.name,
                path=view.path,
                query=view.query,
                created_at=now(),
            )
        )


def drop(records: Records, who: Principal, view: int) -> None:
    """
    Forget a view.

    Raises:
        Absent: There is none of this number, or it is somebody else's.
    """
    mine = sa.select(users.c.user).where(users.c.name == _name(who)).scalar_subquery()
    with records.writing() as connection:
        gone = sa.delete(views).where(views.c.view == view, views.c.user == mine)
        if not connection.execute(gone).rowcount:
            raise Absent(f"no view {view} of yours")


def _name(who: Principal) -> str | None:
    """Return whose views are meant; a token that is no user's has none."""
    return who.name if who.token is None else None
