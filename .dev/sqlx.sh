#!/usr/bin/env bash
# The stored description of every query (`.sqlx/`), which lets the workspace be built without a database.
# `prepare` writes it anew, `check` fails when it is not what the migrations and the queries give. sqlx's macros write
# it themselves while they compile against a database, so sqlx-cli is not needed.
set -euo pipefail

LOA_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd -- "$LOA_ROOT"

source .dev/say.sh
source .dev/network.sh
source .dev/amqp.sh
source .dev/process.sh
source .dev/packages.sh
source .dev/instance.sh
source .dev/postgres.sh
source .dev/services.sh
source .dev/find.sh

scratch_name=loa_sqlx_$$
work=$(mktemp -d)

main() {
  local action=${1:-}
  [[ $action == check || $action == prepare ]] || die 'usage: .dev/sqlx.sh check|prepare'
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [[ -z ${DATABASE_ADMIN_URL:-} ]]; then
    mkdir -p .local/log
    find_postgres
  fi
  make_scratch
  describe_queries
  case $action in
    prepare) replace_stored ;;
    check) compare_stored ;;
  esac
}

make_scratch() {
  scratch=$(with_database "$DATABASE_ADMIN_URL" "$scratch_name")
  postgres_ensure_database "$scratch"
  migrate_scratch
}

# The product's own migrator cannot be used: it does not compile while a query lacks its description.
migrate_scratch() {
  local file transaction
  postgres_ensure_roles "$scratch"
  for file in migrations/*.sql; do
    [[ -e $file ]] || continue
    transaction=--single-transaction
    [[ $(head -n 1 "$file") != '-- no-transaction'* ]] || transaction=--no-psqlrc
    run_sql "$transaction" -f "$file"
  done
}

run_sql() { PGOPTIONS='-c client_min_messages=warning' psql -w -X -q -v ON_ERROR_STOP=1 -d "$scratch" "$@" </dev/null >/dev/null; }

# Only `shared` holds queries. Touching it makes cargo compile it; its time is put back, so that the next build finds
# nothing changed. The whole workspace is named to have the same features, and so the same dependencies, as elsewhere.
describe_queries() {
  mkdir "$work/sqlx"
  touch -r shared/src/lib.rs "$work/time"
  touch shared/src/lib.rs
  DATABASE_URL=$scratch SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$work/sqlx cargo check --locked --workspace --lib
}

compare_stored() {
  mkdir -p "$work/none"
  local stored=.sqlx
  [[ -d $stored ]] || stored=$work/none
  diff -rq "$stored" "$work/sqlx" >&2 || die '.sqlx is not what the queries give: run .dev/sqlx.sh prepare and commit it'
  say ".sqlx describes all $(find "$work/sqlx" -name 'query-*.json' | wc -l) queries"
}

replace_stored() {
  mkdir -p .sqlx
  rm -f .sqlx/query-*.json
  find "$work/sqlx" -name 'query-*.json' -exec cp {} .sqlx/ \;
  say "wrote $(find .sqlx -name 'query-*.json' | wc -l) queries to .sqlx"
}

clean_up() {
  local status=$?
  [[ ! -e $work/time ]] || touch -r "$work/time" shared/src/lib.rs
  rm -rf "$work"
  [[ -z ${scratch:-} ]] ||
    psql -w -X -q -d "$(with_database "$scratch" postgres)" -c "drop database if exists $scratch_name with (force)" </dev/null >&2 || true
  stop_started_services
  exit $status
}

main "$@"
