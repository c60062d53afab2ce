-- Select the figures that are shown, and compare each with the figures that its publisher prints under the same key. A
-- figure can conflict with others in its edition, be repeated in it, and be current. Labels that mean exactly the same
-- harmonised category have one key.
{%- set key = 'publisher, unit, population, variable, compared_category, reference_year, month, country' %}
{%- set has_conflict -%}
    min(value_low) over in_edition <> max(value_low) over in_edition
    or min(value_high) over in_edition <> max(value_high) over in_edition
    or coalesce(min(value) over in_edition <> max(value) over in_edition, false)
{%- endset %}
with figures as (
    select
        {{ figure_columns(without=['table_name', 'population']) }},
        population
        || case when sex = 'total' then '' else '_' || sex end
        || case age
            when 'total' then '' when '0_17' then '_minor' when 'unknown' then '_age_unknown' else '_' || age
        end as population,
        case when relation = 'exact' then harmonised_category else category end as compared_category,
        published_on, source_id, source_file, country, dimension, source_label, harmonised_category, relation
    from {{ ref('int_registry_figures') }}
    where
        unit is not null and variable is not null and category is not null and sex is not null and age is not null
        -- UNODC prints all countries, so only the configured ones are kept. Figures of another registry are kept
        -- whenever it is a source.
        and (publisher <> 'UNODC' or country in ({{ shown_countries() }}))
)

select
    *,
    {{ has_conflict }} as has_conflict,
    row_number() over cells as repetition,
    dense_rank() over editions = 1 and row_number() over cells = 1 and not ({{ has_conflict }}) as is_current
from figures
window
    in_edition as (partition by {{ key }}, edition),
    cells as (partition by {{ key }}, edition order by source_file, sheet, cell, source_id),
    editions as (partition by {{ key }} order by published_on desc nulls last, edition desc)
