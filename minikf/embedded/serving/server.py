"""The model server program: `python -m minikf.embedded.serving.server --model_name digits --model_dir FOLDER`."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Generator, Sequence

from minikf.embedded.serving.control import ControlFailed, ControlLink, Listening, bind
from minikf.embedded.serving.models.files import ModelLoadFailed
from minikf.embedded.serving.options import Options, parse
from minikf.errors import MinikfError

log = logging.getLogger("minikf.serving")

LOAD_FAILED = 3
NO_PORTS = 4


def main(argv: Sequence[str] | None = None) -> int:
    """Serves one model until SIGTERM; returns the exit status.

    0 after a stop that was asked for, 2 for a wrong command line, 3 for a model that does not load, 4 without ports.
    """
    options = parse(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True
    )
    if options.ignored:
        log.warning("arguments without a meaning here are ignored: %s", " ".join(options.ignored))
    link = ControlLink(options.control, options.pod)
    try:
        listening = link.ask() if options.control else _bind(options)
    except ControlFailed as error:
        log.error("%s", _sentence(error))
        return NO_PORTS
    with _plain_command_line():
        # kserve takes seconds to import, so nothing that can fail early waits for it.
        from minikf.embedded.serving.models import load
        from minikf.embedded.serving.running import run
    try:
        model = load(options)
    except ModelLoadFailed as error:
        log.error("%s", _sentence(error))
        link.tell("FailedToLoad", message=_sentence(error))
        return LOAD_FAILED
    run(options, model, listening, link)
    return 0


def _bind(options: Options) -> Listening:
    try:
        return Listening(bind(options.http_port), bind(options.grpc_port))
    except OSError as error:
        raise ControlFailed(
            f"port {options.http_port} or {options.grpc_port} of 127.0.0.1 cannot be had",
            cause=error.strerror or str(error),
            advice="give --http_port and --grpc_port that are free, or 0",
        ) from error


def _sentence(error: MinikfError) -> str:
    return " - ".join(part for part in (error.message, error.cause, error.advice) if part)


@contextlib.contextmanager
def _plain_command_line() -> Generator[None, None, None]:
    """kserve.model_server parses `sys.argv` when it is imported and ends the program over what it dislikes."""
    kept = sys.argv
    sys.argv = kept[:1]
    try:
        yield
    finally:
        sys.argv = kept


if __name__ == "__main__":
    sys.exit(main())
