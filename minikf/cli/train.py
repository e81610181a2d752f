"""minikf train"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from minikf.cli.objects import DryRun, Output
from minikf.cli.options import Json, Namespace, Platform, platform_of


def train(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="SCRIPT.py|FILE.py:FUNC", help="The script, or one function of a file.")
    ],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[-- ARGS]", help="The script's arguments; NAME=VALUE for FUNC.")
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The TrainJob's name.")] = "",
    nodes: Annotated[int, typer.Option("--nodes", min=1, metavar="N", help="On how many nodes.")] = 1,
    runtime: Annotated[str, typer.Option("--runtime", metavar="NAME", help="The training runtime.")] = "plain-python",
    package: Annotated[
        list[str] | None, typer.Option("--package", "-p", metavar="REQUIREMENT", help="Install a package first.")
    ] = None,
    index_url: Annotated[
        list[str] | None, typer.Option("--index-url", metavar="URL", help="Where packages come from.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", "-e", metavar="NAME=VALUE", help="A variable of the environment.")
    ] = None,
    cpu: Annotated[str, typer.Option("--cpu", metavar="N", help="Processors of a node.")] = "",
    memory: Annotated[str, typer.Option("--memory", metavar="SIZE", help="Memory of a node, such as 2Gi.")] = "",
    gpu: Annotated[str, typer.Option("--gpu", metavar="N", help="GPUs of a node.")] = "",
    image: Annotated[str, typer.Option("--image", metavar="IMAGE", help="The image that a cluster runs it in.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show the first node's log until the end.")] = False,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait silently until the end.")] = False,
    dry_run: DryRun = False,
    output: Output = "yaml",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Train with a script or a function, as a TrainJob.

    The file alone is sent; name what else it needs with --package. With --follow or --wait a failure gives exit
    code 9.
    """
    import uuid

    from minikf.cli import render
    from minikf.cli.leaving import listed
    from minikf.cli.objects import check_output, make, show, tell_relative
    from minikf.kube.rest import RestClient
    from minikf.status import access
    from minikf.verbs.program import program
    from minikf.verbs.train import environment, job_name, train_job

    check_output(output)
    chosen = platform_of(context, platform)
    asked = {"cpu": cpu, "memory": memory, "nvidia.com/gpu": gpu}
    tell_relative(arguments or [])
    code, variables = program(what, arguments or []), environment(env or [])
    job = train_job(
        name or job_name(code.file, uuid.uuid4().hex[:5]),
        runtime_of(RestClient(access(chosen)), namespace, runtime),
        code,
        namespace=namespace,
        nodes=nodes,
        packages=package or [],
        index_urls=index_url or [],
        env=variables,
        resources={key: value for key, value in asked.items() if value},
        image=image,
    )
    if dry_run:
        show([job], output)
        return
    (made,) = make([job], chosen)
    if follow or wait:
        made = _ended(chosen, namespace, made["metadata"]["name"], follow=follow, as_json=as_json)
    if as_json:
        render.data(made)
    elif follow or wait:
        render.text(f"TrainJob {namespace}/{made['metadata']['name']} is complete")
    else:
        render.text(f"TrainJob {namespace}/{made['metadata']['name']} is created")
        render.text(listed(_hints(namespace, made["metadata"]["name"], chosen)))


def _ended(platform: str, namespace: str, name: str, *, follow: bool, as_json: bool) -> dict[str, Any]:
    import sys

    from minikf.cli import render
    from minikf.cli.leaving import goes_on
    from minikf.status import access
    from minikf.waiting import trainjob

    reached = access(platform)
    with goes_on(f"TrainJob {namespace}/{name}", _hints(namespace, name, platform)):
        if follow:
            for line in trainjob.lines(reached, namespace, name):
                if as_json:
                    sys.stderr.write(f"{line}\n")
                else:
                    render.text(line)
        return trainjob.wait(reached, namespace, name)


def _hints(namespace: str, name: str, platform: str) -> dict[str, str]:
    from minikf.commands import command

    return {
        "follow": command(f"logs trainjob/{name} -n {namespace} --follow", platform),
        "state": f"kubectl get trainjob {name} -n {namespace}",
        "cancel": f"kubectl delete trainjob {name} -n {namespace}",
    }


def runtime_of(client: Any, namespace: str, name: str) -> Any:
    """The runtime of this name: the namespace's own, else the cluster's, as the SDK chooses. Raises UsageError."""
    from urllib.parse import quote

    from minikf.errors import UsageError

    root = "/apis/trainer.kubeflow.org/v1alpha1"
    for kind, path in (
        ("TrainingRuntime", f"{root}/namespaces/{quote(namespace, safe='')}/trainingruntimes"),
        ("ClusterTrainingRuntime", f"{root}/clustertrainingruntimes"),
    ):
        items = client.get(path).get("items", [])
        found = [one for one in items if one["metadata"]["name"] == name]
        if found:
            return {**found[0], "kind": kind}
    names = ", ".join(sorted(one["metadata"]["name"] for one in items))
    raise UsageError(f"there is no training runtime '{name}'", cause=f"there are {names}", advice="--runtime NAME")
