#!/usr/bin/env bash
# Makes random secrets for docker-compose.yml, once, in deploy/compose/secrets (or the folder
# given), and tells Compose of the folder in .env (or the file given). What is there stays.
#
#   deploy/compose/make_secrets.sh [FOLDER [ENV_FILE]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-$root/deploy/compose/secrets}
environment=${2:-$root/.env}
umask 077

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
# The folder keeps other users of this machine out. The files are read by each container under
# a user of its own, so they have to be readable to whoever is let into the folder.
chmod 700 "$folder"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# keep NAME TEXT: write the file unless it is there.
keep() {
    [[ -e $folder/$1 ]] || printf '%s' "$2" >"$folder/$1"
    chmod 444 "$folder/$1"
}

sha256() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; }

keep arvio_tokens__signing_secret "$(random)"
keep postgres_password "$(random)"
keep clickhouse_password "$(random)"
keep clickhouse_grafana_password "$(random)"
keep grafana_admin_password "$(random)"
# What the sign-in service has given Arvio; empty, Arvio proves itself by PKCE alone.
keep arvio_identity__client_secret ""
# Addresses of the chat that hears of alerts; empty, alerts are seen in Alertmanager only.
keep alert_page_url ""
keep alert_ticket_url ""

postgres=$(<"$folder/postgres_password")
clickhouse=$(<"$folder/clickhouse_password")
grafana=$(<"$folder/clickhouse_grafana_password")
keep arvio_database__url "postgresql+psycopg://arvio:$postgres@postgres:5432/arvio"
keep arvio_clickhouse__dsn "http://arvio:$clickhouse@clickhouse:8123/default"
keep clickhouse_users "<clickhouse>
    <profiles>
        <reader>
            <readonly>2</readonly>
            <max_execution_time>30</max_execution_time>
            <max_memory_usage>1000000000</max_memory_usage>
        </reader>
    </profiles>
    <users>
        <default remove=\"1\"/>
        <arvio>
            <password_sha256_hex>$(sha256 "$clickhouse")</password_sha256_hex>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
        </arvio>
        <grafana>
            <password_sha256_hex>$(sha256 "$grafana")</password_sha256_hex>
            <networks><ip>::/0</ip></networks>
            <profile>reader</profile>
            <quota>default</quota>
        </grafana>
    </users>
</clickhouse>"

touch "$environment"
if ! grep -q '^ARVIO_SECRETS=' "$environment"; then
    printf 'ARVIO_SECRETS=%s\n' "$folder" >>"$environment"
fi
echo "Secrets are in $folder."
[[ -s $folder/alert_page_url && -s $folder/alert_ticket_url ]] ||
    echo "Alerts go nowhere yet: write addresses into alert_page_url and alert_ticket_url there."
