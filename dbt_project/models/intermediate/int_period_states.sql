-- Decide what each period is worth: incomplete if a platform did not observe all of it, provisional until some months
-- after its end (seed finality), then final. The data decide what was observed, and the calendar what is final: the
-- last day that any platform observed stands for today. Count the visits that wait for coding, too.
-- It is one model, because this is the only rule on what a period is worth.
with spans as (
    select sources.source_id, min(days.day) as first_day, max(days.day) as last_day
    from (select distinct source_id from {{ ref('int_conversations_current') }}) as sources
    left join {{ ref('int_source_days') }} as days
        on sources.source_id = days.source_id
    group by sources.source_id
),

gaps as (
    select distinct periods.period_type, periods.period_start, periods.period_end, gaps.source_id
    from {{ ref('int_periods') }} as periods
    inner join {{ ref('int_source_gaps') }} as gaps
        on gaps.first_day <= periods.period_end and gaps.last_day >= periods.period_start
),

observed as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        spans.source_id,
        case
            when
                spans.first_day is null or spans.first_day > periods.period_end
                or spans.last_day < periods.period_start then 2  -- nothing of it
            when
                spans.first_day > periods.period_start or spans.last_day < periods.period_end
                or gaps.source_id is not null then 1
            else 0
        end as lacks
    from (select distinct period_type, period_start, period_end from {{ ref('int_periods') }}) as periods
    cross join spans
    left join gaps
        on
            periods.period_type = gaps.period_type
            and periods.period_start = gaps.period_start
            and periods.period_end = gaps.period_end
            and spans.source_id = gaps.source_id
),

by_source as (
    select source_id as source, period_type, period_start, period_end, lacks from observed
    union all
    select 'chat' as source, period_type, period_start, period_end, max(lacks) as lacks
    from observed
    group by period_type, period_start, period_end
),

waiting as (
    select sources.source, periods.period_type, periods.period_start, periods.period_end, count(*) as n_uncoded
    from {{ ref('int_visits') }} as visits
    inner join {{ ref('int_periods') }} as periods
        on visits.visit_month = periods.month_start
    inner join (
        select source_id, source_id as source from spans
        union all
        select source_id, 'chat' as source from spans
    ) as sources
        on visits.source_id = sources.source_id
    where visits.step = 'uncoded'
    group by sources.source, periods.period_type, periods.period_start, periods.period_end
)

select
    by_source.source,
    by_source.period_type,
    by_source.period_start,
    by_source.period_end,
    case
        when by_source.lacks > 0 then 'incomplete'
        when
            {{ months_later(day_after('by_source.period_end'), 'finality.months') }} > {{ day_after('today.last_day') }}
            then 'provisional'
        else 'final'
    end as state,
    case by_source.lacks when 2 then 'source_missing' when 1 then 'partial' end as reason,
    cast(coalesce(waiting.n_uncoded, 0) as bigint) as n_uncoded
from by_source
left join waiting
    on
        by_source.source = waiting.source
        and by_source.period_type = waiting.period_type
        and by_source.period_start = waiting.period_start
        and by_source.period_end = waiting.period_end
inner join {{ ref('finality') }} as finality
    on by_source.period_type = finality.period_type
cross join (select max(last_day) as last_day from spans) as today
