"""The components of Kubeflow as a bundle: catalogue, lock, sources and what is rendered from them."""
