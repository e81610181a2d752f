"""Differences that are meant, each with its reason. One that covers nothing fails the suite."""

from __future__ import annotations

from .compare import Allowance

_CAUSE_TEXT = r"body\.details\.causes\[\d+\]\.message"

_TOLD_BETTER = (
    Allowance(
        case="discovery-*",
        path=r"body(\.message)?|headers\.content-type\[0\]",
        real=r"404 page not found|could not find the requested resource|text/plain",
        embedded=r"does not serve .* a real cluster does|application/json",
        reason="a kind outside the subset is refused with the engines that have it",
    ),
    Allowance(
        case="discovery-credential",
        path=r"body\.message",
        real=r"^\"Unauthorized\"$",
        embedded="Unauthorized: .*minikf env",
        reason="a request without the credential is told where to get it",
    ),
    Allowance(
        case="patch-*",
        path=r"body\.message|stderr\[0\]",
        real=r"the server rejected our request due to an error in our request\"$",
        embedded=r"the server rejected our request due to an error in our request: ",
        reason="a JSON patch that does not apply is told which operation and why; the real server only logs that",
    ),
    Allowance(
        case="patch-strategic-custom",
        step="06 *",
        path=r"body\.(message|details)",
        real=r"415: Unsupported Media Type|\{\}",
        embedded="accepted media types include|<absent>",
        reason="a patch of a core kind in a wrong format is told the right ones, as one of a custom resource is",
    ),
    Allowance(
        case="pod-immutable",
        path=rf"body\.message|{_CAUSE_TEXT}",
        real=r"\\n@@ -\d+",
        embedded=r"\\nspec\.[^\\]+ changed",
        reason="what may not change in a pod is named by its field, where the real server prints a diff of Go structs",
    ),
    Allowance(
        case="commands-of-a-cluster",
        path=r"exit|std(out|err)\[\d\]",
        embedded=r"^1$|<absent>|does not serve|doesn't have a resource type|API is not enabled|failed to create token"
        r"|enable APISelfSubjectReview",
        reason="a kind outside the subset is refused with the engines that have it, or kubectl says so by itself",
    ),
    Allowance(
        case="commands-server",
        step="* cluster-info dump",
        path=r"exit|stderr\[0\]",
        embedded="^1$|does not serve nodes; a real cluster does",
        reason="a dump begins with nodes, and there are none",
    ),
    Allowance(
        case="commands-create",
        step="* --from=cronjob/nothing",
        path=r"stderr\[0\]",
        embedded="doesn't have a resource type",
        reason="a kind outside the subset is refused with the engines that have it, or kubectl says so by itself",
    ),
    Allowance(
        case="commands-of-a-kubelet",
        step="* debug p *",
        path=r"exit|stderr\[0\]",
        embedded="^1$|ephemeral containers are disabled for this cluster",
        reason="no container can join a pod of processes; kubectl exec does what debug is for",
    ),
    Allowance(
        case="commands-server",
        step="* version -o json",
        path=r"stdout\.serverVersion\.\w+",
        reason="the version names the release whose API this is, and says whose server it is and what it runs on",
    ),
    Allowance(
        case="every-namespace-*",
        path=r"body\.message|stderr\[0\]",
        embedded="does not serve (nothing|scale); a real cluster does",
        reason="a kind outside the subset is refused with the engines that have it",
    ),
    *(
        Allowance(
            case=case,
            path=r"headers\.warning(\[\d+\])?|stderr\[\d\]",
            real="<absent>",
            embedded="is stored but has no effect on the embedded engine: one user owns this platform",
            reason="who makes a role or a binding is warned that nothing is denied on a platform of one user",
        )
        for case in ("every-*role*", "commands-*")
    ),
    Allowance(
        case="commands-set",
        step="* auth reconcile *",
        path=r"stderr\[\d\]",
        real=r"reconciliation required|missing rules|Verbs:|<absent>",
        embedded=r"is stored but has no effect|reconciliation required|missing rules|Verbs:",
        reason="the same lines after that warning",
    ),
    Allowance(
        case="every-*job-scale",
        path=r"body\.message",
        real=r"no kind is registered for the type v1\.Scale in scheme",
        embedded=r"spec\.replicas of a Scale|strict decoding error|the body must be a Scale",
        reason="a Scale that cannot be read is told why",
    ),
    Allowance(
        case="every-*job-scale",
        step="* PATCH *fieldManager=scaler*",
        path=r"status|body\.(code|message|reason)",
        real="500|<absent>|request to convert CR to an invalid group/version: autoscaling/v1",
        embedded="415|UnsupportedMediaType|server-side apply of the scale of a custom resource is not supported",
        reason="server-side apply of a Scale is refused; the real server takes it and then fails for custom resources",
    ),
    *(
        Allowance(
            case=case,
            step=step,
            path=r"stderr\[\d+\]",
            embedded=r"spec\.\S+ changed|<absent>",
            reason="kubectl prints that diff of Go structs line by line",
        )
        for case, step in (
            ("patch-kubectl", "08 *"),
            ("kubectl-apply-pod", "04 *"),
            ("commands-run", "08 *"),
            ("commands-run", "11 *"),
        )
    ),
)

