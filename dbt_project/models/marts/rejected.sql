-- Collect everything that broke a rule, at any step.
with on_the_way_in as (
    select source_id as source, file_name as file, location, field, rule
    from {{ ref('int_rejections_current') }}
),

in_conversations as (
    select source_id as source, file_name as file, location, field, rule
    from {{ ref('int_conversation_findings') }}
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
select source, file, location, field, rule from in_conversations
union
select source, file, location, field, rule from codings_of_unknown
union
select source, file, location, field, rule from unknown_duplicates
union
select source, file, location, field, rule from unknown_labels
union
select source, file, location, field, rule from differing_totals
