# shellcheck shell=bash
# The demo merchant, and `.local/demo.json`, which tells people and scripts where it is.

seed_demo() {
  (umask 077 && "$(bin_dir)/api" seed-demo --out "$LOA_ROOT/.local/seed.json" >>"$LOA_ROOT/.local/log/seed.log" 2>&1) || {
    tail -n 15 .local/log/seed.log >&2
    die 'the demo could not be seeded; the whole log: .local/log/seed.log'
  }
}

write_demo_json() {
  (umask 077 && demo_json >.local/demo.json.new)
  mv -f .local/demo.json.new .local/demo.json
}

demo_json() {
  local key value
  printf '{\n'
  printf '  "ingressUrl": "%s",\n' "$(ingress_url)"
  printf '  "apiUrl": "%s",\n' "$(api_url)"
  printf '  "consoleUrl": "%s",\n' "$(api_url)"
  printf '  "simulatorUrl": "%s",\n' "$(simulator_url)"
  for key in email password merchantId accountId phoneNumberId wabaId; do
    value=$(json_field .local/seed.json "$key")
    [[ -n $value ]] || die "api seed-demo did not say '$key'"
    printf '  "%s": "%s",\n' "$key" "$value"
  done
  printf '  "appSecret": "%s",\n' "$(json_text "$(setting_value WHATSAPP_APP_SECRET)")"
  printf '  "verifyToken": "%s"\n}\n' "$(json_text "$(setting_value WHATSAPP_WEBHOOK_VERIFY_TOKEN)")"
}

# Prints a text of a flat JSON object as it stands there, escapes included: a fresh machine has no jq.
json_field() { tr '\n' ' ' <"$1" | grep -oE "\"$2\"[[:space:]]*:[[:space:]]*\"([^\"\\\\]|\\\\.)*\"" | sed -E 's/^"[^"]*"[[:space:]]*:[[:space:]]*"(.*)"$/\1/'; }

json_text() {
  local text=${1//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

print_demo() {
  cat <<END

Loa is running.
  api        $(api_url)
  ingress    $(ingress_url)
  simulator  $(simulator_url)
  login      $(json_field .local/demo.json email)  $(json_field .local/demo.json password)

All of it is in .local/demo.json; ./dev status, ./dev logs NAME, ./dev down.
END
}
