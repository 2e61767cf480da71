{{/* Up at once, down slowly and one by one. */}}
{{- define "loa.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies:
    - {type: Percent, value: 100, periodSeconds: 15}
    - {type: Pods, value: 2, periodSeconds: 15}
  selectPolicy: Max
scaleDown:
  stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownSeconds }}
  policies:
    - {type: Pods, value: 1, periodSeconds: 60}
{{- end }}

{{/* What is due for a worker: events in its queue, or rows in its work table. A message of a raw queue holds as many
events as the ingress gathered of late. */}}
{{- define "loa.dueQuery" -}}
{{- $labels := index . 0 -}}{{- $process := index . 1 -}}
{{- if eq $process.signal.kind "events" -}}
max(loa_janitor_queue_messages{queue="{{ $process.queue }}",{{ $labels }}})
* scalar((sum(rate(loa_ingress_gathered_events_sum{ {{- $labels -}} }[5m])) / sum(rate(loa_ingress_gathered_events_count{ {{- $labels -}} }[5m])) >= 1) or vector(1))
{{- else -}}
max(loa_janitor_due_rows{queue="{{ $process.queue }}",{{ $labels }}})
{{- end -}}
{{- end }}

{{/* How old it is, as pods wanted: those that run, times how often the age is over what is meant; at most twice as many. */}}
{{- define "loa.ageQuery" -}}
{{- $labels := index . 0 -}}{{- $name := index . 1 -}}{{- $process := index . 2 -}}
clamp_max((
{{- if eq $process.signal.kind "events" -}}
histogram_quantile(0.99, sum by (le) (rate({{ $process.signal.metric }}_bucket{ {{- $labels -}} }[1m]))) >= 0
{{- else -}}
max(loa_janitor_due_age_seconds{queue="{{ $process.queue }}",{{ $labels }}})
{{- end -}}
) / {{ $process.signal.seconds }}, 2)
* scalar(count(up{app="loa",process="{{ $name }}",{{ $labels }}} == 1) or vector(1)) or vector(0)
{{- end }}
