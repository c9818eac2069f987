//! Texts of checkpoints: what is read is written again byte for byte, further lines behind it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::checkpoint::Checkpoint;

fuzz_target!(|text: &str| {
    if let Ok((checkpoint, further)) = Checkpoint::parse(text) {
        let mut written = checkpoint.to_string();
        for line in further {
            written.push_str(&line);
            written.push('\n');
        }
        assert_eq!(written, text);
    }
});
