//! Looks for an input of which `signature` does not hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::signature::holds(input));
