-- A pair names either an existing estimate or the total of a registry.
select pairs.pair
from {{ ref('coverage_pairs') }} as pairs
left join {{ ref('estimates') }} as estimates
    on pairs.estimate = estimates.estimate
where (estimates.estimate is null) = (pairs.total_source is null)
