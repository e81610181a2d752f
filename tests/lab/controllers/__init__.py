"""Kubeflow's own controllers on a cluster of the lab: upstream's manifests, and images of the commands built here."""
