"""Kinds and versions that the target serves."""

from __future__ import annotations

from minikf.promote.fields import get
from minikf.promote.model import Object, group_of, version_of
from minikf.promote.translate.model import Edit, Said, World, error, warning

# Versions with the same fields, so that an object of one is one of the other. Notebook: its CRD in kubeflow/manifests
# 26.03, applications/jupyter, has one schema in all three and conversion None.
_SAME = {("kubeflow.org", "Notebook"): frozenset({"v1", "v1beta1", "v1alpha1"})}
_INSTALLS = {
    "trainer.kubeflow.org": "Kubeflow Trainer",
    "serving.kserve.io": "KServe",
    "pipelines.kubeflow.org": "Kubeflow Pipelines in its Kubernetes-native mode",
    "kubeflow.org": "Kubeflow",
    "kueue.x-k8s.io": "Kueue",
}
_TRIAL = ("spec", "trialTemplate", "trialSpec")


def versions(obj: Object, world: World) -> Said:
    """An object, and the one that an Experiment makes for each trial, in a version that is served."""
    yield from _version(obj, (), world)
    trial = get(obj, _TRIAL)
    if isinstance(trial, dict) and trial.get("apiVersion") and trial.get("kind"):
        yield from _version(trial, _TRIAL, world)


def _version(obj: Object, at: tuple[str | int, ...], world: World) -> Said:
    group, version, kind = group_of(obj), version_of(obj), obj["kind"]
    where = ".".join(map(str, (*at, "apiVersion")))
    gap = world.profile.unknown("kinds")
    served = world.profile.serves(group, kind)
    if gap is not None and not served:
        yield warning(
            where, f"nobody knows whether {world.spec.name} serves {kind}", gap.why, f"kubectl explain {kind.lower()}"
        )
    elif not served:
        yield error(
            where,
            f"{world.spec.name} does not serve {kind} ({group or 'core'})",
            f"it serves {len(world.profile.kinds)} kinds, and this is none of them",
            f"ask its administrator for {_INSTALLS.get(group, group or 'Kubernetes')}",
        )
    elif version not in {one.version for one in served}:
        same = _SAME.get((group, kind), frozenset())
        fit = next((one.version for one in served if {one.version, version} <= same), "")
        if fit:
            why = f"{world.spec.name} serves {kind} as {fit}, which has the same fields"
            yield Edit((*at, "apiVersion"), f"{group}/{fit}" if group else fit, why)
            return
        there = ", ".join(one.version for one in served)
        yield error(
            where,
            f"{world.spec.name} does not serve {kind} in version {version}",
            f"it serves {there}, whose fields may differ",
            f"write it as {group}/{served[0].version} here, then promote again",
        )
    elif _is_older(version, served[0].version) and served[0].preferred:
        yield warning(
            where,
            f"{kind} in version {version} is on its way out on {world.spec.name}",
            f"it prefers {served[0].version}",
            f"write it as {group}/{served[0].version}",
        )


def _is_older(version: str, preferred: str) -> bool:
    """By Kubernetes' order of versions: alpha before beta before stable."""
    return _rank(version) < _rank(preferred)


def _rank(version: str) -> int:
    return 0 if "alpha" in version else 1 if "beta" in version else 2
