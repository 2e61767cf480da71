# shellcheck shell=bash
# The private Redis of an instance. It saves when it is stopped, so a restart keeps its data.

redis_pid_file() { printf '%s' "$(instance_dir "$1")/redis.pid"; }

redis_running() { process_alive "$(redis_pid_file "$1")"; }

redis_start() {
  ! redis_running "$1" || return 0
  local dir port
  need_package redis-server have redis-server
  instance_port_is_free "$1" redis
  dir=$(instance_dir "$1")/redis
  port=$(instance_port "$1" redis)
  mkdir -p "$dir"
  process_start "$(redis_pid_file "$1")" "$dir/server.log" - \
    redis-server --port "$port" --bind 127.0.0.1 --dir "$LOA_ROOT/$dir" --save 3600 1 --daemonize no
  wait_until 20 redis_answers "$port" || die "the private Redis '$1' does not answer; its log: $dir/server.log"
}

redis_stop() { process_stop 20 "$(redis_pid_file "$1")"; }

redis_url() { printf 'redis://127.0.0.1:%s/' "$(instance_port "$1" redis)"; }
