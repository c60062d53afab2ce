-- A pair names an estimate that exists, or else a registry's total.
select pairs.pair
from {{ ref('coverage_pairs') }} as pairs
left join {{ ref('estimates') }} as estimates
    on pairs.estimate = estimates.estimate
where (estimates.estimate is null) = (pairs.total_source is null)
