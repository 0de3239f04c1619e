#!/bin/sh
# Runs a command that takes long: sh .ci/waiting.sh 'What it does' COMMAND …
#
# A terminal shows for how many seconds it has been running: how many are left is not known. Elsewhere, as in CI, this
# prints one line.
what=$1
shift
if [ ! -t 1 ]; then
  echo "$what …"
  exec "$@"
fi
began=$(date +%s)
passed() { echo $(($(date +%s) - began)); }
(while :; do
  printf '\r\033[K%s … %s s' "$what" "$(passed)"
  sleep 1
done) &
clock=$!
trap 'kill "$clock" 2>/dev/null; echo; exit 130' INT TERM
"$@"
code=$?
kill "$clock"
wait "$clock" 2>/dev/null
printf '\r\033[K'
if [ "$code" = 0 ]; then echo "$what … $(passed) s"; else echo "$what … failed"; fi
exit "$code"
