"""How clients learn what is served, for the kinds that both sides serve."""

from __future__ import annotations

from ..case import Case, Http, Kubectl
from ..specimens import SPECIMENS

_CORE = f"^(NAME|{'|'.join(specimen.plural for specimen in SPECIMENS if not specimen.group)}) "
_CUSTOM = sorted({specimen.api_version for specimen in SPECIMENS if specimen.custom})

CASES = (
    Case(
        "discovery-core",
        (
            Http("GET", "/api"),
            Kubectl("api-resources --api-group='' --sort-by=name -o wide", keep=_CORE),
            Kubectl("api-resources --api-group=batch -o name", keep=r"^jobs\.batch$"),
            Kubectl("api-versions", keep=r"^(v1|batch/v1|rbac.authorization.k8s.io/v1)$"),
            Http("GET", "/apis/batch"),
            Http("GET", "/apis/rbac.authorization.k8s.io"),
            Http("GET", "/apis/rbac.authorization.k8s.io/v1"),
            Http("GET", "/apis/nothing.example.com", expect=404),
            Http("GET", "/apis/nothing.example.com/v1", expect=404),
            Http("GET", "/apis/nothing.example.com/v1/namespaces/$ns/things", expect=404),
            Http("GET", "/api/v2", expect=404),
            Http("GET", "/api/v1/nothings", expect=404),
            Http("GET", "/api/v1/namespaces/$ns/nothings/a", expect=404),
            Http("POST", "/api", expect=405),
        ),
    ),
    Case(
        "discovery-custom",
        (
            Http("GET", "/apis/trainer.kubeflow.org"),
            Http("GET", "/apis/kubeflow.org"),
            *(Http("GET", f"/apis/{version}") for version in _CUSTOM),
            Kubectl("api-resources --api-group=trainer.kubeflow.org -o wide --sort-by=name"),
            Kubectl("api-resources --api-group=serving.kserve.io -o wide --sort-by=name"),
            Kubectl("api-versions", keep=r"^(trainer.kubeflow.org|serving.kserve.io)/"),
            Http("GET", "/apis/trainer.kubeflow.org/v1", expect=404),
            Http("GET", "/apis/trainer.kubeflow.org/v1alpha1/namespaces/$ns/nothings", expect=404),
            Http("GET", "/apis/trainer.kubeflow.org/v1alpha1/namespaces/$ns/trainjobs/a/nothing", expect=404),
            Kubectl("get nothings", expect=1),
            Kubectl("get trainjobs.v9.trainer.kubeflow.org", expect=1),
        ),
        needs_crds=True,
    ),
    Case(
        "discovery-credential",
        (
            Http("GET", "/api/v1/namespaces/$ns/configmaps", token=False, expect=401),
            Http("GET", "/apis", token=False, expect=401),
            Http("POST", "/api/v1/namespaces/$ns/configmaps", body={}, token=False, expect=401),
        ),
    ),
    Case(
        "discovery-explain",
        (
            Kubectl("explain trainjob.spec.runtimeRef", keep=r"^(GROUP|KIND|VERSION|FIELD:|  \w+\t<)"),
            Kubectl("explain trainjob.spec.trainer --recursive", keep=r"^(GROUP|KIND|VERSION|FIELD:|  +\w+\t<)"),
            Kubectl("explain trainjob.spec.nothing", expect=1),
            Kubectl("explain isvc.spec.predictor.model.modelFormat", keep=r"^(GROUP|KIND|VERSION|FIELD:|  \w+\t<)"),
            Kubectl("explain clustertrainingruntime.spec.mlPolicy.mpi", keep=r"^(GROUP|KIND|VERSION|FIELD:|  \w+\t<)"),
            Kubectl("explain nothing", expect=1),
        ),
        needs_crds=True,
    ),
    Case(
        "discovery-explain-core",
        (
            Kubectl("explain configmap", keep=r"^(KIND|VERSION|FIELD:|  \w+\t<)"),
            Kubectl("explain secret.data", keep=r"^(KIND|VERSION|FIELD:|  \w+\t<)"),
            Kubectl("explain pod.spec.containers.resources", keep=r"^(KIND|VERSION|FIELD:|  \w+\t<)"),
            Kubectl("explain pod.spec.containers.nothing", expect=1),
        ),
    ),
)
