"""Model servers: the program that serves a model, the models' formats, and what runs a user's own predictor.

The program is built on the `kserve` package's data plane, REST routes and gRPC servicer, so that requests and answers
are those of a KServe cluster; what is our own is where it listens, what it refuses, how it stops and what it counts.
"""

from __future__ import annotations

# What a warm process imports so that a model server forked from it starts at once. onnxruntime is not among them:
# importing it starts a thread (seen with 1.32), and a process with threads must not be forked.
PRELOAD = (
    "minikf.embedded.serving.running",
    "minikf.embedded.serving.models.sklearn",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
    "sklearn.tree",
)
