"""The certificates of webhooks where there is no cert-manager: what its objects ask for is made here instead."""

from minikf.install.certificates.inject import without_cert_manager
from minikf.install.certificates.issue import Pair

__all__ = ["Pair", "without_cert_manager"]
