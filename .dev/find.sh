# shellcheck shell=bash
# Which PostgreSQL, Redis and RabbitMQ to use: the ones named by the environment, else the ones that answer on the
# standard local ports and let us in, else private ones. LOA_SERVICES_MODE=private skips the first two.

# The private services that this run started, and so will stop.
STARTED_SERVICES=()

# Whether the database is the one that the environment names.
DATABASE_IS_GIVEN=false

database_is_given() { $DATABASE_IS_GIVEN; }

# What this checkout calls its database and virtual host on services that others use too. Another checkout has other
# secrets, and could not open what this one sealed.
checkout_name() { printf 'loa_%s' "$(printf '%s' "$LOA_ROOT" | sha256sum | cut -c 1-8)"; }

find_services() {
  mkdir -p .local/log
  find_postgres
  find_redis
  find_rabbitmq
  export DATABASE_ADMIN_URL DATABASE_URL REDIS_URL RABBITMQ_URL
}

may_use_others() { [[ ${LOA_SERVICES_MODE:-} != private ]]; }

find_postgres() {
  local admin
  if may_use_others && [[ -n ${DATABASE_URL:-} ]]; then
    DATABASE_IS_GIVEN=true
    DATABASE_ADMIN_URL=${DATABASE_ADMIN_URL:-$DATABASE_URL}
    ! have psql || postgres_ensure_database "$DATABASE_ADMIN_URL"
    say 'PostgreSQL: the one of DATABASE_URL'
  elif may_use_others && port_open 5432 && admin=$(postgres_standard_admin); then
    DATABASE_ADMIN_URL=$(with_database "$admin" "$(checkout_name)")
    DATABASE_URL=postgres://loa:loa@127.0.0.1:5432/$(checkout_name)
    postgres_ensure_database "$DATABASE_ADMIN_URL"
    say "PostgreSQL: the one on port 5432, database $(checkout_name)"
  else
    start_private postgres
    DATABASE_ADMIN_URL=$(postgres_admin_url dev)
    DATABASE_URL=$(postgres_url dev)
    say "PostgreSQL: a private one on port $(instance_port dev postgres)"
  fi
}

# Migrations create roles and databases, so only a superuser that needs no password will do.
postgres_standard_admin() {
  local user url
  need_package postgresql-client have psql
  user=$(id -un)
  for url in "postgres://$user@127.0.0.1:5432/loa" postgres://postgres@127.0.0.1:5432/loa "postgres://$user@/loa?host=/var/run/postgresql"; do
    if [[ $(psql -w -X -At -d "$(with_database "$url" postgres)" -c 'show is_superuser' 2>/dev/null </dev/null) == on ]]; then
      printf '%s' "$url"
      return 0
    fi
  done
  say 'PostgreSQL answers on port 5432, but lets in no superuser without a password'
  return 1
}

find_redis() {
  if may_use_others && [[ -n ${REDIS_URL:-} ]]; then
    say 'Redis: the one of REDIS_URL'
  elif may_use_others && redis_answers 6379; then
    REDIS_URL=redis://127.0.0.1:6379/
    say 'Redis: the one on port 6379'
  else
    start_private redis
    REDIS_URL=$(redis_url dev)
    say "Redis: a private one on port $(instance_port dev redis)"
  fi
}

find_rabbitmq() {
  if may_use_others && [[ -n ${RABBITMQ_URL:-} ]]; then
    say 'RabbitMQ: the one of RABBITMQ_URL'
  elif may_use_others && port_open 5672 && amqp_enters 5672 guest guest /; then
    rabbitmq_standard_vhost
  else
    start_private rabbitmq
    RABBITMQ_URL=$(rabbitmq_url dev)
    say "RabbitMQ: a private one on port $(instance_port dev rabbitmq)"
  fi
}

# A virtual host of its own where we may make one, else names of its own in the default one.
rabbitmq_standard_vhost() {
  local name
  name=$(checkout_name)
  if ! amqp_enters 5672 guest guest "$name"; then
    rabbitmqctl -q add_vhost "$name" >/dev/null 2>&1 || true
    rabbitmqctl -q set_permissions -p "$name" guest '.*' '.*' '.*' >/dev/null 2>&1 || true
  fi
  if amqp_enters 5672 guest guest "$name"; then
    RABBITMQ_URL=amqp://guest:guest@127.0.0.1:5672/$name
    say "RabbitMQ: the one on port 5672, virtual host $name"
  else
    RABBITMQ_URL=amqp://guest:guest@127.0.0.1:5672/%2f
    export RABBITMQ_PREFIX=${RABBITMQ_PREFIX:-$name.}
    say "RabbitMQ: the one on port 5672, default virtual host, names that begin with $RABBITMQ_PREFIX"
  fi
}

start_private() {
  instance_create dev
  "${1}_running" dev || STARTED_SERVICES+=("$1")
  services_start dev "$1"
}

stop_started_services() {
  [[ ${#STARTED_SERVICES[@]} -eq 0 ]] || services_stop dev "${STARTED_SERVICES[@]}"
}
