with conversations as (
    select
        conversations.source_id,
        conversations.started_month,
        persons.person_id,
        count(*) as n_conversations
    from {{ ref('int_conversations_current') }} as conversations
    inner join {{ ref('int_persons') }} as persons
        on conversations.gesprek_id = persons.gesprek_id
    group by conversations.source_id, conversations.started_month, persons.person_id
),

by_source as (
    select source_id as source, started_month, person_id, n_conversations
    from conversations
    union all
    select 'chat' as source, started_month, person_id, n_conversations
    from conversations
),

counts as (
    select
        by_source.source,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        cast(sum(by_source.n_conversations) as bigint) as n_conversations,
        cast(count(distinct by_source.person_id) as bigint) as n_persons
    from by_source
    inner join {{ ref('int_periods') }} as periods
        on by_source.started_month = periods.month_start
    group by by_source.source, periods.period_type, periods.period_start, periods.period_end
)

select source, period_type, period_start, period_end, 'conversation' as unit, n_conversations as n
from counts
union all
select source, period_type, period_start, period_end, 'person' as unit, n_persons as n
from counts
