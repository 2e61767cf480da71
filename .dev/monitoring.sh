# shellcheck shell=bash
# ./dev monitoring: alert rules by promtool, and every expression under a real Prometheus beside the running product.

command_monitoring() {
  [[ $# -eq 0 ]] || die 'usage: ./dev monitoring'
  local began=$EPOCHREALTIME
  step 'alert rules' check_alerts
  step 'dashboards under Prometheus' check_dashboards
  steps_summary "$began"
}

check_alerts() {
  prometheus_installed || return "$STEP_SKIPPED"
  promtool check rules helm/alerts/loa.yaml && promtool test rules helm/alerts/tests/*.yaml
}

# Against private services: what is in others' queues would be in the figures.
check_dashboards() {
  if ! prometheus_installed || ! chart_tools_installed; then
    return "$STEP_SKIPPED"
  fi
  local status=0
  # With the whole workspace, as the tests were built: the product alone has other features, and would start over.
  [[ -n ${LOA_BIN_DIR:-} ]] || SQLX_OFFLINE=true cargo build --locked --workspace --bins || return 1
  trap 'services_stop monitoring "${SERVICES[@]}"' EXIT
  services_start monitoring "${SERVICES[@]}"
  eval "$(services_env monitoring)"
  LOA_BIN_DIR=$(bin_dir) "$CHART_PYTHON/bin/python" -B -m unittest discover -s helm/tests -p 'live_*.py' || status=$?
  return $status
}

# Debian's package of it brings promtool too.
prometheus_installed() {
  (need_package prometheus have promtool && have prometheus) || {
    printf 'warning: Prometheus cannot be installed here\n'
    return 1
  }
}
