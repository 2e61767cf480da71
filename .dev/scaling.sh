# shellcheck shell=bash
# ./dev scaling: plays the autoscaler by the chart's own numbers, on private services.

# scaling [CORES]: what a pod may use
command_scaling() {
  [[ $# -le 1 && ${1:-0.1} =~ ^[0-9.]+$ ]] || die 'usage: ./dev scaling [CORES]'
  [[ $EUID -eq 0 && -d /sys/fs/cgroup/cpu ]] || die 'it limits processes by control groups (version 1), which takes root'
  prometheus_installed || die 'Prometheus is needed'
  chart_tools_installed || die 'the Helm SDK is needed'
  local status=0
  LOA_PROFILE=${LOA_PROFILE:-fast} build_product
  trap 'services_stop scaling "${SERVICES[@]}"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  services_start scaling "${SERVICES[@]}"
  eval "$(services_env scaling)"
  LOA_BIN_DIR=$(LOA_PROFILE=${LOA_PROFILE:-fast} bin_dir) "$CHART_PYTHON/bin/python" -B helm/tests/scaling.py "$@" || status=$?
  exit $status
}
