-- An estimate that a registry delivers is the one of the seed, or a range within its range.
select printed.publisher, printed.edition, printed.population
from {{ ref('registry_counts') }} as printed
inner join {{ ref('estimates') }} as estimates
    on
        printed.publisher = estimates.publisher
        and printed.edition = estimates.edition
        and printed.population = estimates.population
where
    printed.is_estimate
    and printed.variable = 'total'
    and (
        printed.value <> estimates.value
        or printed.value_low < coalesce(estimates.low, estimates.value)
        or printed.value_high > coalesce(estimates.high, estimates.value)
    )
