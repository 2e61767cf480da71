{{/* What things are called. */}}

{{- define "loa.name" -}}
{{- if contains "loa" .Release.Name -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-loa" (.Release.Name | trunc 36 | trimSuffix "-") }}{{- end -}}
{{- end }}

{{- define "loa.selector" -}}
app.kubernetes.io/name: loa
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "loa.labels" -}}
{{ include "loa.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "loa.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}
