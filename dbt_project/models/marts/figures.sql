-- Collect the figures of all sources: those of the registries in every edition, and those of the chat.
with counted as (
    select population, period_type, period_start, unit, variable, category, n
    from {{ ref('indicators') }}
    union all
    -- Use the base of form_group as the size of a population, because every visitor has a form group.
    select distinct population, period_type, period_start, unit, 'total' as variable, 'total' as category, n_known as n
    from {{ ref('indicators') }}
    where variable = 'form_group'
),

chat as (
    select
        'chat' as publisher,
        '' as edition,
        cast(extract(year from counted.period_start) as integer) as reference_year,
        case
            when counted.period_type = 'month' then cast(extract(month from counted.period_start) as integer)
        end as month,
        'NLD' as country,
        counted.unit,
        counted.population,
        counted.variable,
        coalesce(dimensions.category, counted.variable) as dimension,
        categories.category as harmonised_category,
        counted.category as source_label,
        categories.relation,
        cast(counted.n as double) as value_low,
        cast(counted.n as double) as value_high,
        cast(counted.n as double) as value,
        false as is_estimate,
        true as is_current,
        '' as source_file,
        '' as sheet,
        '' as cell,
        cast(null as string) as note
    from counted
    inner join {{ ref('crosswalk') }} as categories
        on
            categories.source = 'chat'
            and counted.variable = categories.dimension
            and counted.category = categories.source_label
    left join {{ ref('crosswalk') }} as dimensions
        on
            dimensions.source = 'zicht'
            and dimensions.dimension = 'dimension'
            and counted.variable = dimensions.source_label
    where counted.period_type in ('year', 'month')
),

figures as (
    select
        publisher, edition, reference_year, month, country, unit, population, variable, dimension, harmonised_category,
        source_label, relation, value_low, value_high, value, is_estimate, is_current, source_file, sheet, cell, note
    from {{ ref('int_registry_vintages') }}
    union all
    select *
    from chat
)

select
    figures.*,
    labels.label_nl,
    labels.label_en,
    labels.iccs
from figures
left join {{ ref('harmonised_categories') }} as labels
    on figures.dimension = labels.dimension and figures.harmonised_category = labels.category
