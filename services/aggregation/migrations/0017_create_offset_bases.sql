-- Why      Offsets that are stored with rows only ever grow. A log of Kafka that has been made
--          anew begins at 0, so its offsets are counted from where the old ones ended.
-- Fed by   insert_base in storage/bases.py
-- Read by  find_bases in storage/bases.py
-- Undo     DROP TABLE offset_bases;

CREATE TABLE IF NOT EXISTS offset_bases
(
    topic           LowCardinality(String),
    kafka_partition UInt16,
    base            UInt64,
    stored_at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(base)
ORDER BY (topic, kafka_partition);
