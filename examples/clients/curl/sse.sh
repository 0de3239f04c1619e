#!/usr/bin/env bash
# curl over server-sent events. Each event has its cursor as `id:`, and the next connection sends the last one back as
# Last-Event-ID. Needs bash and curl.
set -euo pipefail

last=  # the news begin now
news='subscription ($room: ID!) { roomEvents(roomId: $room) { __typename cursor ... on MessagePosted { message { text } } } }'
body="{\"query\": \"$news\", \"variables\": {\"room\": \"$ENFILADE_ROOM\"}}"

follow() {
  local token
  token=$(curl --silent --fail "$ENFILADE_TOKEN_URL") || return 0
  # A comment comes every 12 seconds, so a connection that brings nothing for 30 is dead.
  curl --silent --no-buffer --speed-limit 1 --speed-time 30 "$ENFILADE_URL/graphql" \
    --header "Authorization: Bearer $token" --header 'Accept: text/event-stream' --header "Last-Event-ID: $last" \
    --json "$body" || true
}

while true; do
  while IFS= read -r line; do
    case $line in
      id:*) id=${line#id: } ;;
      data:*roomEvents*)
        event=${line#*\"roomEvents\":}
        printf '{"event": %s\n' "${event%\}}"
        last=$id
        ;;
      *errors*) printf '%s\n' "$line" >&2 ;;
    esac
  done < <(follow)
  sleep 0.3
done
