-- Add the person to each conversation. This is a view, because a table would repeat the long name of a hub for every
-- conversation.
{{ config(materialized='view') }}

select
    conversations.gesprek_id,
    conversations.source_id,
    conversations.started_at,
    conversations.started_date,
    conversations.started_year,
    conversations.started_month,
    conversations.language,
    conversations.is_flagged,
    coalesce(components.person_id, {{ hub('conversations') }}) as person_id
from {{ ref('int_conversations_current') }} as conversations
left join {{ ref('int_hub_components') }} as components
    on {{ hub('conversations') }} = components.hub_id
