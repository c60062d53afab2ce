with conversations as (
    select source_id as source, started_month as event_month, place
    from {{ ref('int_visit_conversations') }}
),

events as (
    select source, event_month, 'flagged' as step
    from conversations
    union all
    select source, event_month, 'duplicate' as step
    from conversations
    where place > 1
    union all
    -- Count the outcome of a visit under the source and the month of its first flagged conversation.
    select source_id as source, visit_month as event_month, step
    from {{ ref('int_visits') }}
),

counts as (
    select
        sources.source,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        events.step,
        count(*) as n
    from events
    inner join {{ ref('int_periods') }} as periods
        on events.event_month = periods.month_start and periods.period_type in ('year', 'month')
    inner join (
        select distinct source as event_source, source from conversations
        union all
        select distinct source as event_source, 'all' as source from conversations
    ) as sources
        on events.source = sources.event_source
    group by sources.source, periods.period_type, periods.period_start, periods.period_end, events.step
),

steps as (
    select step
    from (values ('flagged'), ('duplicate'), ('not_related'), ('uncoded'), ('visitor')) as steps (step)
)

select
    flagged.source,
    flagged.period_type,
    flagged.period_start,
    flagged.period_end,
    steps.step,
    cast(coalesce(counts.n, 0) as bigint) as n
from counts as flagged
cross join steps
left join counts
    on
        flagged.source = counts.source
        and flagged.period_type = counts.period_type
        and flagged.period_start = counts.period_start
        and steps.step = counts.step
where flagged.step = 'flagged'
