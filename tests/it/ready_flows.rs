//! The ready flows: each can work, and goes its main way in both languages.

use serde_json::{Map, json};
use shared::domain::channel::Channel;
use shared::domain::consent::Purpose;
use shared::domain::ids::FlowId;
use shared::flow::fault::Severity;
use shared::flow::{Surroundings, check, ready};
use tests::talk::{Shelf, Talk, world};
use uuid::Uuid;

const FLOW: FlowId = FlowId(Uuid::from_u128(0xf));
const NAMES: [&str; 7] =
    ["welcome", "faq_menu", "order_status", "appointment_reminder", "opt_in", "feedback", "abandoned_cart"];

#[test]
fn each_ready_flow_reads_and_can_work() {
    let names: Vec<&str> = ready::all().iter().map(|ready| ready.name).collect();
    assert_eq!(names, NAMES);
    for ready in ready::all() {
        for channel in [Channel::WhatsApp, Channel::Messenger] {
            // Templates are WhatsApp's alone.
            if channel == Channel::Messenger && ["appointment_reminder", "abandoned_cart"].contains(&ready.name) {
                continue;
            }
            let faults = check(&ready.document(), &Surroundings { channels: vec![channel], ..Surroundings::default() });
            assert!(
                faults.iter().all(|fault| fault.severity < Severity::Error),
                "{} on {channel:?}: {faults:#?}",
                ready.name
            );
        }
    }
}

#[test]
fn each_ready_flow_goes_its_way_in_english() {
    play("welcome", "en", "loa: Hello Linh, welcome to Loa Tea! Simply write to us here. The menu answers what most people ask. [See the menu]
        adds tag: welcomed
        ends: completed");
    play("faq_menu", "en", "loa: What would you like to know? [Opening hours] [Delivery] [Payment] [Returns] [Talk to a person]
        customer taps: payment
        loa: You can pay by card, by bank transfer, or in cash when it arrives.
        loa: Anything else? [Another question] [Talk to a person] [No, thank you]
        customer: another question
        loa: What would you like to know? [Opening hours] [Delivery] [Payment] [Returns] [Talk to a person]
        customer: why?
        loa: Please choose one of the questions, or write \"person\". [Opening hours] [Delivery] [Payment] [Returns] [Talk to a person]
        customer: talk to a person
        loa: One moment please, somebody will be with you.
        hands off: Came from the menu of questions.
        ends: handed off");
    play(
        "order_status",
        "en",
        "loa: What is the number of your order? It stands in the confirmation and looks like A1234.
        customer: 12
        loa: That is no order number. It is a letter and some digits, such as A1234.
        customer: A1234
        calls: GET https://shop.example/api/orders/A1234
        answer: 200 {\"status\": \"on its way\"}
        loa: Order A1234: on its way.
        ends: completed",
    );
    play(
        "appointment_reminder",
        "en",
        "loa: template appointment_reminder en
        customer: I will come
        sets: appointment_confirmed = true
        loa: Thank you, see you then!
        ends: completed",
    );
    play("opt_in", "en", "loa: May Loa Tea write to you about new things and offers, at most once a week? You can end it any time by STOP. [Yes, please] [No, thank you]
        customer taps: yes
        consent: marketing granted
        loa: Thank you! We keep it short.
        ends: completed");
    play(
        "feedback",
        "en",
        "loa: How did you like it? Write a number from 1 (not at all) to 5 (very much).
        customer: 2
        sets: last_mark = 2
        loa: We are sorry. What should have been better?
        customer: the tea was cold
        loa: Thank you for telling us. Somebody will read it and answer.
        hands off: Mark 2. What was wrong stands in the last message.
        ends: handed off",
    );
    play(
        "abandoned_cart",
        "en",
        "waits: 2026-11-21T11:00:00Z
        time passes
        loa: template cart_reminder en
        customer: later
        loa: All right. We keep your cart for you.
        removes tag: cart
        ends: completed",
    );
}

#[test]
fn each_ready_flow_goes_its_way_in_vietnamese() {
    play("welcome", "vi", "loa: Chào Linh, Loa Tea xin chào bạn! Bạn cứ nhắn tin tại đây. Danh mục sẽ trả lời những câu hỏi thường gặp. [Xem danh mục]
        adds tag: welcomed
        ends: completed");
    play(
        "faq_menu",
        "vi_VN",
        "loa: Bạn muốn biết điều gì? [Giờ mở cửa] [Giao hàng] [Thanh toán] [Đổi trả] [Gặp nhân viên]
        customer: giao hang
        loa: Giao trong hai ngày tại nội thành và trong năm ngày ở nơi khác. Miễn phí cho đơn từ 500.000 ₫.
        loa: Bạn cần gì nữa không? [Câu hỏi khác] [Gặp nhân viên] [Không, cảm ơn]
        customer: không, cảm ơn
        loa: Cảm ơn bạn. Chúc bạn một ngày tốt lành!
        ends: completed",
    );
    play(
        "order_status",
        "vi",
        "loa: Mã đơn hàng của bạn là gì? Mã nằm trong tin xác nhận, ví dụ A1234.
        customer: A1234
        calls: GET https://shop.example/api/orders/A1234
        answer: none
        loa: Tôi không tìm thấy. Nhân viên sẽ kiểm tra giúp bạn.
        hands off: Asks for an order: A1234
        ends: handed off",
    );
    play(
        "appointment_reminder",
        "vi",
        "loa: template appointment_reminder vi
        customer: đổi giờ hẹn
        loa: Nhân viên sẽ hẹn lại giờ với bạn.
        hands off: About the appointment.
        ends: handed off",
    );
    play("opt_in", "vi", "loa: Loa Tea được gửi cho bạn tin về hàng mới và ưu đãi, nhiều nhất mỗi tuần một lần chứ? Bạn có thể nhắn DỪNG bất cứ lúc nào. [Đồng ý] [Không, cảm ơn]
        customer: không, cảm ơn
        loa: Vâng, chúng tôi sẽ không gửi.
        ends: completed");
    play(
        "feedback",
        "vi",
        "loa: Bạn hài lòng thế nào? Hãy nhắn một số từ 1 (không hài lòng) đến 5 (rất hài lòng).
        customer: 5
        sets: last_mark = 5
        loa: Chúng tôi rất vui. Cảm ơn bạn!
        ends: completed",
    );
    play(
        "abandoned_cart",
        "vi",
        "waits: 2026-11-21T11:00:00Z
        time passes
        loa: template cart_reminder vi
        time passes
        removes tag: cart
        ends: completed",
    );
}

fn play(name: &str, locale: &str, script: &str) {
    let mut shelf = Shelf::default();
    shelf.put(FLOW, &ready::find(name).unwrap().document()).unwrap();
    let mut world = world().unwrap();
    world.contact.locale = Some(locale.to_owned());
    if name == "abandoned_cart" {
        world.contact.tags.insert("cart".to_owned());
        world.contact.consents.insert(Purpose::Marketing, true);
    }
    let with = json!({ "when": "Monday, 9:00" }).as_object().cloned().unwrap_or_else(Map::new);
    let mut talk = Talk::begin_in(&shelf, FLOW, world, with).unwrap();
    talk.play(script).unwrap_or_else(|error| panic!("{name} in {locale}: {error:#}"));
}
