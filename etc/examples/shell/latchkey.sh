#!/usr/bin/env bash
# Asks Latchkey from a script, with curl: is this credential good, and whose is it? Credentials go to curl on
# its standard input, because every user of the machine can read a command line.
set -euo pipefail

readonly attempts=3    # of one question
readonly total_ms=3000 # for all of them and the pauses between them
readonly curl=(curl -q --silent --noproxy '*' --connect-timeout 0.5)
readonly endpoints=$LATCHKEY_URL/api/v1/auth
connections=0 # that were opened

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); } # MILLISECONDS

quoted() { # TEXT: as a string of JSON, and of curl's configuration files; fails if it is no credential
    [[ $1 != *[[:cntrl:]]* ]] || return 65
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

# Sets `verdict`. Fails with 75 if Latchkey has not decided: let nobody in. Verifying changes nothing, so a
# question is safe to repeat, also one whose answer was lost.
ask() { # ENDPOINT QUESTION
    local ends left status after opened attempt wait
    ends=$(($(now_ms) + total_ms))
    for ((attempt = 1; ; attempt++)); do
        left=$((ends - $(now_ms)))
        verdict=$("${curl[@]}" --max-time "$(seconds $((left > 1500 ? 1500 : left > 1 ? left : 1)))" \
            --header 'Content-Type: application/json' --data-binary @- \
            --write-out '\n%{http_code} %{num_connects} %header{retry-after}' "$endpoints/$1" <<<"$2") || true
        read -r status opened after <<<"${verdict##*$'\n'}"
        verdict=${verdict%$'\n'*}
        connections=$((connections + opened))
        case $status in
        200) return ;;
        000 | 503) ;; # no answer, or not now
        429 | 5*) break ;;
        *) echo "Latchkey does not take the question: $status" >&2 && return 70 ;; # a mistake in this script
        esac
        [[ $after =~ ^[0-9]{1,4}$ ]] || after=0
        wait=$((10#$after * 1000 > 50 << attempt ? 10#$after * 1000 : 50 << attempt))
        wait=$((wait + wait * (RANDOM % 256) / 1024)) # so that the callers do not all come back at once
        [ $attempt -lt $attempts ] && [ $(($(now_ms) + wait)) -lt "$ends" ] || break
        sleep "$(seconds $wait)"
    done
    verdict=
    echo "Latchkey has not decided: $status" >&2
    return 75
}

good() { [[ $verdict == '{"valid":true,'* ]]; }
code() { [[ $verdict =~ ^\{\"valid\":(true|false),\"code\":\"([A-Z_]+)\" ]] && echo "${BASH_REMATCH[2]}"; }

key="\"api_key\":$(quoted "$DEMO_API_KEY")"
token="\"token\":$(quoted "$DEMO_TOKEN")"
ask verify-api-key "{$key}"
echo "key: $(code)" && good || echo "(let nobody in)"
ask verify-token "{$token}"
echo "token: $(code)"
items="{\"type\":\"api_key\",$key},{\"type\":\"token\",$token},{\"type\":\"api_key\",\"api_key\":\"wrong\"}"
ask verify-batch "{\"items\":[$items]}" # `results` has the verdicts in this order; then they are counted
echo "batch: ${verdict##*],}"

# Each curl opens a connection. One curl that asks many questions keeps it; a batch is quicker still.
{
    for ((i = 0; i < 20; i++)); do
        printf 'next\nurl = "%s/verify-api-key"\nheader = "Content-Type: application/json"\ndata = %s\n' \
            "$endpoints" "$(quoted "{$key}")"
        printf 'silent\noutput = /dev/null\nwrite-out = "%%{num_connects}\\n"\nmax-time = 1.5\n'
        printf 'noproxy = "*"\nconnect-timeout = 0.5\n' # "next" forgets what the first question had
    done
} | "${curl[@]}" --config - | { while read -r opened; do connections=$((connections + opened)); done
    echo "23 questions, connections opened: $connections"; }
