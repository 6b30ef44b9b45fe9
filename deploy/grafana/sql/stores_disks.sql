-- ClickHouse's local disks, as the node that answers has them.
SELECT
    name AS `Disk`,
    total_space AS `Size`,
    free_space AS `Free`,
    if(total_space = 0, NULL, 1 - free_space / total_space) AS `Used`
FROM system.disks
ORDER BY name
