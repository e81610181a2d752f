"""Clusters in Docker, made by the real k3d and kind."""
