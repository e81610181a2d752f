//go:build tools

// Package tools names the commands that the lab builds, so that go.mod and go.sum cover all that they need.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
