-- Answer each query for a printed figure from the pipeline's figures.
{%- set key = 'mart, source, asked_edition, unit, population, period_type, period_start, period_end, variable' %}
with queries as (
    select
        id, operand, term, mart, source, edition, unit, period_type, period_start, period_end, statistic,
        cast(extract(year from period_start) as integer) as asked_year,
        coalesce(edition, '') as asked_edition,
        coalesce(population, '') as population,
        coalesce(variable, '') as variable,
        -- For measures, the statistic takes the place of the category.
        case when mart = 'measures' then statistic else category end as asked_category
    from {{ ref('published_queries') }}
),

figures as (
    select
        'indicators' as mart, source, '' as asked_edition, unit, population, period_type, period_start, period_end,
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
    -- A query without an edition asks for the current figure.
    {% for asked, condition in [('edition', 'true'), ("''", 'is_current')] %}
        union all
        select
            'registry_counts', publisher, {{ asked }}, unit, population, 'year', {{ month_start('reference_year', 1) }},
            {{ month_end('reference_year', 12) }}, variable, category, value, null
        from {{ ref('registry_counts') }}
        where month is null and country = 'NLD' and {{ condition }}
    {% endfor %}
),

-- List the tables, sources, editions and years that have any figure. A figure cannot be computed if its source has no
-- data for that year. If the source has data but lacks the figure, that is a difference.
present as (
    select mart, source, asked_edition, cast(extract(year from period_start) as integer) as asked_year
    from figures
    union
    select 'measures', source, asked_edition, cast(extract(year from period_start) as integer)
    from figures
    where mart = 'indicators'
),

answers as (
    select
        id, operand, term, max(n_known) as n_known, sum(value) as mentions,
        cast(sum(case when value > 0 then 1 else 0 end) as double) as categories,
        -- If an edition prints a figure twice, it has an answer only if both values are the same.
        case when min(value) = max(value) then max(value) end as value
    from queries
    inner join figures using ({{ key }})
    where coalesce(asked_category, category) = category
    group by id, operand, term
)

select
    id, operand, term, mart, source, edition, asked_year,
    case statistic
        when 'n_known' then answers.n_known
        when 'percent' then 100 * answers.value / answers.n_known
        when 'mentions' then answers.mentions
        when 'categories' then answers.categories
        else answers.value
    end as value,
    present.mart is not null as is_present
from queries
left join answers using (id, operand, term)
left join present using (mart, source, asked_edition, asked_year)
