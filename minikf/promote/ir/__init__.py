"""Pipelines in a promotion: found, read, followed to what they name, and written as what Kubeflow Pipelines takes."""
