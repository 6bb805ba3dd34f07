{{/* The operator's objects have fixed names: agents' and scrapers' roles have them too, and messages name them. */}}
{{- define "llama-mesh.name" -}}llama-mesh-operator{{- end }}

{{- define "llama-mesh.selector" -}}
app.kubernetes.io/name: llama-mesh
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "llama-mesh.labels" -}}
app.kubernetes.io/name: llama-mesh
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "llama-mesh.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "llama-mesh.name" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end }}

{{/* An image's whole name: list of the root and the name. */}}
{{- define "llama-mesh.image" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{ index . 1 }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{/* The watched namespaces as JSON; empty: all. */}}
{{- define "llama-mesh.namespaces" -}}
{{- if .Values.watch.allNamespaces -}}
{{- if .Values.watch.namespaces }}{{ fail "watch.allNamespaces and watch.namespaces exclude each other: leave one out" }}{{ end -}}
[]
{{- else -}}
{{ .Values.watch.namespaces | default (list .Release.Namespace) | uniq | sortAlpha | toJson }}
{{- end -}}
{{- end }}

{{/*
Of the watched namespaces those that are there to stay, as JSON: one that somebody deletes must not hinder upgrades.
What is installed, or only rendered, is all of them. It reads Namespaces, which is a cluster-wide right: use it with
rbac.create only.
*/}}
{{- define "llama-mesh.presentNamespaces" -}}
{{- $present := list -}}
{{- range $namespace := include "llama-mesh.namespaces" . | fromJsonArray -}}
{{- if or (not $.Release.IsUpgrade) (eq $namespace $.Release.Namespace) (not (lookup "v1" "Namespace" "" "kube-system")) -}}
{{- $present = append $present $namespace -}}
{{- else -}}
{{- with lookup "v1" "Namespace" "" $namespace -}}
{{- if not .metadata.deletionTimestamp -}}
{{- $present = append $present $namespace -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ $present | toJson }}
{{- end }}

{{/*
The operator's rules that belong to a scope: list of the root and one of
  cluster    what has no namespace: Nodes; with keys.enabled reviews of tokens
  own        the operators' Lease, in the operator's own namespace
  meshes     everything else, the meshes' Leases among it
The rules themselves are the operator's own file, which its tests compare with what it asks for.
*/}}
{{- define "llama-mesh.rules" -}}
{{- $root := index . 0 -}}
{{- $wanted := index . 1 -}}
{{- $scopes := dict "nodes" (list "cluster") "leases" (list "own" "meshes") -}}
{{- $scopes = set $scopes "tokenreviews" (list (ternary "cluster" "nowhere" $root.Values.keys.enabled)) -}}
{{- $role := $root.Files.Get "files/operator-role.yaml" | fromYaml -}}
{{- range $rule := $role.rules }}
{{- $mine := list -}}
{{- range $resource := $rule.resources }}
{{- if has $wanted (get $scopes $resource | default (list "meshes")) }}
{{- $mine = append $mine $resource }}
{{- end }}
{{- end }}
{{- if $mine }}
{{ toYaml (list (set (deepCopy $rule) "resources" $mine)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* A binding's end: list of the root, the kind of role and its name. */}}
{{- define "llama-mesh.binding" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ index . 1 }}
  name: {{ index . 2 }}
subjects:
- kind: ServiceAccount
  name: {{ include "llama-mesh.serviceAccount" (index . 0) }}
  namespace: {{ (index . 0).Release.Namespace }}
{{- end }}

{{/*
The operator's tolerations: the user's, and those that end its stay on a lost node after 30 s instead of five
minutes, where the user does not name these taints.
*/}}
{{- define "llama-mesh.tolerations" -}}
{{- $tolerations := .Values.operator.tolerations | default list -}}
{{- $named := list -}}
{{- range $tolerations }}{{ $named = append $named (get . "key") }}{{ end -}}
{{- range $taint := list "node.kubernetes.io/not-ready" "node.kubernetes.io/unreachable" }}
{{- if not (has $taint $named) }}
{{- $tolerations = append $tolerations (dict "key" $taint "operator" "Exists" "effect" "NoExecute" "tolerationSeconds" 30) }}
{{- end }}
{{- end }}
{{- toYaml $tolerations }}
{{- end }}

{{/*
The operator's topologySpreadConstraints; one without a labelSelector is about the operator's own pods, of the same
template, so that those of the old one don't push the new ones together in a rollout.
*/}}
{{- define "llama-mesh.spread" -}}
{{- $constraints := list -}}
{{- range .Values.operator.topologySpreadConstraints }}
{{- $constraint := deepCopy . -}}
{{- if not (hasKey $constraint "labelSelector") }}
{{- $constraint = set $constraint "labelSelector" (dict "matchLabels" (include "llama-mesh.selector" $ | fromYaml)) }}
{{- $constraint = set $constraint "matchLabelKeys" (get $constraint "matchLabelKeys" | default (list "pod-template-hash")) }}
{{- end }}
{{- $constraints = append $constraints $constraint }}
{{- end }}
{{- if $constraints }}{{ toYaml $constraints }}{{ end }}
{{- end }}

{{/* Who gives pods their user, Fixed or Platform: what podUser says, or what the cluster is. */}}
{{- define "llama-mesh.podUser" -}}
{{- $user := .Values.podUser | default "Auto" -}}
{{- if eq $user "Auto" -}}
{{- $user = .Capabilities.APIVersions.Has "security.openshift.io/v1" | ternary "Platform" "Fixed" -}}
{{- end -}}
{{- $user -}}
{{- end }}

{{/* What a pod of ours may: nothing. */}}
{{- define "llama-mesh.podSecurity" -}}
runAsNonRoot: true
{{- if eq (include "llama-mesh.podUser" .) "Fixed" }}
runAsUser: 65532
runAsGroup: 65532
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "llama-mesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}
