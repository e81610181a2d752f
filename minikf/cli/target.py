"""minikf target"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json

if TYPE_CHECKING:
    from minikf.promote.targets.profile import TargetProfile
    from minikf.promote.targets.shelf import Shelved

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the target.")]


Many = list[str] | None
Namespaces = Annotated[
    Many, typer.Option("--map-namespace", metavar="HERE=THERE", help="Where objects of one namespace go.")
]
PullSecrets = Annotated[Many, typer.Option("--pull-secret", metavar="NAME", help="A secret there that pulls images.")]
StoreOptions = Annotated[
    Many, typer.Option("--store-option", metavar="NAME=VALUE", help="Such as region or endpoint; no credential.")
]
StorageClasses = Annotated[
    Many, typer.Option("--storage-class", metavar="HERE=THERE", help="A storage class there; THERE may be empty.")
]
ServiceAccounts = Annotated[
    Many, typer.Option("--service-account", metavar="HERE=THERE", help="A service account there.")
]
Identity = Annotated[
    Many, typer.Option("--identity", metavar="KEY=VALUE", help="An annotation that gives accounts rights in a cloud.")
]
Secrets = Annotated[Many, typer.Option("--secret", metavar="HERE=THERE", help="A secret that is there already.")]


@app.callback()
def target() -> None:
    """Name the clusters to promote to, and look at them."""


@app.command()
def add(
    name: Name,
    cluster: Annotated[str, typer.Option("--context", metavar="NAME", help="A context of your kubeconfig.")] = "",
    kubeconfig: Annotated[
        str, typer.Option("--kubeconfig", metavar="FILE", help="The kubeconfig that has the context, if not yours.")
    ] = "",
    platform: Annotated[
        str, typer.Option("--platform", metavar="NAME", help="Another platform of MiniKF, in place of a context.")
    ] = "",
    namespace: Annotated[str, typer.Option("--namespace", "-n", metavar="NAME", help="Where objects go.")] = "default",
    namespaces: Namespaces = None,
    registry: Annotated[
        str, typer.Option("--registry", metavar="PREFIX", help="Where images go: registry.example.com/team.")
    ] = "",
    pull_secrets: PullSecrets = None,
    store: Annotated[
        str, typer.Option("--store", metavar="URL", help="Where models and data go: s3://bucket/prefix.")
    ] = "",
    store_options: StoreOptions = None,
    storage_classes: StorageClasses = None,
    service_accounts: ServiceAccounts = None,
    identity: Identity = None,
    secrets: Secrets = None,
    queue: Annotated[str, typer.Option("--queue", metavar="NAME", help="The LocalQueue that admits work.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where there is another target of that name.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the target whether it is there.")] = False,
    as_json: Json = False,
) -> None:
    """Name a cluster to promote to; it is asked for its version.

    What the options lack (gpu, answers, secrets by External Secrets) is written into the target's file, whose place is
    printed. Credentials never stand there: they are read from where the tools of a store or registry read them.
    """
    from minikf.cli import render
    from minikf.promote.targets import adding
    from minikf.promote.targets.spec import SecretSource, TargetSpec

    spec = TargetSpec(
        name, cluster, kubeconfig, platform, namespace,
        namespaces=_mapping("--map-namespace", namespaces),
        registry=registry,
        pull_secrets=tuple(pull_secrets or ()),
        store=store,
        store_options=_mapping("--store-option", store_options),
        storage_classes=_mapping("--storage-class", storage_classes),
        service_accounts=_mapping("--service-account", service_accounts),
        identity=_mapping("--identity", identity),
        secrets={here: SecretSource("existing", there) for here, there in _mapping("--secret", secrets).items()},
        queue=queue,
    )  # fmt: skip
    added = adding.add(spec, replace=replace, offline=offline)
    if as_json:
        render.data({"target": name, "file": str(added.file), "version": added.version})
        return
    asked = f"Kubernetes {added.version} answers" if added.version else "it was not asked"
    render.text(f"target '{name}' is {added.way}: {asked}")
    render.text(f"  {added.file}")
    render.text(f"  look at it:  minikf target probe {name}")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List targets, and when each was looked at last."""
    from minikf.cli import render
    from minikf.promote.targets import shelf

    found = shelf.everything()
    rows = [_row(one) for one in found]
    if as_json:
        keys = ("name", "way", "namespace", "probedAt", "version", "trouble")
        render.data([dict(zip(keys, row, strict=True)) for row in rows])
    elif not found:
        render.text("there are no targets; add one with: minikf target add NAME --context CONTEXT")
    else:
        render.table(("NAME", "WAY IN", "NAMESPACE", "PROBED", "KUBERNETES", "TROUBLE"), rows)


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show a target's file and what is known about it."""
    from minikf.cli import render
    from minikf.promote.targets import saved, shelf, showing, way, yamlfile

    spec = shelf.get(name)
    profile = shelf.profile(name)
    if as_json:
        known = saved.as_dict(profile) if profile is not None else None
        render.data({"file": str(shelf.file_of(name)), "spec": yamlfile.as_dict(spec), "profile": known})
        return
    render.text(yamlfile.text(spec).rstrip("\n"))
    render.text()
    if profile is None:
        render.text(f"nothing is known about it yet; look at it:  minikf target probe {name}")
        return
    for line in showing.lines(profile):
        render.text(line)
    if old := way.outdated(profile, spec):
        render.note(f"this is of another time: {old}; look again:  minikf target probe {name}")


@app.command()
def probe(name: Name, as_json: Json = False) -> None:
    """Look at a target and keep what is found; writes nothing there.

    What cannot be found out, because you may not see it or it is not there, is said, and counts as unknown.
    """
    from minikf.cli import render
    from minikf.promote.targets import probing, saved, showing

    profile: TargetProfile = render.follow(probing.probe(name), as_json=as_json)
    if as_json:
        render.data(saved.as_dict(profile))
        return
    for line in showing.lines(profile):
        render.text(line)


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Forget a target; its cluster is not touched."""
    from minikf.cli import render
    from minikf.cli.agreeing import agree
    from minikf.promote.targets import shelf

    shelf.check_there(name)
    if not yes:
        question = f"Forget target '{name}' and what is known about it?"
        agree(question, f"target '{name}' was not removed", f"minikf target remove {name} --yes")
    shelf.remove(name)
    if as_json:
        render.data({"target": name, "removed": True})
    else:
        render.text(f"target '{name}' is forgotten; its cluster is as it was")


def _row(one: Shelved) -> tuple[str, str, str, str, str, str]:
    from minikf.errors import MinikfError
    from minikf.promote.targets import shelf, way

    if one.spec is None:
        return (one.name, "", "", "", "", one.trouble.message if one.trouble else "")
    try:
        profile = shelf.profile(one.name)
    except MinikfError as error:
        return (one.name, way.words(one.spec), one.spec.namespace, "", "", error.message)
    at, version = (profile.at.isoformat(), profile.version) if profile else ("", "")
    old = way.outdated(profile, one.spec) if profile else ""
    return (one.name, way.words(one.spec), one.spec.namespace, at, version, old)


def _mapping(option: str, said: list[str] | None) -> dict[str, str]:
    """HERE=THERE several times. Raises UsageError for what has no `=`, and for a name twice; no value is repeated."""
    from minikf.errors import UsageError

    found: dict[str, str] = {}
    for one in said or ():
        key, equals, value = one.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} takes NAME=VALUE", advice="minikf target add --help")
        if key in found:
            raise UsageError(f"{option} names '{key}' twice", advice="minikf target add --help")
        found[key] = value
    return found
