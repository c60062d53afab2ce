-- Collect everything that broke a rule, at any step.
with on_the_way_in as (
    select source_id as source, file_name as file, location, field, rule
    from {{ ref('int_rejections_current') }}
),

conflicting_versions as (
    select source_id as source, file_name as file, location, 'updated_at' as field, 'conflicting_versions' as rule
    from {{ ref('int_conversation_versions') }}
    where place > 1 and repetition = 1
),

-- A platform that uses an id again, or an export that merged several ids into one, gives one id to two conversations.
reused_ids as (
    select
        conversations.source_id as source,
        deliveries.file_name as file,
        conversations.location,
        'conversation_id' as field,
        'reused_id' as rule
    from {{ ref('int_conversation_versions') }} as versions
    inner join {{ ref('stg_chat__conversations') }} as conversations
        on versions.gesprek_id = conversations.gesprek_id
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on
            conversations.source_id = deliveries.source_id
            and conversations.delivery_id = deliveries.delivery_id
            and versions.reading_number = deliveries.reading_number
    where
        versions.place = 1
        and versions.repetition = 1
        and versions.started_at <> conversations.started_at
        and coalesce(versions.nickname_pseudonym, '') <> coalesce(conversations.nickname_pseudonym, '')
),

-- A tag such as `geen mensenhandel` does not flag a conversation. A tag such as `mensenhandel (lg)` may have to.
resembling_tags as (
    select
        conversations.source_id as source,
        deliveries.file_name as file,
        conversations.location,
        'tags' as field,
        'tag_resembles_flag' as rule
    from {{ ref('stg_chat__conversations') }} as conversations
    inner join {{ ref('int_deliveries_current') }} as deliveries
        on conversations.source_id = deliveries.source_id and conversations.delivery_id = deliveries.delivery_id
    where conversations.resembles_flag
),

codings_of_unknown as (
    select source_id as source, file_name as file, location, 'gesprek_id' as field, 'unknown_conversation' as rule
    from {{ ref('int_codings_delivered') }}
    where not is_current
),

unknown_duplicates as (
    select
        codings.source_id as source,
        codings.file_name as file,
        codings.location,
        'dubbel_van' as field,
        'unknown_conversation' as rule
    from {{ ref('int_codings_current') }} as codings
    left join {{ ref('int_conversations_current') }} as conversations
        on codings.duplicate_of = conversations.gesprek_id
    where codings.duplicate_of is not null and conversations.gesprek_id is null
),

unknown_labels as (
    select
        source_id as source,
        source_file as file,
        sheet || '!' || cell as location,
        case
            when unit is null then 'Indicator'
            when variable is null then 'Dimension'
            when category is null then 'Category'
            when sex is null then 'Sex'
            else 'Age'
        end as field,
        'unknown_label' as rule
    from {{ ref('int_registry_figures') }}
    where unit is null or variable is null or category is null or sex is null or age is null
),

-- Values are never changed. A total that is not the sum of its parts is only listed.
differing_totals as (
    select
        source_id as source,
        source_file as file,
        sheet || '!' || cell as location,
        dimension as field,
        'total_differs_from_parts' as rule
    from {{ ref('int_registry_totals') }}
    where differs
)

select source, file, location, field, rule from on_the_way_in
union
select source, file, location, field, rule from conflicting_versions
union
select source, file, location, field, rule from reused_ids
union
select source, file, location, field, rule from resembling_tags
union
select source, file, location, field, rule from codings_of_unknown
union
select source, file, location, field, rule from unknown_duplicates
union
select source, file, location, field, rule from unknown_labels
union
select source, file, location, field, rule from differing_totals
