-- Pair the chat's periods with the earlier periods that they are compared with, if these lie within the data. Whether
-- both are complete is decided for all platforms together and for each of them.
with periods as (
    select distinct period_type, period_start, period_end
    from {{ ref('int_periods') }}
),

-- Shift the day after the period, which is the first day of a month. The last months of the two periods can differ in
-- length.
paired as (
    select
        bases.basis,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        {{ months_earlier('periods.period_start', 'bases.months') }} as previous_start,
        {{ day_before(months_earlier(day_after('periods.period_end'), 'bases.months')) }} as previous_end
    from periods
    inner join {{ comparison_bases() }}
        on periods.period_type = bases.period_type
)

select
    later.source,
    paired.basis,
    paired.period_type,
    paired.period_start,
    paired.period_end,
    paired.previous_start,
    paired.previous_end,
    later.n_uncoded,
    coalesce(earlier.n_uncoded, 0) as n_uncoded_previous,
    later.state <> 'incomplete' and earlier.state is not null and earlier.state <> 'incomplete' as is_complete
from paired
inner join {{ ref('int_chat_span') }} as span
    on paired.previous_start >= span.first_day and paired.previous_end <= span.last_day
inner join {{ ref('int_period_states') }} as later
    on
        paired.period_type = later.period_type
        and paired.period_start = later.period_start
        and paired.period_end = later.period_end
left join {{ ref('int_period_states') }} as earlier
    on
        later.source = earlier.source
        and paired.period_type = earlier.period_type
        and paired.previous_start = earlier.period_start
        and paired.previous_end = earlier.period_end
