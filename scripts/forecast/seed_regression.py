#!/usr/bin/env python3
"""What the idea of this project began with: pandas and scikit-learn's linear regression on calendar columns.

seed_regression.py DATA ORIGINS: forecasts the 30 days after each origin of each series, and prints the milliseconds of
one forecast, reading aside: columns by pandas in one pass, one-hot by scikit-learn, fitted to all days up to the origin.
"""
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder


def columns(days):
    return pd.DataFrame(
        {"weekday": days.day_of_week, "month": days.month, "day": days.day, "trend": np.arange(len(days))}
    )


def main():
    data, origins = sys.argv[1:]
    origins = pd.read_csv(origins, parse_dates=["origin"])
    seconds, forecasts = 0.0, 0
    for series, group in origins.groupby("series"):
        daily = pd.read_csv(os.path.join(data, f"{series}_daily.csv"), parse_dates=["date"]).set_index("date").kwh
        for origin in group.origin:
            began = time.perf_counter()
            past = daily[:origin]
            ahead = pd.date_range(origin + pd.Timedelta(days=1), periods=30)
            table = columns(past.index.append(ahead))
            known = past.notna().to_numpy()
            one_hot = OneHotEncoder(handle_unknown="ignore")
            model = make_pipeline(
                make_column_transformer((one_hot, ["weekday", "month", "day"]), remainder="passthrough"),
                LinearRegression(),
            )
            model.fit(table[: len(past)][known], past[known])
            model.predict(table[len(past) :]).clip(0)
            seconds += time.perf_counter() - began
            forecasts += 1
    print(f"{1000 * seconds / forecasts:.3f}")


if __name__ == "__main__":
    main()
