//! Looks for an input of which `peek_messenger` does not hold.
#![no_main]

use shared::domain::channel::Channel;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::peek::holds(Channel::Messenger, input));
