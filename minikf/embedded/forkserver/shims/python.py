"""`python` on a pod's PATH: hands its streams, environment and folder to the warm server and mirrors how that ends.

Run as `PYTHON -I -S python.py PYTHON SOCKETS SHIM ARGUMENT...`. Without a warm server, or for what only a fresh
interpreter does, it becomes the real one.
"""

from __future__ import annotations

import os
import sys

if not __package__:
    _HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    sys.path.append(_HERE[: -len("/minikf/embedded/forkserver/shims")])

from minikf.embedded.forkserver.commandline import blocked_by, parse
from minikf.embedded.forkserver.shims.place import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# Programs of ours that stand in for modules which would change or not know the shared environment.
REPLACED = {"pip": "minikf.embedded.forkserver.shims.pip", "venv": "minikf.embedded.forkserver.shims.venv"}


def main(argv: list[str]) -> NoReturn:
    python, sockets, shim, *words = argv
    place = Place(python, sockets, os.environ)
    args = _replace_module(words)
    if _can_run_warm(args):
        from minikf.embedded.forkserver.shims import warm

        sock = warm.connect(place.socket)
        if sock is not None:
            warm.run(sock, place, args, shim)
    os.execv(place.python, [place.python, *args])


def _replace_module(args: list[str]) -> list[str]:
    """`-m pip` becomes our own, whatever interpreter options stand before it."""
    for number, word in enumerate(args):
        letters = word[1:]
        if word[:1] != "-" or letters[:1] in ("", "-"):
            break
        before, is_module, attached = letters.partition("m")
        if "c" in before:
            break
        if is_module:
            rest = [attached, *args[number + 1 :]] if attached else args[number + 1 :]
            return ["-m", REPLACED[rest[0]], *rest[1:]] if rest and rest[0] in REPLACED else args
    return args


def _can_run_warm(args: list[str]) -> bool:
    if parse(args) is None or blocked_by(os.environ):
        return False
    # A terminal belongs to our session, and descriptors beyond the three keep their numbers only by exec.
    return not any(os.isatty(fd) for fd in (0, 1, 2)) and not _extra_fds()


def _extra_fds() -> bool:
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    for name in os.listdir(folder):  # noqa: PTH208
        fd = int(name)
        if fd > 2:
            try:
                if os.get_inheritable(fd):
                    return True
            except OSError:  # the listing's own descriptor is closed by now
                continue
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
