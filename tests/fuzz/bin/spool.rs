//! Looks for an input of which `spool` does not hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::spool::holds(input));
