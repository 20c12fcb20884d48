#!/usr/bin/env bash
# Installs the Debian packages that are missing.
#
#   packages.sh build     what `swift build` needs
#   packages.sh python    what a virtual environment needs
#
# Says what it does. Where it cannot install it says what is needed and leaves it to the build to find it or not.
set -euo pipefail

case "${1:-}" in
  build)
    packages=(
      libopenblas-dev libncurses-dev                 # what rlgym links
      binutils binutils-gold g++                     # linker and C runtime, which Swift calls for
      libsqlite3-0 libcurl4 libxml2 ca-certificates  # libraries of the Swift toolchain's own programs
    )
    ;;
  python) packages=(python3 python3-venv) ;;
  *)
    echo "packages.sh: expected build or python" >&2
    exit 64
    ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian system: what Debian calls ${packages[*]} is needed and is taken to be there."
  exit 0
fi

# Installed packages, and the virtual ones that they provide.
installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' | sed -n 's/^installed //p' |
  sed 's/([^)]*)//g; s/,/ /g' | tr '\n' ' ') "
missing=()
for package in "${packages[@]}"; do
  [[ "$installed" == *" $package "* ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing Debian packages, which only root can install: apt-get install ${missing[*]}"
    exit 0
  fi
  as_root=(sudo)
fi
echo "Installing missing Debian packages with ${as_root[*]:+${as_root[*]} }apt-get: ${missing[*]}"
get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
install=("${get[@]}" install -y --no-install-recommends "${missing[@]}")
# The lists of a fresh machine are empty, and old ones name files that are gone: then they are read anew. One source
# out of several that fails does not matter, if the packages are found.
if ! "${install[@]}" </dev/null; then
  echo "Reading the package lists anew."
  "${get[@]}" update </dev/null || true
  "${install[@]}" </dev/null
fi
