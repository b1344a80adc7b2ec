#!/bin/sh
# Writes compose.yaml and .env of a DockFlare agent into ./dockflare-agent and starts it. The key is taken from DOCKFLARE_API_KEY or asked for.
set -eu
key="${DOCKFLARE_API_KEY:-}"
if [ -z "$key" ]; then
  printf 'Agent key (fingerprint {{ key_fingerprint }}): ' >&2
  read -r key </dev/tty
fi
mkdir -p dockflare-agent
cd dockflare-agent
umask 077
cat >compose.yaml <<'DOCKFLARE'
{{ compose }}
DOCKFLARE
grep -v '^DOCKFLARE_API_KEY=' >.env <<'DOCKFLARE'
{{ environment }}
DOCKFLARE
printf 'DOCKFLARE_API_KEY=%s\n' "$key" >>.env
docker network inspect cloudflare-net >/dev/null 2>&1 || docker network create cloudflare-net
docker compose up -d
