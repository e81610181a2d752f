"""`Pipeline` and `PipelineVersion`, the Kubernetes-native way to pipelines (design record 10)."""
