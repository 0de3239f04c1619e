#!/usr/bin/env bash
# curl over multipart, as Apollo's clients do it. Each part is one line of JSON, and the next connection sends the cursor of
# the last one as `after`. Needs bash and curl.
set -euo pipefail

after=null  # the news begin now
news='subscription ($room: ID!, $after: EventCursor) {
  roomEvents(roomId: $room, after: $after) { __typename cursor ... on MessagePosted { message { text } } } }'

follow() {
  local token
  token=$(curl --silent --fail "$ENFILADE_TOKEN_URL") || return 0
  # An empty part comes every 5 seconds, so a connection that brings nothing for 30 is dead.
  curl --silent --no-buffer --speed-limit 1 --speed-time 30 "$ENFILADE_URL/graphql" \
    --header "Authorization: Bearer $token" --header 'Accept: multipart/mixed;subscriptionSpec=1.0' \
    --json "{\"query\": \"${news//$'\n'/ }\", \"variables\": {\"room\": \"$ENFILADE_ROOM\", \"after\": $after}}" || true
}

while true; do
  while IFS= read -r line; do
    line=${line%$'\r'}
    case $line in
      *roomEvents*)
        event=${line#*\"roomEvents\":}
        printf '{"event": %s\n' "${event%\}\}}"
        [[ $line =~ \"cursor\":(\"[^\"]+\") ]] && after=${BASH_REMATCH[1]}
        ;;
      *errors*) printf '%s\n' "$line" >&2 ;;
    esac
  done < <(follow)
  sleep 0.3
done
