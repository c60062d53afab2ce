-- A coding of a hidden conversation is left out, and joins nobody, like that of an erased one.
with hidden as (
    select distinct {{ landed_source('filename') }} || ':' || conversation_id as gesprek_id
    from {{ source('landing', 'hidden_conversations') }}
),

landed as (
    select
        *,
        {{ landed_source('filename') }} as source_id,
        {{ landed_delivery('filename') }} as delivery_id
    from {{ source('landing', 'codings') }}
)

select
    landed.source_id,
    landed.delivery_id,
    landed.row_number as row_in_file,
    landed.location,
    landed.gesprek_id,
    landed.coded_on,
    landed.is_trafficking,
    case when joined.gesprek_id is null then landed.duplicate_of end as duplicate_of
from landed
left join hidden as coded on landed.gesprek_id = coded.gesprek_id
left join hidden as joined on landed.duplicate_of = joined.gesprek_id
where coded.gesprek_id is null
