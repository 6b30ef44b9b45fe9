# Source this; the runbooks use these words, which mean the same in every installation:
#
#   . docs/runbooks/commands.sh compose      or: kubernetes, embedded
#
#   ready PROGRAM          what keeps it from working, in sentences
#   said PROGRAM [SINCE]   what it has logged, of the last 15 minutes by default
#   run PROGRAM COMMAND    a command where the program runs
#   ask PROMQL             a question to Prometheus
#   again PROGRAM          start it anew, without losing anything that was acknowledged
#   clickhouse SQL         a question to ClickHouse
#   kafka TOOL ARGUMENTS   one of Kafka's tools, without its .sh
#
# PROGRAM is catalogue, rating-capture, aggregation or publication.

ARVIO_NAMESPACE=${ARVIO_NAMESPACE:-arvio}
ARVIO_PROMETHEUS=${ARVIO_PROMETHEUS:-http://localhost:9090}
_arvio_ready='
import sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1] + "/health/ready", timeout=10)
except urllib.error.HTTPError as error:
    answer = error
print(answer.read().decode())'

case ${1:-compose} in
compose)
    # Prometheus and its like are a profile, which has to be named.
    _compose() { docker compose --profile monitoring "$@"; }
    run() { local program=$1; shift; _compose exec -T "$program" "$@"; }
    ready() { run "$1" python -c "$_arvio_ready" http://127.0.0.1:8080; }
    said() { _compose logs --no-log-prefix --since "${2:-15m}" "$1"; }
    ask() { run prometheus promtool query instant http://localhost:9090 "$1"; }
    again() { _compose restart "$1"; }
    clickhouse() {
        local secrets
        secrets=$(sed -n 's/^ARVIO_SECRETS=//p' .env)
        CLICKHOUSE_USER=arvio CLICKHOUSE_PASSWORD=$(<"$secrets/clickhouse_password") \
            _compose exec -T -e CLICKHOUSE_USER -e CLICKHOUSE_PASSWORD clickhouse \
            clickhouse-client --query "$1"
    }
    kafka() { local tool=$1; shift; run kafka "/opt/kafka/bin/$tool.sh" --bootstrap-server kafka:9092 "$@"; }
    ;;
kubernetes)
    run() { local program=$1; shift; kubectl -n "$ARVIO_NAMESPACE" exec "deploy/arvio-$program" -- "$@"; }
    ready() { run "$1" python -c "$_arvio_ready" http://127.0.0.1:8080; }
    said() { kubectl -n "$ARVIO_NAMESPACE" logs "deploy/arvio-$1" --all-pods --since "${2:-15m}"; }
    ask() { promtool query instant "$ARVIO_PROMETHEUS" "$1"; }
    again() { kubectl -n "$ARVIO_NAMESPACE" rollout restart "deploy/arvio-$1"; }
    # Both are outside of the chart: say where they are (CLICKHOUSE_HOST, CLICKHOUSE_USER,
    # CLICKHOUSE_PASSWORD; ARVIO_KAFKA__BOOTSTRAP_SERVERS).
    clickhouse() { clickhouse-client --host "$CLICKHOUSE_HOST" --query "$1"; }
    kafka() { local tool=$1; shift; "$tool.sh" --bootstrap-server "$ARVIO_KAFKA__BOOTSTRAP_SERVERS" "$@"; }
    ;;
embedded)
    ARVIO_AT=${ARVIO_AT:-http://127.0.0.1:8080}
    run() { shift; PATH="$PWD/.venv/bin:$PATH" "$@"; }
    ready() { run "$1" python -c "$_arvio_ready" "$ARVIO_AT"; }
    said() { echo "in the terminal where make run runs; the broker's log is under var/" >&2; }
    ask() { promtool query instant "$ARVIO_PROMETHEUS" "$1"; }
    again() { echo "stop make run with Ctrl-C, and start it again" >&2; }
    clickhouse() { echo "the engine is inside of make run; stop it, then: python -m chdb \"$1\"" >&2; }
    kafka() { echo "see deploy/kafka; the broker's log is under var/" >&2; }
    ;;
*)
    echo "compose, kubernetes or embedded?" >&2
    ;;
esac
