# shellcheck shell=bash
# ./dev up and ./dev down.

command_up() {
  local detach=false
  case ${1:-} in
    '') ;;
    --detach) detach=true ;;
    *) die "usage: ./dev up [--detach]" ;;
  esac
  mkdir -p .local/run .local/log
  exec 9>.local/up.lock
  flock -n 9 || die 'another ./dev up is starting things in this checkout'
  trap undo EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  bring_up
  exec 9>&-
  print_demo
  if $detach; then
    trap - EXIT
  else
    say 'Ctrl-C stops what this command started.'
    watch_processes
  fi
}

bring_up() {
  local name
  load_settings
  build_product
  find_services
  remember_services
  say 'migrating'
  "$(bin_dir)/api" migrate >.local/log/migrate.log 2>&1 || {
    tail -n 15 .local/log/migrate.log >&2
    die 'the migrations failed; the whole log: .local/log/migrate.log'
  }
  seed_demo
  for name in "${PROCESSES[@]}"; do start_process "$name"; done
  wait_until_ready
  write_demo_json
}

# Stops what this run started, and nothing else.
undo() {
  local status=$?
  trap '' INT TERM HUP
  stop_started_processes || true
  stop_started_services || true
  forget_services
  exit $status
}

# So that `down` stops the private services of an `up` that was detached, or killed.
remember_services() {
  [[ ${#STARTED_SERVICES[@]} -eq 0 ]] || printf '%s\n' "${STARTED_SERVICES[@]}" >>.local/run/services
}

forget_services() {
  local service
  for service in "${STARTED_SERVICES[@]}"; do
    [[ ! -e .local/run/services ]] || sed -i "/^$service\$/d" .local/run/services
  done
}

# Returns only when none is left; each death is told once.
watch_processes() {
  local name alive=("${PROCESSES[@]}") left
  while [[ ${#alive[@]} -gt 0 ]]; do
    left=()
    for name in "${alive[@]}"; do
      if process_alive "$(pid_file "$name")"; then
        left+=("$name")
      else
        show_log_end "$name"
        say "$name died; the others still run"
      fi
    done
    alive=("${left[@]}")
    # A wait ends at a signal, a sleep in the foreground would not.
    sleep 1 &
    wait $! || true
  done
  die 'every process died'
}

command_down() {
  local name running=() services=()
  for name in "${PROCESSES[@]}"; do
    ! process_alive "$(pid_file "$name")" || running+=("$name")
  done
  if [[ ${#running[@]} -gt 0 ]]; then
    say "stopping ${running[*]}"
    stop_processes "${running[@]}"
  fi
  for name in "${PROCESSES[@]}"; do rm -f "$(pid_file "$name")"; done
  if [[ -s .local/run/services ]]; then
    mapfile -t services < <(sort -u .local/run/services)
    services_stop dev "${services[@]}"
    rm -f .local/run/services
  fi
}
