"""The daemon's HTTP surface: the guard in front, the Kubernetes API behind it."""
