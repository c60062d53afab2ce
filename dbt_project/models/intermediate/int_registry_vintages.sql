-- Select the figures that are shown, and compare each with the figures that its publisher prints under the same key. A
-- figure can conflict with others in its edition, be repeated in it, and be current. Labels that mean exactly the same
-- harmonised category have one key.
{%- set key = 'publisher, unit, population, variable, compared_category, reference_year, month, country' %}
with figures as (
    select
        publisher,
        edition,
        published_on,
        source_id,
        source_file,
        sheet,
        cell,
        country,
        unit,
        population
        || case when sex = 'total' then '' else '_' || sex end
        || case age
            when 'total' then '' when '0_17' then '_minor' when 'unknown' then '_age_unknown' else '_' || age
        end as population,
        variable,
        category,
        case when relation = 'exact' then harmonised_category else category end as compared_category,
        sex,
        age,
        reference_year,
        month,
        value_low,
        value_high,
        value,
        is_estimate,
        note,
        dimension,
        source_label,
        harmonised_category,
        relation
    from {{ ref('int_registry_figures') }}
    where
        unit is not null and variable is not null and category is not null and sex is not null and age is not null
        -- UNODC prints all countries, so only the configured ones are kept. Figures of another registry are kept
        -- whenever it is a source.
        and (publisher <> 'UNODC' or country in ({{ shown_countries() }}))
),

placed as (
    select
        *,
        min(value_low) over in_edition as lowest_low,
        max(value_low) over in_edition as highest_low,
        min(value_high) over in_edition as lowest_high,
        max(value_high) over in_edition as highest_high,
        min(value) over in_edition as lowest_value,
        max(value) over in_edition as highest_value,
        row_number() over cells as repetition,
        dense_rank() over editions as editions_back
    from figures
    window
        in_edition as (partition by {{ key }}, edition),
        cells as (partition by {{ key }}, edition order by source_file, sheet, cell, source_id),
        editions as (partition by {{ key }} order by published_on desc nulls last, edition desc)
),

marked as (
    select
        *,
        lowest_low <> highest_low
        or lowest_high <> highest_high
        or coalesce(lowest_value <> highest_value, false) as has_conflict
    from placed
)

select
    publisher,
    edition,
    published_on,
    source_id,
    source_file,
    sheet,
    cell,
    country,
    unit,
    population,
    variable,
    category,
    compared_category,
    sex,
    age,
    reference_year,
    month,
    value_low,
    value_high,
    value,
    is_estimate,
    note,
    dimension,
    source_label,
    harmonised_category,
    relation,
    has_conflict,
    repetition,
    editions_back = 1 and repetition = 1 and not has_conflict as is_current
from marked
