//! Points in time as the pages show them: how old a crud is, and how long it still has.
//!
//! Pure functions of two numbers, so that server and browser say the same words for the same moments (hydration depends on it)
//! and so that they can be tested without a clock. No date library: the browser's program would carry it for one format.

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) i64);

/// What is left of a crud's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeLeft {
    /// For the eye: `6d`, `3h`, `12m`.
    pub(crate) short: String,
    /// For the ear: `expires in 6 days`.
    pub(crate) words: String,
    /// Less than an hour is left.
    pub(crate) soon: bool,
    /// Nothing is left: such a crud is no longer shown.
    pub(crate) over: bool,
}

impl Moment {
    /// Reads an RFC 3339 time in UTC (`2026-11-24T02:10:00.123456Z`), cut to milliseconds; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text
            .strip_suffix('Z')
            .or_else(|| text.strip_suffix("+00:00"))?
            .split_once('T')?;
        let mut date = date.split('-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (date.next()??, date.next()??, date.next()??);
        let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
        let mut time = time.split(':').map(|part| part.parse::<i64>().ok());
        let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
        let milliseconds = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
        let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        in_range.then(|| {
            Self(
                days_since_1970(year, month, day) * DAY
                    + hour * HOUR
                    + minute * MINUTE
                    + second * SECOND
                    + milliseconds,
            )
        })
    }

    /// The age of what was made at `self`, seen at `now`: `now`, `12m`, `3h`, `6d`.
    pub(crate) fn age(self, now: Self) -> String {
        match now.0 - self.0 {
            age if age < MINUTE => "now".to_owned(),
            age if age < HOUR => format!("{}m", age / MINUTE),
            age if age < DAY => format!("{}h", age / HOUR),
            age => format!("{}d", age / DAY),
        }
    }

    /// What is left at `now` until `self`, rounded to the nearest minute, hour or day.
    ///
    /// Rounded and not cut, because a crud that was just given seven days is not to say six.
    pub(crate) fn left(self, now: Self) -> TimeLeft {
        let left = self.0 - now.0;
        let minutes = rounded(left, MINUTE);
        let hours = rounded(left, HOUR);
        let (count, letter, unit) = match () {
            () if minutes < 60 => (minutes.max(1), 'm', "minute"),
            () if hours < 24 => (hours, 'h', "hour"),
            () => (rounded(left, DAY), 'd', "day"),
        };
        let plural = if count == 1 { "" } else { "s" };
        let (short, words) = match left {
            ..=0 => ("0m".to_owned(), "has expired".to_owned()),
            1..MINUTE => ("<1m".to_owned(), "expires in less than a minute".to_owned()),
            _ => (format!("{count}{letter}"), format!("expires in {count} {unit}{plural}")),
        };
        TimeLeft {
            short,
            words,
            soon: left < HOUR,
            over: left <= 0,
        }
    }

    /// The whole date and time in words: `24 November 2026, 02:10 UTC`.
    pub(crate) fn in_words(self) -> String {
        let (year, month, day) = date(self.0.div_euclid(DAY));
        let time = self.0.rem_euclid(DAY);
        let month = MONTHS[usize::try_from(month - 1).unwrap_or(0) % 12];
        format!(
            "{day} {month} {year}, {:02}:{:02} UTC",
            time / HOUR,
            time % HOUR / MINUTE
        )
    }
}

fn rounded(value: i64, unit: i64) -> i64 {
    (value + unit / 2) / unit
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year (H. Hinnant, "chrono-compatible low-level date
/// algorithms").
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The year, month (1–12) and day (1–31) that lie `days` after 1970-01-01: the inverse of [`days_since_1970`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_rfc_3339_in_utc() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T00:00:01.5Z", Some(1_500)),
            ("2026-11-24T02:10:00.123456Z", Some(1_795_486_200_123)),
            ("2026-11-24T02:10:00+00:00", Some(1_795_486_200_000)),
            ("2024-02-29T12:00:00Z", Some(1_709_208_000_000)),
            ("1969-12-31T23:59:59Z", Some(-1_000)),
            ("2026-11-24T02:10:00", None),
            ("2026-11-24T02:10:00+01:00", None),
            ("2026-13-24T02:10:00Z", None),
            ("2026-11-24Z", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Moment::parse(text), expected.map(Moment), "{text:?}");
        }
    }

    #[test]
    fn days_and_dates_are_inverse() {
        for days in -200_000..200_000 {
            let (year, month, day) = date(days);
            assert_eq!(days_since_1970(year, month, day), days, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn an_age_is_one_number_and_a_letter() {
        let cases = [
            (-5 * SECOND, "now"),
            (59 * SECOND, "now"),
            (MINUTE, "1m"),
            (HOUR - 1, "59m"),
            (HOUR, "1h"),
            (DAY - 1, "23h"),
            (DAY, "1d"),
            (29 * DAY, "29d"),
        ];
        for (age, expected) in cases {
            assert_eq!(Moment(1_000_000).age(Moment(1_000_000 + age)), expected, "{age}");
        }
    }

    #[test]
    fn what_is_left_is_said_for_eye_and_ear() {
        let cases = [
            (7 * DAY - SECOND, "7d", "expires in 7 days", false),
            (6 * DAY + 11 * HOUR, "6d", "expires in 6 days", false),
            (DAY, "1d", "expires in 1 day", false),
            (DAY - SECOND, "1d", "expires in 1 day", false),
            (23 * HOUR, "23h", "expires in 23 hours", false),
            (3 * HOUR - SECOND, "3h", "expires in 3 hours", false),
            (HOUR, "1h", "expires in 1 hour", false),
            (HOUR - SECOND, "1h", "expires in 1 hour", true),
            (59 * MINUTE, "59m", "expires in 59 minutes", true),
            (MINUTE, "1m", "expires in 1 minute", true),
            (59 * SECOND, "<1m", "expires in less than a minute", true),
            (0, "0m", "has expired", true),
            (-DAY, "0m", "has expired", true),
        ];
        for (left, short, words, soon) in cases {
            let expected = TimeLeft {
                short: short.to_owned(),
                words: words.to_owned(),
                soon,
                over: left <= 0,
            };
            assert_eq!(Moment(left).left(Moment(0)), expected, "{left}");
        }
    }

    #[test]
    fn a_whole_date_names_its_zone() {
        let moment = Moment::parse("2026-02-07T09:05:59Z").expect("a time");
        assert_eq!(moment.in_words(), "7 February 2026, 09:05 UTC");
    }
}
