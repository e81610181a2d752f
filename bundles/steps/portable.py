"""A step that turns a scikit-learn model into ONNX."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output

from minikf.bundles.steps.reading import answers, load_estimator, read_model, read_table, rows_for


@dsl.component(
    base_image="python:3.11",
    packages_to_install=["pandas", "scikit-learn", "joblib", "skl2onnx", "onnxruntime"],
    additional_funcs=[read_table, read_model, load_estimator, rows_for, answers],
)
def to_onnx(model: Input[Model], sample: Input[Dataset], onnx: Output[Model], agreement: float = 0.99) -> float:
    """Converts a model of `train` to ONNX and proves on rows that both answer alike.

    The artifact is a folder as KServe's onnx format wants it, model.onnx, with the model's model.json. Its input `X`
    is a float tensor of one row per example. A model with features of text is refused: ONNX tensors hold one type.

    Args:
        model: The folder that `train` makes.
        sample: Rows to compare the answers on.
        onnx: The folder with the ONNX model.
        agreement: The part of the rows on which both have to answer alike (numbers: within one per cent, or 0.001).

    Returns:
        The part on which they do.
    """
    import shutil
    from pathlib import Path

    import numpy as np
    import onnxruntime
    import skl2onnx

    about, source = read_model(model, "model.joblib")
    folder = Path(onnx.path)
    if about["text_features"]:
        raise ValueError(f"{', '.join(about['text_features'])} hold text, and this step converts models of numbers")
    frame = read_table(sample, "the sample")
    made = load_estimator(source, about)
    expected = answers(made, about, frame, "the sample")
    rows = rows_for(about, frame, "the sample").astype(np.float32)
    classifies = about["kind"] == "classifier"
    options = {"zipmap": False} if classifies else None
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "model.onnx"
    file.write_bytes(skl2onnx.to_onnx(made, rows[:1], options=options).SerializeToString())
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    said = np.asarray(session.run(None, {"X": rows})[0]).reshape(len(rows))
    same = said == expected if classifies else np.isclose(said, expected, rtol=0.01, atol=0.001)
    part = float(np.mean(same))
    if part < agreement:
        raise ValueError(f"the ONNX model answers alike on {part:.1%} of {len(rows)} rows; demanded is {agreement:.1%}")
    shutil.copyfile(source / "model.json", folder / "model.json")
    onnx.metadata.update({"framework": "onnx", "agreement": part, "target": about["target"]})
    return part
