"""The Experiment that `minikf tune` creates: trials are TrainJobs, as with the official SDK's OptimizerClient. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minikf.errors import UsageError
from minikf.verbs.named import file_stem, named_values
from minikf.verbs.program import Program

API_VERSION = "kubeflow.org/v1beta1"
# The container of a TrainJob's first node, whose log is read.
_CONTAINER = "node"
_NAME_LENGTH = 40
_SPACE = re.compile(r"\s*(?P<kind>[a-z]+)\s*\((?P<values>.*)\)\s*", re.DOTALL)
_KINDS = {
    "uniform": ("double", "uniform"),
    "loguniform": ("double", "logUniform"),
    "normal": ("double", "normal"),
    "lognormal": ("double", "logNormal"),
    "int": ("int", "uniform"),
    "logint": ("int", "logUniform"),
}
_FORMS = "uniform(LOW, HIGH), loguniform(LOW, HIGH), int(LOW, HIGH), choice(A, B, C); a step may be the third number"

Object = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """What is looked for: `metric` as small or as large as can be; `value` ends the search, None where nothing does."""

    metric: str
    direction: str
    value: float | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Budget:
    """`failed` trials end the experiment as failed; None for Katib's own rule."""

    trials: int
    parallel: int
    failed: int | None = None


def experiment(
    name: str,
    goal: Goal,
    budget: Budget,
    parameters: Sequence[Object],
    trial: Object,
    *,
    namespace: str = "",
    algorithm: str = "tpe",
    settings: Mapping[str, str] | None = None,
    stop_early: bool = False,
    resume: str = "LongRunning",
) -> Object:
    """The object; `trial` is a TrainJob whose command has the placeholders of `arguments`."""
    objective: Object = {"type": goal.direction, "objectiveMetricName": goal.metric}
    if goal.value is not None:
        objective["goal"] = goal.value
    if goal.more:
        objective["additionalMetricNames"] = list(goal.more)
    search: Object = {"algorithmName": algorithm}
    if settings:
        search["algorithmSettings"] = [{"name": key, "value": value} for key, value in settings.items()]
    spec: Object = {
        "objective": objective,
        "algorithm": search,
        "parallelTrialCount": min(budget.parallel, budget.trials),
        "maxTrialCount": budget.trials,
        "resumePolicy": resume,
        "parameters": list(parameters),
        "trialTemplate": {
            "retain": True,
            "primaryContainerName": _CONTAINER,
            "trialParameters": [{"name": one["name"], "reference": one["name"]} for one in parameters],
            "trialSpec": {key: trial[key] for key in ("apiVersion", "kind", "spec")},
        },
    }
    if budget.failed is not None:
        spec["maxFailedTrialCount"] = budget.failed
    if stop_early:
        spec["earlyStopping"] = {"algorithmName": "medianstop"}
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSION, "kind": "Experiment", "metadata": metadata, "spec": spec}


def parameter(text: str) -> Object:
    """`lr=loguniform(0.001, 0.1)` as a parameter of an Experiment. Raises UsageError."""
    name, equals, space = text.partition("=")
    found = _SPACE.fullmatch(space)
    if not equals or not re.fullmatch(r"[A-Za-z_][\w.-]*", name.strip()) or found is None:
        raise _wrong(text, "it is not NAME=SPACE")
    values = [one.strip() for one in found["values"].split(",")]
    if found["kind"] == "choice":
        if not all(values):
            raise _wrong(text, "a choice has no empty value")
        return {
            "name": name.strip(),
            "parameterType": "categorical",
            "feasibleSpace": {"list": [one.strip("'\"") for one in values]},
        }
    if found["kind"] not in _KINDS:
        raise _wrong(text, f"there is no space '{found['kind']}'")
    type_, distribution = _KINDS[found["kind"]]
    if len(values) not in (2, 3) or not all(_is_number(one, whole=type_ == "int") for one in values):
        raise _wrong(text, f"it takes two {'whole ' if type_ == 'int' else ''}numbers, and a step where one is wanted")
    if float(values[0]) > float(values[1]):
        raise _wrong(text, f"{values[0]} is more than {values[1]}")
    limits = dict(zip(("min", "max", "step"), values, strict=False))
    return {
        "name": name.strip(),
        "parameterType": type_,
        "feasibleSpace": {**limits, "distribution": distribution},
    }


_ONLY_MARK = re.compile(r"(?:^|=)\{([A-Za-z_][\w.-]*)\}$")


def script_arguments(given: Sequence[str], parameters: Sequence[Object]) -> list[str]:
    """A script's own arguments with the trial's values: where `{lr}` stands, else as `--lr VALUE` at the end."""
    out, used = [], set()
    names = [one["name"] for one in parameters]
    for text in given:
        changed = text
        lone = _ONLY_MARK.search(text)
        if lone is not None and lone[1] not in names:
            raise UsageError(
                f"the argument {text} names no parameter that is tuned",
                cause=f"tuned are {', '.join(names)}",
                advice=f'write {{{names[0]}}}, or tune it as well: --param "{lone[1]}=uniform(0, 1)"',
            )
        for one in parameters:
            mark = f"{{{one['name']}}}"
            if mark in changed:
                used.add(one["name"])
                changed = changed.replace(mark, placeholder(one["name"]))
        out.append(changed)
    for one in parameters:
        if one["name"] not in used:
            out += [f"--{one['name']}", placeholder(one["name"])]
    return out


def function_arguments(given: Sequence[str], parameters: Sequence[Object]) -> list[str]:
    """A function's arguments as NAME=VALUE; the trial's values are marks that `with_values` replaces."""
    return [*given, *(f'{one["name"]}="{_mark(one)}"' for one in parameters)]


def with_values(program: Program, parameters: Sequence[Object]) -> Program:
    """A function's program whose call gets each value with its type: a float, an int, or a text."""
    code = program.code
    for one in parameters:
        type_ = {"double": "float", "int": "int"}.get(one["parameterType"], "str")
        code = code.replace(repr(_mark(one)), f"{type_}('{placeholder(one['name'])}')")
    return Program(code, program.file, program.arguments)


def placeholder(name: str) -> str:
    return f"${{trialParameters.{name}}}"


def experiment_name(file: str, suffix: str) -> str:
    """A name where none is given: of the file, with a suffix that makes it new."""
    stem = file_stem(file)
    stem = stem if stem[:1].isalpha() else f"tune-{stem}"
    return f"{stem[: _NAME_LENGTH - len(suffix) - 1].strip('-')}-{suffix}"


def settings_of(pairs: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE texts of --setting. Raises UsageError."""

    def refusal(pair: str) -> UsageError:
        return UsageError(f"'{pair}' is not NAME=VALUE", advice="write it as --setting random_state=1")

    return named_values(pairs, refusal)


def _mark(one: Object) -> str:
    return f"@@{one['name']}@@"


def _is_number(text: str, *, whole: bool) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and (not whole or value.is_integer())


def _wrong(text: str, cause: str) -> UsageError:
    return UsageError(f"'{text}' is no parameter to tune", cause=cause, advice=f"--param NAME={_FORMS}")
