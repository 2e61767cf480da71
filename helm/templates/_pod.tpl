{{/* The pod of a process. */}}
{{- define "loa.pod" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $process := index . 2 -}}
{{- $folder := "" -}}
{{- if $process.media -}}{{- $folder = include "loa.mediaFolder" $root | trim -}}{{- end -}}
{{- $spools := and (eq $name "ingress") $root.Values.spool.enabled -}}
metadata:
  labels:
    {{- include "loa.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $name }}
    loa/serves: operators
    {{- with $root.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $root.Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "loa.podDefaults" $root | nindent 2 }}
  terminationGracePeriodSeconds: {{ include "loa.terminationSeconds" (list $root.Values $process) }}
  topologySpreadConstraints:
    {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "loa.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $name }}
    {{- end }}
  containers:
    - name: {{ $name }}
      image: {{ include "loa.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [{{ $name }}]
      {{- include "loa.containerSecurity" $root | nindent 6 }}
      env:
        {{- include "loa.environment" (list $root $name $process) | trim | nindent 8 }}
      ports:
        - name: ops
          containerPort: 9100
        {{- if $process.port }}
        - name: http
          containerPort: {{ $process.port }}
        {{- end }}
      # Configuration is read in an instant; what it connects to is a matter of readiness.
      startupProbe:
        httpGet: {path: /healthz, port: ops}
        periodSeconds: 1
        failureThreshold: 30
      livenessProbe:
        httpGet: {path: /healthz, port: ops}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: ops}
        periodSeconds: 5
        timeoutSeconds: 4
        failureThreshold: 2
      {{- if $process.stop }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ $process.stop }}
      {{- end }}
      resources:
        {{- toYaml $process.resources | nindent 8 }}
      {{- if or $folder $spools }}
      volumeMounts:
        {{- if $folder }}
        - name: media
          mountPath: {{ $folder }}
        {{- end }}
        {{- if $spools }}
        - name: spool
          mountPath: /var/lib/loa/spool
        {{- end }}
      {{- end }}
  {{- if $folder }}
  volumes:
    - name: media
      persistentVolumeClaim:
        claimName: {{ $root.Values.media.existingClaim }}
  {{- end }}
{{- end }}

{{/* What every pod has in common, the migration's too. */}}
{{- define "loa.podDefaults" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "loa.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  privileged: false
  capabilities:
    drop: [ALL]
{{- end }}
