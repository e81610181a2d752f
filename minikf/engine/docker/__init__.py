"""All that MiniKF says to the Docker engine; the only importer of `docker`."""

from minikf.engine.docker.ask import TIMEOUT_SECONDS, Answer, ask

__all__ = ["TIMEOUT_SECONDS", "Answer", "ask"]
