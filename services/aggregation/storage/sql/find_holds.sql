-- Who asks intake to wait at this moment.
SELECT holder
FROM
(
    SELECT
        holder,
        argMax(until, asked_at) AS held_until
    FROM intake_holds
    GROUP BY holder
)
WHERE held_until > now64(3)
