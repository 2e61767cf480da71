# shellcheck shell=bash
# The private RabbitMQ of an instance: a node, a port mapper (epmd), a cookie and directories of its own, all on loopback.

# The server's own script: the one in PATH insists on the package's user and directories.
rabbitmq_server() {
  local script
  for script in /usr/lib/rabbitmq/bin/rabbitmq-server /usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server; do
    if [[ -x $script ]]; then
      printf '%s' "$script"
      return 0
    fi
  done
  return 1
}

rabbitmq_pid_file() { printf '%s' "$(instance_dir "$1")/rabbitmq.pid"; }

rabbitmq_epmd_file() { printf '%s' "$(instance_dir "$1")/epmd.pid"; }

rabbitmq_running() { process_alive "$(rabbitmq_pid_file "$1")"; }

rabbitmq_start() {
  ! rabbitmq_running "$1" || return 0
  local dir port log
  need_package rabbitmq-server rabbitmq_server
  instance_port_is_free "$1" rabbitmq
  dir=$LOA_ROOT/$(instance_dir "$1")/rabbitmq
  port=$(instance_port "$1" rabbitmq)
  log=$dir/server.log
  mkdir -p "$dir/home" "$dir/mnesia" "$dir/log"
  printf '[].\n' >"$dir/plugins"
  : >"$dir/env.conf"
  printf 'listeners.tcp.1 = 127.0.0.1:%s\n' "$port" >"$dir/rabbitmq.conf"
  rabbitmq_start_epmd "$1" "$dir"
  # With input allowed the script replaces itself by the broker, so the process id is the broker's.
  process_start "$(rabbitmq_pid_file "$1")" "$log" - env \
    HOME="$dir/home" \
    ERL_EPMD_PORT="$(instance_port "$1" epmd)" \
    ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_CONF_ENV_FILE="$dir/env.conf" \
    RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$dir/plugins" \
    RABBITMQ_MNESIA_BASE="$dir/mnesia" \
    RABBITMQ_LOG_BASE="$dir/log" \
    RABBITMQ_PID_FILE="$dir/node.pid" \
    RABBITMQ_NODENAME=loa@localhost \
    RABBITMQ_DIST_PORT="$(instance_port "$1" dist)" \
    RABBITMQ_ALLOW_INPUT=1 \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-noinput -kernel inet_dist_use_interface {127,0,0,1}' \
    "$(rabbitmq_server)"
  wait_until 90 rabbitmq_up_or_dead "$1" || true
  amqp_enters "$port" guest guest / || die "the private RabbitMQ '$1' does not answer; its log: $log"
}

# Asks for the port first: a handshake costs more than a look.
rabbitmq_up_or_dead() {
  ! rabbitmq_running "$1" && return 0
  port_open "$(instance_port "$1" rabbitmq)" && amqp_enters "$(instance_port "$1" rabbitmq)" guest guest /
}

# Started here rather than by Erlang, which would leave it behind with nobody knowing its id.
rabbitmq_start_epmd() {
  ! process_alive "$(rabbitmq_epmd_file "$1")" || return 0
  instance_port_is_free "$1" epmd
  process_start "$(rabbitmq_epmd_file "$1")" "$2/epmd.log" - \
    epmd -address 127.0.0.1 -port "$(instance_port "$1" epmd)"
  wait_until 10 port_open "$(instance_port "$1" epmd)" || die "epmd does not answer; its log: $2/epmd.log"
}

rabbitmq_stop() {
  process_stop 60 "$(rabbitmq_pid_file "$1")"
  process_stop 5 "$(rabbitmq_epmd_file "$1")"
}

rabbitmq_url() { printf 'amqp://guest:guest@127.0.0.1:%s/%%2f' "$(instance_port "$1" rabbitmq)"; }
