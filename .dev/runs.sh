# shellcheck shell=bash
# ./dev bench and ./dev chaos: an optimised build against private services that nothing else uses.

command_bench() { run_against_private bench "$@"; }
command_chaos() { run_against_private chaos "$@"; }

run_against_private() {
  local name=$1 status=0
  shift
  LOA_PROFILE=fast build_product
  [[ -n ${LOA_BIN_DIR:-} ]] || SQLX_OFFLINE=true cargo build --locked --profile fast -p tests --bin "$name" >&2
  LOA_BIN_DIR=$(LOA_PROFILE=fast bin_dir)
  [[ -x $LOA_BIN_DIR/$name ]] || die "there is no $LOA_BIN_DIR/$name"
  # shellcheck disable=SC2064
  trap "services_stop $name \"\${SERVICES[@]}\"" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  services_start "$name" "${SERVICES[@]}"
  eval "$(services_env "$name")"
  # The run adds `stop rabbitmq`, `start rabbitmq` and the like.
  export LOA_BIN_DIR LOA_SERVICES="$LOA_ROOT/dev services --private $name"
  "$LOA_BIN_DIR/$name" "$@" || status=$?
  exit $status
}
