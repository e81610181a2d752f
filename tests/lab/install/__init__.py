"""Installing and removing on a real API server, with the real controllers of Kubernetes and kwok for the nodes."""
