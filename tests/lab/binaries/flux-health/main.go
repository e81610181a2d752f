// Flux-health judges objects as Flux's kustomize-controller does, with the entries of `spec.healthCheckExprs`. It reads
// one JSON document, {"checks": [...], "objects": [...]}, and writes a list of {"status", "message", "error"}. Kinds
// without an entry are judged by kstatus, as there.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type question struct {
	Checks  []kustomize.CustomHealthCheck `json:"checks"`
	Objects []json.RawMessage             `json:"objects"`
}

type answer struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Error   string `json:"error"`
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	make, err := cel.NewStatusReader(asked.Checks)
	if err != nil {
		log.Fatal(err)
	}
	reader := make(nil) // the mapper is for objects that are still to be read
	told := []answer{}
	for _, raw := range asked.Objects {
		obj := &unstructured.Unstructured{}
		if err := obj.UnmarshalJSON(raw); err != nil {
			log.Fatal(err)
		}
		one := answer{}
		if reader.Supports(obj.GroupVersionKind().GroupKind()) {
			found, err := reader.ReadStatusForObject(context.Background(), nil, obj)
			if err != nil {
				log.Fatal(err)
			}
			one.Status, one.Message = string(found.Status), found.Message
			if found.Error != nil {
				one.Error = found.Error.Error()
			}
		} else if found, err := status.Compute(obj); err != nil {
			one.Error = err.Error()
		} else {
			one.Status, one.Message = string(found.Status), found.Message
		}
		told = append(told, one)
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		log.Fatal(err)
	}
}
