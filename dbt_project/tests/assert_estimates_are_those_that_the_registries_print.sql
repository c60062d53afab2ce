-- An estimate that a registry delivers has the value of the seed, and its range lies within the range of the seed.
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
