-- Pair the hubs of one person. A researcher marked a conversation of one hub as held by the same visitor as a
-- conversation of the other hub. Only current codings join hubs. These include codings of conversations that are not
-- flagged.
select distinct
    {{ hub('one') }} as hub_id,
    {{ hub('other') }} as other_hub_id
from {{ ref('int_codings_current') }} as codings
inner join {{ ref('int_conversations_current') }} as one
    on codings.gesprek_id = one.gesprek_id
inner join {{ ref('int_conversations_current') }} as other
    on codings.duplicate_of = other.gesprek_id
where {{ hub('one') }} <> {{ hub('other') }}
