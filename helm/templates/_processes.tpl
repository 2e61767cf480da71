{{/* The table of processes.yaml with the values of `processes` laid over it, as JSON. */}}
{{- define "loa.processes" -}}
{{- $table := .Files.Get "processes.yaml" | fromYaml -}}
{{- range $name, $_ := .Values.processes -}}
{{- if not (hasKey $table $name) -}}
{{- fail (printf "processes.%s: there is no such process; there are %s" $name (keys $table | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- $all := dict -}}
{{- range $name, $facts := $table -}}
{{- $process := mergeOverwrite (dict "enabled" true "maxReplicas" 1 "env" dict) $facts (index $.Values.processes $name | default dict) -}}
{{- include "loa.check" (list $name $process) -}}
{{- if $process.enabled -}}{{- $_ := set $all $name $process -}}{{- end -}}
{{- end -}}
{{- $all | toJson -}}
{{- end }}

{{/* What a schema cannot say. */}}
{{- define "loa.check" -}}
{{- $name := index . 0 -}}{{- $process := index . 1 -}}
{{- if and (lt (int $process.minReplicas) 1) (not $process.rests) -}}
{{- fail (printf "processes.%s.minReplicas: at least 1, work would wait in vain" $name) -}}
{{- end -}}
{{- if and (ne $process.role "clock") (lt (int $process.maxReplicas) (int (max 1 $process.minReplicas))) -}}
{{- fail (printf "processes.%s.maxReplicas: less than minReplicas" $name) -}}
{{- end -}}
{{- end }}

{{/* Whether something else than the chart decides how many pods run. */}}
{{- define "loa.scaled" -}}
{{- $values := index . 0 -}}{{- $process := index . 1 -}}
{{- if or (and (eq $process.role "door") $values.autoscaling.enabled) (and (eq $process.role "worker") $values.keda.enabled) -}}yes{{- end -}}
{{- end }}

{{/* The seconds from the order to stop until the pod is killed: doors serve on for a moment, then everything in hand is
finished, then the process says goodbye. */}}
{{- define "loa.terminationSeconds" -}}
{{- $values := index . 0 -}}{{- $process := index . 1 -}}
{{- add (int ($process.stop | default 0)) (int $values.shutdownGraceSeconds) 5 -}}
{{- end }}

{{/* Where files lie when they lie in a folder. */}}
{{- define "loa.mediaFolder" -}}
{{- $url := index .Values.config "MEDIA_STORE_URL" | default "file:///var/lib/loa/media" -}}
{{- if hasPrefix "file://" $url -}}
{{- if not .Values.media.existingClaim -}}
{{- fail "config.MEDIA_STORE_URL: files need a bucket (s3://...), or media.existingClaim a volume that several pods can write" -}}
{{- end -}}
{{- trimPrefix "file://" $url -}}
{{- end -}}
{{- end }}
