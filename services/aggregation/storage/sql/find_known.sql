-- Which of some ids are stored already, and in which batch each of them is.
SELECT
    event_id,
    kafka_partition,
    batch_first_offset
FROM {table:Identifier}
WHERE event_id IN {event_ids:Array(UUID)}
    AND eservice_id != ''
