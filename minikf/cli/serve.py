"""minikf serve"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from minikf.cli.objects import DryRun, Output
from minikf.cli.options import Json, Namespace, Platform, platform_of


def serve(
    context: typer.Context,
    model: Annotated[
        str, typer.Argument(metavar="PATH|URI|MODEL", help="A model's file or folder, an address, or NAME/VERSION.")
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The InferenceService.")],
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="The model's format, where its files do not tell it.")
    ] = "",
    protocol: Annotated[str, typer.Option("--protocol", metavar="v1|v2", help="The protocol of predictions.")] = "",
    runtime: Annotated[str, typer.Option("--runtime", metavar="NAME", help="The serving runtime.")] = "",
    log: Annotated[
        str,
        typer.Option(
            "--log", metavar="MODE", help="Keep requests and answers (all), or one of them (request, response)."
        ),
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Serve it in place of what the service serves now.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until it answers.")] = False,
    dry_run: DryRun = False,
    output: Output = "yaml",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Serve a model file or a registered model.

    MODEL without a version is the newest live version of a registered model. With --wait a model that cannot be
    loaded gives exit code 9.
    """
    from minikf.cli import render
    from minikf.cli.leaving import goes_on, listed
    from minikf.cli.objects import check_output, make, show
    from minikf.errors import UsageError
    from minikf.kube.rest import ApiAnswer
    from minikf.status import access
    from minikf.verbs.serve import LOG_MODES, REGISTRY, format_of, inference_service, storage_uri
    from minikf.waiting.service import ready

    check_output(output)
    if protocol not in ("", "v1", "v2"):
        raise UsageError(f"there is no protocol '{protocol}'", advice="use --protocol v1 or --protocol v2")
    if log not in ("", *LOG_MODES):
        raise UsageError(f"there is nothing to keep called '{log}'", advice=f"use --log with {', '.join(LOG_MODES)}")
    chosen = platform_of(context, platform)
    uri = storage_uri(model)
    if not format_:
        format_ = _registered_format(chosen, uri) if uri.startswith(REGISTRY) else format_of(uri)
    service = inference_service(name, uri, format_, namespace=namespace, protocol=protocol, runtime=runtime, log=log)
    if dry_run:
        show([service], output)
        return
    made = _replaced(chosen, service) if replace else None
    was_there = made is not None
    if made is None:
        try:
            (made,) = make([service], chosen)
        except ApiAnswer as answer:
            if answer.reason == "AlreadyExists":
                answer.advice = f"serve it in place of that one: minikf serve {model} --name {name} --replace"
            raise
    if wait:
        with goes_on(f"InferenceService {namespace}/{name}", _hints(namespace, name)):
            made = render.follow(ready(access(chosen), namespace, name), as_json=as_json)
    if as_json:
        render.data(made)
    elif wait:
        render.text(f"InferenceService {namespace}/{name} answers at {made['status']['url']}")
    else:
        done = "is changed" if was_there else "is created"
        render.text(f"InferenceService {namespace}/{name} {done}\n{listed(_hints(namespace, name))}")


def _hints(namespace: str, name: str) -> dict[str, str]:
    return {
        "follow": f"kubectl get isvc {name} -n {namespace} --watch",
        "why": f"kubectl describe isvc {name} -n {namespace}",
        "remove": f"kubectl delete isvc {name} -n {namespace}",
    }


def _replaced(platform: str, service: dict[str, Any]) -> dict[str, Any] | None:
    """The service with the new spec, None where there is none yet. The old one is noted for a way back."""
    from minikf.kube.rest import ApiAnswer, RestClient
    from minikf.kube.serving import path_of
    from minikf.paths import PlatformPaths
    from minikf.status import access
    from minikf.views.models.history import remember

    client = RestClient(access(platform))
    path = path_of(service["metadata"]["namespace"], service["metadata"]["name"])
    try:
        old = client.get(path)
    except ApiAnswer as answer:
        if answer.status == 404:
            return None
        raise
    remember(PlatformPaths.of(platform), [old])  # so that `minikf services rollback` knows the way back
    return client.call("PUT", path, {**old, "spec": service["spec"]})


def _registered_format(platform: str, uri: str) -> str:
    """The format that the registry has for a model. Raises Refused for a model that is not registered."""
    from urllib.parse import quote, unquote

    from minikf.errors import Refused
    from minikf.kube.rest import ApiAnswer, RestClient
    from minikf.status import access

    parts = [unquote(part) for part in uri.removeprefix("model-registry://").split("/")]
    query = f"name={quote(parts[0], safe='')}" + (f"&version={quote(parts[1], safe='')}" if len(parts) > 1 else "")
    try:
        found = RestClient(access(platform)).get(f"/api/model_registry/minikf/lineage?{query}")
    except ApiAnswer as answer:
        if answer.status != 404:
            raise
        raise Refused(
            f"there is no model '{'/'.join(parts)}'",
            cause=f"it is no path of this machine, and the registry says: {answer.message}",
            advice="give the path of a model file, or register the model first",
        ) from answer
    versions = [one for one in found["versions"] if len(parts) > 1 or one["newestLive"]]
    for artifact in (one for version in versions for one in version["artifacts"]):
        if artifact.get("modelFormatName"):
            return str(artifact["modelFormatName"])
    raise Refused(f"the registry does not say the format of '{'/'.join(parts)}'", advice="say it: --format sklearn")
