-- Count all conversations and persons, flagged or not. Counts of persons cannot be added over months, because a person
-- can be active in several months. Within a period, a person is counted in the first active month only: the month whose
-- previous active month lies before the period, or that has no previous month.
with active as (
    select source_id, started_month, person_id, count(*) as n_conversations
    from {{ ref('int_persons') }}
    group by source_id, started_month, person_id
),

by_source as (
    select source_id as source, started_month, person_id, n_conversations
    from active
    union all
    select 'chat' as source, started_month, person_id, sum(n_conversations) as n_conversations
    from active
    group by started_month, person_id
),

since as (
    select
        source,
        started_month,
        n_conversations,
        lag(started_month) over (partition by source, person_id order by started_month) as month_before
    from by_source
),

months as (
    select source, started_month, month_before, sum(n_conversations) as n_conversations, count(*) as n_persons
    from since
    group by source, started_month, month_before
),

counts as (
    select
        months.source,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        cast(sum(months.n_conversations) as bigint) as n_conversations,
        cast(sum(
            case
                when months.month_before is null or months.month_before < periods.period_start then months.n_persons
            end
        ) as bigint) as n_persons
    from months
    inner join {{ ref('int_periods') }} as periods
        on months.started_month = periods.month_start
    group by months.source, periods.period_type, periods.period_start, periods.period_end
)

select source, period_type, period_start, period_end, 'conversation' as unit, n_conversations as n
from counts
union all
select source, period_type, period_start, period_end, 'person' as unit, n_persons as n
from counts
