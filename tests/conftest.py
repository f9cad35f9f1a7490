"""How much is tried, what a run leaves behind, and servers for the tests that want one."""

import contextlib
import gc
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from _pytest.assertion import rewrite
from _pytest.doctest import DoctestModule
from hypothesis import HealthCheck, settings

from graph.testing import servers
from graph.testing.servers import ServerMissing, StartedServer
from tests.graph.effort import UNCOMPILED, WHOLE
from tests.statements import compiled_once

# A first example may compile a kernel, and machines are shared: no example is timed.
# `quick` is for a change, `uncompiled` for what coverage sees of kernels, `house` for what a whole
# run of twenty minutes has time for: these draw the same examples of the same test every time, so
# that a change is never told of a fault that was there before it. `search` looks for new ones.
EXAMPLES = {"house": WHOLE // 8, "quick": WHOLE // 20, "uncompiled": WHOLE // 16, "search": WHOLE}
for profile, count in EXAMPLES.items():
    settings.register_profile(
        profile,
        deadline=None,
        max_examples=count,
        derandomize=profile != "search",
        suppress_health_check=[HealthCheck.too_slow],
    )
MEASURED_CASES = 2  # Of a test with many that are alike: measuring costs half as much again.
IDLE = pytest.StashKey[bool]()
PROMPT = b">>> "
settings.load_profile("uncompiled" if UNCOMPILED else "house")


class Examples:
    """Looks for examples in the modules that hold any: others are not imported for it."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """Leave out of a file's tests its examples, where it has none."""
        found = yield
        if file_path.suffix != ".py" or PROMPT in file_path.read_bytes():
            return found
        return [each for each in found if not isinstance(each, DoctestModule)]


def pytest_configure(config: pytest.Config) -> None:
    """Have files outside this folder looked at too: a conftest has its say in its own alone."""
    config.pluginmanager.register(Examples())


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Look for no garbage among what is only made to stay: modules, tests and their fixtures."""
    gc.disable()
    prepare_share(session.config)
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def prepare_share(config: pytest.Config) -> None:
    """
    Keep what a share of the tests is rewritten to, where several processes are about to begin.

    Each of them wants all of it at about the same time: in a clean clone each would do all of it.
    """
    one = getattr(config, "workerinput", None)
    if one is None or sys.dont_write_bytecode:
        return
    number, count = int(one["workerid"].removeprefix("gw")), one["workercount"]
    places = {config.invocation_params.dir / each.partition("::")[0] for each in config.args}
    found = sorted(file for place in places for file in place.rglob("test_*.py"))
    state = config.stash[rewrite.assertstate_key]
    for file in found[number::count]:
        kept = rewrite.get_cache_dir(file) / f"{file.stem}{rewrite.PYC_TAIL}"
        if rewrite._read_pyc(file, kept, state.trace) is None and rewrite.try_makedirs(kept.parent):
            status, code = rewrite._rewrite_test(file, config)
            rewrite._write_pyc(state, code, status, kept)


@pytest.hookimpl(tryfirst=True)  # Before what reads the groups.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process run all tests that share the one database of Neo4j: none waits for it."""
    for item in items:
        if "neo4j_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("neo4j"))
    for item in unmeasured(items):
        item.stash[IDLE] = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """
    Let coverage look away while a test runs that shows it nothing new.

    Only in the thread of the test: stopped and begun anew (`no_cover`), it would see no more of
    threads that outlive the test, as those that answer requests.
    """
    measure = sys.gettrace()
    if measure is None or not item.stash.get(IDLE, False):
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(measure)


def unmeasured(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return what shows coverage nothing new: slow tests, and cases of a test after the second."""
    cases = Counter[str]()
    idle = []
    for item in items:
        name = item.nodeid.partition("[")[0]
        cases[name] += 1
        if cases[name] > MEASURED_CASES or item.get_closest_marker("slow"):
            idle.append(item)
    return idle


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name what is tried with bytes by its place: archives hold the time at which they were made,
    and processes that collected other names could not share a run.
    """
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(wrapper=True, trylast=True)  # Before coverage is combined.
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Drop what processes that were killed have left of their coverage, once all have ended."""
    result = yield
    if not hasattr(session.config, "workerinput"):
        drop_halves(session.config.rootpath)
    return result


def drop_halves(folder: Path) -> None:
    """Remove files of coverage whose process was killed before there was anything in them."""
    for part in sorted(folder.glob(".coverage.*")):
        try:
            with contextlib.closing(sqlite3.connect(part)) as kept:
                kept.execute("SELECT version FROM coverage_schema")
        except sqlite3.DatabaseError:
            part.unlink()


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Compile a statement for the first database that it is sent to, not for each."""
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


def address(
    variable: str, folder: Path, name: str, start: Callable[[Path], StartedServer]
) -> Iterator[str]:
    """Yield the server of the environment, else a started one, else skip."""
    given = os.environ.get(variable)
    if given:
        yield given
        return
    try:
        with servers.shared(folder, name, start) as url:
            yield url
    except ServerMissing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres_server(run_folder: Path) -> Iterator[str]:
    """Yield the address of a PostgreSQL server."""
    yield from address(servers.POSTGRES_URL, run_folder, "postgres", servers.start_postgres)


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Yield a database of this process; its tests wipe what they leave behind."""
    name = f"deeptier_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    server = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    url = sa.engine.make_url(postgres_server).set(database=name)
    yield url.render_as_string(hide_password=False)
    server.dispose()
    with contextlib.suppress(sa.exc.OperationalError), server.connect() as connection:
        # A server that has already gone took its databases with it.
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    server.dispose()


def emptied(url: str) -> str:
    """Return the address of a PostgreSQL database in which nothing is left of other tests."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return url


@pytest.fixture
def empty_postgres_url(postgres_url: str) -> str:
    """Return a database of this process with nothing in it."""
    return emptied(postgres_url)


@pytest.fixture(scope="session")
def neo4j_url(run_folder: Path) -> Iterator[str]:
    """Yield the address of a Neo4j server, whose one database all processes share."""
    yield from address(servers.NEO4J_URL, run_folder, "neo4j", servers.start_neo4j)


@pytest.fixture
def empty_neo4j_url(neo4j_url: str, run_folder: Path) -> Iterator[str]:
    """Yield a Neo4j database with nothing in it, this test's alone until it ends."""
    from graph.stores.neo4j.session import Database  # noqa: PLC0415  # Only where it is wanted.

    with servers.locked(run_folder / "neo4j.test"):
        database = Database(neo4j_url)
        database.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS")
        database.close()
        yield neo4j_url
