#!/usr/bin/env bash
# Unpacks what the named Debian packages bring into .cache/debian, without installing them:
# a package of a server would start it, and it would listen where it likes.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=.cache/debian
missing=()
for package in "$@"; do
    [[ -e $folder/$package.unpacked ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Arvio's tests need what these Debian packages bring; there is no apt-get here: ${missing[*]}" >&2
    exit 1
fi

echo "Debian packages: ${missing[*]} (unpacked, not installed) …"
downloads=$(mktemp -d)
trap 'rm -rf "$downloads"' EXIT
# apt gives up root for downloads, and must still be able to write here.
chmod 755 "$downloads"
! id _apt >/dev/null 2>&1 || ((EUID)) || chown _apt "$downloads"

# Lists of packages may be older than what is served, or not there at all.
for attempt in 1 2; do
    if (cd "$downloads" && apt-get download -qq "${missing[@]}"); then
        break
    elif ((attempt == 2)); then
        exit 1
    fi
    if ((EUID == 0)); then
        apt-get update -qq
    elif ! sudo -n apt-get update -qq 2>/dev/null; then
        echo "apt knows nothing of these Debian packages: ${missing[*]}" >&2
        echo "Please run: sudo apt-get update" >&2
        exit 1
    fi
done
for package in "${missing[@]}"; do
    dpkg-deb --extract "$downloads/$package"_*.deb "$folder"
    touch "$folder/$package.unpacked"
done

# Alertmanager opens its templates where its package would have put them, whatever it is told.
templates=/usr/share/prometheus/alertmanager
if [[ -e $folder$templates/default.tmpl && ! -e $templates/default.tmpl ]]; then
    copy=(install -D --mode 0644 --target-directory "$templates" "$folder$templates"/*.tmpl)
    ((EUID == 0)) || copy=(sudo -n "${copy[@]}")
    "${copy[@]}" || {
        echo "Please run: sudo install -D -t $templates $PWD/$folder$templates/*.tmpl" >&2
        exit 1
    }
fi
