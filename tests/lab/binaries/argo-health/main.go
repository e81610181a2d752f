// Argo-health judges objects as Argo CD does, with health rules as they stand in argocd-cm. It reads one JSON document,
// {"rules": {"GROUP/KIND": "Lua"}, "objects": [...]}, and writes a list of {"status", "message", "error"}: status is
// empty where Argo CD has no opinion.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/argoproj/gitops-engine/pkg/health"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/lua"
)

type question struct {
	Rules   map[string]string `json:"rules"`
	Objects []json.RawMessage `json:"objects"`
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
	rules := lua.ResourceHealthOverrides{}
	for key, text := range asked.Rules {
		rules[key] = v1alpha1.ResourceOverride{HealthLua: text}
	}
	told := []answer{}
	for _, raw := range asked.Objects {
		obj := &unstructured.Unstructured{}
		if err := obj.UnmarshalJSON(raw); err != nil {
			log.Fatal(err)
		}
		one := answer{}
		found, err := health.GetResourceHealth(obj, rules)
		if err != nil {
			one.Error = err.Error()
		}
		if found != nil {
			one.Status, one.Message = string(found.Status), found.Message
		}
		told = append(told, one)
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		log.Fatal(err)
	}
}
