-- Deletes comments that were given before each e-service's moment, and waits until it is done.
ALTER TABLE rating_comments
DELETE WHERE eservice_id IN {eservice_ids:Array(String)}
    AND given_at < fromUnixTimestamp64Milli({latest:Int64}, 'UTC')
    AND toUnixTimestamp64Milli(given_at) < transform(
        toString(eservice_id), {eservice_ids:Array(String)}, {befores:Array(Int64)}, toInt64(0)
    )
SETTINGS mutations_sync = 1
