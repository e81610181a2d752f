"""Compiles the pipelines of this folder with the installed kfp: `python tests/unit/pipelines/data/make.py`."""

# The SDK reads annotations, defaults and comparisons as they stand here:
# ruff: noqa: B006, E712, SIM117, UP006, UP035, UP045

from pathlib import Path
from typing import List, NamedTuple, Optional

from kfp import compiler, dsl, kubernetes
from kfp.dsl import Artifact, Dataset, Input, Model, Output, OutputPath

HERE = Path(__file__).parent


@dsl.container_component
def say(text: str, said: OutputPath(str)):
    return dsl.ContainerSpec(image="local", command=["sh", "-c", 'echo "$0" > "$1"', text, said])


@dsl.container_component
def number(value: int, result: OutputPath(int)):
    return dsl.ContainerSpec(image="local", command=["sh", "-c", 'echo "$0" > "$1"', value, result])


@dsl.container_component
def many(size: int, items: OutputPath(list)):
    return dsl.ContainerSpec(image="local", command=["sh", "-c", 'seq "$0" > "$1"', size, items])


@dsl.container_component
def join(items: list, joined: OutputPath(str)):
    return dsl.ContainerSpec(image="local", command=["sh", "-c", 'echo "$0" > "$1"', items, joined])


@dsl.container_component
def data(name: str, out: Output[Dataset]):
    return dsl.ContainerSpec(image="local", command=["sh", "-c", 'echo "$0" > "$1"', name, out.path])


@dsl.container_component
def train(source: Input[Dataset], model: Output[Model]):
    return dsl.ContainerSpec(image="local", command=["cp", source.path, model.path])


@dsl.component(base_image="local")
def merge(parts: Input[List[Dataset]]) -> str:
    return ",".join(part.uri for part in parts)


@dsl.component(base_image="local")
def report(status: dsl.PipelineTaskFinalStatus, text: str = "") -> str:
    return f"{status.state} {text}"


@dsl.component(base_image="local")
def maybe(first: Optional[str] = None, second: str = "two") -> str:
    return f"{first} {second}"


@dsl.pipeline
def branches(count: int = 3, word: str = "a", rate: float = 0.5, flag: bool = True) -> str:
    made = number(value=count)
    with dsl.If(made.outputs["result"] > 5):
        big = say(text="big")
    with dsl.Elif(made.outputs["result"] > 2):
        middle = say(text="middle")
    with dsl.Else():
        small = say(text="small")
    chosen = dsl.OneOf(big.outputs["said"], middle.outputs["said"], small.outputs["said"])
    with dsl.If(word == "b"):
        say(text="never").after(made)
    with dsl.If(rate < 1.0):
        with dsl.If(flag == True):
            say(text="inner")
    return say(text=chosen).outputs["said"]


@dsl.pipeline
def artifact_branches(flag: bool = False) -> Model:
    with dsl.If(flag == True):
        one = data(name="one")
    with dsl.Else():
        two = data(name="two")
    return train(source=dsl.OneOf(one.outputs["out"], two.outputs["out"])).outputs["model"]


@dsl.pipeline
def loops(sizes: list = [1, 2]) -> str:
    with dsl.ParallelFor([1, 2, 3, 4, 5], parallelism=2) as item:
        fixed = number(value=item)
    with dsl.ParallelFor(many(size=3).outputs["items"]) as item:
        number(value=item)
    with dsl.ParallelFor(sizes) as outer:
        with dsl.ParallelFor([10, 20]) as inner:
            nested = say(text=f"{outer}-{inner}")
    join(items=dsl.Collected(nested.outputs["said"]))
    with dsl.ParallelFor([{"a": "x", "b": 1}, {"a": "y", "b": 2}]) as pair:
        say(text=pair.a)
        with dsl.If(pair.b == 2):
            say(text="two")
    return join(items=dsl.Collected(fixed.outputs["result"])).outputs["joined"]


@dsl.pipeline
def each_of(parts: Input[List[Dataset]]):
    with dsl.ParallelFor(parts) as part:
        train(source=part)


