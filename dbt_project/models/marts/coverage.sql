-- Divide counts by the total that they belong to: an estimate, or a total that a registry prints.
with counted as (
    select
        pairs.pair,
        cast(extract(year from years.period_start) as integer) as reference_year,
        -- All categories of a variable have the same base. A count of nobody is 0, because the presence of a row must
        -- not reveal anything.
        coalesce(max(case when pairs.category = 'known' then figures.n_known else figures.n end), 0) as n,
        cast(null as string) as n_edition,
        min(years.period_start) >= min(span.first_day)
        and max(years.period_end) <= max(span.last_day) as is_complete
    from {{ ref('coverage_pairs') }} as pairs
    inner join {{ ref('volumes') }} as years
        on pairs.source = years.source and years.period_type = 'year' and years.unit = 'conversation'
    cross join {{ ref('int_chat_span') }} as span
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
    select
        pairs.pair,
        figures.reference_year,
        cast(figures.value as bigint) as n,
        figures.edition as n_edition,
        true as is_complete
    from {{ ref('coverage_pairs') }} as pairs
    inner join {{ ref('registry_current') }} as figures
        on
            pairs.source = figures.publisher
            and pairs.unit = figures.unit
            and pairs.population = figures.population
            and pairs.variable = figures.variable
            and pairs.category = figures.category
            and figures.month is null
            and figures.value = floor(figures.value)
            and figures.country = 'NLD'
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
        pairs.pair,
        cast(figures.value as bigint),
        cast(null as bigint),
        cast(null as bigint),
        figures.publisher,
        figures.edition,
        figures.reference_year,
        figures.reference_year,
        figures.unit,
        figures.population,
        figures.reference_year + pairs.total_years_earlier
    from {{ ref('coverage_pairs') }} as pairs
    inner join {{ ref('registry_current') }} as figures
        on
            pairs.total_source = figures.publisher
            and pairs.total_unit = figures.unit
            and pairs.total_population = figures.population
            and pairs.total_variable = figures.variable
            and pairs.total_category = figures.category
            and figures.month is null
            and figures.value > 0
            and figures.value = floor(figures.value)
            and figures.country = 'NLD'
)

select
    counted.reference_year,
    pairs.population,
    cast(counted.n as bigint) as n,
    pairs.source as n_source,
    totals.total,
    totals.total_source,
    cast(counted.n as double) / totals.total as share,
    cast(counted.n as double) / totals.total_high as share_low,
    cast(counted.n as double) / totals.total_low as share_high,
    totals.total_low,
    totals.total_high,
    totals.total_from,
    totals.total_to,
    pairs.is_comparable and counted.is_complete and counted.reference_year between totals.total_from and totals.total_to
        as is_comparable,
    pairs.note_nl || case when counted.is_complete then '' else ' ' || incomplete.reason_nl end as note_nl,
    pairs.note_en || case when counted.is_complete then '' else ' ' || incomplete.reason_en end as note_en,
    pairs.pair,
    pairs.unit,
    pairs.variable,
    pairs.category,
    counted.n_edition,
    totals.total_edition,
    totals.total_unit,
    totals.total_population
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
