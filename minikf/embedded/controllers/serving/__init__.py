"""InferenceServices (serving.kserve.io/v1beta1) in KServe's Standard deployment mode: one pod, one Service each.

Rules and words of status: kserve/kserve, pkg/apis/serving/v1beta1 and pkg/controller/v1beta1/inferenceservice.
"""

from minikf.embedded.controllers.serving.admission import serving_admission
from minikf.embedded.controllers.serving.controller import InferenceServiceController

__all__ = ["InferenceServiceController", "serving_admission"]
