#!/bin/sh
# Makes sure that Debian packages are there: installs those that are missing, as far as that is allowed here.
# Not a general installer: on a system without dpkg it only says what to look for.
#
#     tools/apt.sh PACKAGE...
set -eu

if ! command -v dpkg-query >/dev/null; then
    echo "no dpkg on this system; please make sure that these are installed: $*" >&2
    exit 0
fi

missing=
for package in "$@"; do
    case "$(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null || true)" in
        *" installed") ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "missing packages, and not root to install them:$missing" >&2
    exit 1
fi

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# Package lists are old on some images: try with them first, and refresh them only if that fails.
# shellcheck disable=SC2086  # a list of words on purpose
apt-get install --yes --quiet --quiet --no-install-recommends $missing >/dev/null 2>&1 || {
    apt-get update --quiet --quiet
    apt-get install --yes --quiet --quiet --no-install-recommends $missing >/dev/null
}
