//! The only place that asks what time it is.

use crate::domain::clock::Timestamp;
use std::time::SystemTime;

/// Now, by the system's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// How far the local zone lies east of UTC now, in seconds.
pub fn utc_offset() -> i32 {
    jiff::Zoned::now().offset().seconds()
}
