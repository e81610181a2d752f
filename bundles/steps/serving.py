"""A step that serves a model by KServe."""

from kfp import dsl


@dsl.component(base_image="python:3.11", packages_to_install=["kubernetes"])
def serve(
    storage_uri: str,
    name: str,
    namespace: str = "default",
    model_format: str = "sklearn",
    seconds: int = 300,
    log: str = "",
) -> str:
    """Makes the InferenceService, or moves the one that is there to the model, and waits until the model answers.

    One that serves this model already is left alone, so the step may run at every time: switch its caching off.

    Args:
        storage_uri: model-registry://NAME/VERSION as `register` returns it, or what KServe takes: s3://, pvc://, ...
        name: The InferenceService's name.
        namespace: Its namespace.
        model_format: sklearn or onnx.
        seconds: How long to wait before the step fails with the service's own reason.
        log: all, request or response: what the service keeps of its requests (KServe's logger), for `served_requests`;
            empty leaves it as it is.

    Returns:
        The service's address.
    """
    import time

    from kubernetes import client, config

    config.load_config()
    api = client.CustomObjectsApi()
    place = {"group": "serving.kserve.io", "version": "v1beta1", "namespace": namespace, "plural": "inferenceservices"}
    predictor = {"model": {"modelFormat": {"name": model_format}, "storageUri": storage_uri}}
    if log:
        predictor["logger"] = {"mode": log}
    try:
        found = api.get_namespaced_custom_object(name=name, **place)
    except client.ApiException as error:
        if error.status != 404:
            raise
        body = {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"predictor": predictor},
        }
        found = api.create_namespaced_custom_object(body=body, **place)
    now = found["spec"]["predictor"]
    model, logs = now.get("model", {}), not log or (now.get("logger") or {}).get("mode") == log
    same = model.get("storageUri") == storage_uri and model.get("modelFormat", {}).get("name") == model_format
    if not (same and logs):
        found = api.patch_namespaced_custom_object(name=name, body={"spec": {"predictor": predictor}}, **place)
    generation, end = found["metadata"]["generation"], time.monotonic() + seconds
    while True:
        status = found.get("status", {})
        state = status.get("modelStatus", {})
        if status.get("observedGeneration", 0) >= generation:
            ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
            if ready and state.get("transitionStatus") == "UpToDate":
                print(f"InferenceService {namespace}/{name} serves {storage_uri} at {status['url']}")
                return str(status["url"])
            if state.get("transitionStatus") in ("InvalidSpec", "BlockedByFailedLoad"):
                why = state.get("lastFailureInfo", {}).get("message", state["transitionStatus"])
                raise RuntimeError(f"InferenceService {namespace}/{name} cannot serve {storage_uri}: {why}")
        if time.monotonic() > end:
            raise RuntimeError(
                f"InferenceService {namespace}/{name} did not serve {storage_uri} in {seconds} s: {status}"
            )
        time.sleep(0.1)
        found = api.get_namespaced_custom_object(name=name, **place)
