"""What the bundle brings to a cluster by kind, with those of Kubeflow's controllers that the lab can build."""
