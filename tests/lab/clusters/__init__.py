"""Real clusters by kind and k3d, as long as a test needs them."""
