"""What a DAG and a loop give to those after them."""

from __future__ import annotations

from collections.abc import Sequence

from minikf.embedded.pipelines.plan.scope import Missing, Scope
from minikf.embedded.pipelines.records import Artifact, Json, TaskRecord, Values
from minikf.embedded.pipelines.spec.model import Signature


def dag_outputs(scope: Scope) -> Values:
    """Outputs that exist. Of several sources for a parameter (OneOf) the first that exists is taken.

    Artifacts of several sources are one list where the DAG declares a list, else the first is taken as for parameters.
    """
    parameters: dict[str, Json] = {}
    for name, references in scope.dag.parameters.items():
        values = (scope.output(each.task, each.key) for each in references)
        for value in values:
            if not isinstance(value, Missing):
                parameters[name] = value
                break
    artifacts: dict[str, tuple[Artifact, ...]] = {}
    for name, references in scope.dag.artifacts.items():
        lists = [scope.output_artifacts(each.task, each.key) for each in references]
        found = [each for each in lists if not isinstance(each, Missing)]
        spec = scope.component.outputs.artifacts.get(name)
        if found:
            artifacts[name] = sum(found, ()) if spec is not None and spec.is_list else found[0]
    return Values(parameters, artifacts)


def loop_outputs(iterations: Sequence[TaskRecord], outputs: Signature) -> Values:
    """Lists of the outputs of iterations in their order (dsl.Collected), without places for those that made none.

    Nested loops give lists of lists for parameters; artifacts are one flat list, as KFP's artifact lists hold no lists.
    """
    done = [each.outputs for each in iterations]
    return Values(
        {name: [each.parameters[name] for each in done if name in each.parameters] for name in outputs.parameters},
        {name: sum((each.artifacts.get(name, ()) for each in done), ()) for name in outputs.artifacts},
    )