_PATCHED_OBJECT = "a patch that makes no valid object is refused without printing the whole object, secrets included"
_NO_DUMP = (
    *(
        Allowance(
            case=case,
            path=rf"body\.message|{_CAUSE_TEXT}|stderr\[0\]",
            real=r"patch: Invalid value: |Invalid value: ",
            embedded=r"Invalid value: (\w+ in version|the (kind|API version) in the data)",
            reason=_PATCHED_OBJECT,
        )
        for case in (
            "patch-*",
            "strict-trainjob",
            "secret-data",
            "kubectl-apply-configmap",
            "kubectl-apply-trainjob",
            "every-*-refused",
        )
    ),
)

_MISTAKE_IS_THE_CLIENTS = tuple(
    Allowance(
        case=case,
        step=step,
        path=r"status|body\.(code|reason)",
        real="500|<absent>",
        embedded="400|BadRequest",
        reason="a query or body that cannot be read is the client's mistake: 400, where the real server answers 500",
    )
    for case, step in (
        ("watch-too-old", "03 *"),
        ("update-conflicts", "06 *"),
        ("update-conflicts-custom", "06 *"),
        ("delete-options", "05 *"),
        ("delete-options", "06 *"),
        ("every-*-refused", "* POST *"),
    )
)

_GO_WORDS = "the text names the real server's own Go types, files or storage keys; code, reason and sense are the same"
_INSIDES = (
    Allowance(
        case="bad-bodies*",
        path=r"body\.message",
        real=r"into Go value of type struct|unknown conversion|pkg/runtime/scheme\.go|unexpected GroupVersion string",
        embedded=r"into an object|does not match the expected",
        reason=_GO_WORDS,
    ),
    Allowance(
        case="every-*-refused",
        path=r"body\.message",
        real=r"into Go value of type struct|pkg/runtime/scheme\.go|of type \[\]v1\.",
        embedded=r"into an object|does not match the expected|of type \[\]string",
        reason=_GO_WORDS,
    ),
    *(
        Allowance(
            case=case,
            path=r"stderr\[\d\]",
            real=r"spec\.template: Invalid value: \{.*\\\"Containers\\\":",
            embedded=r"spec\.template: Invalid value: \{.*\\\"containers\\\":",
            reason=_GO_WORDS,
        )
        for case in ("commands-set", "every-job-kubectl")
    ),
    Allowance(
        case="bad-bodies",
        step="08 *",
        path=r"body\.message",
        real="invalid character .* looking for beginning of value",
        embedded="not valid UTF-8",
        reason="bytes that are no text are called so",
    ),
    Allowance(
        case="update-conflicts",
        step="10 *",
        path=r"body\.message",
        real="unknown conversion",
        embedded="does not match the expected kind",
        reason=_GO_WORDS,
    ),
    Allowance(
        case="update-conflicts*",
        path=r"body\.message",
        real=r"StorageError: invalid object, Code: 4, Key: /registry/.*Precondition failed: UID",
        embedded=r"Operation cannot be fulfilled on \S+ \\\"\w\\\": Precondition failed: UID",
        reason=_GO_WORDS,
    ),
    Allowance(
        case="delete-options",
        step="06 *",
        path=r"body\.message",
        real=r"is registered for version \\\"v9\\\" in scheme",
        embedded=r"is registered for version \\\"v9\\\"\"$",
        reason=_GO_WORDS,
    ),
    Allowance(
        case="delete-owners",
        step="04 *",
        path=rf"body\.message|{_CAUSE_TEXT}",
        real=r"Only one reference can have Controller set to true",
        embedded=r"Only one reference can have Controller set to true",
        reason="owner references in the text keep the order of their fields, not that of a Go struct",
    ),
    Allowance(
        case="read-*",
        path=r"body\.message",
        real="invalid continue token: continue key is not valid: (invalid character|illegal base64)",
        embedded="invalid continue token: continue key is not valid: list again from the start",
        reason="tokens are each server's own, and so is what is wrong with one",
    ),
    Allowance(
        case="secret-types",
        step="06 *",
        path=rf"body\.message|{_CAUSE_TEXT}",
        real="invalid character 'x' looking for beginning of value",
        embedded="expected a JSON value",
        reason="JSON that cannot be read is told in the words of another parser",
    ),
    Allowance(
        case="*status*",
        step="*/status*",
        path=rf"body\.message|{_CAUSE_TEXT}",
        real=r"(: conditions\[0\]\.|Invalid value: 0:  )\S* ?in body",
        embedded=r": status(\.conditions\[0\]\.\S+)? in body",
        reason="the text names the whole path of the field, where the real server counts from `status`",
    ),
    Allowance(
        case="bad-methods",
        step="04 *",
        path="status|body",
        real="405",
        embedded="400|Invalid HTTP request",
        reason="a method that HTTP does not know is refused by the HTTP parser",
    ),
    Allowance(
        case="discovery-c*",
        path=r"body\.resources\[\d+\]\.storageVersionHash",
        embedded="<absent>",
        reason="the hash tells a cluster's storage migrator of stored versions; there is one of each here",
    ),
    Allowance(
        case="read-tables",
        step="11 *",
        path=r"body\.message",
        real="application/vnd.kubernetes.protobuf",
        embedded="Available representations: application/json, application/yaml",
        reason="answers are JSON or YAML: no client needs protobuf",
    ),
)

