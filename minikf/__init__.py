"""MiniKF: all of Kubeflow on a laptop, managed from the terminal."""
