"""Debian's docker-registry: distribution's own program, unpacked and not installed, on loopback."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from apiserver.server import free_ports, running, wait_until
from children import run
from keep import Say, Unavailable, alone, base, put, scratch, sound

PACKAGE = "docker-registry"


def program(say: Say) -> Path:
    """The program, downloaded now if it is missing or damaged; apt-get checks Debian's keys. Raises Unavailable."""
    folder = base() / PACKAGE
    place = folder / PACKAGE
    if sound(place, lambda _: None):
        return place
    with alone(folder, say):
        if not sound(place, say):
            with scratch(folder) as part:
                run("apt-get", "download", PACKAGE, cwd=part, advice="the registry is a package of Debian")
                found = next(part.glob(f"{PACKAGE}_*.deb"), None)
                if found is None:
                    raise Unavailable(f"apt-get knows no package {PACKAGE}; is `apt-get update` due?")
                run("dpkg-deb", "--extract", found, part / "all")
                put(part / "all" / "usr" / "bin" / PACKAGE, place)
    return place


@contextlib.contextmanager
def registry(binary: Path, folder: Path, storage: Path, auth: dict[str, Any] | None = None) -> Iterator[str]:
    """A registry over `storage`; yields its name in references. `auth` as its configuration has it."""
    (port,) = free_ports(1)
    folder.mkdir()
    config = {
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(storage)}},
        "http": {"addr": f"127.0.0.1:{port}"},
        **({"auth": auth} if auth else {}),
    }
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    log = folder / "log"
    with running([str(binary), "serve", str(folder / "config.yml")], log) as process:
        wait_until(lambda: _answers(port), process, log, 20)
        yield f"127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=5):
            return True
    except urllib.error.HTTPError as error:
        with error:
            return error.code == 401
    except OSError:
        return False
