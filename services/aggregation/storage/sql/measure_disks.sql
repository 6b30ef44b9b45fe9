-- Size and free space of the local disks of the node that answers.
SELECT
    sum(total_space),
    sum(free_space)
FROM system.disks
WHERE NOT is_remote
