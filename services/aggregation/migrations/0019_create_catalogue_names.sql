-- Why      Dashboards show names and organisations; the facts know ids only. A copy of what the
--          catalogue last said, never read where anything is counted.
-- Fed by   insert_eservices and insert_organisations in storage/names.py
-- Read by  deploy/grafana/sql, analysts
-- Undo     DROP TABLE eservices; DROP TABLE organisations;

CREATE TABLE IF NOT EXISTS eservices
(
    eservice_id     LowCardinality(String),
    organisation_id LowCardinality(String),
    -- In Finnish; in Swedish, English or any other language where there is no Finnish one.
    name            String,
    is_open         Bool,
    is_published    Bool,
    changed_at      DateTime64(3, 'UTC'),
    stored_at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY eservice_id;

CREATE TABLE IF NOT EXISTS organisations
(
    organisation_id LowCardinality(String),
    name            String,
    is_withdrawn    Bool,
    changed_at      DateTime64(3, 'UTC'),
    stored_at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY organisation_id;
