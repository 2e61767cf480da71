# shellcheck shell=bash
# One process, known by a file that holds its id, the moment it started, and a stamp of what it was started from.
# The moment tells it from another process that was given the same id later, which is never signalled.

# Prints when a live process started, in ticks since boot (proc(5), field 22 of stat).
process_began() {
  local stat='' fields
  { IFS= read -r -d '' stat <"/proc/$1/stat"; } 2>/dev/null || [[ -n $stat ]] || return 1
  # The second field, the name, may itself hold spaces and brackets.
  read -r -a fields <<<"${stat##*) }"
  # A process that is just ending reads as nothing.
  ((${#fields[@]} > 19)) && [[ ${fields[0]} != [ZX] ]] || return 1
  printf '%s' "${fields[19]}"
}

# process_start FILE LOG STAMP COMMAND...: in a session of its own, out of reach of the terminal's Ctrl-C.
process_start() {
  local file=$1 log=$2 stamp=$3 pid
  shift 3
  # File descriptor 9 is the lock of `up`; the process must not hold it.
  setsid "$@" </dev/null >>"$log" 2>&1 9>&- &
  pid=$!
  # Its end is reported by us, not by bash.
  disown "$pid"
  printf '%s %s %s\n' "$pid" "$(process_began "$pid" || printf 0)" "$stamp" >"$file"
}

# Prints the id when the process that the file names is alive.
process_pid() {
  local pid began stamp
  [[ -r $1 ]] && read -r pid began stamp <"$1" || return 1
  [[ $(process_began "$pid") == "$began" ]] && printf '%s' "$pid"
}

process_alive() { process_pid "$1" >/dev/null; }

process_dead() { ! process_alive "$1"; }

process_stamp() {
  local pid began stamp
  read -r pid began stamp <"$1" && printf '%s' "$stamp"
}

process_signal() {
  local pid
  pid=$(process_pid "$2") && kill -s "$1" "$pid" 2>/dev/null
}

# process_stop SECONDS FILE...: asks all at once, waits for each, and kills what outstays its grace.
process_stop() {
  local grace=$1 file status=0
  shift
  for file in "$@"; do process_signal TERM "$file" || true; done
  for file in "$@"; do
    if ! wait_until "$grace" process_dead "$file"; then
      say "$(basename "$file" .pid) did not stop within $grace s: killed"
      process_signal KILL "$file" || true
      wait_until 10 process_dead "$file" || status=1
    fi
    rm -f "$file"
  done
  return $status
}
