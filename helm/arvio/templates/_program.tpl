{{/*
All that one program needs. Takes root and name; everything in which programs differ is in
their values.
*/}}
{{- define "arvio.program" -}}
{{- $program := get .root.Values.programs .name -}}
{{- $scope := dict
  "root" .root
  "name" .name
  "component" (.name | replace "_" "-")
  "program" $program
  "needs" $program.needs
  "settings" $program.settings
  "serves" true
-}}
{{- range $part := list "serviceAccount" "configMap" "deployment" "service" "disruption" "autoscaling" "networkPolicy" "serviceMonitor" }}
{{- with include (printf "arvio.program.%s" $part) $scope | trim }}
---
{{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "arvio.program.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
# Programs never ask Kubernetes anything.
automountServiceAccountToken: false
{{- end -}}

{{- define "arvio.program.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
data:
  {{- include "arvio.settings" . | nindent 2 }}
{{- end -}}

{{- define "arvio.program.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    {{- include "arvio.selector" . | nindent 4 }}
  ports:
    - {name: http, port: 8080, targetPort: http, protocol: TCP, appProtocol: http}
{{- end -}}

{{- define "arvio.program.disruption" -}}
{{- if .root.Values.disruption.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .root.Values.disruption.maxUnavailable }}
  # A pod that does not work anyway does not keep a node from being emptied.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "arvio.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}

{{- define "arvio.program.serviceMonitor" -}}
{{- $monitoring := .root.Values.monitoring -}}
{{- if $monitoring.enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
    {{- with $monitoring.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "arvio.selector" . | nindent 6 }}
  endpoints:
    - port: http
      path: /metrics
      interval: {{ $monitoring.intervalSeconds }}s
      relabelings:
        # One name for one program everywhere, whatever the release is called.
        - {action: replace, targetLabel: job, replacement: arvio-{{ .component }}}
{{- end -}}
{{- end -}}
