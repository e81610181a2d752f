"""Small Helm charts that tests make themselves, packed as `helm package` packs them."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from minikf.tools import look

CHART = """apiVersion: v2
name: shop
version: 1.0.0
appVersion: "7"
"""
VALUES = "replicas: 3\nbell: {enabled: false}\n"
TILL = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-till
  annotations: {shop.example/kubernetes: "{{ .Capabilities.KubeVersion.Version }}"}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: till}}
  template:
    metadata: {labels: {app: till}}
    spec: {containers: [{name: main, image: "registry.example.com/till:{{ .Chart.AppVersion }}"}]}
---
# Nothing stands here.
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{ .Release.Name }}-counts}
rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: elsewhere, namespace: kube-public}
data: {at: "{{ .Release.Namespace }}", from: "08:30", yes: "on"}
"""
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: coins.shop.example}
spec:
  group: shop.example
  scope: Namespaced
  names: {kind: Coin, plural: coins, singular: coin}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
TEST = """apiVersion: v1
kind: Pod
metadata:
  name: try
  annotations: {"helm.sh/hook": test}
spec: {containers: [{name: main, image: "registry.example.com/try:1"}]}
"""
BELL = """{{- if .Values.bell.enabled }}
apiVersion: batch/v1
kind: Job
metadata:
  name: bell
  annotations: {"helm.sh/hook": "post-install, post-upgrade"}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: main, image: "registry.example.com/bell:1"}]}
{{- end }}
"""
FILES = {
    "Chart.yaml": CHART,
    "values.yaml": VALUES,
    "templates/till.yaml": TILL,
    "templates/bell.yaml": BELL,
    "templates/tests/try.yaml": TEST,
    "crds/coins.yaml": CRD,
}


def packed(files: Mapping[str, str | bytes] = FILES, folder: str = "shop") -> bytes:
    """The archive of a chart; the same bytes for the same files."""
    members = []
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        member = tarfile.TarInfo(f"{folder}/{path}")
        member.size = len(data)
        members.append((member, data))
    return archive(*members)


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """Any members as a gzipped tar, also those that no chart has."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for member, data in members:
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def helm() -> Path | None:
    """A helm that is new enough: on PATH or downloaded before, else the one that the lab built."""
    found = look("helm")
    lab = Path(os.environ.get("MINIKF_LAB_CACHE") or "~/.cache/minikf-lab").expanduser()
    built = sorted(lab.glob("bin/*/helm"))
    return found.path if found.new_enough else next((file for file in built if os.access(file, os.X_OK)), None)
