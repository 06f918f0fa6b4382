//! What of a home can be taken out as a file: which tables, in which forms.

words!(
    /// A table of a home that can be taken out. Readings have a form of their own, in which they come back
    /// (`import::own_rows::named`).
    ExportTable {
        /// What each meter knows of each day.
        Consumption = "consumption",
        /// Its meters.
        Meters = "meters",
        /// Its devices, with their hours.
        Devices = "devices",
        /// Bills as charged.
        Bills = "bills",
        /// Which tariff it has from which day on.
        Tariffs = "tariffs",
        /// Limits.
        Goals = "goals",
        /// Days without anybody.
        Away = "away",
        /// Temperatures outside.
        Weather = "weather",
        /// Alerts, those that are over among them.
        Alerts = "alerts",
        /// What it says of the rules that raise alerts.
        AlertRules = "alert-rules",
        /// What it wants of saving measures.
        Suggestions = "suggestions",
        /// Days as they were predicted, by each forecast that is kept.
        Forecasts = "forecasts",
        /// Predictions beside what happened.
        Predictions = "predictions",
        /// Trainings of its forecast.
        Trainings = "trainings",
        /// Who changed what: a line for each changed row.
        History = "history",
        /// Who belongs to it.
        Members = "members",
        /// Keys with which meters send, without what they say.
        Keys = "keys",
        /// What is sent to it by itself, and which meter each of it is of.
        Sources = "sources",
        /// Topics of brokers that it listens to.
        Topics = "topics",
    }
);

words!(
    /// In which form.
    ExportFormat {
        /// Lines of cells under a header, for spreadsheets.
        Csv = "csv",
        /// One JSON document.
        Json = "json",
    }
);

impl ExportFormat {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}
