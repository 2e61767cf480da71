# shellcheck shell=bash
# The private PostgreSQL of an instance. It refuses to run as root, so root runs it as the user `postgres`.

postgres_bin() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  if [[ -x $newest/initdb ]]; then
    printf '%s' "$newest"
  else
    dirname "$(command -v initdb)" 2>/dev/null
  fi
}

postgres_installed() { [[ -x $(postgres_bin)/initdb ]]; }

postgres_as_owner() {
  if [[ $EUID -eq 0 ]]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

# In the instance, unless the checkout lies where the owner cannot reach it (in the home of root, say).
postgres_dir() {
  local dir key
  dir=$LOA_ROOT/$(instance_dir "$1")/postgres
  if ! (cd / && postgres_as_owner test -x "${dir%/*}"); then
    key=$(printf '%s' "$LOA_ROOT" | sha256sum | cut -c 1-16)
    dir=/var/tmp/loa-$key/$1/postgres
  fi
  printf '%s' "$dir"
}

postgres_control() {
  local dir
  dir=$(postgres_dir "$1")
  shift
  (cd / && postgres_as_owner "$(postgres_bin)/pg_ctl" -D "$dir/data" -s -w -t 60 "$@") </dev/null >>"$LOA_ROOT/.local/log/postgres.log" 2>&1 9>&-
}

# The server works in its data directory; a stranger that was given its id does not.
postgres_running() {
  local data pid
  data=$(postgres_dir "$1")/data
  pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || return 1
  process_began "$pid" >/dev/null && [[ /proc/$pid/cwd -ef $data ]]
}

postgres_left() {
  local process
  for process in /proc/[0-9]*; do
    [[ ! $process/cwd -ef $1 ]] || return 1
  done
}

postgres_start() {
  ! postgres_running "$1" || return 0
  local dir
  need_package postgresql postgres_installed
  dir=$(postgres_dir "$1")
  [[ -s $dir/data/PG_VERSION ]] || postgres_create "$1" "$dir"
  # After a SIGKILL its sessions may outlive it for a moment. Its lock file stays, and bars the start where the first
  # process of a container never buries the dead; once nobody is left it is safe to remove.
  wait_until 20 postgres_left "$dir/data" || die "sessions of the private PostgreSQL '$1' outlive it"
  rm -f "$dir/data/postmaster.pid"
  instance_port_is_free "$1" postgres
  # No socket file: its path may be longer than the 107 bytes that the system allows.
  postgres_control "$1" -l "$dir/server.log" \
    -o "-p $(instance_port "$1" postgres) -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200" start ||
    die "the private PostgreSQL '$1' does not start; its log: $dir/server.log"
  postgres_ensure_database "$(postgres_admin_url "$1")"
}

# Only its superuser's password is set here; the product's own roles come with the migrations.
postgres_create() {
  local dir=$2
  mkdir -p "${dir%/*}"
  [[ -O ${dir%/*} && -O ${dir%/*/*} ]] || die "${dir%/*/*} belongs to somebody else"
  install -d -m 700 "$dir"
  (umask 077 && random_hex 16 >"$dir/password")
  [[ $EUID -ne 0 ]] || chown -R postgres: "$dir"
  (cd / && postgres_as_owner "$(postgres_bin)/initdb" -D "$dir/data" -U loa_admin -A scram-sha-256 \
    --pwfile="$dir/password" -E UTF8 --locale=C.UTF-8) >"$LOA_ROOT/.local/log/initdb.log" 2>&1 ||
    die "initdb fails: $(tail -n 3 "$LOA_ROOT/.local/log/initdb.log")"
}

postgres_stop() {
  ! postgres_running "$1" || postgres_control "$1" -m fast stop || die "the private PostgreSQL '$1' does not stop"
}

postgres_admin_url() {
  printf 'postgres://loa_admin:%s@127.0.0.1:%s/loa' "$(<"$(postgres_dir "$1")/password")" "$(instance_port "$1" postgres)"
}

postgres_url() { printf 'postgres://loa:loa@127.0.0.1:%s/loa' "$(instance_port "$1" postgres)"; }

# Prints the URL with another database in its path.
with_database() {
  local query=''
  [[ $1 != *\?* ]] || query="?${1#*\?}"
  local bare=${1%%\?*}
  printf '%s/%s%s' "${bare%/*}" "$2" "$query"
}

postgres_accepts() { psql -w -X -q -d "$1" -c 'select 1' >/dev/null 2>&1 </dev/null; }

postgres_ensure_database() {
  local name=${1%%\?*}
  name=${name##*/}
  postgres_accepts "$1" && return 0
  psql -w -X -q -d "$(with_database "$1" postgres)" -c "create database \"$name\"" </dev/null >&2 ||
    die "the database '$name' is not there and cannot be created"
}

# The roles of the cluster that migrations and tests take for granted; `api migrate` makes them for the product.
postgres_ensure_roles() {
  PGOPTIONS='-c client_min_messages=warning' psql -w -X -q -v ON_ERROR_STOP=1 -d "$1" >/dev/null <<'SQL' ||
do $$
declare
  name text;
begin
  foreach name in array array['loa_api', 'loa_worker', 'loa_search'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I nologin nobypassrls', name);
    end if;
  end loop;
  if not exists (select from pg_roles where rolname = 'loa') then
    create role loa login noinherit password 'loa';
  end if;
  grant loa_api, loa_worker to loa;
end
$$;
SQL
    die 'the roles loa_api, loa_worker, loa_search and loa are not there and cannot be made'
}
