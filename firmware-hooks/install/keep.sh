#!/bin/sh
# For service managers that start a program once and never again: keeps it running until it is told to stop.
set -u
child=''
trap 'trap - TERM INT; [ -z "$child" ] || { kill -TERM "$child"; wait "$child"; }; exit 0' TERM INT
while :; do
  "$@" &
  child=$!
  wait "$child"
  child=''
  sleep 5 &
  child=$!
  wait "$child"
  child=''
done
