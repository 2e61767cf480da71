# shellcheck shell=bash
# ./dev fuzz: libFuzzer over what arrives from outside, led by coverage.

FUZZ_TARGETS=(signature peek_whatsapp peek_messenger peek_x parse_whatsapp parse_messenger parse_x spool envelope)
# Past these an input hangs or allocates without bound; the largest webhook is 3 MiB.
FUZZ_LIMITS=(-rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=10 -max_len=65536)

# fuzz [TARGET] [SECONDS]
command_fuzz() {
  local targets=("${FUZZ_TARGETS[@]}") target failed=0 began=$EPOCHREALTIME
  if [[ ${1:-} =~ ^[a-z] ]]; then
    [[ " ${FUZZ_TARGETS[*]} " == *" $1 "* ]] || die "there is no target '$1'; there are ${FUZZ_TARGETS[*]}"
    targets=("$1")
    shift
  fi
  local seconds=${1:-60}
  [[ $# -le 1 && $seconds =~ ^[1-9][0-9]*$ ]] || die 'usage: ./dev fuzz [TARGET] [SECONDS]'
  trap 'exit 130' INT
  fuzz_build
  for target in "${targets[@]}"; do
    step "$target" fuzz_run "$target" "$seconds"
  done
  steps_summary "$began" || failed=1
  printf 'RESULT fuzz targets=%d seconds_each=%d failed=%d\n' ${#targets[@]} "$seconds" "$STEPS_FAILED"
  exit $failed
}

# A stable compiler can count edges as libFuzzer wants it; only the sanitizers need another. Where the target is
# named, build scripts and macros are left alone. Everything lies in one directory of its own, since the flags
# would have the ordinary builds start over.
fuzz_build() {
  have cargo || die 'cargo is missing: install Rust from https://rustup.rs'
  need_package build-essential have c++
  say 'building the fuzzers'
  CARGO_TARGET_DIR=$(fuzz_target_dir) RUSTFLAGS=$(fuzz_flags) \
    cargo build --locked --profile fuzz --target "$(fuzz_host)" -p fuzz --features libfuzzer --bins >&2
}

fuzz_target_dir() { printf '%s/fuzz' "${CARGO_TARGET_DIR:-$LOA_ROOT/target}"; }
fuzz_host() { rustc -vV | sed -n 's/^host: //p'; }

fuzz_flags() {
  printf '%s ' -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0
}

# Inputs that lead somewhere new are kept from run to run; those that crash, hang or eat memory lie in `crashes`.
fuzz_run() {
  local target=$1 seconds=$2 found=.local/fuzz/$1/found crashes=.local/fuzz/$1/crashes log=.local/fuzz/$1/log seeds status=0
  mkdir -p "$found" "$crashes"
  mapfile -t seeds < <(fuzz_seeds "$target")
  nice "$(fuzz_target_dir)/$(fuzz_host)/fuzz/fuzz-$target" "$found" "${seeds[@]}" "-max_total_time=$seconds" \
    "${FUZZ_LIMITS[@]}" -print_final_stats=1 "-artifact_prefix=$crashes/" >"$log" 2>&1 || status=$?
  fuzz_figures "$target" "$log"
  [[ $status -eq 0 ]] || {
    tail -n 30 "$log"
    printf '%s failed; what it failed on lies in %s\n' "$target" "$crashes"
    return 1
  }
}

# The folders of seeds: our own, and what lies in the directory of further payloads.
fuzz_seeds() {
  local channel=${1##*_}
  if [[ -d tests/fuzz/seeds/$1 ]]; then
    printf '%s\n' "tests/fuzz/seeds/$1"
    return
  fi
  printf '%s\n' "shared/src/channels/$channel/fixtures"
  [[ ! -d ${LOA_CORPUS_DIR:-}/$channel ]] || printf '%s\n' "$LOA_CORPUS_DIR/$channel"
}

# libFuzzer's last line of figures, in one line of ours.
fuzz_figures() {
  local runs edges features peak
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$2")
  peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$2")
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$2" | tail -n 1)
  features=$(sed -n 's/.* ft: \([0-9]*\) .*/\1/p' "$2" | tail -n 1)
  printf '%s: %s executions, %s edges and %s features covered, %s MB at most\n' "$1" "${runs:-?}" "${edges:-?}" "${features:-?}" "${peak:-?}"
}
