//! What a contact agreed to, and the words that take it back.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::named::named;

/// What a consent is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Advertising. Goes to those alone who granted it.
    Marketing,
    /// News of an order, an appointment, an account.
    Utility,
    /// Being answered by a language model.
    Ai,
}

named!(Purpose, "purpose", {
    Marketing => "marketing",
    Utility => "utility",
    Ai => "ai",
});

/// By what a merchant came to know of a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The customer wrote a word for it.
    Keyword,
    /// The customer filled in a form.
    Form,
    /// Another system says so.
    Api,
    /// It came with a list.
    Import,
    /// The customer told a flow.
    Flow,
    /// The customer told the platform.
    Platform,
}

named!(Source, "source of a consent", {
    Keyword => "keyword",
    Form => "form",
    Api => "api",
    Import => "import",
    Flow => "flow",
    Platform => "platform",
});

/// Words that withdraw consent at once, in English, Vietnamese, Chinese, Spanish, Portuguese and
/// Indonesian. A message is such a word when it says nothing else; merchants may set their own list.
pub const DEFAULT_STOP_WORDS: [&str; 20] = [
    "stop",
    "stop all",
    "unsubscribe",
    "opt out",
    "optout",
    "dừng",
    "dừng lại",
    "ngừng",
    "hủy đăng ký",
    "từ chối",
    "停止",
    "退订",
    "退訂",
    "取消订阅",
    "parar",
    "cancelar suscripción",
    "baja",
    "cancelar inscrição",
    "berhenti",
    "stop promosi",
];

/// What a customer who withdrew is told, once.
pub const DEFAULT_STOP_REPLY: &str =
    "You will get no more offers from us. / Bạn sẽ không nhận thêm tin quảng cáo từ chúng tôi.";

/// Words that withdraw consent, [folded](fold) once: each message is held against all of them.
#[derive(Clone, Debug)]
pub struct StopWords(Vec<String>);

impl StopWords {
    /// These words.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self(words.into_iter().map(fold).collect())
    }

    /// [`DEFAULT_STOP_WORDS`].
    pub fn usual() -> &'static Self {
        static USUAL: LazyLock<StopWords> = LazyLock::new(|| StopWords::of(DEFAULT_STOP_WORDS));
        &USUAL
    }

    /// Whether `text` says nothing but one of them: case, accents, spaces around and between the words, and punctuation
    /// at the ends do not matter.
    pub fn are_all_of(&self, text: &str) -> bool {
        /// Longer than any stop word: a long message is not folded at all.
        const LONGEST: usize = 256;
        if text.len() > LONGEST {
            return false;
        }
        let said = fold(text);
        !said.is_empty() && self.0.contains(&said)
    }
}

/// Lower case, no accents, single spaces, no punctuation at the ends.
pub fn fold(text: &str) -> String {
    let plain: String = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_word_is_known_however_it_is_written() {
        for said in ["STOP", " stop. ", "Dừng", "dung", "DỪNG  LẠI!", "Hủy đăng ký", "huy dang ky", "停止", "Parar"]
        {
            assert!(StopWords::usual().are_all_of(said), "{said}");
        }
    }

    #[test]
    fn a_sentence_that_holds_the_word_is_not_one() {
        for said in ["don't stop", "stop by at nine?", "", "...", "nonstop"] {
            assert!(!StopWords::usual().are_all_of(said), "{said}");
        }
    }

    #[test]
    fn a_merchants_own_words_stand_alone() {
        let own = StopWords::of(["genug", "?"]);
        assert!(own.are_all_of("Genug"));
        assert!(!own.are_all_of("stop") && !own.are_all_of("?"));
    }
}
