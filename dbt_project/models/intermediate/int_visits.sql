-- Date each visit by its first flagged conversation, and combine the researchers' decisions. A yes overrides a no.
with decisions as (
    select
        conversations.visit_id,
        max(case when codings.is_trafficking then 2 when not codings.is_trafficking then 1 else 0 end) as decision
    from {{ ref('int_visit_conversations') }} as conversations
    left join {{ ref('int_codings_current') }} as codings
        on conversations.gesprek_id = codings.gesprek_id
    group by conversations.visit_id
)

select
    first_conversations.visit_id,
    first_conversations.started_year as visit_year,
    first_conversations.started_month as visit_month,
    first_conversations.started_date as visit_date,
    first_conversations.source_id,
    first_conversations.language,
    case decisions.decision when 2 then 'visitor' when 1 then 'not_related' else 'uncoded' end as step
from {{ ref('int_visit_conversations') }} as first_conversations
inner join decisions
    on first_conversations.visit_id = decisions.visit_id
where first_conversations.place = 1
