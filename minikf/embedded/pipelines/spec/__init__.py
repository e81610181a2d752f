"""The pipeline document: bytes in, `Package` out; and what can be said about a package before it runs."""

from __future__ import annotations

from minikf.embedded.pipelines.spec.arguments import resolve_arguments
from minikf.embedded.pipelines.spec.model import Package
from minikf.embedded.pipelines.spec.package import from_documents, load
from minikf.embedded.pipelines.spec.runnable import check_imports, check_runnable

__all__ = ["Package", "check_imports", "check_runnable", "from_documents", "load", "resolve_arguments"]
