# shellcheck shell=bash
# The product's processes: where they listen, how they are built, started and found ready.

PROCESSES=(simulator ingress api message-persistence flow-engine status-tracker outbound-sender media-fetcher janitor)

# LOA_PORT_OFFSET lets several checkouts run side by side.
product_port() {
  local port
  case $1 in
    ingress) port=8080 ;;
    api) port=5000 ;;
    simulator) port=9090 ;;
    ingress-ops) port=9101 ;;
    api-ops) port=9102 ;;
    message-persistence-ops) port=9103 ;;
    status-tracker-ops) port=9104 ;;
    outbound-sender-ops) port=9105 ;;
    janitor-ops) port=9106 ;;
    media-fetcher-ops) port=9107 ;;
    flow-engine-ops) port=9108 ;;
    *) return 1 ;;
  esac
  printf '%s' $((port + ${LOA_PORT_OFFSET:-0}))
}

product_url() { printf 'http://127.0.0.1:%s' "$(product_port "$1")"; }
ingress_url() { product_url ingress; }
api_url() { product_url api; }
simulator_url() { product_url simulator; }

# LOA_BIN_DIR runs binaries that were built elsewhere.
bin_dir() {
  local profile=${LOA_PROFILE:-dev}
  [[ $profile != dev ]] || profile=debug
  printf '%s' "${LOA_BIN_DIR:-${CARGO_TARGET_DIR:-$LOA_ROOT/target}/$profile}"
}

build_product() {
  [[ -z ${LOA_BIN_DIR:-} ]] || return 0
  have cargo || die 'cargo is missing: install Rust from https://rustup.rs'
  need_package build-essential have cc
  say "building (profile ${LOA_PROFILE:-dev})"
  SQLX_OFFLINE=true cargo build --locked --profile "${LOA_PROFILE:-dev}" --bins -p ingress -p api -p workers -p simulator >&2
}

pid_file() { printf '.local/run/%s.pid' "$1"; }
log_file() { printf '.local/log/%s.log' "$1"; }

# The variables that only this process is given.
own_settings() {
  if [[ $1 == simulator ]]; then
    printf '%s\n' "SIMULATOR_LISTEN=127.0.0.1:$(product_port simulator)" "SIMULATOR_WEBHOOK_TARGET=$(ingress_url)" \
      "SIMULATOR_APP_SECRET=$(setting_value WHATSAPP_APP_SECRET)" "SIMULATOR_CONSUMER_SECRET=$(setting_value X_CONSUMER_SECRET)"
    return
  fi
  printf '%s\n' "OPS_ADDR=127.0.0.1:$(product_port "$1-ops")"
  case $1 in
    ingress)
      printf '%s\n' "LISTEN_ADDR=127.0.0.1:$(product_port ingress)" "INGRESS_SPOOL_DIR=${INGRESS_SPOOL_DIR:-$PWD/.local/spool}"
      ;;
    api) printf '%s\n' "LISTEN_ADDR=127.0.0.1:$(product_port api)" ;;
  esac
}

# The value of a variable or of the file that it names; of a list, the first.
setting_value() {
  local file=${1}_FILE value
  value=${!1:-}
  [[ -n $value || -z ${!file:-} ]] || value=$(<"${!file}")
  printf '%s' "${value%%,*}"
}

# Starts a process that does not run. One that runs an older build, or with other settings, is started anew.
start_process() {
  local name=$1 binary own stamp file
  binary=$(bin_dir)/$name
  file=$(pid_file "$name")
  [[ -x $binary ]] || die "there is no $binary"
  mapfile -t own < <(own_settings "$name")
  stamp=$( (stat -L -c '%d %i %Y %s' "$binary" && env | grep -E "$OUR_SETTINGS" | sort && printf '%s\n' "${own[@]}") | sha256sum | cut -c 1-16)
  if process_alive "$file"; then
    if [[ $(process_stamp "$file") == "$stamp" ]]; then
      say "$name already runs"
      return 0
    fi
    say "$name runs an older build or with other settings: starting it anew"
    process_stop 30 "$file" || die "$name does not stop"
  fi
  ports_are_free "$name"
  [[ ! -s $(log_file "$name") ]] || mv -f "$(log_file "$name")" "$(log_file "$name").1"
  process_start "$file" "$(log_file "$name")" "$stamp" env "${own[@]}" "$binary"
  STARTED_PROCESSES[$name]=$(<"$file")
}

OUR_SETTINGS='^(API_|DATABASE_|INGRESS_|REDIS_|RABBITMQ_|WHATSAPP_|MESSENGER_|X_|MESSAGE_|JWT_|WEBHOOK_|OPENAI_|MEDIA_|FLOW_|AWS_|LOA_|RUST_LOG)'

# The processes that this run started, and so will stop, each with what its file said. Another run may since have
# started one of them anew: that one is not ours.
declare -A STARTED_PROCESSES=()

stop_started_processes() {
  local name ours=()
  for name in "${!STARTED_PROCESSES[@]}"; do
    [[ ! -r $(pid_file "$name") || $(<"$(pid_file "$name")") != "${STARTED_PROCESSES[$name]}" ]] || ours+=("$name")
  done
  [[ ${#ours[@]} -gt 0 ]] || return 0
  say "stopping ${ours[*]}"
  stop_processes "${ours[@]}"
}

ports_are_free() {
  local role port
  for role in "$1" "$1-ops"; do
    port=$(product_port "$role") || continue
    ! port_open "$port" || die "port $port of $1 is taken by another program; free it, or set LOA_PORT_OFFSET"
  done
}

# The simulator has no probes: it is ready when it listens.
process_ready() {
  if [[ $1 == simulator ]]; then
    port_open "$(product_port simulator)"
  else
    [[ $(http_status "$(product_port "$1-ops")" /readyz) == 200 ]]
  fi
}

process_settled() { process_dead "$(pid_file "$1")" || process_ready "$1"; }

wait_until_ready() {
  local name what
  for name in "${PROCESSES[@]}"; do
    wait_until "${LOA_READY_SECONDS:-60}" process_settled "$name" || true
    process_alive "$(pid_file "$name")" && process_ready "$name" && continue
    what="is not ready after ${LOA_READY_SECONDS:-60} s"
    process_alive "$(pid_file "$name")" || what=died
    show_log_end "$name"
    die "$name $what"
  done
}

show_log_end() {
  say "--- the last lines of $(log_file "$1")"
  tail -n 15 "$(log_file "$1")" >&2 || true
  say '---'
}

stop_processes() {
  local name files=()
  for name in "$@"; do files+=("$(pid_file "$name")"); done
  process_stop 30 "${files[@]}"
}
