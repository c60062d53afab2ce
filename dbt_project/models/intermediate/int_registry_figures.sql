-- Printed figures of the registries in one shape. A path that was saved again replaces itself within its edition; the
-- same bytes under two paths count once, under the first.
with saved as (
    select
        receipts.source_id,
        receipts.file_name,
        receipts.delivery_id,
        editions.edition,
        row_number() over (
            partition by receipts.source_id, receipts.file_name, editions.edition
            order by receipts.sequence_number desc
        ) as recency
    from {{ ref('stg_landing__receipts') }} as receipts
    inner join (select distinct source_id, delivery_id, edition from {{ ref('stg_glotip__figures') }}) as editions
        on receipts.source_id = editions.source_id and receipts.delivery_id = editions.delivery_id
),

counting as (
    select source_id, delivery_id, edition, min(file_name) as file_name
    from saved
    where recency = 1
    group by source_id, delivery_id, edition
),

printed as (
    select figures.*, counting.file_name
    from {{ ref('stg_glotip__figures') }} as figures
    inner join counting
        on
            figures.source_id = counting.source_id
            and figures.delivery_id = counting.delivery_id
            and figures.edition = counting.edition
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
