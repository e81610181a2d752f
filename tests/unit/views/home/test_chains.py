"""Why something does not go on, on scenes recorded from real platforms (`record.py`), and on those changed a little."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.views.home.chain import Chain
from minikf.views.home.scene import SOURCES, Scene, name
from minikf.views.home.walk import RULES, chain, troubles
from tests.unit.views.home.record import scene

Object = dict[str, Any]


def of(scene: Scene, kind: str, start: str) -> Object:
    return next(one for one in scene.of(kind) if name(one).startswith(start))


def why(scene: Scene, kind: str, start: str) -> Chain:
    found = chain(scene, of(scene, kind, start))
    assert found is not None
    return found


def changed(before: Scene, kind: str, start: str, change: Any) -> Scene:
    """With one object changed in a copy."""
    objects = copy.deepcopy(dict(before.objects))
    change(next(one for one in objects[kind] if name(one).startswith(start)))
    return replace(before, objects=objects)


class TestCluster:
    """kind with Katib 0.19 and no default storage class, and workloads of every kind of trouble."""

    katib = scene("katib-without-class")
    troubles = scene("cluster-troubles")

    def test_a_claim_waits_for_a_default_storage_class(self) -> None:
        found = why(self.katib, "Deployment", "katib-mysql")
        kinds = [link.kind for link in found.links]
        assert kinds == ["Deployment", "Pod", "PersistentVolumeClaim", "StorageClass"], "a ReplicaSet says nothing new"
        assert str(found).startswith("Deployment katib-mysql 0 of 1 ready ← pod katib-mysql-")
        assert str(found).endswith(" unschedulable ← claim katib-mysql pending ← no default storage class")
        assert found.show.name == "katib-mysql" and found.show.kind == "PersistentVolumeClaim"
        assert found.fix is not None and found.fix.call is not None and found.fix.at_once
        assert found.fix.title == "Make standard the default storage class"
        assert found.fix.call.path == "/apis/storage.k8s.io/v1/storageclasses/standard"
        assert '"storageclass.kubernetes.io/is-default-class": "true"' in found.fix.command

    def test_with_a_default_class_nothing_of_it_is_left_but_the_wait(self) -> None:
        def mark(one: Object) -> None:
            one["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] = "true"

        found = why(changed(self.katib, "StorageClass", "standard", mark), "Deployment", "katib-mysql")
        assert not found.trouble and "the default storage class comes" in str(found)

    def test_a_pod_that_the_scheduler_has_put_aside_is_made_anew(self) -> None:
        """As a cluster of the lab was four minutes after its claim had got a class."""

        def give(claim: Object) -> None:
            claim["spec"]["storageClassName"] = "standard"

        found = why(changed(self.katib, "PersistentVolumeClaim", "katib-mysql", give), "Deployment", "katib-mysql")
        assert str(found.root) == "the scheduler looks again soon" and not found.trouble
        assert found.fix is not None and found.fix.call is not None and found.fix.call.method == "DELETE"
        assert found.fix.call.path.startswith("/api/v1/namespaces/kubeflow/pods/katib-mysql-")

    def test_without_any_class_nobody_can_make_one_the_default(self) -> None:
        found = why(replace(self.katib, objects={**self.katib.objects, "StorageClass": []}), "Pod", "katib-mysql")
        assert str(found.root) == "no storage class" and found.fix is None

    def test_an_image_is_named_with_the_nodes_own_reason(self) -> None:
        found = why(self.katib, "Deployment", "katib-ui")
        assert found.root.kind == "Image" and found.root.name == "ghcr.io/kubeflow/katib/katib-ui:v0.19.0"
        assert found.root.state == "cannot be pulled" and "no such host" in found.why
        assert found.fix is not None and found.fix.image == found.root.name
        assert found.fix.command == f"minikf image load {found.root.name}"

    def test_who_names_a_service_that_does_not_answer_waits_for_what_blocks_that(self) -> None:
        found = why(self.troubles, "Deployment", "web")
        states = [str(link) for link in found.links]
        assert states[0] == "Deployment web 0 of 1 ready"
        assert states[2] == "service db does not answer"
        assert states[-2:] == ["claim db pending", "no default storage class"]

    def test_without_that_service_its_own_last_words_are_the_cause(self) -> None:
        found = why(replace(self.troubles, objects={**self.troubles.objects, "Service": []}), "Deployment", "web")
        assert str(found.root) == "exit code 3: dial tcp: lookup db: connect: connection refused"

    def test_a_full_quota_says_by_how_much_and_is_raised_by_that(self) -> None:
        found = why(self.troubles, "Deployment", "api")
        assert str(found.root) == "quota small is full"
        assert "pods: 1 of 1 taken, 1 more wanted" in found.why
        assert "requests.memory: 700Mi of 1Gi taken, 700Mi more wanted" in found.why
        assert found.fix is not None and found.fix.call is not None
        assert json.loads(found.fix.call.body) == {"spec": {"hard": {"pods": "2", "requests.memory": "1400Mi"}}}
        assert found.fix.title == "Raise quota small: pods to 2 and requests.memory to 1400Mi"

    def test_a_webhook_leads_to_its_service(self) -> None:
        found = why(self.troubles, "StatefulSet", "store")
        assert str(found).endswith(" ← webhook guard does not answer ← service guard has no pod")
        assert found.fix is not None and not found.fix.at_once, "nobody takes a guard away by one key"
        assert found.fix.command == "kubectl delete validatingwebhookconfiguration guard"

    @pytest.mark.parametrize(
        ("pod", "root", "in_why"),
        [
            ("hungry", "no node has enough cpu", "it asks for 400 cpu; the node with most has"),
            ("gpu", "no node has nvidia.com/gpu", "no GPU"),
            ("ssd", "no node has disk=ssd", "node affinity"),
            ("greedy", "OOMKilled: it took more memory than its limit 12Mi", ""),
        ],
    )
    def test_pods_that_no_node_takes_and_one_that_took_too_much(self, pod: str, root: str, in_why: str) -> None:
        found = why(self.troubles, "Pod", pod)
        assert str(found.root) == root and in_why in found.why and found.trouble

    def test_a_claim_names_the_class_that_is_not_there(self) -> None:
        found = why(self.troubles, "PersistentVolumeClaim", "fast")
        assert str(found) == "claim fast pending ← storage class fast is not there"
        assert found.why == "the cluster has standard"

    def test_a_cordoned_node_is_freed_by_one_call(self) -> None:
        def cordon(node: Object) -> None:
            node["spec"]["unschedulable"] = True

        cordoned = changed(self.troubles, "Node", "minikf", cordon)
        found = why(cordoned, "Pod", "ssd")
        assert str(found).endswith("-control-plane cordoned")
        assert found.fix is not None and found.fix.call is not None and "uncordon" in found.fix.command

    def test_pressure_of_a_node_is_told(self) -> None:
        def press(node: Object) -> None:
            (condition,) = (one for one in node["status"]["conditions"] if one["type"] == "DiskPressure")
            condition |= {"status": "True", "message": "kubelet has disk pressure"}

        found = why(changed(self.troubles, "Node", "minikf", press), "Node", "minikf")
        assert str(found).endswith("its disk is full") and found.why == "DiskPressure: kubelet has disk pressure"

    def test_each_trouble_is_told_once(self) -> None:
        heads = [(one.head.kind, one.head.name) for one in troubles(self.troubles)]
        assert ("PersistentVolumeClaim", "fast") in heads and ("PersistentVolumeClaim", "db") not in heads
        assert ("Deployment", "api") in heads and ("StatefulSet", "store") in heads
        assert len(heads) == len(set(heads))


class TestEmbedded:
    """The embedded engine, whose TrainJob, Experiment, InferenceService and pods were broken on purpose."""

    scene = scene("embedded-broken")

    def test_a_failed_trainjob_leads_to_the_last_line_of_its_log(self) -> None:
        found = why(self.scene, "TrainJob", "broken")
        assert [link.kind for link in found.links] == ["TrainJob", "Pod", "Container"]
        assert str(found.root) == "exit code 1: the data set /data/none is not there"
        assert found.show.kind == "Container" and found.show.name.endswith("/node")

    def test_an_experiment_leads_to_a_trial_and_on(self) -> None:
        found = why(self.scene, "Experiment", "badtune")
        assert [link.kind for link in found.links] == ["Experiment", "Trial", "TrainJob", "Pod", "Container"]
        assert found.why.startswith("ValueError: cannot train with lr 0.1")

    def test_a_trainjob_waits_for_a_full_quota(self) -> None:
        found = why(self.scene, "TrainJob", "crowded")
        assert str(found) == "TrainJob crowded goes on ← quota small is full"
        assert found.trouble and found.fix is not None and found.fix.title == "Raise quota small: pods to 1"

    def test_a_model_that_is_not_there(self) -> None:
        found = why(self.scene, "InferenceService", "nomodel")
        assert str(found.root) == "model file:///nowhere/model.joblib cannot be loaded"

    @pytest.mark.parametrize(
        ("pod", "root"),
        [
            ("noconfig", "ConfigMap absent is not there"),
            ("noclaim", "claim gone is not there"),
            ("crash", "exit code 4: no such table: users"),
        ],
    )
    def test_pods(self, pod: str, root: str) -> None:
        assert str(why(self.scene, "Pod", pod).root) == root

    def test_what_runs_has_no_chain(self) -> None:
        assert chain(self.scene, of(self.scene, "Pod", "hungry")) is None


def test_a_chain_is_cut_to_a_width_from_its_middle() -> None:
    found = why(scene("katib-without-class"), "Deployment", "katib-mysql")
    whole = str(found)
    assert found.within(len(whole)) == whole
    assert found.within(80) == "Deployment katib-mysql 0 of 1 ready ← … ← no default storage class"
    assert found.within(30) == "no default storage class"
    assert found.within(10) == "no defaul…"


_WORDS = st.sampled_from(["Running", "Pending", "Failed", "True", "False", "", "x", None])
_JUNK = st.recursive(
    _WORDS | st.integers(-2, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["phase", "conditions", "type", "status", "message", "containerStatuses", "state", "waiting"]),
        inner, max_size=3,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.sampled_from(sorted(RULES)), _JUNK)
def test_an_object_of_a_strange_form_never_ends_the_whole(kind: str, status: Any) -> None:
    """A status that no controller writes: it is blocked or not, and the rest is told all the same."""
    (version,) = (one.api_version for one in SOURCES if one.kind == kind)
    obj = {
        "apiVersion": version, "kind": kind, "status": status,
        "metadata": {"name": "strange", "namespace": "default", "uid": "u-strange"},
    }  # fmt: skip
    with_it = replace(TestEmbedded.scene, objects={**TestEmbedded.scene.objects, kind: [obj]})
    troubles(with_it)
