//! People who log in, and what they hold afterwards.

use anyhow::Context;
use http::Method;
use serde_json::{Value, json};

use super::{Answer, TestApi, TestUser};

/// The tokens of a login.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The user with the access token.
    pub user: TestUser,
    /// What is refreshed with.
    pub refresh: String,
}

impl TestApi {
    /// The tokens that an e-mail and a password give.
    pub async fn login(&self, email: &str, password: &str) -> anyhow::Result<Tokens> {
        let body = json!({ "email": email, "password": password });
        tokens(&self.ask(Method::POST, "/api/v1/auth/login", None, Some(&body)).await?)
    }

    /// Asks for new tokens.
    pub async fn refresh(&self, token: &str) -> anyhow::Result<Answer> {
        let body = json!({ "refreshToken": token });
        self.ask(Method::POST, "/api/v1/auth/refresh", None, Some(&body)).await
    }

    /// Whether `user`'s token holds.
    pub async fn holds(&self, user: &TestUser) -> anyhow::Result<bool> {
        Ok(self.get("/api/v1/merchant", user).await?.status == 200)
    }

    /// Whoever presents `token`, made of it alone.
    pub fn bearer(user: &TestUser, token: impl Into<String>) -> TestUser {
        TestUser { token: token.into(), ..user.clone() }
    }

    /// `PATCH` as `user`.
    pub async fn patch(&self, path: &str, user: &TestUser, body: &Value) -> anyhow::Result<Answer> {
        self.ask(Method::PATCH, path, Some(user), Some(body)).await
    }

    /// `DELETE` as `user`.
    pub async fn delete(&self, path: &str, user: &TestUser) -> anyhow::Result<Answer> {
        self.ask(Method::DELETE, path, Some(user), None).await
    }
}

/// The tokens that an answer gives.
pub fn tokens(answer: &Answer) -> anyhow::Result<Tokens> {
    let data = answer.data()?;
    let text = |name: &str| data[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
    let user = TestUser {
        id: serde_json::from_value(data["user"]["id"].clone())?,
        merchant_id: serde_json::from_value(data["user"]["merchantId"].clone())?,
        token: text("accessToken")?,
    };
    Ok(Tokens { user, refresh: text("refreshToken")? })
}
