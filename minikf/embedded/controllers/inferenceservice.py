"""The controller for InferenceServices and the hook that admits them; the parts are in `serving`."""

from minikf.embedded.controllers.serving import InferenceServiceController, serving_admission

__all__ = ["InferenceServiceController", "serving_admission"]
