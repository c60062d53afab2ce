-- Select each figure from the latest edition that prints it. If that edition contradicts itself, the figure has no
-- current value.
select *
from {{ ref('registry_counts') }}
where is_current
