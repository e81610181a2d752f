"""Started by the daemon: `python -m minikf.embedded.tuning.dbmanager HOST SOCKET`."""

from __future__ import annotations

import sys

from minikf.embedded.tuning.dbmanager.program import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
