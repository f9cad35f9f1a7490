"""The pages put into an application: routes, static files, faults as pages."""

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from app.pages import chains, cores, entry, firms, stress
from app.pages.reading import Reading
from app.platform.web import design
from app.platform.web.faults import add_pages_of_faults
from app.platform.web.render import STATIC

ROUTERS: tuple[APIRouter, ...] = (
    entry.router,
    cores.router,
    chains.router,
    firms.router,
    stress.router,
    design.router,
)


def add_pages(app: FastAPI, reading: Reading) -> None:
    """Add the pages to an application whose handlers of errors are there already."""
    app.state.reading = reading
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    add_pages_of_faults(app)
