"""TrainJobs (trainer.kubeflow.org/v1alpha1). Rules: kubeflow/trainer v2.1.0, the version of Kubeflow 26.03.

Fields of later versions that the official SDK sends (`runtimePatches`, `activeDeadlineSeconds`): v2.3.0.
"""

from minikf.embedded.controllers.trainjob.controller import TrainJobController

__all__ = ["TrainJobController"]