_SCHEMA_PROSE = tuple(
    Allowance(
        case=case,
        path=r"body\.columnDefinitions\[\d+\]\.description|events\[0\]\.object\.columnDefinitions\[\d+\]\.description",
        reason="descriptions of columns are our own words, or none",
    )
    for case in (
        *("life-*", "every-*", "read-chunks", "read-tables*", "watch-tables", "pod-defaults"),
        "inferenceservice-status",
    )
)

_TWICE = "the real server checks metadata of an update twice and repeats the causes; the text tells each once"
_REPEATED = tuple(
    Allowance(case=case, step=step, path=r"body\.details\.causes\[[1-3]\]", embedded="<absent>", reason=_TWICE)
    for case, step in (
        ("patch-merge", "09 *"),
        ("patch-json", "07 *"),
        ("update-conflicts-custom", "10 *"),
        ("delete-finalizers", "06 *"),
        ("delete-finalizers-custom", "05 *"),
        ("every-job-refused", "* POST */jobs"),
    )
)

_LEFT_OUT = (
    Allowance(
        case="every-job-life",
        step="* DELETE */jobs/a",
        path=r"headers\.warning",
        real="child pods are preserved by default",
        embedded="<absent>",
        reason="a deletion that is refused is not warned of what it would have done",
    ),
    Allowance(
        case="every-*job-scale",
        path=r"body\.metadata\.managedFields\[1\]\.time",
        real="<absent>",
        embedded="<time>",
        reason="who scaled something is kept with the time of it, which the real server forgets",
    ),
    Allowance(
        case="every-namespace-refused",
        path=r"body\.(items\[\d\]\.)?metadata\.managedFields\[0\]\.fieldsV1\.f:metadata\.f:labels\."
        r"f:kubernetes\.io/metadata\.name",
        real="<absent>",
        embedded=r"\{\}",
        reason="the label of its own name belongs to who made a namespace, also where the server chose the name",
    ),
    Allowance(
        case="every-persistentvolumeclaim-*",
        path=r"body\.(items\[\d\]\.)?metadata\.resourceVersion",
        real="rv",
        embedded="rv",
        reason="a write that changes nothing makes no new version of a claim that was just made, as of no other kind",
    ),
    Allowance(
        case="pod-token-mount",
        step="02 *",
        path=r"body\.spec\.(containers\[0\]\.volumeMounts|volumes)",
        real="kube-api-access",
        embedded="<absent>",
        reason="a process is given no credential of the API: it would be the platform's own",
    ),
    Allowance(
        case="secret-types",
        step="03 *",
        path=r"headers\.warning",
        real="failed to find any PEM data",
        embedded="<absent>",
        reason="key pairs in Secrets are kept and not read: nothing here terminates TLS with them",
    ),
    *(
        Allowance(
            case=case,
            step=step,
            path=r"headers\.warning",
            real="unknown field",
            embedded="<absent>",
            reason="the warning is of the same mistake that the answer itself names: a value where an object belongs",
        )
        for case, step in (("bad-bodies-custom", "08 *"), ("trainjob-types", "18 *"))
    ),
)

ALLOWANCES: tuple[Allowance, ...] = (
    *_TOLD_BETTER,
    *_NO_DUMP,
    *_MISTAKE_IS_THE_CLIENTS,
    *_INSIDES,
    *_SCHEMA_PROSE,
    *_REPEATED,
    *_LEFT_OUT,
)
