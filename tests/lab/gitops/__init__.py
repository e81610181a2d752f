"""What a promotion tells Argo CD and Flux, judged by their own code and taken by a real API server."""
