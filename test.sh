#!/usr/bin/env bash
# Builds everything, checks the style, proves that both hosts publish as NativeAOT without a warning, and runs every test.
#   ./test.sh          a seeded sample of the long suites; under 15 minutes on 2 cores
#   ./test.sh --long   all of them
# Installs what it lacks from Debian when it is root there. Tests start their own Docker Engines (each in a network namespace of its own)
# and Redis on private sockets and ports, and stop them. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")"

mode=sample
for argument in "$@"; do
  case "$argument" in
    --long) mode=long ;;
    *) echo "test.sh: '$argument' is not known; write --long or nothing." >&2; exit 2 ;;
  esac
done
export DOCKFLARE_TESTS=$mode DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

packages=(docker.io redis-server busybox-static iproute2 haproxy chromium gcc zlib1g-dev)
programs=(dockerd redis-server busybox ip haproxy chromium gcc)

say() { printf '\n== %s\n' "$*"; }

missing_programs() {
  local program
  for program in "${programs[@]}"; do command -v "$program" >/dev/null || echo "$program"; done
  [ -e /usr/include/zlib.h ] || echo zlib.h
}

install_missing() {
  local missing
  missing=$(missing_programs | tr '\n' ' ')
  [ -n "${missing// /}" ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "test.sh: missing: $missing" >&2
    echo "test.sh: as root on Debian it installs them itself; here install these packages first: ${packages[*]}" >&2
    exit 1
  fi
  say "Installing ${packages[*]} (missing: $missing)"
  # No service of these packages is to start: the tests bring up their own.
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made=1; fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  [ -z "$made" ] || rm -f "$policy"
}

if [ "$(id -u)" != 0 ]; then
  echo "test.sh: the tests start Docker Engines in network namespaces of their own, which takes root: run it with sudo." >&2
  exit 1
fi
command -v dotnet >/dev/null || { echo "test.sh: the .NET SDK 10 is missing: https://dotnet.microsoft.com/download" >&2; exit 1; }
install_missing

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say "Build"
dotnet restore DockFlare.sln -v quiet
dotnet build DockFlare.sln --no-restore -c Release -v quiet -clp:NoSummary

say "Style"
dotnet format DockFlare.sln --no-restore --verify-no-changes --exclude-diagnostics IL2026 IL3050

say "NativeAOT"
for host in Master Agent; do
  dotnet publish "hosts/DockFlare.$host" -c Release -r linux-x64 -v quiet -clp:NoSummary -o "artifacts/aot/${host,,}"
done
export DOCKFLARE_AOT="$PWD/artifacts/aot"

status=0
: >"$work/log"
for project in tests/*.Tests; do
  say "$(basename "$project")"
  dotnet run --project "$project" --no-build -c Release -- --no-ansi 2>&1 | tee -a "$work/log" || status=1
done

echo
awk '/^  succeeded:/{s+=$2}/^  failed:/{f+=$2}/^  skipped:/{k+=$2}END{
  if (k > 0) { f += k; printf "%d tests were skipped, which counts as failed here\n", k }
  printf "%d passed, %d failed\n", s, f; exit (f > 0 || s == 0) }' "$work/log" || status=1
exit "$status"
