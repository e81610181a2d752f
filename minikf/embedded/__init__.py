"""The embedded engine's daemon: the Kubernetes API for Kubeflow's kinds, with pods as processes."""
