-- Compute differences and ratios, with statistics that show if chance alone could explain them. Equal counts share one
-- computation.
{% set family = ['source', 'basis', 'period_type', 'period_start', 'period_end'] %}
with pairs as (
    select
        *,
        -- A share needs a base in both periods.
        case when n_known_previous > 0 then nullif(n_known, 0) end as base,
        case when n_known > 0 then nullif(n_known_previous, 0) end as base_previous,
        -- Test only the pairs that a reader compares. If nothing was counted in either period, there is nothing to
        -- test.
        reason is null and n + n_previous > 0 as is_tested
    from {{ ref('comparison_pairs') }}
),

counts as (
    select
        n,
        n_previous,
        {{ ratio_low('n', 'n_previous') }} as ratio_low,
        {{ ratio_high('n', 'n_previous') }} as ratio_high,
        {{ counts_p_value('n', 'n_previous') }} as p_value
    from (select distinct n, n_previous from pairs) as distinct_counts
),

shares as (
    select
        n,
        base,
        cast(n as double) / base as share,
        {{ share_low('n', 'base') }} as share_low,
        {{ share_high('n', 'base') }} as share_high
    from (
        select n, base
        from pairs
        where base is not null
        union
        select n_previous, base_previous
        from pairs
        where base is not null
    ) as distinct_shares
),

share_pairs as (
    select
        n,
        base,
        n_previous,
        base_previous,
        {{ shares_p_value('n', 'base', 'n_previous', 'base_previous') }} as share_p_value
    from (
        select distinct n, base, n_previous, base_previous
        from pairs
        where base is not null
    ) as distinct_pairs
),

tested as (
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
        case when pairs.is_tested then counts.p_value end as tested_p_value,
        case when pairs.is_tested then share_pairs.share_p_value end as tested_share_p_value
    from pairs
    inner join counts
        on pairs.n = counts.n and pairs.n_previous = counts.n_previous
    left join shares as later
        on pairs.n = later.n and pairs.base = later.base
    left join shares as earlier
        on pairs.n_previous = earlier.n and pairs.base_previous = earlier.base
    left join share_pairs
        on
            pairs.n = share_pairs.n
            and pairs.base = share_pairs.base
            and pairs.n_previous = share_pairs.n_previous
            and pairs.base_previous = share_pairs.base_previous
),

-- Use few columns and distinct rows. Sorting rows as wide as a comparison takes twice the time.
adjusted as (
    {{ adjusted_p_values('tested', 'tested_p_value', family) }}
),

share_adjusted as (
    {{ adjusted_p_values('tested', 'tested_share_p_value', family) }}
)

select
    tested.source,
    tested.unit,
    tested.population,
    tested.period_type,
    tested.period_start,
    tested.period_end,
    tested.variable,
    tested.category,
    tested.basis,
    tested.n,
    tested.n_previous,
    tested.n - tested.n_previous as difference,
    tested.ratio,
    tested.ratio_low,
    tested.ratio_high,
    tested.p_value,
    adjusted.adjusted as p_value_adjusted,
    tested.n_known,
    tested.n_known_previous,
    tested.share,
    tested.share_low,
    tested.share_high,
    tested.share_previous,
    tested.share_low_previous,
    tested.share_high_previous,
    tested.share - tested.share_previous as share_difference,
    tested.share_p_value,
    share_adjusted.adjusted as share_p_value_adjusted,
    tested.reason is null as is_comparable,
    tested.reason,
    tested.reason_nl,
    tested.reason_en,
    tested.edition,
    tested.edition_previous,
    tested.country
from tested
left join adjusted
    on
        tested.tested_p_value = adjusted.tested_p_value
        and tested.source = adjusted.source
        and tested.basis = adjusted.basis
        and tested.period_type = adjusted.period_type
        and tested.period_start = adjusted.period_start
        and tested.period_end = adjusted.period_end
left join share_adjusted
    on
        tested.tested_share_p_value = share_adjusted.tested_share_p_value
        and tested.source = share_adjusted.source
        and tested.basis = share_adjusted.basis
        and tested.period_type = share_adjusted.period_type
        and tested.period_start = share_adjusted.period_start
        and tested.period_end = share_adjusted.period_end
