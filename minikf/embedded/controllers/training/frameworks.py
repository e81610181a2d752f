"""The frameworks by the kind of their jobs."""

from __future__ import annotations

from minikf.embedded.controllers.training.framework import Framework
from minikf.embedded.controllers.training.jax import JAX
from minikf.embedded.controllers.training.mpi import MPI
from minikf.embedded.controllers.training.paddle import PADDLE
from minikf.embedded.controllers.training.pytorch import PYTORCH
from minikf.embedded.controllers.training.tensorflow import TENSORFLOW
from minikf.embedded.controllers.training.xgboost import XGBOOST
from minikf.embedded.kinds import Kind

FRAMEWORKS: dict[Kind, Framework] = {
    framework.kind: framework for framework in (PYTORCH, TENSORFLOW, XGBOOST, PADDLE, JAX, MPI)
}
