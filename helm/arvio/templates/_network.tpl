{{/* What one component may reach: names, and what it needs; without peers, at any address. */}}
{{- define "arvio.egress" -}}
{{- $to := .root.Values.networkPolicy.to -}}
- ports:
    {{- range $to.dns.ports }}
    - {protocol: UDP, port: {{ . }}}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with $to.dns.peers }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- range $store := list "kafka" "clickhouse" "postgresql" "ptv" "identity" }}
{{- if has $store $.needs }}
{{- $there := get $to $store }}
{{- $ports := $there.ports }}
{{- if and (eq $store "kafka") (not $ports) }}
{{- $ports = include "arvio.kafkaPorts" $.root | fromJsonArray }}
{{- end }}
- ports:
    {{- range $ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with $there.peers }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- range .reaches }}
- to:
    - podSelector:
        matchLabels:
          {{- include "arvio.selector" (dict "root" $.root "component" .) | nindent 10 }}
  ports:
    - {protocol: TCP, port: 8080}
{{- end }}
{{- with .root.Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "arvio.kafkaPorts" -}}
{{- $ports := list -}}
{{- range splitList "," .Values.kafka.bootstrapServers -}}
{{- $port := regexFind "[0-9]+$" (trim .) -}}
{{- if $port -}}{{- $ports = append $ports (int $port) -}}{{- end -}}
{{- end -}}
{{- uniq $ports | toJson -}}
{{- end -}}

{{- define "arvio.program.networkPolicy" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $exposed := or .root.Values.ingress.enabled .root.Values.gateway.enabled -}}
{{- if $policy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "arvio.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- if $exposed }}
        {{- with $policy.from.proxies }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- if .root.Values.monitoring.enabled }}
        {{- with $policy.from.prometheus }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- range $name, $program := .root.Values.programs }}
        {{- if and $program.enabled (has $.component $program.needs) }}
        - podSelector:
            matchLabels:
              {{- include "arvio.selector" (dict "root" $.root "component" ($name | replace "_" "-")) | nindent 14 }}
        {{- end }}
        {{- end }}
        # helm test
        - podSelector:
            matchLabels:
              {{- include "arvio.selector" (dict "root" .root "component" "test") | nindent 14 }}
      ports:
        - {protocol: TCP, port: http}
  egress:
    {{- $reaches := list }}
    {{- range $name, $program := .root.Values.programs }}
    {{- $component := $name | replace "_" "-" }}
    {{- if and $program.enabled (has $component $.needs) }}
    {{- $reaches = append $reaches $component }}
    {{- end }}
    {{- end }}
    {{- include "arvio.egress" (merge (dict "reaches" $reaches) .) | nindent 4 }}
{{- end -}}
{{- end -}}

{{/* For pods of jobs and of the test: they take no calls. */}}
{{- define "arvio.job.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "arvio.job.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "arvio.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "arvio.egress" . | nindent 4 }}
{{- end -}}
