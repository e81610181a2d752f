"""Getting and listing: formats, tables, selectors, chunks and resource versions."""

from __future__ import annotations

from ..case import Case, Http, Kubectl
from . import objects as o

_THREE = [
    o.config_map("a", labels={"tier": "one", "app": "x"}),
    o.config_map("b", labels={"tier": "two", "app": "x"}),
    o.config_map("c", {"k": "v", "l": "w"}, labels={"app": "y"}),
]


def _list(query: str, expect: int = 200) -> Http:
    return Http("GET", f"{o.CONFIG_MAPS}?{query}", expect=expect)


CASES = (
    Case(
        "read-formats",
        (
            Kubectl("create -f -", stdin=_THREE),
            Kubectl("get cm"),
            Kubectl("get cm -o wide"),
            Kubectl("get cm a"),
            Kubectl("get cm a -o yaml"),
            Kubectl("get cm a -o json"),
            Kubectl("get cm -o name"),
            Kubectl("get cm -o json"),
            Kubectl("get cm -o yaml --show-managed-fields"),
            Kubectl("get cm -o jsonpath='{.items[*].metadata.name}'"),
            Kubectl("get cm a -o jsonpath='{.data.a}{.data.nothing}'"),
            Kubectl("get cm -o custom-columns=NAME:.metadata.name,TIER:.metadata.labels.tier"),
            Kubectl("get cm -o go-template='{{range .items}}{{.metadata.name}} {{end}}'"),
            Kubectl("get cm --show-labels"),
            Kubectl("get cm -L tier"),
            Kubectl("get cm --sort-by=.metadata.labels.app"),
            Kubectl("get cm --no-headers -o custom-columns=NAME:.metadata.name"),
            Kubectl("get cm a nothing b", expect=1),
            Kubectl("get cm nothing", expect=1),
            Kubectl("get cm nothing --ignore-not-found"),
            Kubectl("get cm/a secret/nothing", expect=1),
            Kubectl("get secrets"),
            Kubectl("get cm,secret"),
            Kubectl("get cm a -o nothing", expect=1),
        ),
    ),
    Case(
        "read-tables",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a", labels={"x": "y"}), expect=201),
            Http("GET", f"{o.CONFIG_MAPS}/a", accept=o.TABLE),
            Http("GET", f"{o.CONFIG_MAPS}?includeObject=None", accept=o.TABLE),
            Http("GET", f"{o.CONFIG_MAPS}?includeObject=Object", accept=o.TABLE),
            Http("GET", f"{o.CONFIG_MAPS}?includeObject=Metadata", accept=o.TABLE),
            Http("GET", f"{o.CONFIG_MAPS}?includeObject=Nothing", accept=o.TABLE, expect=400),
            Http("GET", f"{o.CONFIG_MAPS}/a", accept=o.PARTIAL),
            Http("GET", o.CONFIG_MAPS, accept=o.PARTIAL_LIST),
            Http("GET", o.CONFIG_MAPS, accept=f"{o.TABLE},application/json"),
            Http("GET", o.CONFIG_MAPS, accept="application/yaml"),
            Http("GET", o.CONFIG_MAPS, accept="text/html", expect=406),
            Http("GET", f"{o.CONFIG_MAPS}/a", accept="*/*"),
            Http("GET", f"{o.CONFIG_MAPS}/nothing", accept=o.TABLE, expect=404),
        ),
    ),
    Case(
        "read-tables-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("a"), expect=201),
            Http("POST", o.INFERENCE_SERVICES, o.inference_service("a"), expect=201),
            Http("POST", o.SERVING_RUNTIMES, o.serving_runtime("a"), expect=201),
            Http("GET", o.TRAIN_JOBS, accept=o.TABLE),
            Http("GET", f"{o.INFERENCE_SERVICES}/a", accept=o.TABLE),
            Http("GET", f"{o.INFERENCE_SERVICES}?includeObject=None", accept=o.TABLE),
            Http("GET", f"{o.SERVING_RUNTIMES}?includeObject=Object", accept=o.TABLE),
            Kubectl("get trainjobs,isvc,servingruntimes"),
            Kubectl("get trainjobs,isvc -o wide"),
            Kubectl("get tj", expect=1),
            Http("GET", f"{o.TRAIN_JOBS}/a", accept=o.PARTIAL),
            Http("GET", o.INFERENCE_SERVICES, accept=o.PARTIAL_LIST),
        ),
        needs_crds=True,
    ),
    Case(
        "read-label-selectors",
        (
            Kubectl("create -f -", stdin=_THREE),
            *(
                Kubectl(f"get cm -o name -l '{selector}'")
                for selector in (
                    "tier=one",
                    "tier==one",
                    "tier!=one",
                    "tier in (one,two)",
                    "tier notin (one)",
                    "tier",
                    "!tier",
                    "app=x,tier=two",
                    "app=x,!tier",
                    "app in (y),tier notin (one, two)",
                    "nothing=there",
                )
            ),
            _list("labelSelector=tier=", 200),
            _list("labelSelector=tier in ()", 200),
            _list("labelSelector=,", 400),
            _list("labelSelector=a b", 400),
            _list("labelSelector=tier=(", 400),
            _list("labelSelector=-bad-=x", 400),
            _list("labelSelector=tier=-bad-", 400),
            _list("labelSelector=a/b/c=x", 400),
            Kubectl("get cm -l 'tier in one'", expect=1),
        ),
    ),
    Case(
        "read-field-selectors",
        (
            Kubectl("create -f -", stdin=[*_THREE, o.secret("s"), o.pod("p"), o.pod("q", {"nodeName": "n"})]),
            _list("fieldSelector=metadata.name=a"),
            _list("fieldSelector=metadata.name!=a"),
            _list("fieldSelector=metadata.namespace=$ns,metadata.name=b"),
            _list("fieldSelector=metadata.namespace=other"),
            _list("fieldSelector=data.a=1", 400),
            _list("fieldSelector=metadata.name", 400),
            _list("fieldSelector=metadata.name=a,labels.x=y", 400),
            Http("GET", f"{o.SECRETS}?fieldSelector=type=Opaque"),
            Http("GET", f"{o.SECRETS}?fieldSelector=type!=Opaque"),
            Kubectl("get pods -o name --field-selector=spec.nodeName=n"),
            Kubectl("get pods -o name --field-selector=status.phase=Pending"),
            Kubectl("get pods -o name --field-selector=status.phase!=Pending"),
            Kubectl("get pods -o name --field-selector=spec.restartPolicy=Always"),
            Http("GET", f"{o.PODS}?fieldSelector=spec.nothing=x", expect=400),
            Kubectl("get events --field-selector involvedObject.name=p,involvedObject.kind=Pod"),
        ),
    ),
    Case(
        "read-field-selectors-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("a"), expect=201),
            Http("POST", o.TRAIN_JOBS, o.train_job("b"), expect=201),
            Http("GET", f"{o.TRAIN_JOBS}?fieldSelector=metadata.name=b"),
            Http("GET", f"{o.TRAIN_JOBS}?fieldSelector=metadata.namespace=$ns"),
            Http("GET", f"{o.TRAIN_JOBS}?fieldSelector=spec.suspend=true", expect=400),
        ),
        needs_crds=True,
    ),
    Case(
        "read-chunks",
        (
            Kubectl("create -f -", stdin=[o.config_map(name) for name in "abcde"]),
            Http("GET", f"{o.CONFIG_MAPS}?limit=2", save={"more": "metadata.continue"}),
            Http("GET", f"{o.CONFIG_MAPS}?limit=2&continue=$more", save={"last": "metadata.continue"}),
            Http("GET", f"{o.CONFIG_MAPS}?limit=2&continue=$last"),
            Http("GET", f"{o.CONFIG_MAPS}?limit=5"),
            Http("GET", f"{o.CONFIG_MAPS}?limit=6"),
            Http("GET", f"{o.CONFIG_MAPS}?limit=2&labelSelector=nothing=here"),
            Http("GET", f"{o.CONFIG_MAPS}?limit=2", accept=o.TABLE),
            Http("GET", f"{o.CONFIG_MAPS}?limit=1&continue=nonsense", expect=400),
            Http("GET", f"{o.CONFIG_MAPS}?limit=x", expect=400),
            Http("GET", f"{o.CONFIG_MAPS}?limit=-1"),
            Kubectl("get cm -o name --chunk-size=2"),
            Kubectl("get cm --chunk-size=1"),
        ),
    ),
    Case(
        "read-chunks-consistent",
        (
            Kubectl("create -f -", stdin=[o.config_map(name) for name in "abcd"]),
            Http("GET", f"{o.CONFIG_MAPS}?limit=1", save={"more": "metadata.continue"}),
            Http("DELETE", f"{o.CONFIG_MAPS}/a"),
            Http("POST", o.CONFIG_MAPS, o.config_map("e"), expect=201),
            Http("GET", f"{o.CONFIG_MAPS}?limit=2&continue=$more"),
        ),
    ),
    Case(
        "read-versions",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201, save=o.RV),
            Http("GET", f"{o.CONFIG_MAPS}?resourceVersion=0"),
            Http("GET", f"{o.CONFIG_MAPS}?resourceVersion=$rv"),
            Http("GET", f"{o.CONFIG_MAPS}?resourceVersion=$rv&resourceVersionMatch=NotOlderThan"),
            Http("GET", f"{o.CONFIG_MAPS}?resourceVersion=$rv&resourceVersionMatch=Exact"),
            Http("GET", f"{o.CONFIG_MAPS}/a?resourceVersion=0"),
            Http("GET", f"{o.CONFIG_MAPS}/a?resourceVersion=$rv"),
            Http("GET", f"{o.CONFIG_MAPS}?resourceVersion=x", expect=400),
            Http("GET", f"{o.CONFIG_MAPS}?resourceVersionMatch=Exact", expect=422),
            Http("GET", f"{o.CONFIG_MAPS}?resourceVersion=0&resourceVersionMatch=Exact", expect=422),
            Http("GET", f"{o.CONFIG_MAPS}?resourceVersion=$rv&resourceVersionMatch=Nothing", expect=422),
            Http("GET", f"{o.CONFIG_MAPS}?continue=x&resourceVersion=$rv", expect=400),
        ),
    ),
    Case(
        "read-everywhere",
        (
            Kubectl("create -f -", stdin=[o.config_map("here", labels={"only": "here"}), o.secret("here")]),
            Http("GET", "/api/v1/configmaps?labelSelector=only=here"),
            Kubectl("get cm -A -l only=here"),
            Kubectl("get cm -A -l only=here -o wide"),
            Http("GET", "/api/v1/namespaces/no-such-namespace/configmaps"),
            Kubectl("get cm --namespace no-such-namespace"),
            Http("GET", "/api/v1/namespaces/no-such-namespace/configmaps/a", expect=404),
            Kubectl("get cm a -n no-such-namespace", expect=1),
        ),
    ),
)
