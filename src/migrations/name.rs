//! Prisma's names: `<14 digits of UTC time>_<slug>`, how the slug is made, and in which order Prisma runs them.
//!
//! Facts from Prisma 7.10.1: the slug is `slugify(text, { separator: "_" })` cut to 200 characters, the schema engine refuses more
//! than 200 bytes (P3010), folders are sorted with JavaScript's `localeCompare` since 6.6 and by bytes before.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Characters (all ASCII, so bytes too) that a slug may have.
pub const SLUG_LIMIT: usize = 200;

/// Digits of the timestamp in front of a name.
const DIGITS: usize = 14;
const FORMAT: &str = "%Y%m%d%H%M%S";

/// Turns free text into the slug that Prisma would make of it: camel case split, accents and umlauts spelled out, everything else
/// than `a-z0-9` to single underscores, cut to [`SLUG_LIMIT`]. May be empty, and Prisma accepts that.
///
/// Prisma also spells out Greek, Cyrillic, Arabic and more; here such letters become separators.
#[must_use]
pub fn slugify(text: &str) -> String {
    let latin = split_camel_case(&spell_out(text)).to_lowercase();
    let latin = drop_apostrophes(&latin);
    let mut slug = String::with_capacity(latin.len());
    for c in latin.chars() {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    if slug.ends_with('_') {
        slug.pop();
    }
    slug.truncate(SLUG_LIMIT);
    slug
}

fn spell_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let latin = match c {
            '&' => " and ",
            '♥' => " love ",
            '🦄' => " unicorn ",
            'À'..='Ã' | 'Å' | 'Ā' | 'Ă' | 'Ą' => "A",
            'Ä' => "Ae",
            'Æ' => "AE",
            'Ç' | 'Ć' | 'Ĉ' | 'Ċ' | 'Č' => "C",
            'È'..='Ë' | 'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' => "E",
            'Ì'..='Ï' | 'Ĩ' | 'Ī' | 'Ĭ' | 'Į' | 'İ' => "I",
            'Ð' | 'Ď' | 'Đ' => "D",
            'Ñ' | 'Ń' | 'Ņ' | 'Ň' => "N",
            'Ò'..='Õ' | 'Ø' | 'Ō' | 'Ŏ' | 'Ő' => "O",
            'Ö' => "Oe",
            'Ù'..='Û' | 'Ũ' | 'Ū' | 'Ŭ' | 'Ů' | 'Ű' | 'Ų' => "U",
            'Ü' => "Ue",
            'Ý' | 'Ŷ' | 'Ÿ' => "Y",
            'Þ' => "TH",
            'ß' => "ss",
            'à'..='ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
            'ä' | 'æ' => "ae",
            'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
            'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
            'ð' | 'ď' | 'đ' => "d",
            'ñ' | 'ń' | 'ņ' | 'ň' => "n",
            'ò'..='õ' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
            'ö' => "oe",
            'ù'..='û' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
            'ü' => "ue",
            'ý' | 'ÿ' | 'ŷ' => "y",
            'þ' => "th",
            'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => "G",
            'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
            'Ĥ' | 'Ħ' => "H",
            'ĥ' | 'ħ' => "h",
            'Ĳ' => "IJ",
            'ĳ' => "ij",
            'Ĵ' => "J",
            'ĵ' => "j",
            'Ķ' => "K",
            'ķ' => "k",
            'Ĺ' | 'Ł' | 'Ļ' | 'Ľ' => "L",
            'ĺ' | 'ł' | 'ļ' | 'ľ' => "l",
            'Ŕ' | 'Ŗ' | 'Ř' => "R",
            'ŕ' | 'ŗ' | 'ř' => "r",
            'Ŵ' => "W",
            'ŵ' => "w",
            'Ś' | 'Ŝ' | 'Ş' | 'Š' | 'Ș' => "S",
            'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
            'Ţ' | 'Ť' | 'Ț' => "T",
            'ţ' | 'ť' | 'ț' => "t",
            'Ź' | 'Ż' | 'Ž' => "Z",
            'ź' | 'ż' | 'ž' => "z",
            // Combining marks after their letter: the letter stays.
            '\u{300}'..='\u{36f}' => "",
            other => {
                out.push(other);
                continue;
            }
        };
        out.push_str(latin);
    }
    out
}

