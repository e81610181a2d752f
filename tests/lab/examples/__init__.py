"""The same examples on the embedded engine and on a real cluster with Kubeflow's own controllers."""
