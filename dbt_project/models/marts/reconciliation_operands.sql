-- Answer each query for a printed figure from the pipeline's figures.
with queries as (
    select
        *,
        cast(extract(year from period_start) as integer) as asked_year,
        -- For measures, the statistic takes the place of the category.
        case when mart = 'measures' then statistic else category end as asked_category
    from {{ ref('published_queries') }}
),

figures as (
    select
        'indicators' as mart, source, '' as edition, unit, population, period_type, period_start, period_end,
        variable, category, cast(n as double) as value, cast(n_known as double) as n_known
    from {{ ref('indicators') }}
    union all
    select
        'measures', source, '', 'year of age', population, period_type, period_start, period_end,
        variable, statistic, value, null
    from {{ ref('measures') }}
    union all
    select
        'funnel', source, '', case when step in ('flagged', 'duplicate') then 'conversation' else 'visit' end, '',
        period_type, period_start, period_end, 'step', step, cast(n as double), null
    from {{ ref('funnel') }}
    union all
    select
        'volumes', source, '', unit, '', period_type, period_start, period_end, '', '', cast(n as double), null
    from {{ ref('volumes') }}
    union all
    select
        'registry_counts', publisher, edition, unit, population, 'year', {{ month_start('reference_year', '1') }},
        {{ month_end('reference_year', '12') }}, variable, category, value, null
    from {{ ref('registry_counts') }}
    where month is null and country = 'NLD'
    union all
    -- A query without an edition asks for the current figure.
    select
        'registry_counts', publisher, '', unit, population, 'year', {{ month_start('reference_year', '1') }},
        {{ month_end('reference_year', '12') }}, variable, category, value, null
    from {{ ref('registry_counts') }}
    where month is null and country = 'NLD' and is_current
),

-- List the tables, sources, editions and years that have any figure. A figure cannot be computed if its source has no
-- data for that year. If the source has data but lacks the figure, that is a difference.
present as (
    select mart, source, edition, cast(extract(year from period_start) as integer) as present_year
    from figures
    union
    select 'measures', source, edition, cast(extract(year from period_start) as integer)
    from figures
    where mart = 'indicators'
),

answers as (
    select
        queries.id,
        queries.operand,
        queries.term,
        max(figures.n_known) as n_known,
        sum(figures.value) as mentions,
        cast(sum(case when figures.value > 0 then 1 else 0 end) as double) as categories,
        -- If an edition prints a figure twice, it has an answer only if both values are the same.
        case when min(figures.value) = max(figures.value) then max(figures.value) end as value
    from queries
    inner join figures
        on
            queries.mart = figures.mart
            and queries.source = figures.source
            and coalesce(queries.edition, '') = figures.edition
            and queries.unit = figures.unit
            and coalesce(queries.population, '') = figures.population
            and queries.period_type = figures.period_type
            and queries.period_start = figures.period_start
            and queries.period_end = figures.period_end
            and coalesce(queries.variable, '') = figures.variable
            and coalesce(queries.asked_category, figures.category) = figures.category
    group by queries.id, queries.operand, queries.term
)

select
    queries.id,
    queries.operand,
    queries.term,
    queries.mart,
    queries.source,
    queries.edition,
    queries.asked_year,
    case queries.statistic
        when 'n_known' then answers.n_known
        when 'percent' then 100 * answers.value / answers.n_known
        when 'mentions' then answers.mentions
        when 'categories' then answers.categories
        else answers.value
    end as value,
    present.mart is not null as is_present
from queries
left join answers
    on queries.id = answers.id and queries.operand = answers.operand and queries.term = answers.term
left join present
    on
        queries.mart = present.mart
        and queries.source = present.source
        and coalesce(queries.edition, '') = present.edition
        and queries.asked_year = present.present_year
