-- Ratings of the last 24 full hours that are in the long table but not in the roll-up by hour,
-- or the other way round. A batch under way may show for a moment.
SELECT abs(toInt64(rows) - toInt64(counted)) AS `Not counted`
FROM
(
    SELECT count() AS rows
    FROM ratings
    WHERE given_at >= toStartOfHour(now()) - INTERVAL 24 HOUR AND given_at < toStartOfHour(now())
) AS long
CROSS JOIN
(
    SELECT sum(ratings) AS counted
    FROM ratings_by_hour
    WHERE hour >= toStartOfHour(now()) - INTERVAL 24 HOUR AND hour < toStartOfHour(now())
) AS short
