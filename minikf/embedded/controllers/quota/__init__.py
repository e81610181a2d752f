"""ResourceQuota and LimitRange: admission and status, in the API server's words (kubernetes v1.34.4)."""

from minikf.embedded.controllers.quota.admission import quota_admission
from minikf.embedded.controllers.quota.controller import QuotaController

__all__ = ["QuotaController", "quota_admission"]
