-- Bring UNODC's figures into the shape of the other registries' landed figures. An indicator or dimension that is in no
-- seed becomes null.
select
    figures.source_id,
    figures.delivery_id,
    'UNODC' as publisher,
    figures.edition,
    cast(null as string) as table_name,
    figures.iso3 as country,
    indicators.unit,
    indicators.population,
    variables.category as variable,
    figures.category,
    figures.sex,
    figures.age,
    figures.reference_year,
    cast(null as integer) as month,
    cast(figures.value_low as double) as value_low,
    cast(figures.value_high as double) as value_high,
    cast(figures.value as double) as value,
    false as is_estimate,
    cast(null as string) as note,
    figures.sheet,
    figures.cell
from {{ ref('stg_glotip__figures') }} as figures
left join {{ ref('glotip_indicators') }} as indicators
    on figures.indicator = indicators.indicator
left join {{ ref('crosswalk') }} as variables
    on
        variables.source = 'UNODC'
        and variables.dimension = 'variable'
        and figures.dimension = variables.source_label
