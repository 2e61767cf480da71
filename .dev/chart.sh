# shellcheck shell=bash
# ./dev chart: the chart as Helm renders it, held against the schemas of Kubernetes, and what belongs to it.

CHART_PYTHON=.local/chart

command_chart() {
  [[ $# -eq 0 ]] || die 'usage: ./dev chart'
  check_chart
}

check_chart() {
  chart_tools_installed || {
    printf 'warning: the Helm SDK cannot be installed here\n'
    return "$STEP_SKIPPED"
  }
  "$CHART_PYTHON/bin/python" -B -m unittest discover -s helm/tests -p 'test_*.py'
}

# In a Python of its own, made once.
chart_tools_installed() {
  local wanted
  wanted=$(sha256sum <helm/tests/requirements.txt)
  [[ -x $CHART_PYTHON/bin/python && $(cat "$CHART_PYTHON/version" 2>/dev/null) == "$wanted" ]] && return 0
  have python3 || return 1
  python3 -m venv "$CHART_PYTHON" &&
    "$CHART_PYTHON/bin/pip" install --quiet --disable-pip-version-check -r helm/tests/requirements.txt || return 1
  printf '%s\n' "$wanted" >"$CHART_PYTHON/version"
}
