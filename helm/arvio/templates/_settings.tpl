{{/* A value as an environment variable spells it: whole numbers whole, lists as JSON. */}}
{{- define "arvio.text" -}}
{{- if kindIs "slice" . -}}{{ toJson . }}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}
{{- else -}}{{ toString . }}
{{- end -}}
{{- end -}}

{{/*
Every variable of a program or job but its secrets, as a YAML map. Takes root, component,
needs, settings, and serves: whether it listens.
*/}}
{{- define "arvio.settings" -}}
{{- $values := .root.Values -}}
{{- $found := dict
  "ARVIO_MODE" "production"
  "ARVIO_VAR_DIR" "/var/lib/arvio"
  "ARVIO_LOGS__LEVEL" $values.logs.level
  "ARVIO_LOGS__FORMAT" $values.logs.format
-}}
{{- if include "arvio.secrets" . | trim -}}
{{- $_ := set $found "ARVIO_SECRETS_DIR" "/run/secrets/arvio" -}}
{{- end -}}
{{- if .serves -}}
{{- $found = merge $found (dict
  "ARVIO_HTTP__HOST" "0.0.0.0"
  "ARVIO_HTTP__PORT" "8080"
  "ARVIO_HTTP__PUBLIC_BASE_URL" $values.http.publicBaseUrl
  "ARVIO_HTTP__TRUSTED_PROXIES" (concat (list "127.0.0.0/8" "::1/128") $values.http.trustedProxies | toJson)
  "ARVIO_HTTP__DRAIN_SECONDS" (include "arvio.text" $values.http.drainSeconds)
) -}}
{{- end -}}
{{- if has "kafka" .needs -}}
{{- $found = merge $found (dict
  "ARVIO_KAFKA__BOOTSTRAP_SERVERS" $values.kafka.bootstrapServers
  "ARVIO_KAFKA__SECURITY_PROTOCOL" $values.kafka.securityProtocol
  "ARVIO_KAFKA__SASL_MECHANISM" $values.kafka.sasl.mechanism
  "ARVIO_KAFKA__REPLICATION_FACTOR" (include "arvio.text" $values.kafka.replicationFactor)
  "ARVIO_KAFKA__MIN_INSYNC_REPLICAS" (include "arvio.text" $values.kafka.minInsyncReplicas)
  "ARVIO_KAFKA__PARTITIONS" (include "arvio.text" $values.kafka.partitions)
  "ARVIO_KAFKA__PUBLISH_TIMEOUT_SECONDS" (include "arvio.text" $values.kafka.publishTimeoutSeconds)
) -}}
{{- if include "arvio.certificates" .root -}}
{{- $_ := set $found "ARVIO_KAFKA__CA_FILE" "/etc/arvio/certificates/ca.crt" -}}
{{- end -}}
{{- end -}}
{{- if and (has "clickhouse" .needs) $values.clickhouse.cluster -}}
{{- $_ := set $found "ARVIO_CLICKHOUSE__CLUSTER" $values.clickhouse.cluster -}}
{{- end -}}
{{- if and (has "aggregation" .needs) $values.programs.aggregation.enabled -}}
{{- $aggregation := include "arvio.name" (dict "root" .root "component" "aggregation") -}}
{{- $variable := printf "ARVIO_%s__AGGREGATION_URL" (.component | replace "-" "_" | upper) -}}
{{- $_ := set $found $variable (printf "http://%s:8080" $aggregation) -}}
{{- end -}}
{{- range $settings := list $values.settings (default dict .settings) -}}
{{- range $section, $variables := $settings -}}
{{- range $name, $value := $variables -}}
{{- $_ := set $found (printf "ARVIO_%s__%s" $section $name | upper) (include "arvio.text" $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* The place that certificates of one's own come from, if there are any. */}}
{{- define "arvio.certificates" -}}
{{- with .Values.certificates -}}
{{- if .existingConfigMap -}}
configMap:
  name: {{ .existingConfigMap }}
  items: [{key: {{ .key | quote }}, path: ca.crt}]
{{- else if .existingSecret -}}
secret:
  secretName: {{ .existingSecret }}
  items: [{key: {{ .key | quote }}, path: ca.crt}]
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Secrets become files that are called after their variables; none is in the environment. */}}
{{- define "arvio.secrets" -}}
{{- $values := .root.Values -}}
{{- if and (has "kafka" .needs) (hasPrefix "SASL" $values.kafka.securityProtocol) }}
- secret:
    name: {{ $values.kafka.sasl.existingSecret }}
    items:
      - {key: {{ $values.kafka.sasl.usernameKey | quote }}, path: arvio_kafka__sasl_username}
      - {key: {{ $values.kafka.sasl.passwordKey | quote }}, path: arvio_kafka__sasl_password}
{{- end }}
{{- if has "clickhouse" .needs }}
- secret:
    name: {{ $values.clickhouse.existingSecret }}
    items:
      - {key: {{ $values.clickhouse.dsnKey | quote }}, path: arvio_clickhouse__dsn}
{{- end }}
{{- if has "postgresql" .needs }}
- secret:
    name: {{ $values.postgresql.existingSecret }}
    items:
      - {key: {{ $values.postgresql.urlKey | quote }}, path: arvio_database__url}
{{- end }}
{{- if has "tokens" .needs }}
- secret:
    name: {{ $values.tokens.existingSecret }}
    items:
      - {key: {{ $values.tokens.signingSecretKey | quote }}, path: arvio_tokens__signing_secret}
{{- end }}
{{- if and (has "identity" .needs) $values.identity.existingSecret }}
- secret:
    name: {{ $values.identity.existingSecret }}
    items:
      - {key: {{ $values.identity.clientSecretKey | quote }}, path: arvio_identity__client_secret}
{{- end }}
{{- end -}}
