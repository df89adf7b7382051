#!/usr/bin/env bash
# Install gridpatrol into a directory of its own, on a bare Debian or Ubuntu or in an image.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
oldest_python=3.11
libraries=(libgl1 libglib2.0-0 libxcb1)  # what the opencv-python wheel loads and does not bring

usage() {
  cat <<'END'
usage: install.sh [OPTION…] [STEP…]

steps, in this order; all of them when none is named
  system     system packages, by apt-get; passed over without root
  wheel      build the wheel of this source tree, with the console's libraries inside
  packages   a virtual environment in the prefix, with the pinned packages
  app        the wheel into the prefix; then check what was installed

options
  --prefix DIR   where to install: /opt/gridpatrol for root, else ~/.local/share/gridpatrol
  --wheel FILE   install this wheel instead of building one
  --wheel-dir DIR  where the step `wheel` leaves its wheel, and `app` looks for it
  --lock FILE    pinned packages with their hashes: requirements/run.lock
  --python FILE  which Python to use: python3
  --help         show this
END
}

fail() {
  echo "install.sh: $1" >&2
  exit "${2:-1}"
}

parse() {
  prefix=$HOME/.local/share/gridpatrol
  if is_root; then prefix=/opt/gridpatrol; fi
  wheel='' wheel_dir='' lock=$here/requirements/run.lock python=python3 steps=()
  while (($#)); do
    case $1 in
      --prefix | --wheel | --wheel-dir | --lock | --python)
        (($# > 1)) || fail "$1 needs a value; see install.sh --help" 2
        local name=${1#--}
        printf -v "${name//-/_}" %s "$2"
        shift
        ;;
      --help) usage; exit ;;
      system | wheel | packages | app) steps+=("$1") ;;
      *) fail "$1 is neither a step nor an option; see install.sh --help" 2 ;;
    esac
    shift
  done
  ((${#steps[@]})) || steps=(system wheel packages app)
}

is_root() { ((EUID == 0)); }

wanted() { [[ " ${steps[*]} " == *" $1 "* ]]; }

python_is_fit() {
  "$python" -c "import ensurepip, sys, venv; sys.exit(sys.version_info < (${oldest_python/./, }))" 2>/dev/null
}

need_python() {
  python_is_fit || fail "$python is not Python $oldest_python or newer with venv; \
apt-get install python3-venv, or name another with --python"
}

install_system_packages() {
  if ! is_root || ! command -v apt-get >/dev/null; then
    echo "System packages are left alone (no root, or no apt-get)"
    return
  fi
  local packages=(ca-certificates "${libraries[@]}")
  python_is_fit || packages+=(python3-venv)
  echo "Installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

console_is_ready() {
  local console=$here/gateway/console digest
  digest=$(sha256sum <"$console/package-lock.json")
  grep -qsx "lock ${digest%% *}" "$console/vendor/.installed"
}

build_wheel() {
  need_python
  "$python" -m venv "$scratch/build"
  console_is_ready || "$scratch/build/bin/python" "$here/gateway/console/install.py"
  mkdir -p "$wheel_dir"
  rm -f "$wheel_dir"/gridpatrol-*.whl
  "$scratch/build/bin/python" -m pip wheel -q --disable-pip-version-check --no-deps -w "$wheel_dir" "$here"
}

install_packages() {
  need_python
  [[ -f $lock ]] || fail "there is no lock file $lock"
  echo "Installing into $prefix: about 250 MB to download, 1 GB on disk"
  "$python" -m venv "$prefix"
  "$prefix/bin/python" -m pip install --disable-pip-version-check --require-hashes -r "$lock"
}

install_app() {
  [[ -x $prefix/bin/python ]] || fail "$prefix has no virtual environment; the step packages makes it"
  local found=("$wheel_dir"/gridpatrol-*.whl)
  local file=${wheel:-${found[0]}}
  [[ -f $file ]] || fail "there is no wheel $file"
  "$prefix/bin/python" -m pip install -q --disable-pip-version-check --no-deps --force-reinstall "$file"
  "$prefix/bin/python" -c 'import cv2' \
    || fail "a system library is missing; as root: apt-get install ${libraries[*]}"
  "$prefix/bin/gridpatrol" models verify
  echo "Installed: $prefix/bin/gridpatrol"
}

main() {
  parse "$@"
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  : "${wheel_dir:=$scratch/wheel}"
  if wanted system; then install_system_packages; fi
  if wanted wheel && [[ -z $wheel ]]; then build_wheel; fi
  if wanted packages; then install_packages; fi
  if wanted app; then install_app; fi
}

main "$@"
