# shellcheck shell=bash
# A private instance: PostgreSQL, Redis and RabbitMQ under a name, with directories and ports of their own.

instance_dir() { printf '%s' ".local/services/$1"; }

# Makes the instance known: its directory, and five ports that were free, remembered from then on.
instance_create() {
  local dir first
  [[ $1 =~ ^[a-z][a-z0-9-]{0,30}$ ]] || die "an instance is named by small letters, digits and dashes, not '$1'"
  dir=$(instance_dir "$1")
  [[ ! -s $dir/port ]] || return 0
  mkdir -p "$dir"
  first=$(instance_free_ports "$1") || die 'no five free ports between 21000 and 25000'
  printf '%s\n' "$first" >"$dir/port"
}

# instance_port NAME postgres|redis|rabbitmq|dist|epmd
instance_port() {
  local first
  first=$(<"$(instance_dir "$1")/port")
  case $2 in
    postgres) printf '%s' "$first" ;;
    redis) printf '%s' $((first + 1)) ;;
    rabbitmq) printf '%s' $((first + 2)) ;;
    dist) printf '%s' $((first + 3)) ;;
    epmd) printf '%s' $((first + 4)) ;;
  esac
}

# Starts looking at a place that follows from the checkout and the name, so that neighbours seldom meet.
# The range lies below the ephemeral ports (32768 and up).
instance_free_ports() {
  local seed try first
  seed=$(printf '%s/%s' "$LOA_ROOT" "$1" | cksum)
  for ((try = 0; try < 400; try++)); do
    first=$((21000 + (${seed%% *} + try) % 400 * 10))
    if ! instance_any_open "$first"; then
      printf '%s' "$first"
      return 0
    fi
  done
  return 1
}

instance_any_open() {
  local offset
  for offset in 0 1 2 3 4; do
    if port_open $(($1 + offset)); then return 0; fi
  done
  return 1
}

# A port taken by a stranger since it was chosen: to be said before the service says it less clearly.
instance_port_is_free() {
  local port
  port=$(instance_port "$1" "$2")
  ! port_open "$port" ||
    die "port $port, meant for the private $2 '$1', is taken; free it, or remove $(instance_dir "$1")/port for new ports"
}
