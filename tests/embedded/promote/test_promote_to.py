"""From one platform to another, as a user does it: by the command line, with a real model and a store of files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pytest
import yaml
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from minikf.errors import ExitCode
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.spec import Access
from tests.embedded.homes import Home

SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices"
BODY = {"instances": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3], [5.9, 3.0, 4.2, 1.5]]}


@dataclass(frozen=True)
class Both:
    """The laptop (platform `default`) and the cloud (platform `cloud`) of one home."""

    home: Home
    store: Path
    sample: Path

    @property
    def cloud(self) -> RestClient:
        """Asked where it is now: while it was stopped, somebody else may have taken its port."""
        said = self.home.json("up", "--platform", "cloud")
        files = (Path(said[key]) for key in ("kubeconfig", "ca", "token"))
        return RestClient(Access("cloud", "embedded", said["server"], *files))

    def promote(self, *words: str, code: int = 0) -> Any:
        return self.home.minikf("promote", *words, code=code)

    def there(self, name: str = "iris") -> dict[str, Any] | None:
        try:
            return self.cloud.get(f"{SERVICES.format('prod')}/{name}")
        except ApiAnswer as answer:
            assert answer.status == 404
            return None

    @property
    def target_file(self) -> Path:
        return self.home.root / ".config/minikf/targets/prod.yaml"

    def answer(self, **answers: str) -> None:
        """Into the target's file, as its user writes it."""
        said = yaml.safe_load(self.target_file.read_text())
        said["spec"]["answers"] = answers
        self.target_file.write_text(yaml.safe_dump(said))


def trained(folder: Path, depth: int) -> Path:
    found = load_iris()
    folder.mkdir(parents=True)
    joblib.dump(DecisionTreeClassifier(max_depth=depth, random_state=1).fit(found.data, found.target),
                folder / "model.joblib")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    root = tmp_path_factory.mktemp("to")
    home = Home(root / "home")
    home.json("up")
    found = Both(home, root / "store", root / "requests.jsonl")
    found.cloud.call("POST", "/api/v1/namespaces", {"metadata": {"name": "prod"}})
    home.minikf("serve", str(trained(root / "here", 3)), "--name", "iris", "--wait")
    found.sample.write_text(json.dumps(BODY))
    home.minikf(
        "target", "add", "prod", "--platform", "cloud", "--namespace", "prod", "--store", f"file://{root}/store"
    )
    yield found
    home.end()


@pytest.fixture(autouse=True)
def fresh(both: Both) -> Iterator[None]:
    """Nothing is on the target before a test, and no answer of an earlier one in its file."""
    yield
    said = yaml.safe_load(both.target_file.read_text())
    said["spec"].pop("answers", None)
    both.target_file.write_text(yaml.safe_dump(said))
    if both.there() is not None:
        both.promote("undo", "iris", "--yes", "--anyway")
    shutil.rmtree(both.store, ignore_errors=True)


def test_a_plan_says_what_would_be_done_and_writes_nothing(both: Both) -> None:
    told = json.loads(both.promote("iris", "--to", "prod", "--plan-only", "--json").stdout)
    assert told["name"] == "iris" and told["namespace"] == "prod"
    (change,) = [one for one in told["changes"] if one["path"].endswith("storageUri")]
    assert change["rule"] == "address" and change["new"].startswith(f"file://{both.store}/models/iris/")
    (copy,) = told["copies"]
    assert copy["to"].startswith(change["new"]) and len(copy["sha256"]) == 64
    assert both.there() is None and not both.store.exists()
    shown = both.promote("iris", "--to", "prod", "--plan-only", "--explain").stdout
    assert "InferenceService prod/iris" in shown and "[address]" in shown and "copy " in shown


def test_it_goes_there_answers_the_same_and_a_second_time_nothing_is_done(both: Both) -> None:
    done = json.loads(both.promote("iris", "--to", "prod", "--yes", "--sample", str(both.sample), "--json").stdout)
    assert done["changed"] and done["applied"] == 1
    service = both.there()
    assert service is not None
    uri = service["spec"]["predictor"]["model"]["storageUri"]
    assert uri.startswith(f"file://{both.store}/") and str(both.home.root) not in json.dumps(service["spec"])
    receipt = json.loads(Path(done["receipt"]).read_text())
    assert receipt["_type"] == "https://in-toto.io/Statement/v1"
    assert any(one["name"].startswith(uri) for one in receipt["subject"])
    again = both.promote("iris", "--to", "prod", "--yes", "--sample", str(both.sample))
    assert "nothing to do: 1 objects are as they should be" in again.stdout
    rows = json.loads(both.promote("list", "--json").stdout)
    assert (rows[-1]["promotion"], rows[-1]["target"], rows[-1]["state"]) == ("iris", "prod", "done")
    shown = json.loads(both.promote("show", "iris", "--json").stdout)
    assert shown["objects"] == ["InferenceService prod/iris"] and shown["artifacts"]


