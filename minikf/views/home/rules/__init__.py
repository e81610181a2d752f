"""What may block an object, kind by kind: pure functions from a scene and an object."""
