//go:build tools

// Package tools names the command that the lab builds, so that go.mod and go.sum cover all that it needs.
package tools

import _ "github.com/kubeflow/training-operator/cmd/training-operator.v1"
