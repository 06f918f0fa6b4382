//! Every route, once: the server's router and the client fill the same patterns.

/// Everything versioned stands under this.
pub const API: &str = "/api/v1";

macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident = $path:literal;)+) => {
        $($(#[$doc])* pub const $name: &str = concat!("/api/v1", $path);)+
    };
}

routes! {
    /// `POST` registers.
    ACCOUNTS = "/accounts";
    /// `GET` the caller.
    ACCOUNT_SELF = "/accounts/self";
    /// `POST` signs in.
    SESSIONS = "/sessions";
    /// `DELETE` signs out.
    SESSION_CURRENT = "/sessions/current";
    /// `GET` the caller's homes, `POST` a new one.
    PROFILES = "/profiles";
    /// `GET`, `PUT`.
    PROFILE = "/profiles/{energy_profile_id}";
    /// `GET`, `POST`.
    METERS = "/profiles/{energy_profile_id}/meters";
    /// `GET`, `POST`.
    READINGS = "/profiles/{energy_profile_id}/meters/{meter_id}/readings";
    /// `PUT` corrects, `DELETE` removes.
    READING = "/profiles/{energy_profile_id}/meters/{meter_id}/readings/{read_at}";
    /// `POST` a CSV file.
    IMPORTS = "/profiles/{energy_profile_id}/meters/{meter_id}/imports";
    /// `POST` takes an operation back.
    UNDO = "/profiles/{energy_profile_id}/operations/{operation_id}/undo";
    /// `GET`, with ETag.
    DASHBOARD = "/profiles/{energy_profile_id}/dashboard";
    /// `GET`, server-sent events.
    EVENTS = "/profiles/{energy_profile_id}/events";
    /// `GET`.
    FORECAST = "/profiles/{energy_profile_id}/forecast";
    /// `POST` asks for a training.
    TRAININGS = "/profiles/{energy_profile_id}/forecast/trainings";
    /// `GET`.
    DEVICES = "/profiles/{energy_profile_id}/devices";
    /// `GET`.
    ALERTS = "/profiles/{energy_profile_id}/alerts";
    /// `POST` acknowledges.
    ALERT_ACKNOWLEDGEMENT = "/profiles/{energy_profile_id}/alerts/{alert_id}/acknowledgement";
    /// `GET`, without signing in.
    PUBLIC_CATALOG = "/public/catalog";
    /// `GET`, without signing in.
    PUBLIC_TIPS = "/public/tips";
    /// `GET` the OpenAPI document.
    OPENAPI = "/openapi.json";
}

/// `GET`: the process runs.
pub const HEALTHZ: &str = "/healthz";
/// `GET`: the process and its database answer.
pub const READYZ: &str = "/readyz";
/// `GET`: Prometheus.
pub const METRICS: &str = "/metrics";

/// Replaces each `{name}` of `pattern` by its value.
pub fn fill(pattern: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
    values
        .iter()
        .fold(pattern.to_owned(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), &value.to_string())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_filled() {
        assert_eq!(
            fill(READINGS, &[("energy_profile_id", &"p"), ("meter_id", &"m")]),
            "/api/v1/profiles/p/meters/m/readings"
        );
    }
}
