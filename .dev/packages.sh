# shellcheck shell=bash
# Installs what is missing from the distribution, without starting the services that the packages bring.

# need_package PACKAGE COMMAND-OR-FUNCTION...: installs the package unless the command succeeds.
need_package() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || install_package "$package"
  "$@" >/dev/null 2>&1 || die "$package is installed, yet '$*' fails"
}

install_package() {
  local package=$1 as_root=()
  have apt-get || die "$package is missing, and this is no Debian or Ubuntu: install it, or point DATABASE_URL, REDIS_URL and RABBITMQ_URL at running services"
  if [[ $EUID -ne 0 ]]; then
    have sudo || die "$package is missing; as root: apt-get install $package"
    as_root=(sudo)
    [[ -t 0 ]] || as_root=(sudo -n)
    "${as_root[@]}" true || die "$package is missing and sudo is refused; as root: apt-get install $package"
  fi
  say "installing $package"
  "${as_root[@]}" bash -s -- "$package" <<<"$(declare -f apt_install); apt_install \"\$1\"" >&2 ||
    die "apt-get could not install $package"
}

# Runs as root. Maintainer scripts ask `policy-rc.d` whether they may start a service: 101 says no.
apt_install() {
  local policy=/usr/sbin/policy-rc.d service
  if [[ ! -e $policy ]]; then
    # shellcheck disable=SC2064
    trap "rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
  fi
  export DEBIAN_FRONTEND=noninteractive
  # A list that cannot be fetched need not matter for what is to be installed.
  apt-get update -q || true
  apt-get install -q -y --no-install-recommends "$1" </dev/null || return 1
  # Nor may it come up at the next boot: the private instances hold the data.
  if [[ -d /run/systemd/system ]]; then
    for service in postgresql redis-server rabbitmq-server prometheus; do
      [[ $1 != "$service" ]] || systemctl disable "$service"
    done
  fi
}
