"""The peer of `bench_serving`: kserve's own ModelServer with a model that loads and answers as its sklearnserver does.

python -m tests.bench.kserve_peer MODEL_FILE --http_port N --grpc_port M
"""

from __future__ import annotations

import sys
from typing import Any

import joblib
from kserve import Model, ModelServer
from kserve.utils.utils import get_predict_input, get_predict_response


class Peer(Model):  # type: ignore[misc]
    def __init__(self, path: str) -> None:
        super().__init__("digits")
        self._estimator = joblib.load(path)
        self.ready = True

    def predict(self, payload: Any, headers: Any = None) -> Any:
        return get_predict_response(payload, self._estimator.predict(get_predict_input(payload)), self.name)


if __name__ == "__main__":
    ModelServer().start([Peer(sys.argv[1])])
