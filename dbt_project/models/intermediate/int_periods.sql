-- List the months of each period. Counts of visits can be added over months, because a person has one visit in a year.
with years as (
    select distinct started_year as period_year
    from {{ ref('int_conversations_current') }}
),

last_known as (
    select max(started_month) as last_month
    from {{ ref('int_conversations_current') }}
),

numbers as (
    select month_number
    from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)) as numbers (month_number)
),

spans as (
    select period_year, 'year' as period_type, '' as window_name, 1 as first_month, 12 as last_month
    from years
    union all
    select years.period_year, 'month', '', numbers.month_number, numbers.month_number
    from years
    cross join numbers
    union all
    -- A year to date ends with a month that the data reach.
    select years.period_year, 'year_to_date', '', 1, numbers.month_number
    from years
    cross join numbers
    cross join last_known
    where {{ month_start('years.period_year', 'numbers.month_number') }} <= last_known.last_month
    union all
    select years.period_year, 'window', windows.window_name, windows.first_month, windows.last_month
    from years
    cross join {{ ref('windows') }} as windows
)

select
    spans.period_type,
    {{ month_start('spans.period_year', 'spans.first_month') }} as period_start,
    {{ month_end('spans.period_year', 'spans.last_month') }} as period_end,
    spans.window_name,
    {{ month_start('spans.period_year', 'numbers.month_number') }} as month_start
from spans
inner join numbers
    on numbers.month_number between spans.first_month and spans.last_month
