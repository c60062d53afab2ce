-- Compute differences and ratios, with statistics that show if chance alone could explain them. Equal counts share one
-- computation. It is one model, because its parts are results of single computations.
{% set family = ['source', 'basis', 'period_type', 'period_start', 'period_end'] %}
-- A share needs a base in both periods.
{%- set has_bases = 'n_known > 0 and n_known_previous > 0' %}
with counts as (
    select
        n,
        n_previous,
        {{ ratio_low('n', 'n_previous') }} as ratio_low,
        {{ ratio_high('n', 'n_previous') }} as ratio_high,
        {{ counts_p_value('n', 'n_previous') }} as p_value
    from (select distinct n, n_previous from {{ ref('comparison_pairs') }}) as distinct_counts
),

shares as (
    select
        n,
        n_known,
        cast(n as double) / n_known as share,
        {{ share_low('n', 'n_known') }} as share_low,
        {{ share_high('n', 'n_known') }} as share_high
    from (
        select n, n_known
        from {{ ref('comparison_pairs') }}
        where {{ has_bases }}
        union
        select n_previous, n_known_previous
        from {{ ref('comparison_pairs') }}
        where {{ has_bases }}
    ) as distinct_shares
),

share_pairs as (
    select
        n, n_known, n_previous, n_known_previous,
        {{ shares_p_value('n', 'n_known', 'n_previous', 'n_known_previous') }} as share_p_value
    from (
        select distinct n, n_known, n_previous, n_known_previous
        from {{ ref('comparison_pairs') }}
        where {{ has_bases }}
    ) as distinct_pairs
),

computed as (
    select
        pairs.*,
        cast(pairs.n as double) / nullif(pairs.n_previous, 0) as ratio,
        counts.ratio_low,
        counts.ratio_high,
        counts.p_value,
        later.share,
        later.share_low,
        later.share_high,
        earlier.share as share_previous,
        earlier.share_low as share_low_previous,
        earlier.share_high as share_high_previous,
        share_pairs.share_p_value,
        -- Test only the pairs that a reader compares. If nothing was counted in either period, there is nothing to
        -- test.
        case when pairs.reason is null and pairs.n + pairs.n_previous > 0 then counts.p_value end as tested_p_value,
        -- Visits that wait could move both parts of a share.
        case
            when pairs.reason is null and pairs.n + pairs.n_previous > 0 and not pairs.has_uncoded
                then share_pairs.share_p_value
        end as tested_share_p_value
    from {{ ref('comparison_pairs') }} as pairs
    inner join counts
        on pairs.n = counts.n and pairs.n_previous = counts.n_previous
    left join share_pairs
        on
            pairs.n = share_pairs.n
            and pairs.n_known = share_pairs.n_known
            and pairs.n_previous = share_pairs.n_previous
            and pairs.n_known_previous = share_pairs.n_known_previous
    left join shares as later
        on share_pairs.n = later.n and share_pairs.n_known = later.n_known
    left join shares as earlier
        on share_pairs.n_previous = earlier.n and share_pairs.n_known_previous = earlier.n_known
),

-- Use few columns and distinct rows. Sorting rows as wide as a comparison takes twice the time.
adjusted as (
    {{ adjusted_p_values('computed', 'tested_p_value', family) }}
),

share_adjusted as (
    {{ adjusted_p_values('computed', 'tested_share_p_value', family) }}
)

select
    source, unit, population, period_type, period_start, period_end, variable, category, basis, country,
    n, n_previous, ratio, ratio_low, ratio_high, p_value, n_known, n_known_previous,
    share, share_low, share_high, share_previous, share_low_previous, share_high_previous, share_p_value,
    reason, reason_nl, reason_en, edition, edition_previous,
    n - n_previous as difference,
    adjusted.adjusted as p_value_adjusted,
    share - share_previous as share_difference,
    share_adjusted.adjusted as share_p_value_adjusted,
    reason is null as is_comparable
from computed
left join adjusted using ({{ family | join(', ') }}, tested_p_value)
left join share_adjusted using ({{ family | join(', ') }}, tested_share_p_value)
