"""`minikf` and `python -m minikf`."""

from __future__ import annotations

import sys


def main() -> None:
    """The program; ends the process with an exit code of docs/exit-codes.md."""
    from minikf.cli.leaving import on_sigterm
    from minikf.cli.main import main as run

    on_sigterm()
    sys.exit(run())


if __name__ == "__main__":
    main()
