-- Printed figures of the registries in one shape. A file that was saved again replaces itself within its edition.
with printed as (
    select
        figures.*,
        deliveries.file_name,
        rank() over (
            partition by figures.source_id, deliveries.file_name, figures.edition
            order by receipts.sequence_number desc
        ) as recency
    from {{ ref('stg_glotip__figures') }} as figures
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on figures.source_id = deliveries.source_id and figures.delivery_id = deliveries.delivery_id
    inner join (
        select source_id, delivery_id, max(sequence_number) as sequence_number
        from {{ ref('stg_landing__receipts') }}
        group by source_id, delivery_id
    ) as receipts
        on figures.source_id = receipts.source_id and figures.delivery_id = receipts.delivery_id
)

select
    printed.source_id,
    'UNODC' as publisher,
    printed.edition,
    printed.reference_year,
    cast(null as integer) as reference_month,
    indicators.unit,
    indicators.population as counted,
    printed.iso3 as country,
    sexes.category as sex,
    ages.category as age,
    case
        when categories.variable is not null then categories.variable
        when printed.dimension = 'by citizenship' then 'citizenship'
        when printed.dimension = 'by country of repatriation' then 'repatriation'
    end as variable,
    coalesce(categories.category, printed.category) as category,
    printed.value_low,
    printed.value_high,
    printed.value,
    false as is_estimate,
    printed.file_name as source_file,
    printed.sheet,
    printed.cell
from printed
left join {{ ref('glotip_indicators') }} as indicators
    on printed.indicator = indicators.indicator
left join {{ ref('glotip_categories') }} as categories
    on printed.dimension = categories.dimension and printed.category = categories.label
left join {{ ref('glotip_persons') }} as sexes
    on sexes.attribute = 'sex' and printed.sex = sexes.label
left join {{ ref('glotip_persons') }} as ages
    on ages.attribute = 'age' and printed.age = ages.label
where printed.recency = 1
