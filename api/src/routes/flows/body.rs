//! What requests say of a flow.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, MerchantId};
use shared::flow::{Document, Fault};
use shared::store::PgConnection;
use shared::store::flows::authoring::change::About;
use shared::store::flows::authoring::request;
use utoipa::ToSchema;

use crate::doors::Door;
use crate::error::{ApiError, FieldProblem};
use crate::extract::{Given, read_value};
use crate::routes::shop_filter;

const LONGEST_NAME: usize = 200;
const LONGEST_DESCRIPTION: usize = 2_000;
const MOST_ACCOUNTS: usize = 100;
/// The longest document, as JSON.
const LARGEST: usize = 512 * 1024;
const MOST_NODES: usize = 500;
const MOST_EDGES: usize = 2_000;
const MOST_TRIGGERS: usize = 50;
const LONGEST_NODE_ID: usize = 64;

/// What starts a flow, as X's page has it.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChainTrigger)]
pub(super) struct TriggerBody {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    config: Map<String, Value>,
}

/// What a flow does: a whole document, or the bare list of nodes of X's page.
#[derive(Debug, Default)]
pub(super) struct Does {
    document: Option<Value>,
    trigger: Option<TriggerBody>,
    nodes: Option<Vec<Map<String, Value>>>,
}

/// What is said of a flow; what is left out stays.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) name: Option<String>,
    pub(super) description: Given<String>,
    pub(super) channel: Given<Channel>,
    pub(super) shop_id: Given<String>,
    pub(super) account_ids: Option<Vec<AccountId>>,
}

impl Does {
    /// What a request says that a flow does.
    pub(super) fn of(
        document: Option<Value>,
        trigger: Option<TriggerBody>,
        nodes: Option<Vec<Map<String, Value>>>,
    ) -> Self {
        Self { document, trigger, nodes }
    }

    /// Whether nothing is said.
    pub(super) const fn is_nothing(&self) -> bool {
        self.document.is_none() && self.nodes.is_none()
    }

    /// The document that is given; none where nothing is.
    pub(super) fn document(self, problems: &mut Vec<FieldProblem>) -> Option<Document> {
        if self.trigger.is_none() && self.nodes.is_none() {
            return read_document("document", self.document?, problems);
        }
        if self.document.is_some() {
            problems.push(FieldProblem::new("document", "says the same as `trigger` and `nodes`: give one of them"));
            return None;
        }
        let Some(nodes) = self.nodes else {
            problems.push(FieldProblem::new("nodes", "is required beside `trigger`"));
            return None;
        };
        let chain = Map::from_iter([("trigger".to_owned(), json!(self.trigger)), ("nodes".to_owned(), json!(nodes))]);
        match Document::of_chain(&chain) {
            Ok(document) => {
                problems.extend(too_large("", &document));
                Some(document)
            }
            Err(faults) => {
                problems.extend(faults.into_iter().map(|fault| problem("", fault)));
                None
            }
        }
    }
}

/// The document that stands at `place` in a request, of whatever format.
pub(super) fn read_document(place: &str, given: Value, problems: &mut Vec<FieldProblem>) -> Option<Document> {
    let newest = Document::brought_up(given).map_err(|fault| problem(&format!("{place}."), fault));
    match newest.and_then(|document| read_value(place, document)) {
        Ok(document) => {
            problems.extend(too_large(&format!("{place}."), &document));
            Some(document)
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

fn problem(before: &str, fault: Fault) -> FieldProblem {
    FieldProblem::new(format!("{before}{}", fault.field).trim_end_matches('.'), fault.message)
}

/// Where `document` is larger than one may be. `before` is where it stands in the request.
fn too_large(before: &str, document: &Document) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let lists = [
        ("nodes", document.nodes.len(), MOST_NODES),
        ("edges", document.edges.len(), MOST_EDGES),
        ("triggers", document.triggers.len(), MOST_TRIGGERS),
    ];
    for (field, count, most) in lists {
        if count > most {
            problems.push(FieldProblem::new(format!("{before}{field}"), format!("holds {count}, may hold {most}")));
        }
    }
    for (at, node) in document.nodes.iter().enumerate() {
        if node.id.is_empty() || node.id.chars().count() > LONGEST_NODE_ID || node.id.chars().any(char::is_control) {
            let told = format!("must hold 1 to {LONGEST_NODE_ID} characters");
            problems.push(FieldProblem::new(format!("{before}nodes[{at}].id"), told));
        }
    }
    if serde_json::to_vec(document).map_or(true, |json| json.len() > LARGEST) {
        let told = format!("is longer than {LARGEST} bytes of JSON");
        problems.push(FieldProblem::new(before.trim_end_matches('.'), told));
    }
    problems
}

impl Said {
    /// What becomes of `before`.
    pub(super) async fn about(
        self,
        conn: &mut PgConnection,
        merchant: MerchantId,
        door: Option<Door>,
        before: &About,
        problems: &mut Vec<FieldProblem>,
    ) -> Result<About, ApiError> {
        let mut about = before.clone();
        if let Some(name) = self.name {
            name.trim().clone_into(&mut about.name);
        }
        check_name(&about.name, problems);
        match self.description {
            Given::Not => {}
            Given::Null => about.description = None,
            Given::This(text) => {
                if text.chars().count() > LONGEST_DESCRIPTION {
                    let told = format!("must hold at most {LONGEST_DESCRIPTION} characters");
                    problems.push(FieldProblem::new("description", told));
                }
                about.description = Some(text);
            }
        }
        match self.channel {
            Given::Not => {}
            Given::Null => about.channel = None,
            Given::This(channel) if door.is_some_and(|door| door.channel != channel) => {
                problems.push(FieldProblem::new("channel", "is not the one of this door"));
            }
            Given::This(channel) => about.channel = Some(channel),
        }
        match self.shop_id {
            Given::Not => {}
            Given::Null => about.shop_id = None,
            Given::This(given) => about.shop_id = Some(shop_filter::or_default(conn, merchant, Some(&given)).await?),
        }
        if let Some(accounts) = self.account_ids {
            about.account_ids = accounts;
        }
        let is_elsewhere = (about.channel, about.shop_id) != (before.channel, before.shop_id);
        if is_elsewhere || about.account_ids != before.account_ids {
            problems.extend(unknown_accounts(conn, merchant, &about).await?);
        }
        Ok(about)
    }
}

fn check_name(name: &str, problems: &mut Vec<FieldProblem>) {
    if name.is_empty() {
        problems.push(FieldProblem::new("name", "is required"));
    } else if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        problems.push(FieldProblem::new("name", format!("must hold 1 to {LONGEST_NAME} characters")));
    }
}

/// Those of the accounts that are named which are no connected ones of channel and shop.
async fn unknown_accounts(
    conn: &mut PgConnection,
    merchant: MerchantId,
    about: &About,
) -> Result<Vec<FieldProblem>, ApiError> {
    if about.account_ids.is_empty() {
        return Ok(Vec::new());
    }
    if about.account_ids.len() > MOST_ACCOUNTS {
        return Ok(vec![FieldProblem::new("accountIds", format!("must name at most {MOST_ACCOUNTS}"))]);
    }
    let known = request::places(conn, merchant, about).await?;
    let unknown = about.account_ids.iter().enumerate();
    let unknown = unknown.filter(|(_, account)| !known.iter().any(|place| place.id == **account));
    let told = "names no connected account of yours on this channel and at this shop";
    Ok(unknown.map(|(at, _)| FieldProblem::new(format!("accountIds[{at}]"), told)).collect())
}
