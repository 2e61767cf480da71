//! Looks for an input of which `envelope` does not hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::envelope::holds(input));
