//! How long a crud lives.

/// A time to live: one of seven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeToLive {
    /// 30 days.
    ThirtyDays,
    /// 7 days, which is what a crud gets that says nothing.
    #[default]
    SevenDays,
    /// 3 days.
    ThreeDays,
    /// 1 day.
    OneDay,
    /// 12 hours.
    TwelveHours,
    /// 3 hours.
    ThreeHours,
    /// 1 hour.
    OneHour,
}

impl TimeToLive {
    /// All of them, longest first, as a select offers them.
    pub const ALL: [Self; 7] = [
        Self::ThirtyDays,
        Self::SevenDays,
        Self::ThreeDays,
        Self::OneDay,
        Self::TwelveHours,
        Self::ThreeHours,
        Self::OneHour,
    ];

    /// What forms and the API send: `7-days`.
    pub fn value(self) -> &'static str {
        match self {
            Self::ThirtyDays => "30-days",
            Self::SevenDays => "7-days",
            Self::ThreeDays => "3-days",
            Self::OneDay => "1-day",
            Self::TwelveHours => "12-hours",
            Self::ThreeHours => "3-hours",
            Self::OneHour => "1-hour",
        }
    }

    /// What people read: `7 days`.
    pub fn label(self) -> &'static str {
        match self {
            Self::ThirtyDays => "30 days",
            Self::SevenDays => "7 days",
            Self::ThreeDays => "3 days",
            Self::OneDay => "1 day",
            Self::TwelveHours => "12 hours",
            Self::ThreeHours => "3 hours",
            Self::OneHour => "1 hour",
        }
    }

    /// The same in seconds.
    pub fn seconds(self) -> i64 {
        const HOUR: i64 = 60 * 60;
        const DAY: i64 = 24 * HOUR;
        match self {
            Self::ThirtyDays => 30 * DAY,
            Self::SevenDays => 7 * DAY,
            Self::ThreeDays => 3 * DAY,
            Self::OneDay => DAY,
            Self::TwelveHours => 12 * HOUR,
            Self::ThreeHours => 3 * HOUR,
            Self::OneHour => HOUR,
        }
    }

    /// The one with this [`value`](Self::value).
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.value() == value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_label_and_seconds_say_the_same() {
        for choice in TimeToLive::ALL {
            let (count, unit) = choice.value().split_once('-').unwrap();
            assert_eq!(choice.label(), format!("{count} {unit}"));
            let unit = if unit.starts_with("day") { 86_400 } else { 3_600 };
            assert_eq!(choice.seconds(), count.parse::<i64>().unwrap() * unit);
            assert_eq!(TimeToLive::parse(choice.value()), Some(choice));
        }
        assert!(TimeToLive::ALL.is_sorted_by_key(|choice| -choice.seconds()));
    }

    #[test]
    fn nothing_else_is_one() {
        for other in ["", "7 days", "7-DAYS", "8-days", "7-days "] {
            assert_eq!(TimeToLive::parse(other), None, "{other:?}");
        }
        assert_eq!(TimeToLive::default().value(), "7-days");
    }
}
