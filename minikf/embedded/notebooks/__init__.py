"""Notebooks: the controller of Notebook objects, and the program in their pods that is JupyterLab.

Rules and words: kubeflow/kubeflow, components/notebook-controller; what differs here stands in docs/design/0013.
"""

from __future__ import annotations

# What a warm process imports so that JupyterLab forked from it answers in a second instead of in several. None of these
# starts a thread when it is imported.
PRELOAD = (
    "jupyter_server.serverapp",
    "jupyter_core.migrate",
    "jinja2.ext",
    "jupyter_server.services.contents.largefilemanager",
    "jupyter_server.services.kernels.kernelmanager",
    # What the server imports by name when it makes its routes.
    *(
        f"jupyter_server.{name}.handlers"
        for name in (
            *("kernelspecs", "nbconvert", "view", "services.api", "services.config", "services.contents"),
            *("services.events", "services.kernels", "services.kernelspecs", "services.nbconvert"),
            *("services.security", "services.sessions"),
        )
    ),
    "jupyter_server.services.shutdown",
    "jupyter_server_terminals",
    "jupyter_lsp.virtual_documents_shadow",
    "jupyterlab.labapp",
    "minikf.embedded.notebooks.lab",
    "minikf.embedded.notebooks.environment",
)
