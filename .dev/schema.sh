# shellcheck shell=bash
# ./dev schema: schemathesis against the running API, from its own OpenAPI documents.

SCHEMATHESIS=schemathesis==4.32.5

# schema [SECONDS]
command_schema() {
  local seconds=${1:-100}
  [[ $# -le 1 && $seconds =~ ^[1-9][0-9]*$ ]] || die 'usage: ./dev schema [SECONDS]'
  trap 'stop_started_services' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  find_services
  test_settings
  check_schema "$seconds"
}

check_schema() {
  schemathesis_installed || {
    printf 'warning: schemathesis cannot be installed here\n'
    return "$STEP_SKIPPED"
  }
  SCHEMA_SECONDS=${1:-100} cargo test --locked --workspace --test it -- --ignored --nocapture schemathesis
}

# In a Python of its own, made once.
schemathesis_installed() {
  local home=.local/schemathesis
  [[ -x $home/bin/st && $(cat "$home/version" 2>/dev/null) == "$SCHEMATHESIS" ]] && return 0
  have python3 || return 1
  python3 -m venv "$home" && "$home/bin/pip" install --quiet --disable-pip-version-check "$SCHEMATHESIS" || return 1
  printf '%s\n' "$SCHEMATHESIS" >"$home/version"
}
