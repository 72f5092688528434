//! Dates of the years 1900 to 2099 as people write them, and in the form of ISO 8601.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::SentencePair;

struct Date {
    year: u32,
    /// 1 to 12.
    month: u32,
    /// 1 to 31.
    day: u32,
}

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
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const KOREAN_WEEKDAYS: [&str; 7] = ["일", "월", "화", "수", "목", "금", "토"];

impl Date {
    fn draw(rng: &mut ChaCha8Rng) -> Date {
        let (year, month) = (rng.random_range(1900..2100), rng.random_range(1..=12));
        Date { year, month, day: rng.random_range(1..=days_in(year, month)) }
    }

    fn iso(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// 0 is Sunday. Sakamoto's rule: the offsets are those of the months' first days, and a year begins in March, so that the
    /// leap day comes last.
    fn weekday(&self) -> usize {
        const OFFSETS: [u32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
        let year = if self.month < 3 { self.year - 1 } else { self.year };
        ((year + year / 4 - year / 100 + year / 400 + OFFSETS[self.month as usize - 1] + self.day) % 7) as usize
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn ordinal(day: u32) -> String {
    let ending = match (day, day % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

/// Forms of an English date: [`written_in_english`].
const ENGLISH_FORMS: u32 = 12;

fn written_in_english(date: &Date, form: u32) -> String {
    let Date { year: y, day: d, .. } = *date;
    let month = MONTHS[date.month as usize - 1];
    let weekday = WEEKDAYS[date.weekday()];
    let (nth, short_month, short_weekday) = (ordinal(d), &month[..3], &weekday[..3]);
    match form {
        0 => format!("{d} {month} {y}"),
        1 => format!("{month} {d}, {y}"),
        2 => format!("{nth} {month} {y}"),
        3 => format!("the {nth} of {month} {y}"),
        4 => format!("{short_month} {d}, {y}"),
        5 => format!("{d} {short_month} {y}"),
        6 => format!("{weekday}, {d} {month} {y}"),
        7 => format!("{weekday}, {month} {nth}, {y}"),
        8 => format!("{short_weekday} {d} {short_month} {y}"),
        9 => format!("{y}, {month} {d}"),
        10 => format!("{d:02} {short_month} {y}"),
        _ => format!("{month} the {nth}, {y}"),
    }
}

/// Forms of a Korean date: [`written_in_korean`].
const KOREAN_FORMS: u32 = 10;

fn written_in_korean(date: &Date, form: u32) -> String {
    let Date { year: y, month: m, day: d } = *date;
    let weekday = KOREAN_WEEKDAYS[date.weekday()];
    match form {
        0 => format!("{y}년 {m}월 {d}일"),
        1 => format!("{y}년 {m:02}월 {d:02}일"),
        2 => format!("{y}. {m}. {d}."),
        3 => format!("{y}년 {m}월 {d}일 {weekday}요일"),
        4 => format!("{y}년 {m}월 {d}일({weekday})"),
        5 => format!("{y}/{m}/{d}"),
        6 => format!("서기 {y}년 {m}월 {d}일"),
        7 => format!("{m}월 {d}일, {y}년"),
        8 => format!("{weekday}요일, {y}.{m:02}.{d:02}"),
        _ => {
            // The sixth and tenth month have lost a consonant.
            let month = match m {
                6 => "유".to_owned(),
                10 => "시".to_owned(),
                _ => sino_korean(m),
            };
            format!("{}년 {month}월 {}일", sino_korean(y), sino_korean(d))
        }
    }
}

/// A number from 1 to 9999 in Sino-Korean numerals: 2021 is 이천이십일. A one before ten, hundred and thousand is not said.
fn sino_korean(number: u32) -> String {
    const DIGITS: [&str; 10] = ["", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"];
    let mut text = String::new();
    for (value, name) in [(1000, "천"), (100, "백"), (10, "십"), (1, "")] {
        match (number / value % 10, value) {
            (0, _) => {}
            (1, 10..) => text += name,
            (digit, _) => {
                text += DIGITS[digit as usize];
                text += name;
            }
        }
    }
    text
}

pub(super) fn english(rng: &mut ChaCha8Rng) -> SentencePair {
    let date = Date::draw(rng);
    SentencePair { source: written_in_english(&date, rng.random_range(0..ENGLISH_FORMS)), target: date.iso() }
}

pub(super) fn korean(rng: &mut ChaCha8Rng) -> SentencePair {
    let date = Date::draw(rng);
    SentencePair { source: written_in_korean(&date, rng.random_range(0..KOREAN_FORMS)), target: date.iso() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const DATE: Date = Date { year: 2021, month: 3, day: 3 };

    #[test]
    fn a_date_in_all_its_forms() {
        let english: Vec<String> = (0..ENGLISH_FORMS).map(|form| written_in_english(&DATE, form)).collect();
        assert_eq!(english[0], "3 March 2021");
        assert_eq!(english[3], "the 3rd of March 2021");
        assert_eq!(english[7], "Wednesday, March 3rd, 2021");
        assert_eq!(english[8], "Wed 3 Mar 2021");
        let korean: Vec<String> = (0..KOREAN_FORMS).map(|form| written_in_korean(&DATE, form)).collect();
        assert_eq!(korean[0], "2021년 3월 3일");
        assert_eq!(korean[4], "2021년 3월 3일(수)");
        assert_eq!(korean[9], "이천이십일년 삼월 삼일");
        for forms in [english, korean] {
            assert_eq!(forms.iter().collect::<HashSet<_>>().len(), forms.len());
        }
        assert_eq!(DATE.iso(), "2021-03-03");
    }

    #[test]
    fn weekdays_and_leap_years_are_those_of_the_calendar() {
        let weekday = |year, month, day| WEEKDAYS[Date { year, month, day }.weekday()];
        assert_eq!(weekday(1969, 7, 20), "Sunday");
        assert_eq!(weekday(2000, 2, 29), "Tuesday");
        assert_eq!(weekday(2000, 3, 1), "Wednesday");
        assert_eq!(weekday(2024, 12, 31), "Tuesday");
        assert_eq!([1900, 2000, 2023, 2024].map(|year| days_in(year, 2)), [28, 29, 28, 29]);
    }

    #[test]
    fn numbers_and_ordinals() {
        assert_eq!(
            [1, 10, 11, 20, 100, 1999, 2021].map(sino_korean),
            ["일", "십", "십일", "이십", "백", "천구백구십구", "이천이십일"]
        );
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31].map(ordinal),
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st"]
        );
        let date = |month| written_in_korean(&Date { year: 1910, month, day: 30 }, 9);
        assert_eq!([6, 10].map(date), ["천구백십년 유월 삼십일", "천구백십년 시월 삼십일"]);
    }
}
