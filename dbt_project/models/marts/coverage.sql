-- Divide counts by the total that they belong to: an estimate, or a total that a registry prints.
-- It is one model, because a count and its total have a meaning as a pair only.
with printed as (
    select
        publisher as source, unit, population, variable, category, reference_year, edition, cast(value as bigint) as n
    from {{ ref('registry_current') }}
    where month is null and value = floor(value) and country = 'NLD'
),

counted as (
    select
        pairs.pair,
        cast(extract(year from years.period_start) as integer) as reference_year,
        -- All categories of a variable have the same base. A count of nobody is 0, because the presence of a row must
        -- not reveal anything.
        coalesce(max(case when pairs.category = 'known' then figures.n_known else figures.n end), 0) as n,
        cast(null as string) as n_edition,
        min(states.state) <> 'incomplete' as is_complete
    from {{ ref('coverage_pairs') }} as pairs
    inner join {{ ref('volumes') }} as years
        on pairs.source = years.source and years.period_type = 'year' and years.unit = 'conversation'
    inner join {{ ref('int_period_states') }} as states
        on
            pairs.source = states.source
            and years.period_type = states.period_type
            and years.period_start = states.period_start
    left join {{ ref('indicators') }} as figures
        on
            pairs.source = figures.source
            and pairs.unit = figures.unit
            and pairs.population = figures.population
            and pairs.variable = figures.variable
            and pairs.category in (figures.category, 'known')
            and years.period_type = figures.period_type
            and years.period_start = figures.period_start
    group by pairs.pair, years.period_start
    union all
    select pairs.pair, printed.reference_year, printed.n, printed.edition, true
    from {{ ref('coverage_pairs') }} as pairs
    inner join printed using (source, unit, population, variable, category)
),

totals as (
    select
        pairs.pair,
        estimates.value as total,
        estimates.low as total_low,
        estimates.high as total_high,
        estimates.publisher as total_source,
        estimates.edition as total_edition,
        estimates.reference_from as total_from,
        estimates.reference_to as total_to,
        'estimate' as total_unit,
        estimates.population as total_population,
        cast(null as integer) as for_year
    from {{ ref('coverage_pairs') }} as pairs
    inner join {{ ref('estimates') }} as estimates
        on pairs.estimate = estimates.estimate
    union all
    select
        pairs.pair, printed.n, null, null, printed.source, printed.edition, printed.reference_year,
        printed.reference_year, printed.unit, printed.population, printed.reference_year + pairs.total_years_earlier
    from {{ ref('coverage_pairs') }} as pairs
    inner join printed
        on
            pairs.total_source = printed.source
            and pairs.total_unit = printed.unit
            and pairs.total_population = printed.population
            and pairs.total_variable = printed.variable
            and pairs.total_category = printed.category
            and printed.n > 0
)

select
    counted.reference_year,
    pairs.population,
    cast(counted.n as bigint) as n,
    pairs.source as n_source,
    cast(counted.n as double) / totals.total as share,
    cast(counted.n as double) / totals.total_high as share_low,
    cast(counted.n as double) / totals.total_low as share_high,
    totals.total, totals.total_source, totals.total_low, totals.total_high, totals.total_from, totals.total_to,
    totals.total_edition, totals.total_unit, totals.total_population,
    pairs.is_comparable and counted.is_complete and counted.reference_year between totals.total_from and totals.total_to
        as is_comparable,
    pairs.note_nl || case when counted.is_complete then '' else ' ' || incomplete.reason_nl end as note_nl,
    pairs.note_en || case when counted.is_complete then '' else ' ' || incomplete.reason_en end as note_en,
    pairs.pair, pairs.unit, pairs.variable, pairs.category,
    counted.n_edition
from counted
inner join {{ ref('coverage_pairs') }} as pairs
    on counted.pair = pairs.pair
inner join totals
    on counted.pair = totals.pair and (totals.for_year is null or counted.reference_year = totals.for_year)
cross join {{ ref('comparison_reasons') }} as incomplete
where
    incomplete.reason = 'incomplete'
    and (pairs.first_year is null or counted.reference_year >= pairs.first_year)
    and (pairs.last_year is null or counted.reference_year <= pairs.last_year)
