//! Looks for an input of which `parse_x` does not hold.
#![no_main]

use shared::domain::channel::Channel;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::parse::holds(Channel::X, input));
