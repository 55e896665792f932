#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| prisma_safe_fuzz::lower(data));
