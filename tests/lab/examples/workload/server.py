"""In place of KServe's image sklearnserver, whose package is on no index: its arguments, by kserve's server."""

import argparse
import uuid
from pathlib import Path

import joblib
import numpy
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer, model_server


class Joblib(Model):
    def __init__(self, name, folder):
        super().__init__(name)
        self.folder = Path(folder)

    def load(self):
        self.model = joblib.load(next(self.folder.glob("*.joblib")))
        self.ready = True
        return True

    def predict(self, payload, headers=None, response_headers=None):
        if not isinstance(payload, InferRequest):
            return {"predictions": self.model.predict(numpy.array(payload["instances"])).tolist()}
        answers = self.model.predict(payload.inputs[0].as_numpy()).astype("int64")
        output = InferOutput("predict", list(answers.shape), "INT64")
        output.set_data_from_numpy(answers, binary_data=False)
        return InferResponse(payload.id or str(uuid.uuid4()), self.name, [output])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("--model_dir", default="/mnt/models")
    arguments, _ = parser.parse_known_args()
    served = Joblib(arguments.model_name, arguments.model_dir)
    served.load()
    ModelServer(workers=1).start([served])
