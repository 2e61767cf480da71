//! What a merchant tells its customers of orders and appointments, and in which words.

use serde::{Deserialize, Serialize};

use super::named::named;

/// Where a repair order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The order is there, nobody works on it yet.
    Received,
    /// It is being worked on.
    InProgress,
    /// The work is done.
    Completed,
    /// It can be collected.
    ReadyForPickup,
}

named!(OrderStatus, "order status", {
    Received => "received",
    InProgress => "in_progress",
    Completed => "completed",
    ReadyForPickup => "ready_for_pickup",
});

/// A language that Loa has words in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Vietnamese.
    Vi,
    /// Chinese.
    Zh,
}

named!(Language, "language", {
    En => "en",
    Vi => "vi",
    Zh => "zh",
});

impl Language {
    /// The language of a locale such as `vi`, `en_US` or `zh-Hans-CN`; none where Loa has no words in it.
    pub fn of_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
        language.parse().ok()
    }
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    /// Where an order stands.
    Order(OrderStatus),
    /// That an appointment comes.
    Appointment,
}

impl Notice {
    /// Every notice.
    pub fn all() -> impl Iterator<Item = Self> {
        OrderStatus::ALL.into_iter().map(Self::Order).chain([Self::Appointment])
    }

    /// What kind it is, as rows name it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Order(_) => "order_status",
            Self::Appointment => "appointment_reminder",
        }
    }

    /// The status that it tells of; empty where it tells of none.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Order(status) => status.as_str(),
            Self::Appointment => "",
        }
    }

    /// The name of the template that carries it outside the customer-service window.
    pub const fn template(self) -> &'static str {
        match self {
            Self::Order(_) => "order_status_update",
            Self::Appointment => "appointment_reminder",
        }
    }

    /// What rows name.
    pub fn of_row(kind: &str, status: &str) -> Option<Self> {
        Self::all().find(|notice| notice.kind() == kind && notice.status() == status)
    }

    /// Loa's own words.
    pub const fn default_text(self, language: Language) -> &'static str {
        use Language::{En, Vi, Zh};
        use OrderStatus::{Completed, InProgress, ReadyForPickup, Received};
        match (self, language) {
            (Self::Order(Received), En) => "we have received your repair order and are finding a technician for it.",
            (Self::Order(InProgress), En) => "your device is being repaired. We will keep you posted.",
            (Self::Order(Completed), En) => "the repair is done. Please come and collect your device.",
            (Self::Order(ReadyForPickup), En) => "your device is ready for pickup, any time during opening hours.",
            (Self::Appointment, En) => "Reminder: your appointment for {{device}} is on {{date}}.",
            (Self::Order(Received), Vi) => "chúng tôi đã nhận đơn sửa chữa của bạn và đang sắp xếp kỹ thuật viên.",
            (Self::Order(InProgress), Vi) => "thiết bị của bạn đang được sửa. Chúng tôi sẽ báo khi có tin mới.",
            (Self::Order(Completed), Vi) => "đã sửa xong. Mời bạn đến nhận máy.",
            (Self::Order(ReadyForPickup), Vi) => "thiết bị của bạn đã sẵn sàng, mời bạn đến nhận trong giờ mở cửa.",
            (Self::Appointment, Vi) => "Nhắc hẹn: lịch hẹn của bạn cho {{device}} là {{date}}.",
            (Self::Order(Received), Zh) => "我们已收到您的维修订单，正在安排技术员。",
            (Self::Order(InProgress), Zh) => "您的设备正在维修，有进展会及时告诉您。",
            (Self::Order(Completed), Zh) => "维修已完成，请您来取件。",
            (Self::Order(ReadyForPickup), Zh) => "您的设备可以取了，营业时间内随时来取。",
            (Self::Appointment, Zh) => "提醒：您的 {{device}} 预约时间是 {{date}}。",
        }
    }

    /// The words of a plain message: of an order its number stands before them.
    pub fn message(self, language: Language, reference: &str, words: &str) -> String {
        match (self, language) {
            (Self::Order(_), Language::En) => format!("Order #{reference}: {words}"),
            (Self::Order(_), Language::Vi) => format!("Đơn hàng #{reference}: {words}"),
            (Self::Order(_), Language::Zh) => format!("订单 #{reference}：{words}"),
            (Self::Appointment, _) => words.to_owned(),
        }
    }
}

/// The names of the places of `text`, written `{{name}}`, in their order, each as often as it stands there.
pub fn places(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("{{") {
        let Some((name, behind)) = behind.split_once("}}") else {
            break;
        };
        names.push(name.trim());
        rest = behind;
    }
    names
}

/// `text` with its places filled; otherwise the names that `value` has nothing for, each once.
pub fn fill<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> Result<String, Vec<String>> {
    let (mut filled, mut missing) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, behind)) = behind.split_once("}}") else {
            filled.push_str("{{");
            rest = behind;
            break;
        };
        match value(name.trim()) {
            Some(value) => filled.push_str(value),
            None if missing.iter().any(|known| known == name.trim()) => {}
            None => missing.push(name.trim().to_owned()),
        }
        rest = behind;
    }
    filled.push_str(rest);
    if missing.is_empty() { Ok(filled) } else { Err(missing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_words_for_everything_in_every_language() {
        for notice in Notice::all() {
            assert_eq!(Notice::of_row(notice.kind(), notice.status()), Some(notice));
            for language in Language::ALL {
                let words = notice.default_text(language);
                assert!(!words.is_empty());
                let known = ["order", "device", "date"];
                assert!(places(words).iter().all(|place| known.contains(place)), "{words}");
            }
        }
        assert_eq!(Notice::Order(OrderStatus::Received).message(Language::Zh, "12", "好"), "订单 #12：好");
    }

    #[test]
    fn a_locale_leads_to_its_language() {
        for (locale, language) in [
            ("vi", Some(Language::Vi)),
            ("en_US", Some(Language::En)),
            ("zh-Hans-CN", Some(Language::Zh)),
            ("de", None),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }

    #[test]
    fn places_are_filled_and_missing_ones_named_once() {
        let value = |name: &str| (name == "device").then_some("Pixel");
        assert_eq!(fill("For {{device}} {{ device }}.", value).unwrap(), "For Pixel Pixel.");
        assert_eq!(fill("{{a}} {{b}} {{a}} {{device}}", value).unwrap_err(), ["a", "b"]);
        assert_eq!(fill("an open {{ end", value).unwrap(), "an open {{ end");
        assert_eq!(places("{{1}} {{ 2 }} {{"), ["1", "2"]);
    }
}
