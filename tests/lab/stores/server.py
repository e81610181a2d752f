"""versitygw: a server that speaks S3 over a folder, built by Go from its module, on loopback.

The Go proxy's checksum database vouches for the module. Others that were tried: moto[server] (316 MB of Python),
azurite (npm, 374 packages), fake-gcs-server (takes no object in the form that Google's XML API has).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from apiserver.server import free_ports, running, wait_until
from children import run
from keep import Say, Unavailable, alone, base, put, scratch, sound

MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
KEY, SECRET = "lab", "the-lab-has-no-secrets"


def program(say: Say) -> Path:
    """The program, built now if it is missing or damaged (some minutes). Raises Unavailable."""
    folder = base() / "versitygw"
    place = folder / MODULE.rpartition("@")[2] / "versitygw"
    if sound(place, lambda _: None):
        return place
    go = shutil.which("go")
    if go is None:
        raise Unavailable("go is not in PATH; it builds the S3 server")
    with alone(folder, say):
        if not sound(place, say):
            with scratch(folder) as part:
                say("building versitygw, some minutes")
                run("env", f"GOBIN={part}", go, "install", MODULE, cwd=part, advice="it comes from the Go proxy")
                place.parent.mkdir(exist_ok=True)
                put(part / "versitygw", place)
    return place


@contextlib.contextmanager
def store(binary: Path, folder: Path) -> Iterator[str]:
    """A store whose buckets are the folders below `folder`; yields its address. KEY and SECRET open it."""
    (port,) = free_ports(1)
    command = ["env", f"ROOT_ACCESS_KEY={KEY}", f"ROOT_SECRET_KEY={SECRET}", str(binary)]
    (folder / "buckets" / "bucket").mkdir(parents=True)
    log = folder / "log"
    command += ["--port", f"127.0.0.1:{port}", "posix", str(folder / "buckets")]
    with running(command, log) as process:
        wait_until(lambda: _answers(port), process, log, 20)
        yield f"http://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
            return True
    except urllib.error.HTTPError as error:
        with error:
            return error.code == 403
    except OSError:
        return False


@contextlib.contextmanager
def known() -> Iterator[None]:
    """KEY and SECRET in the environment, as the AWS CLI reads them."""
    told = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
