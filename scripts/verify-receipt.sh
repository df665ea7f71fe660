#!/usr/bin/env bash
# Checks a receipt (a .tlog-proof file, c2sp.org/tlog-proof) with nothing but bash, coreutils and openssl:
#   verify-receipt.sh RECEIPT COMMITMENT VERIFIER-KEY
# COMMITMENT is the entry in hex (66 digits); VERIFIER-KEY is the log's, name+id+base64.
# Says OK (exit 0) if that entry stands in that log, FAIL and why (exit 6) if not. It does not count witnesses.
set -euo pipefail
export LC_ALL=C
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*" >&2; exit 6; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
unhex() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"; }
unbase64() { openssl base64 -d -A <<<"$1" | hex; }
sha256() { unhex "$1" | openssl dgst -sha256 -binary | hex; }
[[ $# -eq 3 && $2 =~ ^([0-9a-f]{2})+$ ]] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
receipt=$1 commitment=$2 name=${3%%+*}; id=${3#*+}; typed=$(unbase64 "${id#*+}"); id=${id%%+*}
[[ $typed =~ ^01[0-9a-f]{64}$ ]] || fail "the verifier key is not an Ed25519 key of type 01"

mapfile -t line <"$receipt"                         # header, extra?, index, path, blank, checkpoint
[[ ${line[0]-} == c2sp.org/tlog-proof@v1 ]] || fail "this is not a tlog-proof"
n=1; if [[ ${line[n]-} == "extra "* ]]; then n=2; fi
[[ ${line[n]-} =~ ^index\ (0|[1-9][0-9]{0,17})$ ]] || fail "no index"; index=${BASH_REMATCH[1]}
path=(); for ((n += 1; n < ${#line[@]}; n++)); do [[ ${line[n]} ]] || break; path+=("$(unbase64 "${line[n]}")"); done
text=("${line[@]:n+1:3}"); [[ ${text[0]-} == "$name" ]] || fail "the checkpoint is not of $name"
[[ ${text[1]-} =~ ^[1-9][0-9]{0,17}$ && -z ${line[n + 4]-} ]] || fail "the checkpoint is malformed"
((index < text[1])) || fail "the log has no entry $index yet"

printf '%s\n' "${text[@]}" >"$work/text"            # what the log signed
{ unhex 302a300506032b6570032100; unhex "${typed:2}"; } | openssl pkey -pubin -inform DER -out "$work/key"
for vouched in "${line[@]:n+5}"; do                 # the line with the name and the id of this key
  [[ $vouched == "— $name "* ]] || continue
  blob=$(unbase64 "${vouched##* }"); if [[ $blob == "$id"* ]]; then unhex "${blob:8}" >"$work/signature"; fi
done
openssl pkeyutl -verify -pubin -inkey "$work/key" -rawin -in "$work/text" -sigfile "$work/signature" \
  >/dev/null 2>&1 || fail "$name did not sign this checkpoint"

hash=$(sha256 "00$commitment"); at=$index; last=$((text[1] - 1))        # RFC 9162, section 2.1.3.2
for sibling in "${path[@]}"; do
  [[ ${#sibling} -eq 64 ]] && ((last > 0)) || fail "the path is not one of this tree"
  if ((at & 1 || at == last)); then
    hash=$(sha256 "01$sibling$hash")
    while ! ((at & 1)) && ((at > 0)); do ((at >>= 1, last >>= 1)) || true; done
  else hash=$(sha256 "01$hash$sibling"); fi
  ((at >>= 1, last >>= 1)) || true
done
((last == 0)) && [[ $hash == "$(unbase64 "${text[2]}")" ]] || fail "the path does not lead to the signed root"
echo "OK: entry $index of $name, under the root it signed over ${text[1]} entries"
