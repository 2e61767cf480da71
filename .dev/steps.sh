# shellcheck shell=bash
# A list of steps, each timed. A failure does not hide what the later ones would say.

STEP_RESULTS=()
STEPS_FAILED=0

# What a step returns that cannot be done on this machine. It is told in the list, and is no failure.
STEP_SKIPPED=77

# step NAME COMMAND...
step() {
  local name=$1 began=$EPOCHREALTIME status=0 result
  shift
  printf '\n==> %s\n' "$name"
  # In a subshell of its own: a step may leave with `die`.
  ("$@") || status=$?
  case $status in
    0) result=ok ;;
    "$STEP_SKIPPED") result=skipped ;;
    *)
      result=FAILED
      STEPS_FAILED=$((STEPS_FAILED + 1))
      ;;
  esac
  STEP_RESULTS+=("$(printf '%-34s %-7s %7s s' "$name" "$result" "$(seconds_since "$began")")")
  printf '==> %s: %s\n' "$name" "$result"
}

steps_summary() {
  printf '\n'
  printf '%s\n' "${STEP_RESULTS[@]}"
  printf '%-34s %-7s %7s s\n' total "$([[ $STEPS_FAILED -eq 0 ]] && printf ok || printf FAILED)" "$(seconds_since "$1")"
  [[ $STEPS_FAILED -eq 0 ]]
}
