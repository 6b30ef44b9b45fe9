-- Which completion tokens have carried a rating already, and which rating that was.
SELECT
    token_id,
    event_id
FROM recent_ratings
WHERE token_id IN {token_ids:Array(UUID)}
