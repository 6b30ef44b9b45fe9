-- Counts one staged batch in the long table and in each roll-up. Each of them passes over a
-- token that it knows, and a batch that is marked as consumed is not read at all: so this can
-- be repeated after any interruption, by anybody, however late.
INSERT INTO completions_inbox
(
    eservice_id,
    channel,
    end_point,
    duration_seconds,
    completed_at,
    received_at,
    stored_at,
    kafka_partition,
    kafka_offset
)
SETTINGS
    insert_deduplication_token = {token:String},
    deduplicate_blocks_in_dependent_materialized_views = 1,
    max_insert_threads = 1
SELECT
    eservice_id,
    channel,
    end_point,
    duration_seconds,
    completed_at,
    received_at,
    stored_at,
    kafka_partition,
    kafka_offset
FROM recent_completions
WHERE kafka_partition = {partition:UInt16}
    AND batch_first_offset = {first_offset:UInt64}
    AND eservice_id != ''
    AND batch_next_offset > (
        SELECT max(next_offset)
        FROM consumed_offsets
        WHERE topic = {topic:String}
            AND kafka_partition = {partition:UInt16}
    )
ORDER BY kafka_offset
SETTINGS max_threads = 1, max_block_size = 65536
