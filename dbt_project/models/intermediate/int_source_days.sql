-- List the days that each platform observed, with the number of conversations that started. The days begin with the
-- month of the first conversation and end before the day of the last change: that day was not over yet. A deletion is a
-- change too.
with spans as (
    select
        conversations.source_id,
        changes.last_day,
        min(conversations.started_month) as first_day
    from {{ ref('int_conversations_current') }} as conversations
    inner join (
        select source_id, cast(max({{ local_timestamp('updated_at') }}) as date) as last_day
        from {{ ref('stg_chat__conversations') }}
        group by source_id
    ) as changes
        on conversations.source_id = changes.source_id
    group by conversations.source_id, changes.last_day
),

days as (
    select cast(months.period_start + numbers.day_number * interval '1 day' as date) as day, months.period_end
    from (
        select distinct period_start, period_end
        from {{ ref('int_periods') }}
        where period_type = 'month'
    ) as months
    cross join (
        values
        (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19),
        (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30)
    ) as numbers (day_number)
),

counts as (
    select source_id, started_date, count(*) as n
    from {{ ref('int_conversations_current') }}
    group by source_id, started_date
)

select spans.source_id, days.day, cast(coalesce(counts.n, 0) as bigint) as n
from spans
inner join days
    on days.day >= spans.first_day and days.day < spans.last_day and days.day <= days.period_end
left join counts
    on spans.source_id = counts.source_id and days.day = counts.started_date
