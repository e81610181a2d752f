"""One table of calls, played against a real kube-apiserver and against the embedded engine."""
