"""PodDefaults: what a namespace puts into its pods when they are created.

Rules: kubeflow/kubeflow v1.10.0, components/admission-webhook/main.go, the release that Kubeflow 26.03 installs.
"""
