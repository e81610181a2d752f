"""Notebooks: the controller of Notebook objects, and the program in their pods that is JupyterLab.

Rules and words: kubeflow/kubeflow, components/notebook-controller; what differs here stands in docs/design/0013.
"""

from __future__ import annotations

# What a warm process imports so that JupyterLab forked from it answers in a second instead of in several. None of these
# starts a thread when it is imported.
PRELOAD = (
    "jupyter_server.serverapp",
    "jupyter_server.services.contents.largefilemanager",
    "jupyter_server.services.kernels.handlers",
    "jupyter_server.services.kernels.kernelmanager",
    "jupyter_server_terminals",
    "jupyter_lsp",
    "jupyterlab.labapp",
    "notebook_shim.shim",
    "minikf.embedded.notebooks.lab",
)
