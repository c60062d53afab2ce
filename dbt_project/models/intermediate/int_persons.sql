select
    conversations.gesprek_id,
    coalesce(components.person_id, conversations.hub_id) as person_id
from {{ ref('int_conversations_current') }} as conversations
left join {{ ref('int_hub_components') }} as components
    on conversations.hub_id = components.hub_id
