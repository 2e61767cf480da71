# shellcheck shell=bash
# Questions to a port of this machine, asked by bash alone: a fresh machine has no curl.

# Each runs in a subshell, because a refused connection ends the shell that tries it.
port_open() (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null

# Prints the status code of `GET http://127.0.0.1:PORT/PATH`, or nothing.
http_status() (
  exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
  # Read to its end: a connection that is dropped half-read is an error in the server's log.
  timeout 5 cat <&3 | tr -d '\0' | sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p'
) 2>/dev/null

redis_answers() (
  exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
  printf 'PING\r\n' >&3
  read -r -t 5 -u 3 reply && [[ $reply == +PONG* ]]
) 2>/dev/null

# wait_until SECONDS COMMAND...: succeeds as soon as the command does.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
