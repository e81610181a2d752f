"""A target as its user describes it: a way in, and the answers that only they can give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SecretSource:
    """Where a secret of the laptop comes from on the target; never its value.

    `kind` is `existing` (a secret of that name is there), `external` (an ExternalSecret of the store `store` makes it
    from the entry `key`) or `sealed` (the file `file` holds a SealedSecret that a kept tool made).
    """

    kind: str
    name: str
    store: str = ""
    key: str = ""
    file: str = ""


@dataclass(frozen=True)
class TargetSpec:
    """One target. Everything but `name` and the way in may be left out; then what the probe found decides.

    The way in is a kubeconfig (`kubeconfig`, "" for the user's own) and one of its contexts, or another platform of
    MiniKF (`platform`). `namespaces` says where objects of a namespace here go, `namespace` where all others go.
    `registry` is a prefix of image names (`registry.example.com/team`), `store` an address for models and data
    (`s3://bucket/prefix`, `gs://`, `az://`, `file:///`), `store_options` what that store must be told (endpoint,
    region; no credential, which come from the environment that its own tools read). `storage_classes` maps classes
    here to classes there, "" being the default one. `service_accounts` maps accounts here to accounts there, and
    `identity` are annotations that give an account its rights in a cloud. `secrets` is by the secret's name here.
    `queue` is the LocalQueue of what is admitted by Kueue. `gpu` maps names of GPU resources here to names there (those
    have a `/`), and says labels that nodes for GPUs must have. `answers` fill placeholders by their name.
    `pipeline_documents` is how many documents of a compiled pipeline the target reads: 1 where it is not Kubeflow.
    """

    name: str
    context: str = ""
    kubeconfig: str = ""
    platform: str = ""
    namespace: str = "default"
    namespaces: Mapping[str, str] = field(default_factory=dict)
    registry: str = ""
    pull_secrets: tuple[str, ...] = ()
    store: str = ""
    store_options: Mapping[str, str] = field(default_factory=dict)
    storage_classes: Mapping[str, str] = field(default_factory=dict)
    service_accounts: Mapping[str, str] = field(default_factory=dict)
    identity: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, SecretSource] = field(default_factory=dict)
    queue: str = ""
    gpu: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    pipeline_documents: int = 2
