# shellcheck shell=bash
# ./dev status and ./dev logs.

command_status() {
  local name pid state ready
  printf '%-20s %8s  %-8s %s\n' NAME PID STATE READY
  for name in "${PROCESSES[@]}"; do
    pid=- state=stopped ready=-
    if pid=$(process_pid "$(pid_file "$name")"); then
      state=running
      ready=no
      ! process_ready "$name" || ready=yes
    else
      [[ ! -e $(pid_file "$name") ]] || state=died
      pid=-
    fi
    printf '%-20s %8s  %-8s %s\n' "$name" "$pid" "$state" "$ready"
  done
  private_status
}

private_status() {
  local service
  [[ -s $(instance_dir dev)/port ]] || return 0
  for service in "${SERVICES[@]}"; do
    ! "${service}_running" dev || printf '%-20s %8s  %-8s port %s\n' "$service" private running "$(instance_port dev "$service")"
  done
}

command_logs() {
  local name=${1:-}
  [[ -n $name ]] || die "usage: ./dev logs NAME [-f]; there are ${PROCESSES[*]}"
  [[ $name != */* && -r $(log_file "$name") ]] || die "there is no log of '$name'"
  case ${2:-} in
    '') cat "$(log_file "$name")" ;;
    -f) exec tail -n 50 -F "$(log_file "$name")" ;;
    *) die 'usage: ./dev logs NAME [-f]' ;;
  esac
}
