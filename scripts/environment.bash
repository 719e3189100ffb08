# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause
#
# What scripts/benchmark, scripts/demo and scripts/test share: set up an environment once, build
# the package in it.
# Sourced, not run; set_up and build_package are the functions to call.

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
package=dg_pytorch_ros
oldest_python='3, 10'
colcon_packages=(
  colcon-bash colcon-core colcon-defaults colcon-library-path colcon-metadata colcon-output
  colcon-package-selection colcon-parallel-executor colcon-python-setup-py
  colcon-recursive-crawl colcon-ros colcon-test-result setuptools
)

export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST
trap 'echo; echo "Interrupted." >&2; exit 130' INT

say() {
  printf -- '-- %s\n' "$*"
}

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

set_up() {
  leave_own_environment
  choose_distro
  check_python
  choose_ros
  export ROS_DISTRO=$distro
  venv=$project/.venv/$environment
  workspace=$project/.colcon/$environment
  install_space=$workspace/install
  install_missing
  export VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH
  unset PYTHONHOME
  hash -r
}

leave_own_environment() {
  if [[ ${VIRTUAL_ENV:-} == "$project"/.venv/* ]]; then
    PATH=${PATH//"$VIRTUAL_ENV/bin:"/}
    unset VIRTUAL_ENV
  fi
  if [[ -n ${_ROS_WHEELS_BOOTSTRAP_COMPLETE:-} ]]; then
    unset _ROS_WHEELS_BOOTSTRAP_COMPLETE LD_LIBRARY_PATH
  fi
}

choose_distro() {
  distro=${ROS_DISTRO:-jazzy}
  case $distro in
    jazzy | kilted) ;;
    *) fail "ROS_DISTRO is '$distro'; this package supports 'jazzy' and 'kilted'" ;;
  esac
}

check_python() {
  command -v python3 >/dev/null || fail 'python3 is not installed; install Python 3.10 or newer'
  python3 -c "import sys; sys.exit(sys.version_info < ($oldest_python))" ||
    fail "$(command -v python3) is $(python3 --version 2>&1); Python 3.10 or newer is needed"
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$(command -v python3) has no venv; on Debian and Ubuntu: sudo apt install python3-venv"
}

choose_ros() {
  environment=$distro
  if [[ -z ${AMENT_PREFIX_PATH:-} ]]; then
    return
  fi
  if sourced_ros_is "$distro"; then
    environment=$distro-system
    return
  fi
  if python3 -c 'import ros_wheels_bootstrapper' 2>/dev/null; then
    say "Leaving the sourced workspace aside; using .venv/$distro"
  else
    say "The sourced ROS 2 is not a $distro that $(command -v python3) can import;" \
      "using wheels in .venv/$distro"
  fi
  unset AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH
}

sourced_ros_is() {
  python3 - "$1" 2>/dev/null <<'PYTHON'
import importlib.metadata
import importlib.util
import sys

import rclpy

major = {'jazzy': '7', 'kilted': '9'}[sys.argv[1]]
found = importlib.metadata.version('rclpy').split('.')[0]
wheels = importlib.util.find_spec('ros_wheels_bootstrapper')
sys.exit(found != major or wheels is not None)
PYTHON
}

install_missing() {
  local stamp=$venv/set-up.stamp identity requirements wanted
  { read -r identity && read -r requirements; } < <(fingerprint)
  wanted=$identity$'\n'$requirements
  if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
    return
  fi

  mkdir -p "$project/.venv"
  : >"$project/.venv/COLCON_IGNORE"
  if [[ ! -f $stamp || $(head -n 1 "$stamp") != "$identity" ]]; then
    create_venv
  fi
  rm -f "$stamp"
  keep_what_is_installed >"$venv/constraints.txt"
  say "Setting up .venv/$environment; this takes a few minutes once (log: $venv/set-up.log)"
  : >"$venv/set-up.log"
  pip_install colcon "${colcon_packages[@]}"
  install_requirements 'numpy and torch' install
  if [[ $environment == "$distro" ]]; then
    install_requirements "ROS 2 $distro" "$distro"
  fi
  install_requirements 'the test tools' test
  printf '%s\n' "$wanted" >"$stamp"
}

# For what only some scripts need; after set_up.
install_extra() {
  local stamp=$venv/set-up-$1.stamp
  if [[ -f $stamp && ! $stamp -ot $venv/set-up.stamp ]]; then
    return
  fi
  install_requirements "what the $1 needs" "$1"
  : >"$stamp"
}

create_venv() {
  local options=(--clear)
  if [[ $environment == *-system ]]; then
    options+=(--system-site-packages)
  fi
  say "Creating a virtual environment in .venv/$environment ($(python3 --version))"
  python3 -m venv "${options[@]}" "$venv" || fail "python3 -m venv failed in $venv"
}

fingerprint() {
  python3 - "$venv" "$project"/{setup.py,scripts/constraints.txt,scripts/environment.bash} \
    <<'PYTHON'
import hashlib
import pathlib
import sys

venv, *files = sys.argv[1:]
contents = b'\0'.join(pathlib.Path(file).read_bytes() for file in files)
print(venv, sys.base_prefix, sys.version.split()[0])
print(hashlib.sha256(contents).hexdigest())
PYTHON
}

# A sourced ROS 2 was compiled against its own numpy: what it brought stays at its version.
keep_what_is_installed() {
  "$venv/bin/python" - "$project/scripts/constraints.txt" <<'PYTHON'
import importlib.metadata
import pathlib
import re
import sys

in_venv = pathlib.Path(sys.prefix)
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    name = re.split('[=<>;]', line)[0].strip()
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        found = None
    brought = found is not None and in_venv not in pathlib.Path(found.locate_file('')).parents
    print(f'{name}=={found.version}' if brought else line)
PYTHON
}

install_requirements() {
  local requirements
  mapfile -t requirements < <(requirements_of "$2")
  pip_install "$1" "${requirements[@]}"
}

requirements_of() {
  (cd -- "$project" && "$venv/bin/python" - "$1") <<'PYTHON'
import sys

import setuptools
from distutils.core import run_setup

wanted = sys.argv[1]
package = run_setup('setup.py', stop_after='init')
names = package.install_requires if wanted == 'install' else package.extras_require[wanted]
print(*names, sep='\n')
PYTHON
}

pip_install() {
  say "Installing $1"
  shift
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
    --constraint "$venv/constraints.txt" "$@" </dev/null >>"$venv/set-up.log" 2>&1 || {
    tail -n 20 "$venv/set-up.log" >&2
    fail "pip could not install these; the whole log is in $venv/set-up.log"
  }
}

build_package() {
  local built=$workspace/built sources
  sources=("$project"/{package.xml,setup.py,setup.cfg,resource,"$package"})
  sources+=("$venv/set-up.stamp")
  local folder
  for folder in config launch models; do
    [[ ! -d $project/$folder ]] || sources+=("$project/$folder")
  done
  if [[ ! -f $built || -n $(find "${sources[@]}" -newer "$built" -print -quit) ]]; then
    say "Building $package for ROS 2 $distro"
    mkdir -p "$workspace"
    : >"$project/.colcon/COLCON_IGNORE"
    rm -f "$built"
    : >"$workspace/building"
    run_colcon build --event-handlers console_direct+ >"$workspace/build.log" 2>&1 || {
      tail -n 40 "$workspace/build.log" >&2
      fail "colcon build failed; the whole log is in $workspace/build.log"
    }
    mv "$workspace/building" "$built"
  fi
  set +u
  source "$install_space/local_setup.bash"
  set -u
}

run_colcon() {
  local verb=$1
  shift
  (cd -- "$project" && "$venv/bin/colcon" --log-base "$workspace/log" "$verb" \
    --base-paths "$project" --packages-select "$package" \
    --build-base "$workspace/build" --install-base "$install_space" "$@")
}
