-- Who was rated in the last 24 hours, and how much of it lately: one row for each e-service.
SELECT
    eservice_id,
    sumIf(ratings, minute >= toDateTime({lately:UInt32}, 'UTC') AND NOT is_suspected) AS lately,
    sumIf(ratings, NOT is_suspected) AS day,
    sumIf(ratings, is_suspected) AS suspected,
    toUnixTimestamp(maxIf(minute, NOT is_suspected)) AS newest
FROM ratings_by_minute
WHERE minute >= toDateTime({minute:UInt32}, 'UTC') AND end_point = 'completed'
GROUP BY eservice_id
