//! What is said of a case, and whether it holds.

use serde_json::{Value, json};

use super::case::{Case, Over};
use super::measured::Measured;
use crate::results::thousandth;

/// Whether it holds, and its figures.
pub(crate) fn report(measured: &Measured, case: &Case) -> (bool, Value) {
    let (limit, senders) = (f64::from(case.limit), &measured.senders);
    let (share, busy_share) = (measured.per_second / limit, measured.busy_per_second / limit);
    let kept_up = |least: f64, over: Over| least <= if over == Over::All { share } else { busy_share };
    let holds = [
        ("every message was sent", measured.sent == case.messages()),
        ("no message was sent twice", measured.duplicates == 0),
        ("no second above the limit by send stamps", measured.most_stamps <= case.limit as usize),
        ("no second above it by 2 % by the platform's arrivals", measured.most_arrivals <= case.arrivals() as usize),
        ("the platform refused nothing", measured.refusals.is_empty()),
        ("every conversation in order", measured.out_of_order == 0),
        ("as much of the limit as is asked for", case.least.is_none_or(|(least, over)| kept_up(least, over))),
    ];
    let processor = senders.processor / measured.seconds;
    println!("   sent            {} in {:.2} s", measured.sent, measured.seconds);
    println!("   rate            {:.2}/s, {:.2} % of the limit", measured.per_second, share * 100.0);
    println!("   while busy      {:.2}/s, {:.2} %", measured.busy_per_second, busy_share * 100.0);
    println!("   most in 1 s     {} by send stamps, {} by arrivals", measured.most_stamps, measured.most_arrivals);
    println!("   refused         {:?}", measured.refusals);
    println!(
        "   slots           {} kept, {} missed (no message was ready), {} overslept (no processor was free)",
        senders.slots_kept, senders.slots_missed, senders.slots_overslept
    );
    println!("   waits for pairs {}", senders.pair_waits);
    println!("   out of order    {}", measured.out_of_order);
    println!("   senders took    {:.0} % of a processor", processor * 100.0);
    for (what, ok) in holds {
        println!("   {}  {what}", if ok { "holds " } else { "BROKEN" });
    }
    let ok = holds.iter().all(|(_, ok)| *ok);
    let figures = json!({
        "ok": ok,
        "case": case.name,
        "limitPerSecond": case.limit,
        "senders": case.senders.len(),
        "messages": case.messages(),
        "recipients": case.recipients,
        "goal": case.least.map(|(least, _)| least),
        "sent": measured.sent,
        "seconds": thousandth(measured.seconds),
        "perSecond": thousandth(measured.per_second),
        "busyPerSecond": thousandth(measured.busy_per_second),
        "share": thousandth(share),
        "busyShare": thousandth(busy_share),
        "mostInASecondByStamps": measured.most_stamps,
        "mostInASecondByArrivals": measured.most_arrivals,
        "refusals": measured.refusals,
        "duplicates": measured.duplicates,
        "slotsKept": senders.slots_kept,
        "slotsMissed": senders.slots_missed,
        "slotsOverslept": senders.slots_overslept,
        "pairWaits": senders.pair_waits,
        "outOfOrder": measured.out_of_order,
        "processor": thousandth(processor),
    });
    (ok, figures)
}
