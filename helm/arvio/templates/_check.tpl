{{/* All that can't work, told at once and in words: a schema knows no "if". */}}
{{- define "arvio.check" -}}
{{- $values := .Values -}}
{{- $programs := $values.programs -}}
{{- $wrong := list -}}
{{- if not $values.kafka.bootstrapServers -}}
{{- $wrong = append $wrong "kafka.bootstrapServers is missing: host:port,host:port of a Kafka cluster" -}}
{{- end -}}
{{- if not $values.http.publicBaseUrl -}}
{{- $wrong = append $wrong "http.publicBaseUrl is missing: the address that people use, such as https://arvio.example.fi" -}}
{{- end -}}
{{- if and (hasPrefix "SASL" $values.kafka.securityProtocol) (not $values.kafka.sasl.existingSecret) -}}
{{- $wrong = append $wrong "kafka.sasl.existingSecret is missing: a Secret with user name and password, since kafka.securityProtocol says SASL" -}}
{{- end -}}
{{- if gt (int $values.kafka.minInsyncReplicas) (int $values.kafka.replicationFactor) -}}
{{- $wrong = append $wrong "kafka.minInsyncReplicas is more than kafka.replicationFactor: nothing could ever be acknowledged" -}}
{{- end -}}
{{- if and $programs.aggregation.enabled (not $values.clickhouse.existingSecret) -}}
{{- $wrong = append $wrong "clickhouse.existingSecret is missing: a Secret with the address of a ClickHouse server. The engine in process is for one machine: its folder belongs to one process, and would go with the pod" -}}
{{- end -}}
{{- if and (or $programs.catalogue.enabled (index $values.schedules "sync-ptv").enabled) (not $values.postgresql.existingSecret) -}}
{{- $wrong = append $wrong "postgresql.existingSecret is missing: a Secret with the URL of a PostgreSQL database. An SQLite file would go with the pod" -}}
{{- end -}}
{{- if and (or $programs.catalogue.enabled $programs.rating_capture.enabled $programs.aggregation.enabled) (not $values.tokens.existingSecret) -}}
{{- $wrong = append $wrong "tokens.existingSecret is missing: a Secret with at least 16 characters that completion tokens and sessions are signed with" -}}
{{- end -}}
{{- if and $values.certificates.existingConfigMap $values.certificates.existingSecret -}}
{{- $wrong = append $wrong "certificates come from a ConfigMap or from a Secret, not from both" -}}
{{- end -}}
{{- if or $values.ingress.enabled $values.gateway.enabled -}}
{{- if not $values.http.trustedProxies -}}
{{- $wrong = append $wrong "http.trustedProxies is missing: the networks of the proxies in front. Without them all people share one address, and its limit" -}}
{{- end -}}
{{- if and $values.networkPolicy.enabled (not $values.networkPolicy.from.proxies) -}}
{{- $wrong = append $wrong "networkPolicy.from.proxies is missing: the pods of the ingress controller or gateway, which nobody else may call past" -}}
{{- end -}}
{{- end -}}
{{- if and $values.gateway.enabled (not $values.gateway.parentRefs) -}}
{{- $wrong = append $wrong "gateway.parentRefs is missing: the Gateway that the routes belong to" -}}
{{- end -}}
{{- if and $values.monitoring.enabled $values.networkPolicy.enabled (not $values.networkPolicy.from.prometheus) -}}
{{- $wrong = append $wrong "networkPolicy.from.prometheus is missing: the pods of Prometheus, which could not read metrics otherwise" -}}
{{- end -}}
{{- range $name, $program := $programs -}}
{{- $scaling := $program.autoscaling -}}
{{- $pods := ternary $program.replicas $scaling.maxReplicas (eq $scaling.by "none") | int -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- $wrong = append $wrong (printf "programs.%s.autoscaling: minReplicas is more than maxReplicas" $name) -}}
{{- end -}}
{{- if and $program.consumes (gt $pods (int $values.kafka.partitions)) -}}
{{- $wrong = append $wrong (printf "programs.%s: %d pods share %d partitions (kafka.partitions); those beyond would have nothing to do" $name $pods (int $values.kafka.partitions)) -}}
{{- end -}}
{{- if eq $scaling.by "lag" -}}
{{- if not $program.consumes -}}
{{- $wrong = append $wrong (printf "programs.%s.autoscaling.by: only a program that shares partitions scales by lag; use cpu" $name) -}}
{{- end -}}
{{- if and (eq $values.keda.source "prometheus") (not $values.keda.prometheus.serverAddress) -}}
{{- $wrong = append $wrong "keda.prometheus.serverAddress is missing: where KEDA asks for lag" -}}
{{- end -}}
{{- end -}}
{{- if le (int $program.terminationGracePeriodSeconds) (add (int $values.preStopSeconds) (int (ceil $values.http.drainSeconds))) -}}
{{- $wrong = append $wrong (printf "programs.%s.terminationGracePeriodSeconds is too short: preStopSeconds and http.drainSeconds come before the end" $name) -}}
{{- end -}}
{{- end -}}
{{- if $wrong -}}
{{- fail (printf "\n\nThe values can't work:\n\n- %s\n\nSee docs/kubernetes.md." (join "\n- " (uniq $wrong))) -}}
{{- end -}}
{{- end -}}
