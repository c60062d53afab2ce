"""Compute the chat's marts with pandas, as an analyst would write it: from the files of the inbox, in memory.

    python -m benchmarks.with_pandas FOLDER TARGET

The script reads a world of benchmarks/world.py and writes indicators, measures, funnel, volumes and comparisons as CSV.
It takes every record as it is. It checks, protects, stores and explains nothing. It prints the seconds of the
comparisons as JSON, because scipy computes their exact tests one by one.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]
from scipy import stats

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
KEYS = ["population", "period_type", "period_start", "period_end", "variable"]


def seed(name: str) -> pd.DataFrame:
    """Return the rows of a seed as text. A blank cell is missing."""
    return pd.read_csv(SEEDS / f"{name}.csv", dtype=str)


def read_conversations(folder: Path) -> pd.DataFrame:
    """Return the latest record of each conversation that is not erased."""
    parts = []
    for path in sorted((folder / "inbox").glob("*/*.ndjson")):
        part = pd.read_json(path, lines=True, dtype=False).drop(columns="transcript", errors="ignore")
        parts.append(part.assign(source=path.parent.name))
    records = pd.concat(parts, ignore_index=True)
    records["gesprek_id"] = records["source"] + ":" + records["conversation_id"]
    records["updated_at"] = pd.to_datetime(records["updated_at"], utc=True)
    erased = set(records.loc[records["deleted"], "gesprek_id"])
    records = records.sort_values("updated_at").drop_duplicates("gesprek_id", keep="last")
    records = records[~records["gesprek_id"].isin(erased)].copy()
    records["started_at"] = pd.to_datetime(records["started_at"], utc=True)
    local = records["started_at"].dt.tz_convert("Europe/Amsterdam").dt.tz_localize(None)
    records["date"] = local.dt.normalize()
    records["year"] = local.dt.year
    records["month"] = local.dt.to_period("M").dt.to_timestamp()
    records["is_flagged"] = records["tags"].map(lambda tags: "mensenhandel" in tags)
    name = records["nickname"].str.strip().str.casefold()
    records["hub"] = records["source"] + "|" + name
    return records


def read_codings(folder: Path) -> pd.DataFrame:
    """Return the latest coding of each conversation."""
    paths = sorted((folder / "inbox" / "coding").glob("*.csv"))
    codings = pd.concat([pd.read_csv(path, sep=";", dtype=str) for path in paths], ignore_index=True)
    return codings.sort_values("gecodeerd_op", kind="stable").drop_duplicates("gesprek_id", keep="last")


def persons(conversations: pd.DataFrame, codings: pd.DataFrame) -> pd.Series:
    """Return the person of each conversation.

    A person is a user name of a platform, together with the names that a coding joins to it.
    """
    parent = {hub: hub for hub in conversations["hub"].unique()}

    def root(hub: str) -> str:
        while parent[hub] != hub:
            parent[hub] = parent[parent[hub]]
            hub = parent[hub]
        return hub

    hubs = dict(zip(conversations["gesprek_id"], conversations["hub"], strict=True))
    for row in codings[codings["dubbel_van"].notna()].itertuples():
        if row.gesprek_id in hubs and row.dubbel_van in hubs:
            one, other = root(hubs[row.gesprek_id]), root(hubs[row.dubbel_van])
            parent[max(one, other)] = min(one, other)
    return conversations["hub"].map(root)


def periods(conversations: pd.DataFrame) -> pd.DataFrame:
    """Return every period, one row for each month in it."""
    rows = []
    last = conversations["month"].max()
    for year in sorted(conversations["year"].unique()):
        spans = [("year", "", 1, 12)]
        spans += [("month", "", month, month) for month in range(1, 13)]
        spans += [("year_to_date", "", 1, month) for month in range(1, 13) if pd.Timestamp(year, month, 1) <= last]
        for window in seed("windows").itertuples():
            spans.append(("window", window.window_name, int(window.first_month), int(window.last_month)))
        for period_type, window_name, first, final in spans:
            start = pd.Timestamp(year, first, 1)
            end = pd.Timestamp(year, final, 1) + pd.offsets.MonthEnd()
            for month in range(first, final + 1):
                rows.append((period_type, start, end, window_name, pd.Timestamp(year, month, 1)))
    return pd.DataFrame(rows, columns=["period_type", "period_start", "period_end", "window_name", "month"])


def visits_of(conversations: pd.DataFrame, codings: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the flagged conversations with their visit and place, and the visits with their step."""
    flagged = conversations[conversations["is_flagged"]].sort_values(["started_at", "gesprek_id"])
    flagged = flagged.assign(place=flagged.groupby(["person", "year"]).cumcount())
    flagged["visit"] = flagged.groupby(["person", "year"])["gesprek_id"].transform("first")
    coded = flagged.merge(codings[["gesprek_id", "mensenhandel"]], on="gesprek_id", how="left")
    decision = coded["mensenhandel"].map({"1": 2, "0": 1}).fillna(0).groupby(coded["visit"]).max()
    visits = flagged[flagged["place"] == 0].set_index("visit")
    step = decision.map({2: "visitor", 1: "not_related", 0: "uncoded"})
    return flagged, visits.assign(step=step)


