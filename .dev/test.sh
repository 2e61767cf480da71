# shellcheck shell=bash
# ./dev test: everything that CI runs.

command_test() {
  local fast=false began=$EPOCHREALTIME
  case ${1:-} in
    '') ;;
    --fast) fast=true ;;
    *) die 'usage: ./dev test [--fast]' ;;
  esac
  trap 'stop_started_services' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  find_services
  test_settings
  step 'shell scripts' check_scripts
  $fast || step 'stored query data' .dev/sqlx.sh check
  step format cargo fmt --all --check
  step clippy cargo clippy --locked --workspace --all-targets -- -D warnings
  $fast || step 'ingress without store and cache' check_ingress_tree
  $fast || step 'licences, bans and sources' check_dependencies
  if $fast; then
    step 'tests (fast)' run_tests fast
  else
    step 'documentation tests' cargo test --locked --workspace --doc --quiet
    step tests run_tests default
    step 'the API against its OpenAPI' check_schema
    step 'chart, image and compose' check_chart
    step 'alert rules' check_alerts
    step 'dashboards under Prometheus' check_dashboards
  fi
  steps_summary "$began"
}

# Each test makes a database of its own from this one, so it is a superuser's.
test_settings() {
  if ! database_is_given; then
    DATABASE_ADMIN_URL=$(with_database "$DATABASE_ADMIN_URL" loa_test)
    postgres_ensure_database "$DATABASE_ADMIN_URL"
  fi
  DATABASE_URL=$DATABASE_ADMIN_URL
  postgres_ensure_roles "$DATABASE_URL"
  export SQLX_OFFLINE=true CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
  drop_old_test_databases
}

# What failed tests left for a look, after an hour. Only what was made from our own database is dropped.
drop_old_test_databases() {
  local name
  have psql || return 0
  psql -w -X -At -d "$DATABASE_URL" -c "select d.db_name from _sqlx_test.databases d join pg_database p on p.datname = d.db_name
    where d.created_at < now() - interval '1 hour' and p.datname like '\\_sqlx\\_test\\_%'
    and not exists (select from pg_stat_activity a where a.datname = d.db_name)" 2>/dev/null </dev/null |
    while read -r name; do
      psql -w -X -q -d "$DATABASE_URL" -c "drop database if exists \"$name\"" </dev/null >&2 || true
    done || true
}

check_scripts() {
  local script
  for script in dev .dev/*.sh .ci/run; do bash -n "$script" || return 1; done
  if have shellcheck; then
    shellcheck -x dev .dev/sqlx.sh .ci/run
  else
    printf 'warning: shellcheck is not installed; only the syntax was checked\n'
  fi
}

# The ingress takes in events when everything but the broker is down, so it must not even be built with the rest.
check_ingress_tree() {
  local tree
  cargo check --locked --quiet -p ingress || return 1
  tree=$(cargo tree --locked --quiet -p ingress -e normal --prefix none --format '{p}') || return 1
  ! grep -E '^(sqlx|redis|reqwest)' <<<"$tree" || {
    printf 'error: ingress depends on the crates above\n'
    return 1
  }
}

check_dependencies() {
  cargo_deny_installed || cargo install cargo-deny --locked || {
    printf 'warning: cargo-deny cannot be installed here\n'
    return "$STEP_SKIPPED"
  }
  # Of doubled crates there are always some: `cargo deny check bans` lists them.
  cargo deny --locked check -A duplicate -A unused-wrapper bans licenses sources || return 1
  if timeout 120 cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --locked check --disable-fetch advisories
  else
    printf 'warning: the advisory database cannot be had from here; advisories were not checked\n'
  fi
}

cargo_deny_installed() { cargo deny --version >/dev/null 2>&1; }

run_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --profile "$1" --no-tests=pass
  elif [[ $1 == fast ]]; then
    cargo test --locked --workspace --lib --bins --test it
  else
    cargo test --locked --workspace --lib --bins --tests
  fi
}
