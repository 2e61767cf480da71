# shellcheck shell=bash
# ./dev services: private PostgreSQL, Redis and RabbitMQ, each of which can be stopped and started alone. Data are kept.

SERVICES=(postgres redis rabbitmq)

command_services() {
  local action='' name=dev chosen=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      start | stop | env) action=$1 ;;
      --private)
        [[ $# -ge 2 ]] || die '--private wants a name'
        name=$2
        shift
        ;;
      postgres | redis | rabbitmq) chosen+=("$1") ;;
      *) die "there is no service '$1'; there are ${SERVICES[*]}" ;;
    esac
    shift
  done
  [[ ${#chosen[@]} -gt 0 ]] || chosen=("${SERVICES[@]}")
  case $action in
    start) services_start "$name" "${chosen[@]}" ;;
    stop) services_stop "$name" "${chosen[@]}" ;;
    env) services_env "$name" ;;
    *) die "usage: ./dev services start|stop|env [--private NAME] [${SERVICES[*]}]" ;;
  esac
}

services_start() {
  local name=$1 service began
  shift
  instance_create "$name"
  mkdir -p .local/log
  for service in "$@"; do
    if ! "${service}_running" "$name"; then
      began=$EPOCHREALTIME
      "${service}_start" "$name"
      say "started the private $service '$name' on port $(instance_port "$name" "$service") ($(seconds_since "$began") s)"
    fi
  done
}

services_stop() {
  local name=$1 service running
  shift
  [[ -s $(instance_dir "$name")/port ]] || return 0
  mkdir -p .local/log
  for service in "$@"; do
    running=false
    ! "${service}_running" "$name" || running=true
    # Also where it does not run: a broker that died leaves its port mapper.
    "${service}_stop" "$name"
    ! $running || say "stopped the private $service '$name'"
  done
}

# Export lines, for `eval` or for a file.
services_env() {
  instance_create "$1"
  [[ -r $(postgres_dir "$1")/password ]] || die "the private PostgreSQL '$1' was never started: ./dev services start --private $1"
  printf 'export DATABASE_ADMIN_URL=%s\n' "$(postgres_admin_url "$1")"
  printf 'export DATABASE_URL=%s\n' "$(postgres_url "$1")"
  printf 'export REDIS_URL=%s\n' "$(redis_url "$1")"
  printf 'export RABBITMQ_URL=%s\n' "$(rabbitmq_url "$1")"
}

# A locale may write the moments with a comma.
seconds_since() { LC_ALL=C awk -v from="${1/,/.}" -v to="${EPOCHREALTIME/,/.}" 'BEGIN { printf "%.1f", to - from }'; }
