{{- define "arvio.program.deployment" -}}
{{- $values := .root.Values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "arvio.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "arvio.labels" . | nindent 4 }}
spec:
  {{- if eq .program.autoscaling.by "none" }}
  replicas: {{ .program.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 600
  strategy:
    {{- toYaml .program.strategy | nindent 4 }}
  selector:
    matchLabels:
      {{- include "arvio.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "arvio.labels" . | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # Variables are read at the start: changed ones need new pods.
        checksum/settings: {{ include "arvio.settings" . | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "arvio.name" . }}
      {{- include "arvio.pod" . | nindent 6 }}
      terminationGracePeriodSeconds: {{ .program.terminationGracePeriodSeconds }}
      topologySpreadConstraints:
        {{- range $values.topologySpread }}
        - topologyKey: {{ .topologyKey }}
          maxSkew: {{ .maxSkew }}
          whenUnsatisfiable: {{ .whenUnsatisfiable }}
          labelSelector:
            matchLabels:
              {{- include "arvio.selector" $ | nindent 14 }}
          # Only pods of the same release of the program are counted during an update.
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      containers:
        - name: {{ .component }}
          {{- include "arvio.container" . | nindent 10 }}
          command: [python, -m, services.{{ .name }}]
          envFrom:
            - configMapRef: {name: {{ include "arvio.name" . }}}
          {{- with .program.extraEnv }}
          # After those of the chart, so that these win.
          env:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - {name: http, containerPort: 8080, protocol: TCP}
          {{- $live := dict "httpGet" (dict "path" "/health/live" "port" "http") }}
          {{- $ready := dict "httpGet" (dict "path" "/health/ready" "port" "http") }}
          startupProbe:
            {{- merge (deepCopy $live) $values.probes.startup | toYaml | nindent 12 }}
          livenessProbe:
            {{- merge (deepCopy $live) $values.probes.liveness | toYaml | nindent 12 }}
          readinessProbe:
            {{- merge (deepCopy $ready) $values.probes.readiness | toYaml | nindent 12 }}
          lifecycle:
            preStop: {sleep: {seconds: {{ $values.preStopSeconds }}}}
          resources:
            {{- toYaml .program.resources | nindent 12 }}
          volumeMounts:
            {{- include "arvio.mounts" . | nindent 12 }}
      volumes:
        {{- include "arvio.volumes" . | nindent 8 }}
{{- end -}}
