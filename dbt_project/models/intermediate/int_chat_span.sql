-- Return the days from the first month with a conversation to the last. The data do not cover days outside this span.
select
    min(started_month) as first_day,
    cast(max(started_month) + interval '1 month' - interval '1 day' as date) as last_day
from {{ ref('int_conversations_current') }}
