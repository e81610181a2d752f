"""The kinds of the Training Operator (kubeflow.org/v1): PyTorchJob, TFJob, XGBoostJob, PaddleJob, JAXJob, MPIJob.

Rules: kubeflow/training-operator v1.9.0, the last release of the v1 kinds' controller (docs/design/0016).
"""
