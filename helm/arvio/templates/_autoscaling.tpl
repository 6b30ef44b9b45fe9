{{- define "arvio.program.autoscaling" -}}
{{- if eq .program.autoscaling.by "cpu" -}}
{{- include "arvio.scaledByCpu" . -}}
{{- else if eq .program.autoscaling.by "lag" -}}
{{- include "arvio.scaledByLag" . -}}
{{- end -}}
{{- end -}}

{{- define "arvio.scaledByCpu" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "arvio.name" . }}
  minReplicas: {{ .program.autoscaling.minReplicas }}
  maxReplicas: {{ .program.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .program.autoscaling.cpuPercent }}}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
      policies:
        - {type: Pods, value: 1, periodSeconds: 60}
{{- end -}}

{{- define "arvio.scaledByLag" -}}
{{- $keda := .root.Values.keda -}}
{{- $kafka := .root.Values.kafka -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "arvio.name" . }}
  minReplicaCount: {{ .program.autoscaling.minReplicas }}
  maxReplicaCount: {{ .program.autoscaling.maxReplicas }}
  pollingInterval: {{ $keda.pollingIntervalSeconds }}
  # Whoever can't be asked says nothing about lag: the usual number, not the last one.
  fallback: {failureThreshold: 4, replicas: {{ .program.replicas }}}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: {{ $keda.calmSeconds }}
          policies:
            - {type: Pods, value: 1, periodSeconds: 120}
  triggers:
    {{- if eq $keda.source "prometheus" }}
    - type: prometheus
      metricType: AverageValue
      metadata:
        serverAddress: {{ $keda.prometheus.serverAddress | quote }}
        # Partitions move: the newest owner's figure, once for each.
        query: sum(max by (topic, partition) (arvio_consumer_lag_events{namespace={{ .root.Release.Namespace | quote }}}))
        threshold: {{ include "arvio.text" $keda.eventsPerReplica | quote }}
        # No answer is not "no lag".
        ignoreNullValues: "false"
        {{- with $keda.prometheus.authentication.modes }}
        authModes: {{ . | quote }}
        {{- end }}
      {{- if $keda.prometheus.authentication.name }}
      authenticationRef: {name: {{ $keda.prometheus.authentication.name }}, kind: {{ $keda.prometheus.authentication.kind }}}
      {{- end }}
    {{- else }}
    {{- range $topic := .program.consumes }}
    - type: kafka
      metricType: AverageValue
      metadata:
        bootstrapServers: {{ $kafka.bootstrapServers | quote }}
        topic: {{ $topic }}
        consumerGroup: {{ $.name }}.{{ regexReplaceAll "[.]v[0-9]+$" $topic "" | replace "." "-" }}
        lagThreshold: {{ include "arvio.text" $keda.eventsPerReplica | quote }}
        offsetResetPolicy: earliest
        {{- if hasPrefix "SASL" $kafka.securityProtocol }}
        sasl: {{ get (dict "PLAIN" "plaintext" "SCRAM-SHA-256" "scram_sha256" "SCRAM-SHA-512" "scram_sha512") $kafka.sasl.mechanism }}
        {{- end }}
        {{- if hasSuffix "SSL" $kafka.securityProtocol }}
        tls: enable
        {{- end }}
      {{- if include "arvio.kedaAuthentication" $ }}
      authenticationRef: {name: {{ include "arvio.name" $ }}}
      {{- end }}
    {{- end }}
    {{- end }}
{{- with and (eq $keda.source "kafka") (include "arvio.kedaAuthentication" .) }}
---
{{ . }}
{{- end }}
{{- end -}}

{{/* KEDA asks the brokers with the same user, password and certificates, by reference. */}}
{{- define "arvio.kedaAuthentication" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $certificates := .root.Values.certificates -}}
{{- if or (hasPrefix "SASL" $kafka.securityProtocol) (include "arvio.certificates" .root) -}}
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
spec:
  {{- if or (hasPrefix "SASL" $kafka.securityProtocol) $certificates.existingSecret }}
  secretTargetRef:
    {{- if hasPrefix "SASL" $kafka.securityProtocol }}
    - {parameter: username, name: {{ $kafka.sasl.existingSecret }}, key: {{ $kafka.sasl.usernameKey | quote }}}
    - {parameter: password, name: {{ $kafka.sasl.existingSecret }}, key: {{ $kafka.sasl.passwordKey | quote }}}
    {{- end }}
    {{- if $certificates.existingSecret }}
    - {parameter: ca, name: {{ $certificates.existingSecret }}, key: {{ $certificates.key | quote }}}
    {{- end }}
  {{- end }}
  {{- if $certificates.existingConfigMap }}
  configMapTargetRef:
    - {parameter: ca, name: {{ $certificates.existingConfigMap }}, key: {{ $certificates.key | quote }}}
  {{- end }}
{{- end -}}
{{- end -}}
