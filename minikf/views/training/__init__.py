"""Training jobs of all kinds as data: replicas, nodes, and what their logs say of the loss."""