def values_of(flagged: pd.DataFrame, visits: pd.DataFrame, codings: pd.DataFrame) -> pd.DataFrame:
    """Return what is coded of each visitor, in long form.

    Returns:
        Columns visit, variable, kind, category, and value (the code, number or month itself).
    """
    codebook = seed("codebook")
    long = codings.drop(columns=["gecodeerd_op", "mensenhandel", "dubbel_van"]).melt("gesprek_id", var_name="column")
    long = long.dropna(subset="value").merge(flagged[["gesprek_id", "visit", "place"]], on="gesprek_id")
    long = long[long["visit"].isin(visits.index[visits["step"] == "visitor"])]
    coded = long.merge(codebook, left_on=["column", "value"], right_on=["column", "code"])
    open_kinds = codebook[codebook["kind"].isin(["number", "month"])].drop(columns="category")
    opened = long.merge(open_kinds, on="column").assign(category=None)
    values = pd.concat([coded, opened], ignore_index=True)
    first = values.groupby(["visit", "variable"])["place"].transform("min")
    values = values[(values["kind"] == "multiple") | (values["place"] == first)]
    return values[["visit", "variable", "kind", "category", "value"]].drop_duplicates()


def categories_of(values: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Return the coded and derived categories of each visitor: columns visit, variable, category."""
    visitors = visits[visits["step"] == "visitor"]
    parts = [values.loc[values["category"].notna(), ["visit", "variable", "category"]]]

    marks = values[values["variable"] == "form"].groupby("visit")["category"].agg(frozenset)
    marks = marks.reindex(visitors.index)
    imputed = marks.isna()
    groups = {frozenset(["sexual"]): "sexual", frozenset(["criminal"]): "criminal", frozenset(["labour"]): "labour"}
    groups[frozenset(["sexual", "criminal"])] = "sexual_criminal"
    group = marks.where(~imputed, None).map(lambda forms: groups.get(forms, "other_combination") if forms else "sexual")

    def part(variable: str, category: pd.Series) -> pd.DataFrame:
        return pd.DataFrame({"visit": category.index, "variable": variable, "category": category.to_numpy()}).dropna()

    parts.append(part("form", imputed[imputed].map(lambda _: "sexual")))
    parts.append(part("form_group", group))
    parts.append(part("form_imputed", imputed.map({True: "yes", False: "no"})))
    parts.append(part("platform_source", visitors["source"]))
    parts.append(part("language", visitors["language"]))

    derivations = seed("derivations")
    by_category = values.merge(
        derivations.dropna(subset="from_category"),
        left_on=["variable", "category"],
        right_on=["from_variable", "from_category"],
        suffixes=("_coded", ""),
    )
    parts.append(by_category[["visit", "variable", "category"]].drop_duplicates())
    for rule in derivations[derivations["from_category"].isna()].itertuples():
        numbers = values[values["variable"] == rule.from_variable]
        fits = pd.to_numeric(numbers["value"]).between(float(rule.from_low), float(rule.from_high))
        parts.append(
            part(
                rule.variable,
                numbers[fits].set_index("visit")["value"].map(dict.fromkeys(numbers["value"], rule.category)),
            )
        )

    known = values[values["variable"] == "perpetrator"].set_index("visit")["category"]
    parents = values[values["variable"] == "parent_perpetrator"].set_index("visit")["category"]
    is_parent = parents.reindex(known.index).isin(["father", "mother", "both"])
    parts.append(part("perpetrator_is_parent", is_parent.map({True: "yes", False: "no"})))
    return pd.concat(parts, ignore_index=True)


def in_windows(values: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Return whether the exploitation began in a window of the visit's own year.

    Returns:
        Columns visit, window_name, variable, category.
    """
    began = values[values["variable"] == "start_month"].set_index("visit")["value"]
    months = pd.PeriodIndex(began, freq="M").month + 12 * pd.PeriodIndex(began, freq="M").year
    year = visits["year"].reindex(began.index)
    parts = []
    for window in seed("windows").itertuples():
        first, last = year * 12 + int(window.first_month), year * 12 + int(window.last_month)
        known = pd.DataFrame(
            {"visit": began.index, "months": months, "first": first.to_numpy(), "last": last.to_numpy()}
        )
        known = known[known["months"] <= known["last"]]
        category = (known["months"] >= known["first"]).map({True: "yes", False: "no"})
        parts.append(
            known[["visit"]].assign(window_name=window.window_name, variable="new_situation", category=category)
        )
    return pd.concat(parts, ignore_index=True)


def members_of(categories: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Return the members of each population: columns population, visit, month."""
    conditions = seed("population_conditions")
    parts = []
    for population in seed("populations")["population"]:
        inside = set(visits.index[visits["step"] == "visitor"])
        for condition in conditions[conditions["population"] == population].itertuples():
            met = categories[categories["variable"] == condition.variable]
            if condition.category != "known":
                met = met[met["category"] == condition.category]
            inside &= set(met["visit"])
        parts.append(pd.DataFrame({"population": population, "visit": sorted(inside)}))
    members = pd.concat(parts, ignore_index=True)
    return members.assign(month=members["visit"].map(visits["month"]))


def indicators(
    members: pd.DataFrame, categories: pd.DataFrame, windowed: pd.DataFrame, spans: pd.DataFrame
) -> pd.DataFrame:
    """Return counts and shares by population, period, variable and category.

    Categories of closed lists have a row also when their count is 0.
    """
    known = pd.concat([categories.assign(window_name=""), windowed], ignore_index=True)
    of_members = members.merge(known, on="visit")
    monthly = of_members.groupby(["population", "month", "window_name", "variable", "category"]).size().rename("n")
    distinct = of_members.drop_duplicates(["population", "visit", "window_name", "variable"])
    monthly_known = distinct.groupby(["population", "month", "window_name", "variable"]).size().rename("n_known")

    def summed(counts: pd.Series, keys: list[str]) -> pd.DataFrame:
        table = counts.reset_index().merge(spans, on="month", suffixes=("", "_of_period"))
        table = table[(table["window_name"] == "") | (table["window_name"] == table["window_name_of_period"])]
        return table.groupby(keys)[counts.name].sum().reset_index()

    counts = summed(monthly, [*KEYS, "category"])
    bases = summed(monthly_known, KEYS)
    closed = pd.concat(
        [
            seed("codebook").query("kind in ('single', 'multiple')")[["variable", "category"]],
            seed("derived_categories")[["variable", "category"]],
        ]
    )
    expected = pd.concat([bases[KEYS].merge(closed, on="variable"), counts[[*KEYS, "category"]]]).drop_duplicates()
    found = expected.merge(counts, how="left", on=[*KEYS, "category"]).merge(bases, on=KEYS)
    found["n"] = found["n"].fillna(0).astype(int)
    return found.assign(share=found["n"] / found["n_known"])


def measures(members: pd.DataFrame, values: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Return statistics of age by population and period."""
    ages = values[values["kind"] == "number"].assign(number=lambda table: pd.to_numeric(table["value"]))
    of_members = members.merge(ages[["visit", "variable", "number"]], on="visit").merge(spans, on="month")
    table = of_members.groupby(KEYS)["number"].agg(["count", "mean", "median", "min", "max"])
    table = table.rename(columns={"count": "n_known"}).stack()
    return table.rename_axis([*KEYS, "statistic"]).rename("value").reset_index()


def funnel(flagged: pd.DataFrame, visits: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Return the steps from flagged conversations to visitors, by source and period."""
    events = pd.concat(
        [
            flagged[["source", "month"]].assign(step="flagged"),
            flagged.loc[flagged["place"] > 0, ["source", "month"]].assign(step="duplicate"),
            visits[["source", "month", "step"]],
        ]
    )
    events = pd.concat([events, events.assign(source="all")])
    spans = spans[spans["period_type"].isin(["year", "month"])]
    counts = (
        events.merge(spans, on="month").groupby(["source", "period_type", "period_start", "period_end", "step"]).size()
    )
    return counts.unstack(fill_value=0).stack().rename("n").reset_index()


def volumes(conversations: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of conversations and persons, flagged or not, by source and period."""
    everything = conversations[["source", "month", "person"]]
    everything = pd.concat([everything, everything.assign(source="chat")])
    groups = everything.merge(spans, on="month").groupby(["source", "period_type", "period_start", "period_end"])
    table = pd.DataFrame({"conversation": groups.size(), "person": groups["person"].nunique()})
    return table.stack().rename_axis([*table.index.names, "unit"]).rename("n").reset_index()


def comparisons(figures: pd.DataFrame, last_month: pd.Timestamp) -> pd.DataFrame:
    """Compare every figure with that of an earlier period, and test whether chance can explain the difference.

    Args:
        figures: The rows of `indicators`.
        last_month: The first day of the last month with data.
    """
    bases = [("previous_year", "year", 12), ("previous_month", "month", 1), ("same_month_previous_year", "month", 12)]
    bases += [("same_window_previous_year", kind, 12) for kind in ("window", "year_to_date")]
    parts = []
    first = figures["period_start"].min()
    keys = ["population", "period_type", "previous_start", "previous_end", "variable"]
    earlier = figures.rename(columns={"period_start": "previous_start", "period_end": "previous_end"})
    for basis, period_type, months in bases:
        later = figures[figures["period_type"] == period_type].drop(columns="share")
        later["previous_start"] = later["period_start"] - pd.DateOffset(months=months)
        later = later[later["previous_start"] >= first]
        later["previous_end"] = later["period_end"] - pd.DateOffset(months=months) + pd.offsets.MonthEnd(0)
        counts = earlier[[*keys, "category", "n"]]
        pairs = later.merge(counts, how="left", on=[*keys, "category"], suffixes=("", "_previous"))
        known = earlier[[*keys, "n_known"]].drop_duplicates()
        parts.append(pairs.merge(known, how="left", on=keys, suffixes=("", "_previous")).assign(basis=basis))
    pairs = pd.concat(parts, ignore_index=True)
    was_known = pairs["n_known_previous"].notna() | (pairs["variable"] == "form_group")
    pairs["is_comparable"] = was_known & (pairs["period_end"] <= last_month + pd.offsets.MonthEnd())
    pairs[["n_previous", "n_known_previous"]] = pairs[["n_previous", "n_known_previous"]].fillna(0).astype(int)
    pairs["difference"] = pairs["n"] - pairs["n_previous"]
    return adjusted(with_shares(with_ratios(pairs)))


def with_ratios(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add the ratio of two counts with its interval and test. Equal pairs of counts are computed once."""
    found = {key: _ratio(*key) for key in set(zip(pairs["n"], pairs["n_previous"], strict=True))}
    ratios = [found[key] for key in zip(pairs["n"], pairs["n_previous"], strict=True)]
    return pairs.join(pd.DataFrame(ratios, columns=["ratio", "ratio_low", "ratio_high", "p_value"]))


def _ratio(n: int, n_previous: int) -> tuple[float | None, float | None, float | None, float]:
    if n + n_previous == 0:
        return None, None, None, 1.0
    test = stats.binomtest(n, n + n_previous)
    if n_previous == 0:
        return None, None, None, test.pvalue
    interval = test.proportion_ci(method="exact")
    high = interval.high / (1 - interval.high) if interval.high < 1 else None
    return n / n_previous, interval.low / (1 - interval.low), high, test.pvalue


def with_shares(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add both shares with their intervals and Fisher's exact test, where both shares have a base."""
    both = pairs[pairs["n_known_previous"] > 0]
    shares = pd.DataFrame(index=both.index)
    for end in ("", "_previous"):
        n, others = both[f"n{end}"], both[f"n_known{end}"] - both[f"n{end}"]
        shares[f"share{end}"] = n / both[f"n_known{end}"]
        shares[f"share_low{end}"] = pd.Series(stats.beta.ppf(0.025, n, others + 1), both.index).fillna(0.0)
        shares[f"share_high{end}"] = pd.Series(stats.beta.ppf(0.975, n + 1, others), both.index).fillna(1.0)
    tables = list(zip(*(both[name] for name in ("n", "n_known", "n_previous", "n_known_previous")), strict=True))
    found = {table: _fisher(*table) for table in set(tables)}
    shares["share_p_value"] = [found[table] for table in tables]
    return pairs.join(shares)


def _fisher(n: int, n_known: int, n_previous: int, n_known_previous: int) -> float:
    return float(stats.fisher_exact([[n, n_known - n], [n_previous, n_known_previous - n_previous]]).pvalue)


def adjusted(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add both p-values adjusted for the number of tests in one table (Benjamini and Hochberg)."""
    family = ["basis", "period_type", "period_start", "period_end"]
    tested = pairs[pairs["is_comparable"] & (pairs["n"] + pairs["n_previous"] > 0)]
    for name, tests in {"p_value": tested, "share_p_value": tested.dropna(subset="share_p_value")}.items():
        pairs[f"{name}_adjusted"] = tests.groupby(family)[name].transform(stats.false_discovery_control)
    return pairs


def main(folder: Path, target: Path) -> None:
    """Compute all marts of a world and write them to a folder."""
    conversations, codings = read_conversations(folder), read_codings(folder)
    codings = codings[codings["gesprek_id"].isin(conversations["gesprek_id"])]
    conversations["person"] = persons(conversations, codings)
    spans = periods(conversations)
    flagged, visits = visits_of(conversations, codings)
    values = values_of(flagged, visits, codings)
    categories = categories_of(values, visits)
    members = members_of(categories, visits)
    figures = indicators(members, categories, in_windows(values, visits), spans)
    started = time.monotonic()
    compared = comparisons(figures, conversations["month"].max())
    print(json.dumps({"comparisons": round(time.monotonic() - started, 1)}))
    target.mkdir(parents=True, exist_ok=True)
    for name, table in {
        "indicators": figures,
        "measures": measures(members, values, spans),
        "funnel": funnel(flagged, visits, spans),
        "volumes": volumes(conversations, spans),
        "comparisons": compared,
    }.items():
        table.to_csv(target / f"{name}.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
