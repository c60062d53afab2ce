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
    select
        *,
        last_value(delivery_id) over (
            partition by source_id, content_hash
            order by sequence_number
            rows between unbounded preceding and unbounded following
        ) as latest_reading
    from {{ ref('stg_landing__receipts') }}
),

saved as (
    select
        source_id,
        file_name,
        delivery_id,
        edition,
        row_number() over (partition by source_id, file_name, edition order by sequence_number desc) as recency
    from receipts
    inner join (select distinct source_id, delivery_id, edition from printed) as editions using (source_id, delivery_id)
    where delivery_id = latest_reading
),

counting as (
    select source_id, delivery_id, edition, min(file_name) as source_file
    from saved
    where recency = 1
    group by source_id, delivery_id, edition
)

select printed.*, counting.source_file
from printed
inner join counting using (source_id, delivery_id, edition)
