-- Hubs of one person: the researchers saw that a conversation under this user name is the same visitor's as one under
-- that. Only current codings join, also those of conversations that are not flagged.
select distinct
    {{ hub('one') }} as hub_id,
    {{ hub('other') }} as other_hub_id
from {{ ref('int_codings_current') }} as codings
inner join {{ ref('int_conversations_current') }} as one
    on codings.gesprek_id = one.gesprek_id
inner join {{ ref('int_conversations_current') }} as other
    on codings.duplicate_of = other.gesprek_id
where {{ hub('one') }} <> {{ hub('other') }}
