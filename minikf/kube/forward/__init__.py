"""The port-forward of a platform on a cluster: one process, a loopback port for each Service that it is to carry."""
