-- Of each figure the one that the latest edition to print it prints; where that edition contradicts itself, none.
select *
from {{ ref('registry_counts') }}
where is_current