def test_a_change_by_hand_is_drift_and_undo_takes_everything_back(both: Both) -> None:
    both.promote("iris", "--to", "prod", "--yes", "--sample", str(both.sample))
    assert "as it was promoted" in both.promote("drift", "iris").stdout
    both.cloud.call(
        "PATCH", f"{SERVICES.format('prod')}/iris?fieldManager=kubectl-edit",
        {"spec": {"predictor": {"minReplicas": 2}}}, {"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
    (found,) = json.loads(both.promote("drift", "iris", "--json", code=ExitCode.DIFFERENCES).stdout)
    assert found["path"] == "spec.predictor.minReplicas" and found["by"] == ["kubectl-edit"]
    both.promote("undo", "iris", code=ExitCode.REFUSED)  # nobody there to ask
    both.promote("undo", "iris", "--yes", "--anyway")
    assert both.there() is None


def test_another_model_there_is_found_out_and_taken_back(both: Both, tmp_path: Path) -> None:
    other = trained(tmp_path / "other", 1)
    both.answer(MODEL_URI_IRIS=f"file://{other}")
    failed = both.promote("iris", "--to", "prod", "--yes", "--sample", str(both.sample), code=ExitCode.VERIFY_FAILED)
    assert "answers 1 of 1 predictions differently there" in failed.stderr
    assert "predictions[" in failed.stderr and "as it was before" in failed.stderr
    assert both.there() is None


def test_without_samples_the_models_own_example_is_asked(both: Both) -> None:
    said = both.promote("iris", "--to", "prod", "--yes").stderr
    assert "predictions recorded" in said or "nothing is known to ask it" in said
    assert both.there() is not None


def test_errors_are_found_before_anything_is_written(both: Both) -> None:
    said = yaml.safe_load(both.target_file.read_text())
    store = said["spec"].pop("store")
    both.target_file.write_text(yaml.safe_dump(said))
    try:
        for more in (["--yes"], ["--plan-only"]):
            failed = both.promote("iris", "--to", "prod", *more, code=ExitCode.PREFLIGHT_FAILED)
            assert "error: InferenceService default/iris" in failed.stdout and "MODEL_URI_IRIS" in failed.stdout
    finally:
        said["spec"]["store"] = store
        both.target_file.write_text(yaml.safe_dump(said))
    assert both.there() is None


def test_what_is_known_of_a_target_is_enough_to_check_against(both: Both) -> None:
    both.home.minikf("target", "probe", "prod")
    both.home.minikf("stop", "--platform", "cloud")
    try:
        assert "copy " in both.promote("iris", "--to", "prod", "--can-i").stdout
        both.promote("iris", "--to", "prod", "--yes", code=ExitCode.UNREACHABLE)
    finally:
        both.home.minikf("start", "--platform", "cloud")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["iris"], ExitCode.USAGE, "say where it goes"),
        (["iris", "--to", "prod", "--out", "x"], ExitCode.USAGE, "say where it goes"),
        (["--to", "prod"], ExitCode.USAGE, "name what to promote"),
        (["iris", "--to", "nowhere"], ExitCode.REFUSED, "there is no target 'nowhere'"),
        (["nothing", "--to", "prod"], ExitCode.REFUSED, "nothing"),
        (["iris", "--to", "prod", "--tolerance", "x"], ExitCode.USAGE, "says no number"),
        (["--resume"], ExitCode.REFUSED, "no promotion was cut off"),
        (["undo", "never"], ExitCode.REFUSED, "there is no promotion 'never'"),
        (["iris", "--to", "prod"], ExitCode.REFUSED, "no terminal to ask on"),
    ],
)
def test_what_cannot_be_done_is_said(both: Both, words: list[str], code: int, said: str) -> None:
    assert said in both.promote(*words, code=code).stderr
