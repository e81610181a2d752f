"""The rules of Katib's webhook for the trial template, and whether its job can run on this engine.

kubeflow/katib v0.19.0, validateTrialTemplate of pkg/webhook/v1beta1/experiment/validator/validator.go.
"""

from __future__ import annotations

from collections.abc import Callable

from minikf.embedded.schema.fieldpath import forbidden, invalid, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.tuning.gjson import PathError, parse
from minikf.embedded.tuning.runnable import job_kind
from minikf.embedded.tuning.template import (
    META_KEYS,
    PLACEHOLDER,
    FindConfigMap,
    TemplateError,
    meta_key,
    read_template,
    render,
    template_text,
)

_PATH = "spec.trialTemplate"
# What keeps a job of a kind from running, with the primary container's name.
CheckJob = Callable[[Object, str], list[str]]


def check_template(experiment: Object, find: FindConfigMap, check_job: CheckJob) -> list[Cause]:
    """What is wrong with the trial template of a completed Experiment."""
    template = experiment["spec"].get("trialTemplate")
    if template is None:
        return [required(_PATH, "must be specified")]
    causes = _check_fields(template)
    if any(cause.field in (_PATH, f"{_PATH}.trialParameters", f"{_PATH}.configMap") for cause in causes):
        return causes
    try:
        text = template_text(template, find)
        original = read_template(text)
    except TemplateError as error:
        return [*causes, Cause(error.field, "FieldValueInvalid", f"Invalid value: {error.message}")]
    causes += _check_parameters(experiment["spec"], text)
    if causes:
        return causes
    meta = original.get("metadata")
    if isinstance(meta, dict) and (meta.get("name") or meta.get("namespace")):
        text_ = "metadata.name and metadata.namespace in spec.trialTemplate must be omitted"
        return [invalid(_PATH, "", text_)]
    return _check_run(experiment, template, text, check_job)


def _check_fields(template: Object) -> list[Cause]:
    causes = []
    if not template.get("primaryContainerName"):
        causes.append(required(f"{_PATH}.primaryContainerName", "must be specified"))
    for key in ("successCondition", "failureCondition"):
        if not template.get(key):
            causes.append(required(f"{_PATH}.{key}", "successCondition and failureCondition must be specified"))
            continue
        try:
            parse(template[key])
        except PathError as error:
            causes.append(invalid(f"{_PATH}.{key}", template[key], str(error)))
    if template.get("trialParameters") is None:
        causes.append(required(f"{_PATH}.trialParameters", "must be specified"))
    has_spec, source = template.get("trialSpec") is not None, template.get("configMap")
    if not has_spec and source is None:
        causes.append(required(_PATH, "trialSpec or configMap must be specified"))
    elif has_spec and source is not None:
        causes.append(forbidden(_PATH, "only one of trialSpec or configMap can be specified"))
    elif source is not None and not all(
        source.get(key) for key in ("configMapName", "configMapNamespace", "templatePath")
    ):
        text = "configMapName, configMapNamespace and templatePath must be specified"
        causes.append(required(f"{_PATH}.configMap", text))
    return causes


def _check_parameters(spec: Object, text: str) -> list[Cause]:
    causes: list[Cause] = []
    names: set[str] = set()
    references: set[str] = set()
    known = {one.get("name") for one in spec.get("parameters") or []}
    for index, parameter in enumerate(spec["trialTemplate"]["trialParameters"]):
        path = f"{_PATH}.trialParameters[{index}]"
        name, reference = parameter.get("name", ""), parameter.get("reference", "")
        if not name or not reference or "{" in name or "}" in name:
            causes.append(
                invalid(path, name, "name and reference must be specified and name must not contain '{' or '}'")
            )
            continue
        if name in names:
            causes.append(invalid(f"{path}.name", name, f"parameter name {name} can't be duplicated"))
        elif reference in references:
            causes.append(
                invalid(f"{path}.reference", reference, f"parameter reference {reference} can't be duplicated")
            )
        names.add(name)
        references.add(reference)
        key = meta_key(reference)
        if key is not None and key[0] not in META_KEYS:
            causes.append(invalid(f"{path}.reference", reference, f"must be one of {', '.join(META_KEYS)}"))
        elif key is None and known and reference not in known:
            text_ = f"parameter reference {reference} does not exist in spec.parameters"
            causes.append(invalid(f"{path}.reference", reference, text_))
        if f"${{trialParameters.{name}}}" not in text:
            text_ = f"parameter name: {name} in spec.trialParameters not found in spec.trialTemplate"
            causes.append(invalid(f"{path}.name", name, text_))
    for found in dict.fromkeys(PLACEHOLDER.findall(text)):
        name = found.removeprefix("${trialParameters.").removesuffix("}")
        if name not in names:
            text_ = f"parameters: [{found}] in spec.trialTemplate not found in spec.trialParameters"
            causes.append(invalid(_PATH, "", text_))
    return causes


def _check_run(experiment: Object, template: Object, text: str, check_job: CheckJob) -> list[Cause]:
    """Tries the template with values that the first trial could have."""
    meta = experiment["metadata"]
    values = {one["name"]: _sample(one) for one in experiment["spec"].get("parameters") or []}
    try:
        job = render(text, template["trialParameters"], f"{meta['name']}-00000000", meta["namespace"], values)
    except TemplateError as error:
        return [Cause(error.field, "FieldValueInvalid", f"Invalid value: {error.message}")]
    field = f"{_PATH}.trialSpec" if template.get("trialSpec") is not None else f"{_PATH}.configMap"
    kind = job_kind(job)
    if isinstance(kind, str):
        return [forbidden(field, kind)]
    return [forbidden(field, reason) for reason in check_job(job, template["primaryContainerName"])]


def _sample(parameter: Object) -> str:
    space = parameter["feasibleSpace"]
    return str(space.get("min") or (space.get("list") or [""])[0])
