"""The user's own kubeconfig files: read to find a cluster in them, changed only when the user asks for it."""
