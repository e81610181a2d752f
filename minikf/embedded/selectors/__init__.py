"""Label and field selectors as predicates over objects."""

from __future__ import annotations

from minikf.embedded.selectors.fields import field_selector
from minikf.embedded.selectors.labels import label_selector, match_labels

__all__ = ["field_selector", "label_selector", "match_labels"]
