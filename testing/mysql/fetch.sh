#!/usr/bin/env bash
# Unpacks MySQL into .cache/mysql/root, with all libraries that it needs. Installs nothing and needs no root.
#
# MySQL is in Debian unstable only. apt, with a state of its own that knows no installed package, chooses and fetches the
# packages from the mirror of this machine. It refuses an index that the Debian archive key has not signed, and a package
# that does not have the checksum in that index.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$PWD/.cache/mysql
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -x "$target/root/usr/sbin/mysqld" ] && exit
[ -r "$keyring" ] || { echo "Install debian-archive-keyring: without it, nothing checks what is fetched." >&2; exit 1; }

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as its own user if it is started by root
mkdir -p "$work"/{lists,cache,root,preferences,parts}
touch "$work/status"
echo "deb [signed-by=$keyring] $mirror unstable main" >"$work/sources.list"
apt() {
  apt-get -qq -o Dir::State="$work" -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
    -o Dir::Cache="$work/cache" -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts" \
    -o Dir::Etc::preferencesparts="$work/preferences" -o APT::Install-Recommends=false -o Debug::NoLocking=true \
    -o Acquire::Languages=none "$@"
}
apt update
apt install --download-only --yes mysql-server-core >/dev/null
for package in "$work"/cache/archives/*.deb; do dpkg -x "$package" "$work/root"; done
rm -rf "$work"/root/usr/share/{doc,man,locale}
mkdir -p "$target"
rm -rf "$target/root"
mv "$work/root" "$target/root"
