"""What a target must not say: what cannot be meant, and what is a credential and no thing to write down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from minikf.promote.targets.credentials import credential_in, names_a_credential
from minikf.promote.targets.spec import SecretSource, TargetSpec

KINDS = ("existing", "external", "sealed")
STORES = ("s3", "gs", "az", "file")

# Names as in k8s.io/apimachinery, pkg/util/validation: IsDNS1123Label, IsDNS1123Subdomain, IsQualifiedName.
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(
    r"((?=[^/]{1,253}/)[a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
# The name of an image without tag and digest (github.com/distribution/reference, `reference.go`, the grammar on top).
_REGISTRY = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_ANSWER = re.compile(r"[A-Z][A-Z0-9_]*")
_OPTION = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_A_LABEL = "1 to 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit"
_A_NAME = "parts of a-z, 0-9 and '-', with dots between them"
_BY_REFERENCE = (
    "MiniKF reads credentials from where the tools of the store and the registry read them: their environment "
    "variables, their own files, or an identity of the machine; a secret of the cluster is named under spec.secrets"
)


@dataclass(frozen=True)
class Fault:
    """`field` is the path in the file. `says` never repeats a value that may be a credential."""

    field: str
    says: str
    why: str = ""
    allowed: str = ""


def faults(spec: TargetSpec) -> Iterator[Fault]:
    """What is wrong with it, the first thing to correct first."""
    yield from _credentials(spec)
    yield from _way(spec)
    yield from _names(spec)
    yield from _addresses(spec)
    for name, source in spec.secrets.items():
        yield from _source(name, source)
    if spec.pipeline_documents not in (1, 2):
        yield Fault("spec.pipelineDocuments", f"is {spec.pipeline_documents}", allowed="1 or 2")


def _texts(spec: TargetSpec) -> Iterator[tuple[str, str]]:
    """Every text that is not a name of the way in, with its path."""
    yield from (("spec.registry", spec.registry), ("spec.store", spec.store), ("spec.queue", spec.queue))
    yield from (("spec.namespace", spec.namespace), ("spec.kubeconfig", spec.kubeconfig))
    maps: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("namespaces", spec.namespaces), ("storeOptions", spec.store_options), ("storageClasses", spec.storage_classes),
        ("serviceAccounts", spec.service_accounts), ("identity", spec.identity), ("gpu", spec.gpu),
        ("answers", spec.answers),
    )  # fmt: skip
    for field, values in maps:
        yield from ((f"spec.{field}.{key}", value) for key, value in values.items())
    yield from (("spec.pullSecrets", one) for one in spec.pull_secrets)
    for name, source in spec.secrets.items():
        yield from ((f"spec.secrets.{name}.{part}", getattr(source, part)) for part in ("name", "store", "key", "file"))


def _credentials(spec: TargetSpec) -> Iterator[Fault]:
    for key in spec.store_options:
        if names_a_credential(key):
            yield Fault(f"spec.storeOptions.{key}", "is a credential", _BY_REFERENCE, "take it out")
    for path, value in _texts(spec):
        if found := credential_in(value):
            yield Fault(
                path, f"holds {found}", _BY_REFERENCE, "take it out, and make it anew where others have seen it"
            )
        if _CONTROL.search(value) and not path.startswith("spec.answers."):
            yield Fault(path, "holds a character that no terminal shows", "", "write it on one line")


def _way(spec: TargetSpec) -> Iterator[Fault]:
    if spec.platform and spec.context:
        yield Fault("spec", "has both a context and a platform", "a target is one cluster", "leave one of them out")
    if not spec.platform and not spec.context:
        why = "a target must stay the same cluster when your current context changes"
        yield Fault("spec", "has neither a context nor a platform", why, "kubectl config get-contexts")
    if spec.platform and spec.kubeconfig:
        yield Fault("spec.kubeconfig", "goes with a context only", f"the way in is platform '{spec.platform}'")
    if _CONTROL.search(spec.context):
        yield Fault("spec.context", "holds a character that no terminal shows", "", "kubectl config get-contexts")


def _names(spec: TargetSpec) -> Iterator[Fault]:
    checked: tuple[tuple[str, tuple[str, ...], re.Pattern[str], str], ...] = (
        ("spec.namespace", (spec.namespace,), _LABEL, _A_LABEL),
        ("spec.namespaces", (*spec.namespaces, *spec.namespaces.values()), _LABEL, _A_LABEL),
        ("spec.pullSecrets", spec.pull_secrets, _SUBDOMAIN, _A_NAME),
        ("spec.storageClasses", (*filter(None, (*spec.storage_classes, *spec.storage_classes.values())),),
         _SUBDOMAIN, f"{_A_NAME}; '' is the default class"),
        ("spec.serviceAccounts", (*spec.service_accounts, *spec.service_accounts.values()), _SUBDOMAIN, _A_NAME),
        ("spec.identity", tuple(spec.identity), _QUALIFIED, "the key of an annotation, such as example.com/role"),
        ("spec.secrets", tuple(spec.secrets), _SUBDOMAIN, _A_NAME),
        ("spec.queue", (spec.queue,) if spec.queue else (), _SUBDOMAIN, _A_NAME),
        ("spec.answers", tuple(spec.answers), _ANSWER, "the name in ${NAME} of the base: A-Z, 0-9 and '_'"),
        ("spec.storeOptions", tuple(spec.store_options), _OPTION, "a word, such as region"),
    )  # fmt: skip
    for field, names, pattern, allowed in checked:
        for name in names:
            if not pattern.fullmatch(name):
                yield Fault(field, f"has '{name}', which is no such name", f"allowed: {allowed}")


def _addresses(spec: TargetSpec) -> Iterator[Fault]:
    if spec.registry and not _REGISTRY.fullmatch(spec.registry):
        why = "it begins the names of images, so it has no scheme, no tag and no blank"
        yield Fault("spec.registry", f"is '{spec.registry}'", why, "such as registry.example.com/team")
    if not spec.store:
        return
    example = "such as s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:///folder"
    try:
        url = urlsplit(spec.store)
    except ValueError as error:
        yield Fault("spec.store", "is no address", str(error), example)
        return
    if url.scheme not in STORES:
        yield Fault("spec.store", f"has the scheme '{url.scheme}'", f"known are: {', '.join(STORES)}", example)
    elif url.scheme == "file" and (url.netloc or not url.path.startswith("/")):
        yield Fault("spec.store", "is no folder of this machine", "file:// is followed by an absolute path", example)
    elif url.scheme != "file" and not url.netloc:
        yield Fault("spec.store", "names no bucket", "", example)
    elif url.query or url.fragment:
        yield Fault("spec.store", "has a query", "options of a store stand under spec.storeOptions", example)


def _source(name: str, source: SecretSource) -> Iterator[Fault]:
    where = f"spec.secrets.{name}"
    if source.kind not in KINDS:
        yield Fault(f"{where}.kind", f"is '{source.kind}'", f"known are: {', '.join(KINDS)}")
        return
    if source.name and not _SUBDOMAIN.fullmatch(source.name):
        yield Fault(f"{where}.name", f"has '{source.name}', which is no such name", f"allowed: {_A_NAME}")
    needed = {"existing": ("name",), "external": ("name", "store", "key"), "sealed": ("name", "file")}[source.kind]
    for field in needed:
        if not getattr(source, field):
            yield Fault(f"{where}.{field}", "is missing", f"a secret of the kind {source.kind} has {', '.join(needed)}")
    for field in ("store", "key", "file"):
        if getattr(source, field) and field not in needed:
            why = f"a secret of the kind {source.kind} has {', '.join(needed)}"
            yield Fault(f"{where}.{field}", "is of another kind of secret", why)
