-- Select the registries' printed cells that count, in one shape and in the publishers' own labels. If a file is saved
-- again under the same path, it replaces the earlier one within its edition. The same bytes under two paths count once,
-- under the first path.
with printed as (
    select source_id, delivery_id, country, {{ figure_columns() }}
    from {{ ref('int_glotip_figures') }}
    union all
    select figures.source_id, figures.delivery_id, registries.country, {{ figure_columns('figures') }}
    from {{ ref('stg_registries__figures') }} as figures
    left join {{ ref('registries') }} as registries
        on figures.publisher = registries.publisher
),

-- The same bytes are read again after a change of the layouts or labels. Only the latest reading counts.
receipts as (
    select source_id, file_name, delivery_id, sequence_number
    from (
        select
            *,
            last_value(delivery_id) over (
                partition by source_id, content_hash
                order by sequence_number
                rows between unbounded preceding and unbounded following
            ) as latest_reading
        from {{ ref('stg_landing__receipts') }}
    ) as readings
    where delivery_id = latest_reading
),

saved as (
    select
        receipts.source_id,
        receipts.file_name,
        receipts.delivery_id,
        editions.edition,
        row_number() over (
            partition by receipts.source_id, receipts.file_name, editions.edition
            order by receipts.sequence_number desc
        ) as recency
    from receipts
    inner join (select distinct source_id, delivery_id, edition from printed) as editions
        on receipts.source_id = editions.source_id and receipts.delivery_id = editions.delivery_id
),

counting as (
    select source_id, delivery_id, edition, min(file_name) as source_file
    from saved
    where recency = 1
    group by source_id, delivery_id, edition
)

select printed.*, counting.source_file
from printed
inner join counting
    on
        printed.source_id = counting.source_id
        and printed.delivery_id = counting.delivery_id
        and printed.edition = counting.edition
