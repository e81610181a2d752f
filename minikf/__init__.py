"""MiniKF: all of Kubeflow on a laptop, managed from the terminal."""

__version__ = "0.1.0"
