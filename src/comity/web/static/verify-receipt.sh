#!/usr/bin/env bash
# Checks a receipt (a .tlog-proof file, c2sp.org/tlog-proof) with nothing but bash, coreutils and openssl:
#   verify-receipt.sh RECEIPT COMMITMENT VERIFIER-KEY
# COMMITMENT is the entry in hex (66 digits); VERIFIER-KEY is the log's, name+id+base64.
# Says OK (exit 0) if that entry stands in that log, FAIL and why (exit 6) if not. It does not count witnesses.
set -euo pipefail; export LC_ALL=C
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*" >&2; exit 6; }
bytes() { printf '%b' "$(fold -w2 <<<"$1" | sed 's/^/\\x/' | tr -d '\n')"; }
hex() { openssl base64 -d -A <<<"$1" | od -An -v -tx1 | tr -d ' \n'; }
sha256() { bytes "$1" | openssl dgst -sha256 -r | cut -c1-64; }
if [[ $# -ne 3 || ! $2 =~ ^[0-9a-f]{66}$ ]]; then sed -n '2,5s/^# //p' "$0" >&2; exit 2; fi
name=${3%%+*} id=${3#*+}; key=$(hex "${id#*+}") id=${id%%+*}
[[ $key =~ ^01[0-9a-f]{64}$ ]] || fail "the verifier key is not an Ed25519 key of type 01"

mapfile -t line <"$1"; n=1; if [[ ${line[n]-} == "extra "* ]]; then n=2; fi # header, extra?, index, path, checkpoint
[[ ${line[0]-} == c2sp.org/tlog-proof@v1 ]] || fail "this is not a tlog-proof"
[[ ${line[n]-} =~ ^index\ (0|[1-9][0-9]{0,17})$ ]] || fail "no index"; index=${BASH_REMATCH[1]} path=()
while [[ ${line[++n]-} ]]; do path+=("$(hex "${line[n]}")"); done
text=("${line[@]:n+1:3}"); size=${text[1]-}
[[ ${text[0]-} == "$name" ]] || fail "the checkpoint is not of $name"
[[ $size =~ ^[1-9][0-9]{0,17}$ && -z ${line[n + 4]-} ]] || fail "the checkpoint is malformed"

for vouched in "${line[@]:n+5}"; do # the line with the name and the id of this key
  if [[ $vouched == "— $name "* && $(hex "${vouched##* }") =~ ^$id(.*) ]]; then bytes "${BASH_REMATCH[1]}" >"$work/signature"; fi
done
bytes "302a300506032b6570032100${key:2}" | openssl pkey -pubin -inform DER -out "$work/key"
printf '%s\n' "${text[@]}" >"$work/text"
openssl pkeyutl -verify -pubin -inkey "$work/key" -rawin -in "$work/text" -sigfile "$work/signature" \
  >/dev/null 2>&1 || fail "$name did not sign this checkpoint"

hash=$(sha256 "00$2") at=$index last=$((size - 1)) # RFC 9162, section 2.1.3.2
if ((at > last)); then fail "the log has no entry $index yet"; fi
for sibling in "${path[@]}"; do
  if [[ ${#sibling} -ne 64 || $last -eq 0 ]]; then fail "the path is not one of this tree"; fi
  if ((at & 1 || at == last)); then
    hash=$(sha256 "01$sibling$hash"); until ((at & 1 || at == 0)); do at=$((at >> 1)) last=$((last >> 1)); done
  else hash=$(sha256 "01$hash$sibling"); fi
  at=$((at >> 1)) last=$((last >> 1))
done
[[ $last -eq 0 && $hash == "$(hex "${text[2]}")" ]] || fail "the path does not lead to the signed root"
echo "OK: entry $index of $name, under the root it signed over $size entries"
