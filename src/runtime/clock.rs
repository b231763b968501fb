//! The only place that asks what time it is.

use crate::domain::clock::Timestamp;
use jiff::tz::TimeZone;
use std::sync::LazyLock;
use std::time::SystemTime;

/// Now, by the system's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A moment in the local zone, to the minute: `2026-05-01 09:30`.
pub fn shown(at: Timestamp) -> String {
    let moment =
        at.0.checked_add(i64::from(utc_offset()) * 1_000_000).and_then(|us| jiff::Timestamp::from_microsecond(us).ok());
    moment.map_or_else(|| "?".to_owned(), |m| m.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string())
}

/// How far the local zone lies east of UTC now, in seconds.
pub fn utc_offset() -> i32 {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(|| local_file().unwrap_or_else(TimeZone::system));
    ZONE.to_offset(jiff::Timestamp::now()).seconds()
}

/// The zone of `/etc/localtime`, read directly: to find its name as well, `TimeZone::system` walks the whole zone database,
/// which takes longer than everything else before the first frame.
fn local_file() -> Option<TimeZone> {
    if std::env::var_os("TZ").is_some() {
        return None;
    }
    TimeZone::tzif("localtime", &std::fs::read("/etc/localtime").ok()?).ok()
}
