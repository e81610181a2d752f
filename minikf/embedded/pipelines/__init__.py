"""Kubeflow Pipelines v2 on the embedded engine: specification, plan, store, execution, REST API (design record 8)."""
