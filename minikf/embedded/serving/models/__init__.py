"""The model formats that can be served here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minikf.embedded.serving.models.base import LocalModel
    from minikf.embedded.serving.options import Options


def load(options: Options) -> LocalModel:
    """The model that the options name, loaded and ready. Raises ModelLoadFailed."""
    model: LocalModel
    # Imported here: a server of one format must not pay for the libraries of the other.
    if options.model_format == "onnx":
        from minikf.embedded.serving.models.onnx import OnnxModel

        model = OnnxModel(options.model_name, options.model_dir)
    else:
        from minikf.embedded.serving.models.sklearn import SklearnModel

        model = SklearnModel(options.model_name, options.model_dir, options.predict_proba)
    model.load()
    return model
