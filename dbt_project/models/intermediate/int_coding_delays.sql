-- Date the first coding of each visit. A visit that waits has waited until the last day that the data know: that of the
-- latest change of a conversation or coding. The clock decides nothing.
with data_dates as (
    select cast({{ local_timestamp('max(conversations.updated_at)') }} as date) as data_date
    from {{ ref('stg_chat__conversations') }} as conversations
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
    union all
    select max(coded_on) as data_date
    from {{ ref('int_codings_delivered') }}
),

known as (
    select max(data_date) as last_day
    from data_dates
),

first_codings as (
    select conversations.visit_id, min(codings.coded_on) as coded_on
    from {{ ref('int_visit_conversations') }} as conversations
    inner join {{ ref('int_codings_delivered') }} as codings
        on conversations.gesprek_id = codings.gesprek_id and codings.is_trafficking is not null
    group by conversations.visit_id
),

-- A later coding can leave the decision open again. Then the visit waits.
visits as (
    select
        visits.visit_id,
        visits.source_id,
        visits.visit_month,
        visits.visit_date,
        case when visits.step <> 'uncoded' then first_codings.coded_on end as coded_on
    from {{ ref('int_visits') }} as visits
    left join first_codings
        on visits.visit_id = first_codings.visit_id
)

select
    visits.visit_id,
    visits.source_id,
    visits.visit_month,
    visits.coded_on,
    greatest(0, {{ days_between('visits.visit_date', 'coalesce(visits.coded_on, known.last_day)') }}) as delay_days
from visits
cross join known
