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
    /// `GET` the caller, `PUT` their name and language.
    ACCOUNT_SELF = "/accounts/self";
    /// `PUT` a new password; every other session of the caller ends.
    PASSWORD = "/accounts/self/password";
    /// `POST` sets a new password with the one-time code of an administrator.
    RECOVERY = "/accounts/recovery";
    /// `POST` signs in, `GET` the caller's sessions.
    SESSIONS = "/sessions";
    /// `DELETE` ends one of the caller's sessions.
    SESSION = "/sessions/{session_id}";
    /// `POST` joins a home with a code.
    INVITATION_ACCEPTANCE = "/invitations/acceptance";
    /// `DELETE` signs out.
    SESSION_CURRENT = "/sessions/current";
    /// `GET` the caller's homes, `POST` a new one.
    PROFILES = "/profiles";
    /// `GET` the homes that the caller removed and can still restore.
    REMOVED_PROFILES = "/profiles/removed";
    /// `GET`, `PUT`, `DELETE` with its name typed; it can be restored for seven days.
    PROFILE = "/profiles/{energy_profile_id}";
    /// `POST` brings a removed home back.
    PROFILE_RESTORATION = "/profiles/{energy_profile_id}/restoration";
    /// `GET` who belongs to the home.
    MEMBERS = "/profiles/{energy_profile_id}/members";
    /// `PUT` a role, `DELETE` a member; anybody may remove themself.
    MEMBER = "/profiles/{energy_profile_id}/members/{account_id}";
    /// `POST` hands the home over to another member.
    OWNERSHIP = "/profiles/{energy_profile_id}/ownership";
    /// `GET` the open invitations, `POST` a new one.
    INVITATIONS = "/profiles/{energy_profile_id}/invitations";
    /// `DELETE` takes an invitation back.
    INVITATION = "/profiles/{energy_profile_id}/invitations/{invitation_id}";
    /// `GET`, `POST`.
    METERS = "/profiles/{energy_profile_id}/meters";
    /// `PUT`, `DELETE`.
    METER = "/profiles/{energy_profile_id}/meters/{meter_id}";
    /// `GET`, `POST`.
    READINGS = "/profiles/{energy_profile_id}/meters/{meter_id}/readings";
    /// `POST` several readings at once: all of them, or none.
    READINGS_BATCH = "/profiles/{energy_profile_id}/meters/{meter_id}/readings/batch";
    /// `PUT` corrects, `DELETE` removes.
    READING = "/profiles/{energy_profile_id}/meters/{meter_id}/readings/{read_at}";
    /// `POST` a file of EcoTrack's own rows, of one meter or of several.
    READINGS_IMPORT = "/profiles/{energy_profile_id}/readings/import";
    /// `GET` what all meters said, as a file that can be imported again.
    READINGS_EXPORT = "/profiles/{energy_profile_id}/readings/export";
    /// `GET` the whole home as one file.
    ARCHIVE = "/profiles/{energy_profile_id}/archive";
    /// `POST` makes a home of such a file.
    ARCHIVES = "/profiles/archive";
    /// `GET` any other table of the home as a file.
    EXPORT = "/profiles/{energy_profile_id}/export/{table}";
    /// `GET` the keys for meters, `POST` a new one.
    API_KEYS = "/profiles/{energy_profile_id}/api-keys";
    /// `DELETE` revokes a key.
    API_KEY = "/profiles/{energy_profile_id}/api-keys/{api_key_id}";
    /// `GET` what is sent to the home, and which meter it is of.
    LIVE_SOURCES = "/profiles/{energy_profile_id}/live-sources";
    /// `PUT`, `DELETE`.
    LIVE_SOURCE = "/profiles/{energy_profile_id}/live-sources/{live_source_id}";
    /// `GET` the topics that are listened to, `POST` one more.
    LIVE_TOPICS = "/profiles/{energy_profile_id}/live-topics";
    /// `PUT`, `DELETE`.
    LIVE_TOPIC = "/profiles/{energy_profile_id}/live-topics/{live_topic_id}";
    /// `GET` the brokers that the home may listen to, and how the connection to each stands.
    LIVE_BROKERS = "/profiles/{energy_profile_id}/live-brokers";
    /// `POST` readings with a key.
    LIVE_READINGS = "/profiles/{energy_profile_id}/readings/live";
    /// `GET` who changed what, newest first.
    OPERATIONS = "/profiles/{energy_profile_id}/operations";
    /// `POST` takes an operation back.
    UNDO = "/profiles/{energy_profile_id}/operations/{operation_id}/undo";
    /// `GET`, with ETag.
    DASHBOARD = "/profiles/{energy_profile_id}/dashboard";
    /// `GET` what was used over a span of days, in steps, with ETag.
    CONSUMPTION = "/profiles/{energy_profile_id}/consumption";
    /// `GET` what the home usually does: by weekday and hour, what never stops, what weather does; with ETag.
    CONSUMPTION_PATTERNS = "/profiles/{energy_profile_id}/consumption/patterns";
    /// `GET`, server-sent events.
    EVENTS = "/profiles/{energy_profile_id}/events";
    /// `GET`.
    FORECAST = "/profiles/{energy_profile_id}/forecast";
    /// `POST` asks what the home's devices, or others, are going to use; nothing is stored.
    FORECAST_FROM_DEVICES = "/profiles/{energy_profile_id}/forecast/from-devices";
    /// `POST` asks for a training.
    TRAININGS = "/profiles/{energy_profile_id}/forecast/trainings";
    /// `GET`, `POST`.
    DEVICES = "/profiles/{energy_profile_id}/devices";
    /// `GET` the devices' estimates, scaled to what the home used.
    DEVICE_CALIBRATION = "/profiles/{energy_profile_id}/devices/calibration";
    /// `PUT`, `DELETE`.
    DEVICE = "/profiles/{energy_profile_id}/devices/{profile_device_id}";
    /// `GET`, `POST`.
    BILLS = "/profiles/{energy_profile_id}/bills";
    /// `POST` several bills at once: all of them, or none.
    BILLS_BATCH = "/profiles/{energy_profile_id}/bills/batch";
    /// `PUT`, `DELETE`.
    BILL = "/profiles/{energy_profile_id}/bills/{billing_record_id}";
    /// `GET` a bill beside what the tariff makes of it, and why they differ.
    BILL_EXPLANATION = "/profiles/{energy_profile_id}/bills/{billing_record_id}/explanation";
    /// `GET` why a bill is another than the one before, or than `?from=`.
    BILL_CHANGE = "/profiles/{energy_profile_id}/bills/{billing_record_id}/change";
    /// `GET` what the home's bills fit, where no tariff is set.
    EFFECTIVE_RATE = "/profiles/{energy_profile_id}/effective-rate";
    /// `POST` asks what the home's history would have cost under other tariffs; nothing is stored.
    TARIFF_COMPARISONS = "/profiles/{energy_profile_id}/tariff-comparisons";
    /// `POST` asks what the home would use, cost and emit if something of it were otherwise; nothing is stored.
    WHAT_IF = "/profiles/{energy_profile_id}/what-if";
    /// `GET` which tariff the home has from which day on, `POST` one more.
    PROFILE_TARIFFS = "/profiles/{energy_profile_id}/tariffs";
    /// `PUT`, `DELETE`.
    PROFILE_TARIFF = "/profiles/{energy_profile_id}/tariffs/{profile_tariff_id}";
    /// `GET` the emission factors of the home's grid.
    EMISSION_FACTORS = "/profiles/{energy_profile_id}/emission-factors";
    /// `GET`, `POST`.
    GOALS = "/profiles/{energy_profile_id}/goals";
    /// `GET` how each goal stands, and what became of it before.
    GOALS_PROGRESS = "/profiles/{energy_profile_id}/goals/progress";
    /// `PUT`, `DELETE`.
    GOAL = "/profiles/{energy_profile_id}/goals/{consumption_goal_id}";
    /// `GET` the measures with what they save here.
    SUGGESTIONS = "/profiles/{energy_profile_id}/suggestions";
    /// `PUT` what the home wants of a measure, and what it told.
    SUGGESTION = "/profiles/{energy_profile_id}/suggestions/{slug}";
    /// `GET`, `POST`.
    AWAY_PERIODS = "/profiles/{energy_profile_id}/away-periods";
    /// `PUT`, `DELETE`.
    AWAY_PERIOD = "/profiles/{energy_profile_id}/away-periods/{away_period_id}";
    /// `GET` the days' temperatures, `DELETE` those of a span of days.
    WEATHER = "/profiles/{energy_profile_id}/weather";
    /// `POST` a file of temperatures.
    WEATHER_IMPORTS = "/profiles/{energy_profile_id}/weather/imports";
    /// `GET` a month, `2026-10`, or a year, `2026`, of the home.
    REPORT = "/profiles/{energy_profile_id}/reports/{period}";
    /// `GET` the same as a page for a browser.
    REPORT_PAGE = "/profiles/{energy_profile_id}/reports/{period}/page";
    /// `GET`.
    ALERTS = "/profiles/{energy_profile_id}/alerts";
    /// `POST` acknowledges.
    ALERT_ACKNOWLEDGEMENT = "/profiles/{energy_profile_id}/alerts/{alert_id}/acknowledgement";
    /// `POST` puts an alert off.
    ALERT_SNOOZE = "/profiles/{energy_profile_id}/alerts/{alert_id}/snooze";
    /// `GET` the rules that raise alerts, as they hold in the home.
    ALERT_RULES = "/profiles/{energy_profile_id}/alert-rules";
    /// `PUT` what the home says of one, `DELETE` takes that back.
    ALERT_RULE = "/profiles/{energy_profile_id}/alert-rules/{rule}";
    /// `GET` where the caller is told of this home, `POST` one more.
    NOTICE_CHANNELS = "/profiles/{energy_profile_id}/notice-channels";
    /// `PUT`, `DELETE`.
    NOTICE_CHANNEL = "/profiles/{energy_profile_id}/notice-channels/{notice_channel_id}";
    /// `POST` sends a test.
    NOTICE_TEST = "/profiles/{energy_profile_id}/notice-channels/{notice_channel_id}/test";
    /// `GET` the tariffs that a home can choose.
    TARIFFS = "/tariffs";
    /// `GET` one of them, whole.
    TARIFF = "/tariffs/{slug}";
    /// `GET` what tariffs point at: values and tax rates by date, price series, holidays.
    TARIFF_TABLES = "/tariff-tables";
    /// `GET` the sets of reference data.
    ADMIN_SETS = "/admin/sets";
    /// `GET` a page of a set, `POST` a row.
    ADMIN_ROWS = "/admin/sets/{set}/rows";
    /// `GET`, `PUT`, `DELETE`; the key is one [`segment`] of the address.
    ADMIN_ROW = "/admin/sets/{set}/rows/{key}";
    /// `POST` puts a row back to what ships.
    ADMIN_ROW_RESET = "/admin/sets/{set}/rows/{key}/reset";
    /// `GET` who administered what, newest first.
    ADMIN_ENTRIES = "/admin/entries";
    /// `GET` a page of the accounts.
    ADMIN_ACCOUNTS = "/admin/accounts";
    /// `PUT` whether an account administers the server.
    ADMIN_ADMINISTRATOR = "/admin/accounts/{account_id}/administrator";
    /// `POST` makes a one-time recovery code.
    ADMIN_RECOVERY = "/admin/accounts/{account_id}/recovery";
    /// `DELETE` ends every session of an account.
    ADMIN_SESSIONS = "/admin/accounts/{account_id}/sessions";
    /// `GET` a page of the jobs.
    ADMIN_JOBS = "/admin/jobs";
    /// `POST` puts a job that failed back into the queue.
    ADMIN_JOB_RETRY = "/admin/jobs/{job_id}/retry";
    /// `GET` a page of the trainings.
    ADMIN_TRAININGS = "/admin/trainings";
    /// `GET`, without signing in.
    PUBLIC_CATALOG = "/public/catalog";
    /// `GET` the anonymous totals of the homes that take part, without signing in.
    PUBLIC_SUMMARY = "/public/summary";
    /// `GET`, without signing in.
    PUBLIC_TIPS = "/public/tips";
    /// `GET` the OpenAPI document.
    OPENAPI = "/openapi.json";
}

/// `POST` lines of `InfluxDB`'s line protocol, as its first version has it; with a key.
pub const INFLUX_WRITE: &str = "/write";
/// `POST` the same as its second version has it.
pub const INFLUX_WRITE_V2: &str = "/api/v2/write";
/// `GET`, `POST`: what programs that write to `InfluxDB` ask before they do. There is nothing to be read.
pub const INFLUX_QUERY: &str = "/query";
/// `GET`: an `InfluxDB` is there.
pub const INFLUX_PING: &str = "/ping";
/// `GET`: and it is well.
pub const INFLUX_HEALTH: &str = "/health";
/// `GET`, `POST` the inputs of one node, as emoncms takes them; with a key.
pub const EMONCMS_POST: &str = "/input/post";
/// `GET`, `POST` the inputs of several nodes and times.
pub const EMONCMS_BULK: &str = "/input/bulk";
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

/// Text as one part of an address or as a value of its query: what has a meaning there is encoded.
pub fn segment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
    encoded
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

    #[test]
    fn a_key_is_one_part_of_an_address() {
        assert_eq!(segment("BR-SIN/2024"), "BR-SIN%2F2024");
        assert_eq!(segment("água 50%"), "%C3%A1gua%2050%25");
    }
}