/// `fooBar` → `foo Bar`, `HTMLParser` → `HTML Parser`, `UTF8` → `UTF 8`, but `APIs` stays.
fn split_camel_case(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    for (at, &c) in chars.iter().enumerate() {
        out.push(c);
        let Some(&next) = chars.get(at + 1) else { break };
        let after_upper_run = c.is_ascii_uppercase() && at > 0 && chars[at - 1].is_ascii_uppercase();
        let word_starts = next.is_ascii_uppercase()
            && chars.get(at + 2).is_some_and(|&third| third.is_ascii_lowercase() && third != 's');
        if (after_upper_run && next.is_ascii_digit())
            || ((c.is_ascii_lowercase() || c.is_ascii_digit()) && next.is_ascii_uppercase())
            || (c.is_ascii_uppercase() && word_starts)
        {
            out.push(' ');
        }
    }
    out
}

/// `don't drop user's` → `dont drop users`.
fn drop_apostrophes(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_suffix = |at: usize| {
        at > 0
            && chars[at - 1].is_ascii_alphanumeric()
            && matches!(chars.get(at + 1), Some('t' | 's'))
            && chars.get(at + 2).is_none_or(|c| c.is_whitespace())
    };
    chars.iter().enumerate().filter(|&(at, &c)| !(c == '\'' && is_suffix(at))).map(|(_, &c)| c).collect()
}

/// The 14 digits in front of a name, when it has them the way Prisma writes them (`20260102030405_slug`).
#[must_use]
pub fn timestamp_of(name: &str) -> Option<&str> {
    let digits = name.get(..DIGITS)?;
    (digits.bytes().all(|byte| byte.is_ascii_digit()) && name[DIGITS..].starts_with('_')).then_some(digits)
}

/// The part behind the timestamp; the whole name when there is none.
#[must_use]
pub fn slug_of(name: &str) -> &str {
    if timestamp_of(name).is_some() { &name[DIGITS + 1..] } else { name }
}

/// What a typed name fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit<'a> {
    /// One.
    One(&'a str),
    /// None, but this one is near.
    None(Option<&'a str>),
    /// Several.
    Several(Vec<&'a str>),
}

/// Looks a typed name up: the whole name, a part of it that only one has, or a path to the folder.
pub fn find<'a>(typed: &str, names: impl Iterator<Item = &'a str> + Clone) -> Fit<'a> {
    let wanted = typed.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(typed);
    if let Some(exact) = names.clone().find(|name| *name == wanted) {
        return Fit::One(exact);
    }
    let fit: Vec<&str> = names.clone().filter(|name| !wanted.is_empty() && name.contains(wanted)).collect();
    match fit.as_slice() {
        [only] => Fit::One(only),
        [] => Fit::None(crate::settings::nearest(wanted, names)),
        _ => Fit::Several(fit),
    }
}

/// A timestamp for a new migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextTimestamp {
    /// 14 digits: now in UTC, or one second after the newest folder where clocks disagree.
    pub digits: String,
    /// Existing folders that sort after any timestamp of today (`init`, `99_x`): Prisma would run the new migration before them
    /// in an empty database.
    pub sorts_before: Vec<String>,
}

/// The timestamp for a new migration: the time `now`, moved behind every existing folder that has a timestamp.
#[must_use]
pub fn next_timestamp<'a>(now: Timestamp, existing: impl IntoIterator<Item = &'a str>) -> NextTimestamp {
    let mut digits = digits_of(now);
    let names: Vec<&str> = existing.into_iter().collect();
    if let Some(newest) = names.iter().filter_map(|name| timestamp_of(name)).max()
        && *newest >= *digits
    {
        digits = second_after(newest);
    }
    let sorts_before = names
        .iter()
        .filter(|name| compare(name, &digits) == Ordering::Greater || ***name > *digits)
        .map(|name| (*name).to_owned())
        .collect();
    NextTimestamp { digits, sorts_before }
}

fn digits_of(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).strftime(FORMAT).to_string()
}

/// A second later as a date where the digits are one; a plain number where they are not (`20260231000000`).
fn second_after(digits: &str) -> String {
    if let Ok(at) = DateTime::strptime(FORMAT, digits)
        && let Ok(next) = TimeZone::UTC.to_timestamp(at).map(|at| at + jiff::SignedDuration::from_secs(1))
        && *digits_of(next) > *digits
    {
        return digits_of(next);
    }
    let number: u64 = digits.parse().unwrap_or(0);
    // 99999999999999 has no successor of 14 digits; the caller learns it from `sorts_before`.
    format!("{:014}", (number + 1).min(99_999_999_999_999))
}