@dsl.pipeline
def artifact_loops() -> str:
    with dsl.ParallelFor(["p", "q", "r"]) as name:
        part = data(name=name)
    each_of(parts=dsl.Collected(part.outputs["out"]))
    with dsl.ParallelFor(["1", "2"]) as outer:
        with dsl.ParallelFor(["s", "t"]) as inner:
            deep = data(name=f"{outer}{inner}")
    merge(parts=dsl.Collected(deep.outputs["out"]))
    return merge(parts=dsl.Collected(part.outputs["out"])).output


class Both(NamedTuple):
    said: str
    model: Model


@dsl.pipeline
def inner(text: str, count: int = 1) -> NamedTuple("Both", said=str, model=Model):
    first = data(name=text)
    second = train(source=first.outputs["out"])
    third = say(text=f"{text} {count}")
    return Both(third.outputs["said"], second.outputs["model"])


@dsl.component(base_image="local")
def look(model: Input[Model], text: str) -> str:
    return text + model.uri


@dsl.pipeline
def nesting(text: str = "hello") -> str:
    below = inner(text=text)
    again = inner(text=below.outputs["said"], count=2)
    return look(model=again.outputs["model"], text=again.outputs["said"]).output


@dsl.pipeline
def exits(text: str = "work"):
    with dsl.ExitHandler(report(text=text)):
        first = say(text=text)
        say(text=first.outputs["said"])
    say(text="beside")


@dsl.pipeline
def ignoring():
    first = say(text="first")
    report(text=first.outputs["said"]).ignore_upstream_failure()
    second = number(value=1).after(first)
    maybe(first="x", second=first.outputs["said"]).ignore_upstream_failure().after(second)


@dsl.pipeline
def skipping(flag: bool = False):
    with dsl.If(flag == True):
        inside = say(text="inside")
        say(text="behind").after(inside)
    last = say(text="last")
    say(text="end").after(last)
    say(text="free")


@dsl.pipeline
def options(given: Optional[str] = None, cores: str = "1", image: str = "local"):
    maybe(first=given)
    maybe(first="one", second=f"{given} and {cores}")
    made = say(text=dsl.PIPELINE_JOB_NAME_PLACEHOLDER + "/" + dsl.PIPELINE_TASK_NAME_PLACEHOLDER)
    made.set_retry(3, backoff_duration="2s", backoff_factor=1.5, backoff_max_duration="60s")
    made.set_caching_options(True, cache_key="mine")
    made.set_cpu_limit("500m").set_memory_limit("256Mi").set_env_variable("A", "b")
    limited = say(text="limited").set_cpu_limit(cores).set_container_image(image)
    limited.set_caching_options(False)


@dsl.pipeline
def importing(uri: str = "file:///tmp/there", owner: str = "me"):
    given = dsl.importer(artifact_uri=uri, artifact_class=Dataset, metadata={"owner": owner, "n": 1})
    train(source=given.output)
    dsl.importer(artifact_uri="gs://bucket/fixed", artifact_class=Artifact, reimport=True)


@dsl.pipeline
def cluster(secret: str = "token"):
    made = say(text="claim")
    task = say(text="x")
    kubernetes.use_secret_as_env(task, secret_name=secret, secret_key_to_env={"key": "KEY"})
    kubernetes.use_config_map_as_volume(task, config_map_name="settings", mount_path="/settings")
    kubernetes.mount_pvc(task, pvc_name=made.outputs["said"], mount_path="/data")
    kubernetes.set_timeout(task, 30)
    with dsl.If(secret == "token"):
        below = say(text="y")
        kubernetes.use_secret_as_env(below, secret_name=secret, secret_key_to_env={"key": "KEY"})


PIPELINES = (
    branches,
    artifact_branches,
    loops,
    artifact_loops,
    nesting,
    exits,
    ignoring,
    skipping,
    options,
    importing,
    cluster,
)

if __name__ == "__main__":
    for each in PIPELINES:
        compiler.Compiler().compile(each, str(HERE / f"{each.name.replace('-', '_')}.yaml"))
