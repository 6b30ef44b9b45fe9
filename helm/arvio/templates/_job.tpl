{{/* What a job has besides itself: an account without rights, and a policy. */}}
{{- define "arvio.job.companions" -}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "arvio.job.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- if .root.Values.networkPolicy.enabled }}
---
{{ include "arvio.job.networkPolicy" . }}
{{- end }}
{{- end -}}

{{/* A hook where `on` says when. */}}
{{- define "arvio.job.metadata" -}}
name: {{ include "arvio.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "arvio.labels" . | nindent 2 }}
{{- if .on }}
annotations:
  {{- include "arvio.hook" . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "arvio.job.spec" -}}
backoffLimit: {{ .limits.backoffLimit }}
activeDeadlineSeconds: {{ .limits.activeDeadlineSeconds }}
# 3 says "done, but not all of it was right": doing it again changes nothing.
podFailurePolicy:
  rules:
    - action: FailJob
      onExitCodes: {operator: In, values: [3]}
template:
  metadata:
    labels:
      {{- include "arvio.labels" . | nindent 6 }}
      {{- with .root.Values.podLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .root.Values.podAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ include "arvio.name" . }}
    {{- include "arvio.pod" . | nindent 4 }}
    containers:
      - name: {{ .component }}
        {{- include "arvio.container" . | nindent 8 }}
        command: {{ .command | toJson }}
        env:
          {{- range $variable, $value := include "arvio.settings" . | fromYaml }}
          - {name: {{ $variable }}, value: {{ $value | quote }}}
          {{- end }}
          {{- with .program.extraEnv }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
        resources:
          {{- toYaml .limits.resources | nindent 10 }}
        volumeMounts:
          {{- include "arvio.mounts" . | nindent 10 }}
    volumes:
      {{- include "arvio.volumes" . | nindent 6 }}
{{- end -}}