/// The order in which Prisma (6.6 and later) runs two folders: JavaScript's `localeCompare` for ASCII, that is punctuation before
/// digits before letters, case only as a tie-break with lower case first; characters outside ASCII by code point, after letters.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let primary = |name: &str| name.chars().map(weight).collect::<Vec<_>>();
    // Almost every name differs within its digits, where both orders agree.
    let at = a.bytes().zip(b.bytes()).position(|(x, y)| x != y);
    if let Some(at) = at
        && let (x @ b'0'..=b'9', y @ b'0'..=b'9') = (a.as_bytes()[at], b.as_bytes()[at])
        && a.is_ascii()
        && b.is_ascii()
    {
        return x.cmp(&y);
    }
    primary(a)
        .cmp(&primary(b))
        .then_with(|| {
            let case = |name: &str| name.chars().map(|c| c.is_ascii_uppercase()).collect::<Vec<_>>();
            case(a).cmp(&case(b))
        })
        .then_with(|| a.cmp(b))
}

/// The place of a character in the root collation of the Unicode CLDR, ASCII part.
fn weight(c: char) -> u32 {
    const PUNCTUATION: &str = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
    match c {
        '0'..='9' => 100 + c as u32,
        'a'..='z' => 200 + c as u32,
        'A'..='Z' => 200 + c.to_ascii_lowercase() as u32,
        ' ' => 1,
        _ if c.is_ascii() => PUNCTUATION.find(c).map_or(0, |at| at as u32 + 2),
        _ => 1000 + c as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_the_slugs_that_prisma_makes() {
        // Expected values: `slugify(text, { separator: "_" })` of Prisma 7.10.1.
        for (text, slug) in [
            ("add users", "add_users"),
            ("  Add   Users!  ", "add_users"),
            ("addUserEmail", "add_user_email"),
            ("HTMLParser2go", "html_parser2go"),
            ("UTF8 names", "utf_8_names"),
            ("drop APIs", "drop_apis"),
            ("users & roles", "users_and_roles"),
            ("Größe über alles", "groesse_ueber_alles"),
            ("don't drop user's mail", "dont_drop_users_mail"),
            ("a/b\\c", "a_b_c"),
            ("../../etc/passwd", "etc_passwd"),
            ("__init__", "init"),
            ("ünïcödé ø", "uenicoede_o"),
            ("", ""),
            ("🎉", ""),
            ("X2Y", "x2_y"),
            ("fooBAR baz", "foo_bar_baz"),
            ("a'tb", "a_tb"),
            ("I♥you & 🦄", "i_love_you_and_unicorn"),
        ] {
            assert_eq!(slugify(text), slug, "{text}");
        }
        assert_eq!(slugify(&"x".repeat(300)).len(), SLUG_LIMIT);
    }

    #[test]
    fn spells_out_latin_letters_as_prisma_does() {
        // `slugify("x" + letter + "x", { separator: "_" })` of Prisma 7.10.1, for U+00C0 to U+017F.
        const EXPECTED: &str = "\
            x_ax x_ax x_ax x_ax x_aex x_ax x_a_ex x_cx x_ex x_ex x_ex x_ex x_ix x_ix x_ix x_ix x_dx x_nx x_ox \
            x_ox x_ox x_ox x_oex x_x x_ox x_ux x_ux x_ux x_uex x_yx x_t_hx xssx xax xax xax xax xaex xax xaex \
            xcx xex xex xex xex xix xix xix xix xdx xnx xox xox xox xox xoex x_x xox xux xux xux xuex xyx xthx \
            xyx x_ax xax x_ax xax x_ax xax x_cx xcx x_cx xcx x_cx xcx x_cx xcx x_dx xdx x_dx xdx x_ex xex x_ex \
            xex x_ex xex x_ex xex x_ex xex x_gx xgx x_gx xgx x_gx xgx x_gx xgx x_hx xhx x_hx xhx x_ix xix x_ix \
            xix x_ix xix x_ix xix x_ix xix x_i_jx xijx x_jx xjx x_kx xkx x_x x_lx xlx x_lx xlx x_lx xlx x_x x_x \
            x_lx xlx x_nx xnx x_nx xnx x_nx xnx x_x x_x x_x x_ox xox x_ox xox x_ox xox x_x x_x x_rx xrx x_rx \
            xrx x_rx xrx x_sx xsx x_sx xsx x_sx xsx x_sx xsx x_tx xtx x_tx xtx x_x x_x x_ux xux x_ux xux x_ux \
            xux x_ux xux x_ux xux x_ux xux x_wx xwx x_yx xyx x_yx x_zx xzx x_zx xzx x_zx xzx x_x";
        let ours: Vec<String> = ('\u{c0}'..'\u{180}').map(|letter| slugify(&format!("x{letter}x"))).collect();
        assert_eq!(ours.join(" "), EXPECTED);
    }

    #[test]
    fn a_new_timestamp_sorts_after_every_other() {
        let now: Timestamp = "2026-02-28T23:59:59Z".parse().expect("a timestamp");
        let next = |names: &[&str]| next_timestamp(now, names.iter().copied());
        assert_eq!(next(&[]).digits, "20260228235959");
        assert_eq!(next(&["20250101000000_a", "0_init"]).digits, "20260228235959");
        assert_eq!(next(&["20260228235959_a"]).digits, "20260301000000");
        assert_eq!(next(&["20260301000000_ahead"]).digits, "20260301000001");
        assert_eq!(next(&["20260231000000_no_such_day"]).digits, "20260231000001");
        assert_eq!(next(&["20260101000000_a", "30_counter", "init"]).sorts_before, ["30_counter", "init"]);
        assert_eq!(next(&["99999999999999_end"]).sorts_before, ["99999999999999_end"]);
    }

    #[test]
    fn sorts_as_prisma_does() {
        // Expected order: `[…].sort((a, b) => a.localeCompare(b))` in Node 20.
        let mut names = [
            "b",
            "20260101000000_B",
            "_x",
            "A",
            "0_init",
            "a",
            "20260101000000_b",
            "20260101000000_a",
            ".git",
            "-y",
            "10_x",
            "9_x",
        ];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(
            names,
            [
                "_x",
                "-y",
                ".git",
                "0_init",
                "10_x",
                "20260101000000_a",
                "20260101000000_b",
                "20260101000000_B",
                "9_x",
                "a",
                "A",
                "b"
            ]
        );
    }

    #[test]
    fn takes_a_name_apart() {
        assert_eq!(timestamp_of("20260101000000_a"), Some("20260101000000"));
        assert_eq!(slug_of("20260101000000_a_b"), "a_b");
        for name in ["20260101000000", "2026010100000_a", "0_init", "äöüäöüä_x", ""] {
            assert_eq!(timestamp_of(name), None, "{name}");
            assert_eq!(slug_of(name), name);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_slug_is_what_prisma_takes(text in ".*") {
            let slug = slugify(&text);
            proptest::prop_assert!(slug.len() <= SLUG_LIMIT);
            proptest::prop_assert!(slug.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_'), "{}", slug);
            proptest::prop_assert!(!slug.starts_with('_') && !slug.contains("__"), "{}", slug);
        }

        /// Whatever is there, the new name sorts last, or those that sort after it are named.
        #[test]
        fn a_new_name_is_the_last_or_says_why_not(names in proptest::collection::vec("([0-9]{14}_)?[a-z0-9_-]{0,4}", 0..6)) {
            let now: Timestamp = "2026-02-28T23:59:59Z".parse().expect("a timestamp");
            let next = next_timestamp(now, names.iter().map(String::as_str));
            let name = format!("{}_x", next.digits);
            proptest::prop_assert_eq!(timestamp_of(&name), Some(&*next.digits));
            for other in names.iter().filter(|other| !next.sorts_before.contains(other)) {
                proptest::prop_assert_eq!(compare(other, &name), Ordering::Less, "{} {}", other, &name);
                proptest::prop_assert!(*other < name, "{} {}", other, &name);
            }
        }

        /// An order in which sorting makes sense.
        #[test]
        fn the_order_is_total(a in "[ -~é]{0,6}", b in "[ -~é]{0,6}", c in "[ -~é]{0,6}") {
            proptest::prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            proptest::prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                proptest::prop_assert!(compare(&a, &c).is_le());
            }
        }
    }
}
