"""
Build the image, start what can be started of it, and ask whether it is ready.

Needs podman and the rights of root. No daemon and no registry are needed: where the base of the
Dockerfile is not on the machine, a Debian with Python is put together by debootstrap and stands
in for it; wheels are fetched here, by pip as it is set up here, and handed to the build.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "var" / "image"
BASE = "docker.io/library/python:3.12-slim"
STAND_IN = "localhost/deeptier-base:slim"
IMAGE = "localhost/deeptier:check"
PORT = 18000
READY_SECONDS_MAX = 120
MEGABYTE = 10**6
BYTES_MAX = 680 * MEGABYTE  # Of wheels, code and compiled kernels, over the base.


def main() -> None:
    """Build, start, ask; end with an error where the image does not answer or has grown."""
    base = _base()
    wheels = _wheels(base)
    _run(
        *("podman", "build", "--isolation", "chroot", "--file", "docker/Dockerfile"),
        *("--build-arg", f"BASE={base}", "--build-arg", "PIP_NO_INDEX=1"),
        *("--build-arg", "PIP_FIND_LINKS=/wheels", "--volume", f"{wheels}:/wheels:ro"),
        *("--tag", IMAGE, "."),
    )
    (image,) = json.loads(_said("podman", "image", "inspect", IMAGE))
    print(f"image: {image['Size'] // MEGABYTE} MB")
    (stand_in,) = json.loads(_said("podman", "image", "inspect", base))
    own = image["Size"] - stand_in["Size"]
    print(f"of which over its base: {own // MEGABYTE} MB")
    with _root(image) as root:
        _try(root, image["Config"])
    if own > BYTES_MAX:
        sys.exit(f"the image holds more than {BYTES_MAX // MEGABYTE} MB over its base")


def _base() -> str:
    if subprocess.run(["podman", "image", "exists", BASE], check=False).returncode == 0:
        return BASE
    if subprocess.run(["podman", "image", "exists", STAND_IN], check=False).returncode == 0:
        return STAND_IN
    tree = WORK / "base"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    _run(
        *("debootstrap", "--variant=minbase", "--include=python3,python3-venv"),
        *(_release(), str(tree)),
    )
    (tree / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    for rest in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        shutil.rmtree(tree / rest, ignore_errors=True)
    packed = WORK / "base.tar"
    _run("tar", "--create", "--file", str(packed), "--directory", str(tree), ".")
    _run("podman", "import", str(packed), STAND_IN)
    packed.unlink()
    shutil.rmtree(tree)
    return STAND_IN


def _release() -> str:
    stated = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    names = dict(line.split("=", 1) for line in stated if "=" in line)
    return names.get("VERSION_CODENAME", "stable").strip('"')


def _wheels(base: str) -> Path:
    """Fetch the wheels of this machine's kind for the Python of the base."""
    with _root(json.loads(_said("podman", "image", "inspect", base))[0]) as root:
        version = _said("chroot", str(root), "python3", "-c", "import sys; print(sys.version)")
    number = ".".join(version.split(".")[:2])
    place = WORK / f"wheels-{number}"
    place.mkdir(parents=True, exist_ok=True)
    _run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"),
        *("--python-version", number, "--constraint", "constraints.txt"),
        *("--dest", str(place), "setuptools", "wheel", *_requirements()),
    )
    return place


def _requirements() -> list[str]:
    import tomllib  # noqa: PLC0415  # the standard library's, where the check runs

    read = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[str] = read["project"]["dependencies"]
    return found


@contextlib.contextmanager
def _root(image: dict[str, object]) -> Iterator[Path]:
    name = str(image["Id"])
    yield Path(_said("podman", "image", "mount", name).strip())
    _said("podman", "image", "unmount", name)


def _try(root: Path, config: dict[str, object]) -> None:
    """Run the image's command from a copy of its files: a demo, its limits, and the service."""
    tree = WORK / "root"
    shutil.rmtree(tree, ignore_errors=True)
    _run("cp", "--archive", str(root), str(tree))
    try:
        environment = dict(word.split("=", 1) for word in config["Env"])  # type: ignore[attr-defined]
        environment |= {"HOME": "/var/lib/deeptier", "DEEPTIER_PORT": str(PORT)}
        environment["DEEPTIER_HOST"] = "127.0.0.1"
        for words in (
            ("demo", "/var/lib/deeptier/files", "--cores", "3", "--firms", "60", "--months", "6"),
            ("ingest", "demo", "/var/lib/deeptier/files"),
            ("refresh",),
            ("export", "C001", "--format", "html", "--out", "/var/lib/deeptier/chain.html"),
            ("doctor",),
        ):
            _run(*_inside(tree, words), environment=environment)
        _ask(_inside(tree, ("serve",)), environment)
    finally:
        shutil.rmtree(tree)


def _inside(tree: Path, words: Sequence[str]) -> list[str]:
    command = ["/opt/deeptier/bin/deeptier", *words]
    return ["chroot", "--userspec=10001:10001", str(tree), *command]


def _ask(words: Sequence[str], environment: dict[str, str]) -> None:
    service = subprocess.Popen(words, env=environment)
    began = time.monotonic()
    try:
        while time.monotonic() - began < READY_SECONDS_MAX:
            if service.poll() is not None:
                sys.exit(f"the service ended with status {service.returncode}")
            with contextlib.suppress(urllib.error.URLError, TimeoutError):
                address = f"http://127.0.0.1:{PORT}/readyz"
                with urllib.request.urlopen(address, timeout=5) as answer:
                    print(f"readyz: {answer.status} after {time.monotonic() - began:.1f} s")
                    return
            time.sleep(0.2)
        sys.exit(f"not ready after {READY_SECONDS_MAX} s")
    finally:
        service.terminate()
        service.wait(timeout=30)


def _run(*words: str, environment: dict[str, str] | None = None) -> None:
    print("+", *words, flush=True)
    subprocess.run(words, check=True, cwd=ROOT, env=environment)


def _said(*words: str) -> str:
    return subprocess.run(words, check=True, cwd=ROOT, capture_output=True, text=True).stdout


if __name__ == "__main__":
    os.umask(0o022)
    main()
