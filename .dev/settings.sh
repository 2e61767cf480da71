# shellcheck shell=bash
# What the processes are told by environment variables. The environment wins over `.env`, `.env` over the secrets that
# were generated here, and those over the defaults.

load_settings() {
  [[ ! -r .env ]] || read_settings .env
  mkdir -p .local
  default_setting WHATSAPP_WEBHOOK_VERIFY_TOKEN "${WEBHOOK_VERIFY_TOKEN:-}"
  warn_of_half_credentials
  generate_secrets .local/secrets.env
  read_settings .local/secrets.env
  default_setting LOA_ENV development
  default_setting MEDIA_STORE_URL "file://$PWD/.local/media"
  default_setting WEBHOOK_FORWARD_URL "$(ingress_url)"
  # With real credentials the product talks to Meta; without, to the simulator.
  [[ -n ${WHATSAPP_ACCESS_TOKEN:-} ]] || default_setting WHATSAPP_API_BASE_URL "$(simulator_url)/v25.0"
  default_setting MESSENGER_API_BASE_URL "$(simulator_url)"
  default_setting X_API_BASE_URL "$(simulator_url)"
}

# Reads NAME=VALUE lines as text: nothing in them is run. An empty value counts as none.
read_settings() {
  local line name value
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || continue
    name=${BASH_REMATCH[2]}
    value=${BASH_REMATCH[3]}
    case $value in
      \"*\"*) value=${value#\"} value=${value%%\"*} ;;
      \'*\'*) value=${value#\'} value=${value%%\'*} ;;
      *) value=${value%%[[:space:]]#*} value=${value%"${value##*[![:space:]]}"} ;;
    esac
    default_setting "$name" "$value"
  done <"$1"
}

# Sets a variable unless it, or its file, is given.
default_setting() {
  local file=${1}_FILE
  [[ -z ${!1:-} && -z ${!file:-} && -n $2 ]] || return 0
  export "$1=$2"
}

# Once made, a secret stays: the stored rows are sealed with it.
generate_secrets() {
  local name
  (umask 077 && touch "$1")
  chmod 600 "$1"
  for name in WHATSAPP_APP_SECRET WHATSAPP_WEBHOOK_VERIFY_TOKEN MESSENGER_APP_SECRET MESSENGER_VERIFY_TOKEN \
    X_CONSUMER_KEY X_CONSUMER_SECRET JWT_SECRET; do
    grep -q "^$name=" "$1" || printf '%s=%s\n' "$name" "$(random_hex 24)" >>"$1"
  done
  grep -q '^MESSAGE_ENCRYPTION_KEY=' "$1" ||
    printf 'MESSAGE_ENCRYPTION_KEY=%s\n' "$(head -c 32 /dev/urandom | base64 -w 0)" >>"$1"
}

warn_of_half_credentials() {
  [[ -n ${WHATSAPP_ACCESS_TOKEN:-} && -z ${WHATSAPP_APP_SECRET:-}${WHATSAPP_APP_SECRET_FILE:-} ]] || return 0
  say 'warning: WHATSAPP_ACCESS_TOKEN is set without WHATSAPP_APP_SECRET: webhooks from Meta will be refused'
}
