"""Real object stores on this machine."""
