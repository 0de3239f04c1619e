#!/usr/bin/env bash
# gql-cli prints a line of JSON for each event. It does not connect again, so this loop does: with a fresh token, and with
# the cursor of the last line that was printed. Needs bash, curl and `pip install 'gql[websockets]'`.
set -euo pipefail
export PYTHONUNBUFFERED=1  # otherwise gql-cli holds lines back that go into a pipe

after=null  # the news begin now
news='subscription ($room: ID!, $after: EventCursor) {
  roomEvents(roomId: $room, after: $after) { __typename cursor ... on MessagePosted { message { text } } }
}'

follow() {
  local token
  token=$(curl --silent --fail "$ENFILADE_TOKEN_URL") || return 0
  gql-cli "${ENFILADE_URL/http/ws}/graphql" --headers "Authorization:Bearer $token" \
    --variables "room:\"$ENFILADE_ROOM\"" "after:$after" <<<"$news" || true
}

while true; do
  while IFS= read -r line; do
    [[ $line =~ \"cursor\":\ (\"[^\"]+\") ]] || continue
    printf '{"event": %s\n' "${line#*: }"
    after=${BASH_REMATCH[1]}
  done < <(follow)
  sleep 0.3
done
