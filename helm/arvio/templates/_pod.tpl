{{/* What every pod of the chart has in common: no token, no privilege, nothing to write to. */}}
{{- define "arvio.pod" -}}
automountServiceAccountToken: false
# Kubernetes would tell of each Service in variables that begin like ours.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .root.Values.security.user }}
  runAsUser: {{ int64 . }}
  runAsGroup: {{ int64 . }}
  fsGroup: {{ int64 . }}
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "arvio.container" -}}
image: {{ include "arvio.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "arvio.mounts" -}}
- {name: var, mountPath: /var/lib/arvio}
- {name: temporary, mountPath: /tmp}
{{- if include "arvio.secrets" . | trim }}
- {name: secrets, mountPath: /run/secrets/arvio, readOnly: true}
{{- end }}
{{- if include "arvio.certificates" .root }}
- {name: certificates, mountPath: /etc/arvio/certificates, readOnly: true}
{{- end }}
{{- end -}}

{{- define "arvio.volumes" -}}
- name: var
  emptyDir: {sizeLimit: {{ dig "limits" "scratch" "128Mi" (omit . "root") }}}
- name: temporary
  emptyDir: {sizeLimit: 256Mi}
{{- with include "arvio.secrets" . | trim }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- with include "arvio.certificates" .root }}
- name: certificates
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}
