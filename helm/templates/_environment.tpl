{{/* The environment of a process: secrets by reference, variables of `config` that it reads, and what the chart knows. */}}
{{- define "loa.environment" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $process := index . 2 -}}
{{- $group := eq $process.role "door" | ternary $name "workers" -}}
{{- range $variable, $about := $root.Files.Get "variables.yaml" | fromYaml }}
{{- if or (has $name $about.readers) (has $group $about.readers) }}
{{- if $about.secret }}
{{ include "loa.secret" (list $root $variable (has $variable (list "DATABASE_URL" "RABBITMQ_URL" "MESSAGE_ENCRYPTION_KEY"))) }}
{{- else if hasKey $root.Values.config $variable }}
- name: {{ $variable }}
  value: {{ index $root.Values.config $variable | quote }}
{{- end }}
{{- end }}
{{- end }}
- name: LOA_ENV
  value: production
- name: OPS_ADDR
  value: 0.0.0.0:9100
- name: SHUTDOWN_GRACE
  value: {{ $root.Values.shutdownGraceSeconds }}s
{{- if $process.port }}
- name: LISTEN_ADDR
  value: 0.0.0.0:{{ $process.port }}
{{- end }}
{{- if eq $name "api" }}
- name: WEBHOOK_FORWARD_URL
  value: http://{{ include "loa.name" $root }}-ingress
{{- else if eq $name "outbound-sender" }}
# While Redis is away each sender keeps to a share: never more than the limit, however many run.
- name: OUTBOUND_REPLICAS
  value: {{ if include "loa.scaled" (list $root.Values $process) }}{{ $process.maxReplicas | quote }}{{ else }}{{ $process.minReplicas | quote }}{{ end }}
{{- else if and (eq $name "ingress") $root.Values.spool.enabled }}
- name: INGRESS_SPOOL_DIR
  value: /var/lib/loa/spool/events
- name: INGRESS_SPOOL_MAX_BYTES
  value: {{ $root.Values.spool.maxBytes | int64 | quote }}
{{- end }}
{{- range $variable, $value := $process.env }}
- name: {{ $variable }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "loa.secret" -}}
{{- $root := index . 0 -}}{{- $variable := index . 1 -}}{{- $required := index . 2 -}}
{{- $from := index $root.Values.secrets.from $variable | default (dict "name" $root.Values.secrets.name "key" $variable) -}}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.name }}
      key: {{ $from.key }}
      {{- if not $required }}
      optional: true
      {{- end }}
{{- end }}
