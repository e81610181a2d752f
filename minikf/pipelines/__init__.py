"""Pipelines and their runs as a client sees them: the v2beta1 REST API of Kubeflow Pipelines."""
