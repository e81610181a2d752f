"""Who manages which field: server-side apply, and true managedFields for every other write.

Semantics: sigs.k8s.io/structured-merge-diff v6.3.0 as k8s.io/apimachinery v0.34.4, pkg/util/managedfields, uses it.
"""

from __future__ import annotations

from minikf.embedded.managed.apply import apply
from minikf.embedded.managed.update import only_times_differ, record_update

__all__ = ["apply", "only_times_differ", "record_update"]
