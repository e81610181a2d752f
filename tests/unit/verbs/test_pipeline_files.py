"""What `minikf run` reads: compiled files, Python files, and arguments typed by the pipeline."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import Refused, UsageError
from minikf.verbs import compilefile
from minikf.verbs.arguments import describe, typed
from minikf.verbs.compiling import compiled
from minikf.verbs.ir import Documents, named, read, without_cache
from minikf.verbs.runs import pipeline_request, run_request
from minikf.verbs.source import documents, is_file_name

TYPES = {
    "n": {"parameterType": "NUMBER_INTEGER"},
    "rate": {"parameterType": "NUMBER_DOUBLE", "defaultValue": 0.5, "isOptional": True},
    "deep": {"parameterType": "BOOLEAN", "isOptional": True},
    "sizes": {"parameterType": "LIST", "isOptional": True},
    "more": {"parameterType": "STRUCT", "isOptional": True},
    "kind": {"parameterType": "STRING", "isOptional": True, "literals": ["a", "b"]},
}


def specification(name: str = "adder", parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    task = {"componentRef": {"name": "comp"}, "cachingOptions": {"enableCache": True}}
    inner = {"inside": {**task, "componentRef": {"name": "leaf"}}}
    return {
        "pipelineInfo": {"name": name},
        "schemaVersion": "2.1.0",
        "root": {"dag": {"tasks": {"add": task}}, "inputDefinitions": {"parameters": parameters or {}}},
        "components": {"comp": {"dag": {"tasks": inner}}, "leaf": {"executorLabel": "exec"}},
        "deploymentSpec": {"executors": {"exec": {"container": {"image": "python", "command": ["true"]}}}},
    }


def test_arguments_get_the_types_that_the_pipeline_declares() -> None:
    given = {"n": "3", "rate": "1e-3", "deep": "True", "sizes": "[1, 2]", "more": '{"a": null}', "kind": "a"}
    found = typed(Documents(specification(parameters=TYPES)), given)
    assert found == {"n": 3, "rate": 0.001, "deep": True, "sizes": [1, 2], "more": {"a": None}, "kind": "a"}
    assert type(typed(Documents(specification(parameters=TYPES)), {"n": "3.0"})["n"]) is int


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "needs a value for n"),
        ({"n": "1", "m": "2"}, "has no parameter 'm'"),
        ({"n": "1.5"}, "'n' must be a whole number, not '1.5'"),
        ({"n": "true"}, "must be a whole number"),
        ({"n": "NaN"}, "must be a whole number"),
        ({"n": "1", "deep": "yes"}, "must be true or false"),
        ({"n": "1", "sizes": '{"a": 1}'}, "must be a JSON list"),
        ({"n": "1", "more": "[1]"}, "must be a JSON object"),
        ({"n": "1", "kind": "c"}, "'kind' cannot be 'c'"),
        ({"n": "1", "sizes": "[" * 100_000}, "must be a JSON list"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        typed(Documents(specification(parameters=TYPES)), given)
    assert words in str(caught.value)
    assert caught.value.advice or caught.value.cause


def test_what_a_pipeline_takes_is_told_in_words() -> None:
    assert describe(Documents(specification(parameters=TYPES))).startswith(
        "n (a whole number), rate (a number, 0.5 by default), deep (true or false)"
    )
    assert describe(Documents(specification())) == "no parameters"


@pytest.mark.parametrize("pairs", [["a"], ["=1"], ["a=1", "a=2"]])
def test_arguments_without_a_name_or_twice(pairs: list[str]) -> None:
    with pytest.raises(UsageError):
        named(pairs)


def test_a_compiled_file_with_two_documents(tmp_path: Path) -> None:
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {}}}}}
    file = tmp_path / "two.yaml"
    file.write_text(f"{json.dumps(specification())}\n---\n{json.dumps(platform)}\n")
    found = documents(file)
    assert found.name == "adder"
    assert found.body == {"pipeline_spec": specification(), "platform_spec": platform}
    with pytest.raises(UsageError, match="has no pipeline 'other'"):
        documents(file, "other")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 documents"),
        (b"PK\x03\x04zip", "archive"),
        (b"\xff\xfe\x00", "no YAML"),
        (b"a: [", "no YAML"),
        (b"- 1\n- 2\n", "no compiled pipeline"),
        (b"apiVersion: v1\nkind: Pod\n", "it is a Pod"),
        (b"pipelineInfo: {}\n", "name is missing"),
        (b"pipelineInfo: text\n", "name is missing"),
        (b"pipelineSpec: {pipelineInfo: {name: x}}\n", "earlier SDK"),
        (b"[" * 5000, "no YAML"),
    ],
)
def test_a_file_that_is_no_compiled_pipeline(data: bytes, words: str) -> None:
    with pytest.raises(Refused) as caught:
        read(data, "file.yaml")
    assert words in f"{caught.value} {caught.value.cause}"
    assert caught.value.advice


@pytest.mark.parametrize("name", ["missing.yaml", "missing.py", "folder.yaml", "nul\0.yaml"])
def test_a_file_that_is_not_there(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(UsageError):
        documents(tmp_path / name)


def test_names_of_files_are_told_from_names_of_pipelines() -> None:
    assert is_file_name("a.py") and is_file_name("x/adder") and is_file_name("a.yml")
    assert not is_file_name("adder") and not is_file_name("my pipeline v1.2")


def test_caching_is_switched_off_for_inner_steps_too() -> None:
    changed = without_cache(Documents(specification())).pipeline_spec
    assert changed["root"]["dag"]["tasks"]["add"]["cachingOptions"] == {}
    assert changed["components"]["comp"]["dag"]["tasks"]["inside"]["cachingOptions"] == {}
    assert specification()["root"]["dag"]["tasks"]["add"]["cachingOptions"] == {"enableCache": True}


def test_requests_say_only_what_was_said() -> None:
    found = Documents(specification())
    assert run_request(found, "r", {}) == {"display_name": "r", "pipeline_spec": specification()}
    assert run_request(found, "r", {"n": 0}, experiment_id="e")["runtime_config"] == {"parameters": {"n": 0}}
    made = pipeline_request(found, "p", "v1")
    assert made["pipeline"] == {"display_name": "p"}
    assert made["pipeline_version"] == {"display_name": "v1", "pipeline_spec": specification()}


# -- Python files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = (", "SyntaxError"),
        ("print('noise')\nraise ValueError('no luck')", "ValueError: no luck (line 2)"),
        ("import sys; sys.exit('bye')", "SystemExit: bye"),
        ("import os; print('last words', flush=True); os._exit(3)", "exit code 3"),
        ("import no_such_module_anywhere", "no_such_module_anywhere"),
        ("x = 1\nprint('no pipeline here')", "has no pipeline"),
    ],
)
def test_a_python_file_that_cannot_be_compiled(code: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "pipe.py"
    file.write_text(code)
    with pytest.raises(Refused) as caught:
        compiled(file)
    assert words in f"{caught.value} {caught.value.cause}"
    assert str(file) in str(caught.value) and caught.value.advice


PIPELINES = """
    from kfp import dsl
    from helper import WORD

    print("this file prints")

    @dsl.component(base_image="python:3.11")
    def say(word: str) -> str:
        return word

    @dsl.pipeline(name="first")
    def one(word: str = WORD):
        say(word=word)

    @dsl.pipeline(name="second")
    def two():
        one(word="x")
"""


def test_a_file_with_several_pipelines_needs_a_choice(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("WORD = 'hello'\n")
    file = tmp_path / "my-pipes.py"
    file.write_text(textwrap.dedent(PIPELINES))

    def ask(wanted: str) -> dict[str, str]:
        answer = tmp_path / "answer.json"
        assert compilefile.main([str(file), wanted, str(answer)]) == 0
        found: dict[str, str] = json.loads(answer.read_text())
        return found

    told = ask("")
    assert told["error"].endswith("has 2 pipelines") and told["cause"] == "they are first, second"
    assert "it has first, second" in ask("third")["cause"]
    for wanted, name in (("first", "first"), ("two", "second")):
        assert read(Path(ask(wanted)["file"]).read_bytes(), "x").name == name
    parameters = read(Path(ask("one")["file"]).read_bytes(), "x").parameters
    assert parameters["word"]["defaultValue"] == "hello"
