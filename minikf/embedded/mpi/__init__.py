"""MPI on one machine: the `mpirun` that pods find first on their PATH. See docs/design/0007.

It brings what the image of a cluster brings (an Open MPI, or the reason why there is none) and lets nobody but the
job's own processes reach what Open MPI listens on. Standard library only: it runs without site-packages.
"""
