-- Bring the printed figures of the registries into one shape, each with its harmonised category. Cells with an unknown
-- value are left out. A total is landed as `total`, whatever the publisher calls it.
with figures as (
    select * from {{ ref('int_registry_cells') }}
    where value_low is not null
),

labels as (
    select
        source, dimension, source_label, category, relation,
        coalesce(valid_from, 0) as valid_from,
        coalesce(valid_to, 9999) as valid_to
    from {{ ref('crosswalk') }}
),

editions as (
    select publisher, edition, min(cast(published_on as date)) as published_on
    from {{ ref('registry_editions') }}
    group by publisher, edition
),

-- Select the dimensions with a list of categories. Labels of other dimensions (citizenship) stay as they are.
closed as (
    select distinct dimension from {{ ref('harmonised_categories') }}
),

mapped as (
    select
        figures.*,
        coalesce(dimensions.category, figures.variable) as dimension,
        case when figures.category = 'total' then 'total' else categories.category end as harmonised_category,
        case when figures.category = 'total' then 'exact' else categories.relation end as relation,
        case when figures.sex = 'total' then 'total' else sexes.category end as harmonised_sex,
        case when figures.age = 'total' then 'total' else ages.category end as harmonised_age,
        coalesce(
            editions.published_on,
            -- UNODC names its editions by their day of issue, if there is one.
            case
                when figures.publisher = 'UNODC' and figures.edition <> 'undated' then cast(figures.edition as date)
            end
        ) as published_on
    from figures
    left join labels as dimensions
        on
            dimensions.source = 'zicht'
            and dimensions.dimension = 'dimension'
            and figures.variable = dimensions.source_label
    {% for found, dimension, label in [
        ('categories', 'figures.variable', 'category'), ('sexes', "'sex'", 'sex'), ('ages', "'age'", 'age')
    ] %}
        left join labels as {{ found }}
            on
                figures.publisher = {{ found }}.source
                and {{ found }}.dimension = {{ dimension }}
                and figures.{{ label }} = {{ found }}.source_label
                and figures.reference_year between {{ found }}.valid_from and {{ found }}.valid_to
    {% endfor %}
    left join editions
        on figures.publisher = editions.publisher and figures.edition = editions.edition
)

select
    {{ figure_columns('mapped', without=['category', 'sex', 'age']) }},
    mapped.published_on, mapped.source_id, mapped.source_file, mapped.country,
    case
        when closed.dimension is not null and mapped.harmonised_category is null then null
        -- UNODC's figures use our category names. The figures of other publishers keep their own labels.
        when mapped.publisher = 'UNODC' then coalesce(mapped.harmonised_category, mapped.category)
        else mapped.category
    end as category,
    mapped.harmonised_sex as sex,
    mapped.harmonised_age as age,
    mapped.dimension,
    mapped.category as source_label,
    mapped.harmonised_category,
    mapped.relation
from mapped
left join closed
    on mapped.dimension = closed.dimension
