"""Entry of the fork server: `python .../forkserver/__main__.py ROLE NAME HOME [MODULE ...]`."""

from __future__ import annotations

import os
import sys

if not __package__:
    # Started by path, so that the launcher needs no site-packages: the package is three folders up.
    _HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    sys.path[:] = [entry for entry in sys.path if entry != _HERE]
    sys.path.append(_HERE[: -len("/minikf/embedded/forkserver")])

from minikf.embedded.forkserver import roles

if __name__ == "__main__":
    sys.exit(roles.main(sys.argv[1:]))
